#!/usr/bin/env python3
"""Draws lists for `audiosearch eval qbe` and `eval samediff` from public recordings, always the same for a seed.

    draw_lists.py qbe --work WORK --allowed words.test_clean.txt --out OUT       10 dev speakers of LibriSpeech test-clean, 200 queries
    draw_lists.py commands --repository GIT --out OUT                            Arabic commands, 600 clips: a language never trained on
    draw_lists.py words --work WORK --set heldout --out OUT                      words of the held-out language, by times in WORK/words

WORK is the folder of tools/teach/prepare.py; words/SET.tsv there has path, start, end, word. Writes OUT/qbe.testclean.queries.tsv and
.utts.tsv, OUT/samediff.arabic.tsv (clips beside it), OUT/samediff.SET.tsv. Needs git, NumPy and SoundFile.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import subprocess
from pathlib import Path

import numpy as np
import soundfile

QUERIES = 200
CLIPS = 600
SHORTEST_WORD = 4  # letters
SHORTEST = 0.25  # seconds
OTHERS = 2  # speakers other than the query's who must say the word, at least
SAME = 6  # clips of a word in a same-different list of sentences, at most


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(path: Path, columns: str, lines: list[tuple]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        for line in [tuple(columns.split()), *lines]:
            print(*line, sep="\t", file=out)
    print(f"{path}: {len(lines)} lines")


def spoken(work: Path, name: str, within: str) -> tuple[dict[str, dict[str, str]], list[dict[str, str]]]:
    """Recordings of a set by path, and its words of some length with the speaker."""
    recordings = {row["path"]: row for row in rows(work / f"{name}.tsv") if within in row["path"]}
    words = [
        row | {"speaker": recordings[row["path"]]["speaker"]}
        for row in rows(work / "words" / f"{name}.tsv")
        if row["path"] in recordings and len(row["word"]) >= SHORTEST_WORD and float(row["end"]) - float(row["start"]) >= SHORTEST
    ]
    return recordings, words


def draw_queries(options: argparse.Namespace) -> None:
    recordings, words = spoken(options.work, "dev", "librispeech_test_clean")
    allowed = set(options.allowed.read_text(encoding="utf-8").split())
    said: dict[str, set[str]] = {}
    for row in recordings.values():
        for word in row["label"].lower().split():
            said.setdefault(word, set()).add(row["speaker"])
    fit = [row for row in words if row["word"] in allowed and len(said[row["word"]] - {row["speaker"]}) >= OTHERS]
    draw = random.Random(options.seed)
    draw.shuffle(fit)
    chosen = list({row["word"]: row for row in fit}.values())
    draw.shuffle(chosen)
    where = lambda path: os.path.relpath(options.work / path, options.out)
    queries = [(where(row["path"]), row["start"], row["end"], row["word"], row["speaker"]) for row in chosen[:QUERIES]]
    write(options.out / "qbe.testclean.queries.tsv", "path start end label speaker", queries)
    utterances = [(where(path), row["label"], row["speaker"]) for path, row in recordings.items()]
    write(options.out / "qbe.testclean.utts.tsv", "path label speaker", utterances)


def draw_commands(options: argparse.Namespace) -> None:
    git = ["git", "-C", str(options.repository)]
    names = subprocess.run([*git, "ls-tree", "-r", "-z", "--name-only", "HEAD", "dataset"], capture_output=True, check=True).stdout
    clips: dict[str, dict[str, list[str]]] = {}
    for name in names.decode().split("\0"):
        if name.endswith(".wav") and "noise" not in name:
            _, word, file = name.split("/")
            clips.setdefault(word, {}).setdefault(file[:8], []).append(name)
    draw, lines = random.Random(options.seed), []
    for word in sorted(clips):
        for speaker in draw.sample(sorted(clips[word]), min(len(clips[word]), CLIPS // len(clips))):
            name = draw.choice(sorted(clips[word][speaker]))
            data = subprocess.run([*git, "show", f"HEAD:{name}"], capture_output=True, check=True).stdout
            values, rate = soundfile.read(io.BytesIO(data), dtype="int16")
            path = options.out / "arabic" / word.replace(" ", "_") / f"{speaker}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, values if values.ndim == 1 else np.ascontiguousarray(values[:, 0]), rate)
            lines.append((path.relative_to(options.out), word, speaker))
    write(options.out / "samediff.arabic.tsv", "path label speaker", lines)


def draw_words(options: argparse.Namespace) -> None:
    _, words = spoken(options.work, options.set, "")
    by: dict[str, list[dict[str, str]]] = {}
    for row in words:
        by.setdefault(row["word"], []).append(row)
    draw, lines = random.Random(options.seed), []
    for word in sorted(by):
        if len({row["speaker"] for row in by[word]}) > 1:
            for row in draw.sample(by[word], min(SAME, len(by[word]))):
                path = os.path.relpath(options.work / row["path"], options.out)
                lines.append((path, row["start"], row["end"], word, row["speaker"]))
    write(options.out / f"samediff.{options.set}.tsv", "path start end label speaker", lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = options.add_subparsers(required=True)
    for name, run in (("qbe", draw_queries), ("commands", draw_commands), ("words", draw_words)):
        task = tasks.add_parser(name)
        task.set_defaults(run=run)
        task.add_argument("--out", type=Path, required=True)
        task.add_argument("--seed", type=int, default=1)
        if name == "commands":
            task.add_argument("--repository", type=Path, required=True)
        else:
            task.add_argument("--work", type=Path, required=True)
        if name == "qbe":
            task.add_argument("--allowed", type=Path, required=True)
        if name == "words":
            task.add_argument("--set", default="heldout")
    options = options.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
