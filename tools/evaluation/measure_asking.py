#!/usr/bin/env python3
"""Measures what a search is worth beyond `eval qbe`: phrases, agreement of spans and clips, confidence of what is not there.

    measure_asking.py --data DIR [--program target/release/audiosearch] [--store DIR] [--seed 1]

DIR holds manifest.tsv, alignments.tsv and eval/qbe.dev.utts.tsv, which is what is indexed. Prints one figure a line. Needs NumPy.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

GAP = 0.06  # seconds between words that follow each other
ABSENT = "kangaroo volcano helicopter umbrella dinosaur satellite broccoli gymnasium orchestra microscope".split()


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def phrases(words: list[dict[str, str]]) -> list[tuple[str, str, float, float]]:
    """(path, text, start, end) of every two to four words that follow each other in a recording."""
    found = []
    for first in range(len(words)):
        for count in (2, 3, 4):
            run = words[first : first + count]
            near = all(abs(float(b["start"]) - float(a["end"])) <= GAP for a, b in zip(run, run[1:]))
            if len(run) == count and near and len({word["path"] for word in run}) == 1:
                text = " ".join(word["word"].lower() for word in run)
                found.append((run[0]["path"], text, float(run[0]["start"]), float(run[-1]["end"])))
    return found


class Program:
    def __init__(self, program: str, store: Path) -> None:
        self.program, self.store = program, store

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run([self.program, *arguments, "--store", str(self.store)], capture_output=True, text=True, check=False)
        if done.returncode == 2:
            raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def ask(self, *arguments: str) -> dict[str, list[dict]]:
        hits: dict[str, list[dict]] = {}
        for line in self("query", "--json", *arguments).splitlines():
            hit = json.loads(line)
            hits.setdefault(hit["query"], []).append(hit)
        return hits


def write(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((samples * 32767).clip(-32768, 32767).astype("<i2").tobytes())


def tsv(path: Path, header: str, lines: list[tuple]) -> None:
    path.write_text("\n".join([header.replace(" ", "\t"), *("\t".join(map(str, line)) for line in lines)]) + "\n", encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--program", default="target/release/audiosearch")
    options.add_argument("--store", type=Path)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance, data = random.Random(options.seed), options.data.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        program = Program(os.path.abspath(options.program), options.store or folder / "store")
        utts = [data / "eval" / row["path"] for row in rows(data / "eval/qbe.dev.utts.tsv")]
        subprocess.run([program.program, "index", "-q", *map(str, utts), "--store", str(program.store)], check=True)
        indexed = {path.resolve() for path in utts}

        words = rows(data / "alignments.tsv")
        speaker = {(data / word["path"]).resolve(): word["speaker"] for word in words}
        said = [((data / path).resolve(), *rest) for path, *rest in phrases(words)]
        here = [phrase for phrase in said if phrase[0] in indexed]
        own = chance.sample(here, min(200, len(here)))
        tsv(folder / "own.tsv", "path start end", [(path, start, end) for path, _, start, end in own])
        hits = program.ask("--list", str(folder / "own.tsv"), "-k", "1")
        right = sum(Path(hits[name][0]["path"]).resolve() == path for path, _, s, e in own if (name := f"{path}#{s}-{e}") in hits)
        print(f"phrases cut from what is indexed: {right} of {len(own)} find their recording first")

        by_text: dict[str, set[Path]] = {}
        for path, text, _, _ in here:
            by_text.setdefault(text, set()).add(path)
        asked = [p for p in said if len(p[1]) >= 8 and any(speaker[path] != speaker[p[0]] for path in by_text.get(p[1], ()))]
        asked = chance.sample(asked, min(200, len(asked)))
        tsv(folder / "others.tsv", "path start end", [(path, start, end) for path, _, start, end in asked])
        hits = program.ask("--list", str(folder / "others.tsv"), "-k", "200", "--per-file", "--min-confidence", "0")
        first = ten = 0
        for path, text, start, end in asked:
            found = [Path(hit["path"]).resolve() for hit in hits.get(f"{path}#{start}-{end}", [])]
            good = [other in by_text[text] for other in found if speaker.get(other) != speaker[path]]
            first, ten = first + any(good[:1]), ten + any(good[:10])
        print(f"phrases by other speakers: {first} of {len(asked)} first, {ten} among the first ten")

        places: dict[tuple[Path, str], list[tuple[float, float]]] = {}
        for word in words:
            place = (float(word["start"]), float(word["end"]))
            places.setdefault(((data / word["path"]).resolve(), word["word"].lower()), []).append(place)
        queries = rows(data / "eval/qbe.dev.queries.tsv")
        # Names of hits are paths and times as the list has them.
        asked_for = [((data / "eval" / row["path"]).resolve(), row["start"], row["end"], row["label"].lower(), row["speaker"]) for row in queries]
        tsv(folder / "words.tsv", "path start end", [query[:3] for query in asked_for])
        hits = program.ask("--list", str(folder / "words.tsv"), "-k", "20", "--per-file", "--min-confidence", "0")
        errors = []
        for path, start, end, word, who in asked_for:
            for hit in hits.get(f"{path}#{start}-{end}", []):
                there = Path(hit["path"]).resolve()
                for first, last in places.get((there, word), []):
                    # A hit is true where it covers most of the word.
                    shared = min(hit["end"], last) - max(hit["start"], first)
                    if speaker[there] != who and 2 * shared >= last - first:
                        errors.append((abs(hit["start"] - first), abs(hit["end"] - last)))
        starts, ends = np.array(errors).reshape(-1, 2).T
        print(
            f"boundaries of {len(errors)} true hits of words by other speakers: median |start error| {np.median(starts):.3f} s, "
            f"|end error| {np.median(ends):.3f} s"
        )
        info = json.loads(program("info", "--json").splitlines()[0])
        hours = info["duration"] / 3600
        print(f"store: {info['segments'] / hours:.0f} segments and {info['bytes'] / hours / 1e6:.1f} MB an hour")

        program("export", str(folder / "points.npy"))
        points = [json.loads(line) for line in open(folder / "points.jsonl", encoding="utf-8")]
        chosen = chance.sample(range(len(points)), min(1000, len(points)))
        tsv(folder / "spans.tsv", "path start end", [(points[i]["path"], points[i]["start"], points[i]["end"]) for i in chosen])
        subprocess.run([program.program, "embed", "-q", "--list", str(folder / "spans.tsv"), "--segments", "whole", "--out", str(folder / "cut.npy")], check=True)
        inside, cut = np.load(folder / "points.npy")[chosen], np.load(folder / "cut.npy")
        cosines = (inside * cut).sum(1)
        print(f"spans inside a recording and cut out: mean cosine {cosines.mean():.3f}, 5 % below {np.quantile(cosines, 0.05):.3f}")

        spoken = {word for row in rows(data / "eval/qbe.dev.utts.tsv") for word in row["label"].lower().split()}
        present = [row["label"].lower() for row in rows(data / "eval/qbe.dev.queries.tsv") if len(row["label"]) >= 6]
        present = chance.sample(sorted(set(present) & spoken), 10)
        for name, asked_words in (("said", present), ("absent", [word for word in ABSENT if word not in spoken])):
            best = []
            for word in asked_words:
                found = program.ask("--say", word, "-k", "1", "--min-confidence", "0")
                best.append((found[word][0]["confidence"] if found else 0.0, word))
            print(f"words that are {name}: " + ", ".join(f"{word} {confidence:.2f}" for confidence, word in sorted(best, reverse=True)))

        write(folder / "silence.wav", np.zeros(16_000))
        hiss = np.random.default_rng(0).normal(0, 1e-4, 16_000)
        write(folder / "hiss.wav", hiss)
        others = [data / row["path"] for row in rows(data / "manifest.tsv") if row["kind"] in ("music", "sound") and row["split"] == "dev"]
        clips = [folder / "silence.wav", folder / "hiss.wav", *others]
        hits = program.ask(*map(str, clips), "-k", "1")
        answered = [f"{clip.name} {hits[str(clip)][0]['confidence']:.2f}" for clip in clips if str(clip) in hits]
        print(f"silence, hiss, {len(others)} sounds and music: {len(clips) - len(answered)} of {len(clips)} find nothing; " + ", ".join(answered))


if __name__ == "__main__":
    sys.exit(main())
