#!/usr/bin/env python3
"""The demo: indexes tools/demo/recordings and tools/demo/notes.txt, asks with the clips of tools/demo/queries.tsv and counts what
was found, and asks the notes with a sentence.

    run_demo.py [--program target/release/audiosearch] [--store target/demo]

Python's standard library is enough. Run it from the folder that holds tools/; `make demo` does.
"""

from __future__ import annotations

import argparse
import csv
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

DEMO = Path("tools/demo")
FIRST = 3
SHOWN = "queries/bicycle.flac"
SENTENCE = "The train was late this morning."


def run(program: str, *arguments: str, capture: bool = False) -> str:
    """Shows the command, runs it and returns its output; 1 (nothing found) is no failure."""
    print("$", shlex.join(["audiosearch", *arguments]), flush=True)
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE if capture else None, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"run_demo: audiosearch ended with {done.returncode}")
    return done.stdout or ""


def best_by_query(lines: str) -> dict[str, list[dict]]:
    """The hits of each query, best first."""
    hits: dict[str, list[dict]] = {}
    for line in lines.splitlines():
        hit = json.loads(line)
        hits.setdefault(hit["query"], []).append(hit)
    return {query: sorted(found, key=lambda hit: hit["rank"]) for query, found in hits.items()}


def report(queries: list[dict[str, str]], hits: dict[str, list[dict]]) -> dict[str, tuple[int, int]]:
    """Prints one line a query; returns (found in the first three, asked) for words and for sounds."""
    counts = {"words": (0, 0), "sounds": (0, 0)}
    for query in queries:
        expected = {Path(path).name for path in query["expected"].split()}
        first = hits.get(query["path"], [])[:FIRST]
        found = any(Path(hit["path"]).name in expected for hit in first)
        kind = "sounds" if query["speaker"] == "sound" else "words"
        counts[kind] = (counts[kind][0] + found, counts[kind][1] + 1)
        listed = ", ".join(
            f"{Path(hit['path']).stem} {hit['score']:.2f}{' *' if Path(hit['path']).name in expected else ''}" for hit in first
        )
        print(f"  {'found ' if found else 'missed'} {query['label']:<13} {query['speaker']:<15} {listed or 'no hit'}")
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/audiosearch")
    parser.add_argument("--store", type=Path, default=Path("target/demo"))
    options = parser.parse_args()
    with (DEMO / "queries.tsv").open(newline="") as manifest:
        queries = list(csv.DictReader(manifest, delimiter="\t"))
    store = ("--store", str(options.store))
    # The store of an earlier run may belong to another model.
    shutil.rmtree(options.store, ignore_errors=True)
    run(options.program, "index", str(DEMO / "recordings"), str(DEMO / "notes.txt"), *store)
    print("\nWhere is the word of this clip said?")
    run(options.program, "query", str(DEMO / SHOWN), "--per-file", "-k", str(FIRST), *store)
    print("\nAll clips: the voices that ask are not the voices that were indexed; * marks a right answer")
    listed = ("--list", str(DEMO / "queries.tsv"), "--per-file", "-k", str(FIRST), "--json")
    counts = report(queries, best_by_query(run(options.program, "query", *listed, *store, capture=True)))
    print()
    for kind, (found, asked) in counts.items():
        print(f"{kind}: {found} of {asked} found a right recording in the first {FIRST}")
    print("\nWhat do the notes say that is near to this sentence?")
    run(options.program, "query", "--text", SENTENCE, "-k", str(FIRST), *store)


if __name__ == "__main__":
    main()
