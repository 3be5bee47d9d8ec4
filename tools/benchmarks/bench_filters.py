#!/usr/bin/env python3
"""What `--where` costs and finds: queries of a store under filters that leave a tenth of a percent to half of its recordings.

    python3 tools/benchmarks/bench_size.py FOLDER --work /tmp/size --hours 5.5 --stage recordings      # 100,000 segments
    python3 tools/benchmarks/bench_filters.py /tmp/size --program target/release/audiosearch
    cargo bench -p audiosearch-index --bench filters               # the index alone, filters of sources and of stretches

Recordings are linked under names that begin with a number from 0 to 999, which patterns choose from; a store is made of them once and kept
in WORK. Asked is with stretches of the recordings. Recall@10 is the share of the ten best hits under the same filter with --exact that are
found; a time is that of all queries in one process, the median of interleaved rounds. Fails where recall is below .99 of --exact or a filter
takes more than twice the time of none.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time

FILTERS = {"50 %": "path=g[0-4]*", "10 %": "path=g0*", "1 %": "path=g00*", "0.1 %": "path=g000*"}
KINDS = {".flac", ".wav", ".ogg", ".mp3"}
ROUNDS = 3


def link(source, folder):
    """Links of all recordings below `source`, the names of which begin with g000 to g999."""
    recordings = sorted(path for path in source.rglob("*") if path.suffix.lower() in KINDS and folder not in path.parents)
    if len(recordings) < 1000:
        sys.exit(f"{source}: {len(recordings)} recordings; 1,000 are the least of which a tenth of a percent is one")
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(recordings):
        (folder / f"g{number % 1000:03d}_{number:06d}{path.suffix}").symlink_to(path.resolve())


def places(output):
    """By query, where the hits are."""
    found = {}
    for line in output.splitlines():
        hit = json.loads(line)
        found.setdefault(hit["query"], []).append((hit["path"], hit["start"], hit["end"]))
    return found


def share(found, truth):
    """The part of the true hits that overlap one that was found."""
    there = total = 0
    for query, hits in truth.items():
        own = found.get(query, [])
        total += len(hits)
        there += sum(any(path == p and start < e and s < end for p, s, e in own) for path, start, end in hits)
    return there / max(total, 1), total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=pathlib.Path, help="a folder with recordings, in which the store is made")
    parser.add_argument("--program", type=pathlib.Path, default=pathlib.Path("target/release/audiosearch"))
    parser.add_argument("--queries", type=int, default=40)
    args = parser.parse_args()
    folder, store = args.work / "filters/recordings", args.work / "filters/store"
    if not store.exists():
        link(args.work, folder)
        subprocess.run([args.program, "index", folder, "--store", store, "-q"], check=True)
    info = subprocess.run([args.program, "info", "--store", store], check=True, capture_output=True, text=True).stdout
    print(info)
    chance = random.Random(1)
    queries = args.work / "filters/queries.tsv"
    chosen = chance.sample(sorted(folder.iterdir()), args.queries)
    queries.write_text("path\tstart\tend\n" + "".join(f"{path}\t0.3\t1.1\n" for path in chosen))

    def ask(*more):
        command = [args.program, "query", "--list", queries, "-k", "10", "--min-confidence", "0", "--json", "--store", store]
        begun = time.perf_counter()
        ran = subprocess.run([*command, *more], capture_output=True, text=True)
        if ran.returncode == 2:
            sys.exit(ran.stderr)
        return time.perf_counter() - begun, places(ran.stdout)

    cases = {"all": (), **{name: ("--where", pattern) for name, pattern in FILTERS.items()}}
    times = {name: [] for name in cases}
    found = {}
    for _ in range(ROUNDS):
        for name, more in cases.items():
            seconds, found[name] = ask(*more)
            times[name].append(seconds)
    plain, bad = statistics.median(times["all"]), []
    print("| recordings left | recall@10 of --exact | hits | ms a query | of unfiltered |\n|---:|---:|---:|---:|---:|")
    for name, more in cases.items():
        recall, hits = share(found[name], ask("--exact", *more)[1])
        seconds = statistics.median(times[name])
        print(f"| {name} | {recall:.3f} | {hits} | {1000 * seconds / args.queries:.0f} | {seconds / plain:.2f} |", flush=True)
        if name != "all" and (recall < 0.99 or seconds > 2 * plain):
            bad.append(name)
    if bad:
        sys.exit(f"below .99 or slower than twice: {', '.join(bad)}")


if __name__ == "__main__":
    main()
