#!/usr/bin/env python3
"""Trains the shipped speech model again, from recordings with aligned words and from synthetic speech.

    train_speech.py --data DIR --work DIR --out speech.safetensors [--minutes 36] [--short]

DIR holds manifest.tsv (path, kind, label, speaker, split), alignments.tsv (path, word, start, end, posterior, speaker,
speaker_split, word_split, oov_pron), text/sentences.train.txt.gz and eval/samediff.{speech,dsp20,commands}.dev.tsv.
Synthetic speech is made below --work, once. The encoder of sounds comes first (acoustic.safetensors below --work), then train_spelling.py
makes its written words, and the matrix behind it, anew. --short makes little synthetic speech and trains for 20 steps each, to see that all
parts fit. Needs `make build`, PyTorch and what synth_speech.py needs.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POSTERIOR = 0.3  # words that the aligner was less sure of are left out

# Corpus, what synth_speech.py is told, utterances in full, share of a batch's words.
SYNTHETIC = [
    ("en", ["--seed", "1"], 12_000, 0.24),
    ("cmn", ["--pseudo", "cmn", "--seed", "2"], 2_500, 0.09),
    ("other", ["--pseudo", "other", "--seed", "3"], 2_500, 0.09),
]
RECIPE = [
    "--convolution", "128x2", "--convolution", "128x2", "--cell", "gru", "--layers", "2", "--width", "128",
    "--dimension", "128", "--dropout", "0.1", "--decoder-width", "128", "--character", "48", "--spelling-width", "128",
    "--objective", "contrastive:1,dsa:0.1,cae:0.1,multiview:0.5,agreement:1",
    "--words", "112", "--windows", "40", "--decoys", "0", "--fragments", "0",
    "--learning-rate", "3e-3", "--weight-decay", "1e-3", "--warm-up", "60",
    "--epoch", "60", "--patience", "0", "--seed", "0", "--threads", "1",
]  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(path: Path, header: list[str], lines: list[list[str]]) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.writelines("\t".join(line) + "\n" for line in [header, *lines])


def real_speech(data: Path, work: Path) -> tuple[Path, Path]:
    """Manifests of the aligned words of training speakers, and of training words recorded alone."""
    aligned = [
        [str(data / a["path"]), a["start"], a["end"], a["word"].lower(), a["speaker"]]
        for a in rows(data / "alignments.tsv")
        if a["speaker_split"] == a["word_split"] == "train" and a["oov_pron"] == "0"
        and float(a["posterior"]) >= POSTERIOR and len(a["word"]) > 1
    ]  # fmt: skip
    alone = [
        [str(data / m["path"]), m["label"].lower(), m["speaker"]]
        for m in rows(data / "manifest.tsv")
        if m["kind"] == "word" and m["split"] == "train"
    ]
    write(work / "aligned.tsv", ["path", "start", "end", "label", "speaker"], aligned)
    write(work / "alone.tsv", ["path", "label", "speaker"], alone)
    return work / "aligned.tsv", work / "alone.tsv"


def synthetic_speech(data: Path, work: Path, short: bool) -> list[str]:
    sources = []
    for name, told, count, share in SYNTHETIC:
        out = work / name
        if not (out / "words.tsv").exists():
            told = told if "--pseudo" in told else [*told, "--sentences", str(data / "text" / "sentences.train.txt.gz")]
            count = 40 if short else count
            subprocess.check_call([sys.executable, ROOT / "tools/data/synth_speech.py", *told, "--count", str(count), "--out", out])
        sources.append(f"{out / 'words.tsv'}:{share}:0")
    return sources


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--program", default=str(ROOT / "target" / "release" / "audiosearch"))
    parser.add_argument("--minutes", default="36", help="the learning rate falls to zero over this time")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was broken off")
    told = parser.parse_args()
    data, work = told.data.resolve(), told.work.resolve()
    os.makedirs(work, exist_ok=True)
    aligned, alone = real_speech(data, work)
    sources = [f"{aligned}:0.42:1", f"{alone}:0.16:0", *synthetic_speech(data, work, told.short)]
    dev = [part for name in ("speech", "dsp20", "commands") for part in ("--dev", data / "eval" / f"samediff.{name}.dev.tsv")]
    budget = ["--steps", "20"] if told.short else ["--minutes", told.minutes]
    resume = ["--resume"] if told.resume else []
    acoustic = work / "acoustic.safetensors"
    subprocess.check_call([told.program, "train", "audio", *sources, *dev, *RECIPE, *budget, *resume, "--out", acoustic])
    # Vectors of an earlier model, and what was learnt from them, are not this one's.
    begun = [] if told.resume else [told.out.with_name(told.out.name + ".state")]
    for kept in [work / "tokens.npy", *work.glob("dev.*.npy"), *begun]:
        kept.unlink(missing_ok=True)
    spelling = [sys.executable, ROOT / "tools/training/train_spelling.py", "--data", data, "--work", work, "--model", acoustic]
    short = ["--short"] if told.short else []
    subprocess.check_call([*spelling, "--out", told.out.resolve(), "--program", told.program, *short])


if __name__ == "__main__":
    main()
