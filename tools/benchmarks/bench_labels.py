#!/usr/bin/env python3
"""How long 10,000 labels take: into a store of the demo recordings, out of it, and filtered; whole processes, by the clock.

    python3 tools/benchmarks/bench_labels.py --program target/release/audiosearch

Prints a table, and fails where something takes longer than --most seconds (1 where nothing is said).
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / "tools/demo/recordings"
ROUNDS = 3


def rows(paths, count):
    """`path,start,end,label` of labels that lie all over the recordings, a word for each recording."""
    for number in range(count):
        start = number // len(paths) * 0.01 % 1.5
        yield f"{paths[number % len(paths)]},{start:.3f},{start + 0.1:.3f},word {number % len(paths)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target/release/audiosearch")
    parser.add_argument("--labels", type=int, default=10_000)
    parser.add_argument("--most", type=float, default=1.0, help="seconds that a command may take")
    args = parser.parse_args()
    paths = sorted(RECORDINGS.glob("*.flac"))
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)

        def run(*command):
            begun = time.perf_counter()
            subprocess.run([args.program, *command, "--store", work / "store"], check=True, capture_output=True)
            return time.perf_counter() - begun

        run("index", RECORDINGS, "--collection", "audio")
        lists = []
        for name in ("one", "two"):
            lists.append(work / f"{name}.csv")
            table = "\n".join(["path,start,end,label", *rows(paths, args.labels)])
            lists[-1].write_text(table.replace("word", name))
        clip = ROOT / "tools/demo/queries/umbrella.flac"
        commands = {
            "label import, a csv": lambda turn: ("label", "import", lists[turn % 2]),
            "label export, a csv": lambda turn: ("label", "export", work / f"out{turn}.csv"),
            "label export, a TextGrid a recording": lambda turn: ("label", "export", work / f"grids{turn}", "--format", "textgrid"),
            "list --labels --where label=…": lambda turn: ("list", "--labels", "--where", "label=one 7", "--where", "label=two 7"),
            "query --where label=…": lambda turn: ("query", clip, "--min-confidence", "0", "--where", "label=one 7", "--where", "label=two 7"),
        }
        print(f"{args.labels} labels of {len(paths)} recordings\n\n| command | seconds |\n|---|---:|")
        slow = []
        for name, command in commands.items():
            seconds = sorted(run(*command(turn)) for turn in range(ROUNDS))[ROUNDS // 2]
            print(f"| `{name}` | {seconds:.2f} |", flush=True)
            if seconds > args.most:
                slow.append(name)
    if slow:
        sys.exit(f"longer than {args.most} s: {', '.join(slow)}")


if __name__ == "__main__":
    main()
