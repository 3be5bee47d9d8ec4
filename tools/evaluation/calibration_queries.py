#!/usr/bin/env python3
"""Words cut from recordings, as queries for `audiosearch eval calibrate`: half of them words that several speakers say, half at random.

    calibration_queries.py ALIGNMENTS.tsv RECORDINGS.tsv OUT.tsv [--count 700]

ALIGNMENTS.tsv has the columns path, word, start, end, posterior and speaker; paths are relative to it.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("alignments", type=Path)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=700)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wanted = {(options.recordings.parent / row["path"]).resolve() for row in csv.DictReader(options.recordings.open(), delimiter="\t")}
    words = defaultdict(list)
    for row in csv.DictReader(options.alignments.open(), delimiter="\t"):
        path, length = (options.alignments.parent / row["path"]).resolve(), float(row["end"]) - float(row["start"])
        if path in wanted and len(row["word"]) > 3 and float(row["posterior"]) > 0.5 and 0.2 < length < 1.5:
            words[row["word"]].append((path, row["start"], row["end"], row["word"], row["speaker"]))
    rng = random.Random(options.seed)
    several = [row for rows in words.values() if len({row[4] for row in rows}) > 1 for row in rows]
    chosen = rng.sample(sorted(several), min(options.count // 2, len(several)))
    rest = sorted(set(row for rows in words.values() for row in rows) - set(chosen))
    chosen += rng.sample(rest, min(options.count - len(chosen), len(rest)))
    rng.shuffle(chosen)
    lines = ["\t".join(map(str, row)) for row in chosen]
    options.out.write_text("path\tstart\tend\tlabel\tspeaker\n" + "\n".join(lines) + "\n")
    print(f"{len(chosen)} queries, {len({row[3] for row in chosen})} words")


if __name__ == "__main__":
    main()
