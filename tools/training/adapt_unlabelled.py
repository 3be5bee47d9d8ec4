#!/usr/bin/env python3
"""What a model gains in a language that nobody has labelled: train without it, discover what recurs in it, train on that.

    adapt_unlabelled.py --data DIR --work DIR [--minutes 12] [--adapt-steps 150]

The base model learns from the labelled words of DIR as train_speech.py does, but for those of the language (DIR/words/dsp20, Mandarin) and
without synthetic speech. The training recordings of that language are then indexed by the base model, their names and labels hidden;
`discover` names what recurs in them; `train audio --from` goes on from there. Prints the figures of both models on
DIR/eval/samediff.*.dev.tsv, and how pure the terms were by the labels that nobody was shown. What lies in --work already is not made
again. Needs `make build`.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import subprocess
from pathlib import Path

import train_speech

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = "words/dsp20/"
SETS = ("dsp20", "speech", "commands")
BASE = ("--objective", "contrastive:1,dsa:0.1,cae:0.1,agreement:1")
# Few tokens: a small rate, and what reconstructs beside what tells apart.
ADAPT = (
    "--objective", "contrastive:1,cae:0.3,agreement:1", "--words", "64", "--windows", "24", "--fragments", "0",
    "--learning-rate", "5e-4", "--warm-up", "10", "--epoch", "50", "--patience", "0", "--average", "0.98", "--seed", "0",
)  # fmt: skip


def without(pairs: list[str], *names: str) -> list[str]:
    """The options, these names and their values left out."""
    kept = zip(pairs[::2], pairs[1::2])
    return [part for name, value in kept if name not in names for part in (name, value)]


def base(program: str, data: Path, work: Path, minutes: str, threads: str) -> Path:
    out = work / "base.safetensors"
    if not out.exists():
        aligned, alone = train_speech.real_speech(data, work)
        lines = alone.read_text(encoding="utf-8").splitlines(keepends=True)
        alone.write_text("".join(line for line in lines if LANGUAGE not in line), encoding="utf-8")
        recipe = without(train_speech.RECIPE, "--objective", "--threads", "--character", "--spelling-width", "--decoys")
        part = work / "base.part.safetensors"
        sources = [f"{aligned}:0.8:1", f"{alone}:0.2:0"]
        subprocess.check_call(
            [program, "train", "audio", *sources, *recipe, *BASE, "--threads", threads, "--minutes", minutes, "--out", part,
             "--dev", data / "eval" / "samediff.speech.dev.tsv"]
        )  # fmt: skip
        part.rename(out)
    return out


def hidden(data: Path, work: Path) -> tuple[Path, dict[str, str]]:
    """The language's training recordings under names that tell nothing, and what each says."""
    folder, labels = work / "unlabelled", {}
    folder.mkdir(exist_ok=True)
    rows = [row for row in train_speech.rows(data / "manifest.tsv") if row["path"].startswith(LANGUAGE) and row["split"] == "train"]
    for number, row in enumerate(rows):
        to = folder / f"{number:04d}{Path(row['path']).suffix}"
        if not to.exists():
            shutil.copyfile(data / row["path"], to)
        labels[str(to)] = row["label"]
    return folder, labels


def discovered(program: str, model: Path, folder: Path, work: Path, sure: str, segments: str) -> Path:
    store, out = work / "store", work / "terms.tsv"
    shutil.rmtree(store, ignore_errors=True)
    subprocess.check_call([program, "index", folder, "--store", store, "--model", model, "--segments", segments, "--quiet"])
    subprocess.check_call([program, "discover", "--store", store, "--min-confidence", sure, "--out", out])
    return out


def purity(terms: Path, labels: dict[str, str]) -> dict[str, float]:
    """Of pairs of occurrences of one term, how many say the same word; and how many occurrences there are."""
    said = collections.defaultdict(list)
    for row in train_speech.rows(terms):
        said[row["label"]].append(labels[row["path"]])
    same = pairs = 0
    for words in said.values():
        counts = collections.Counter(words).values()
        pairs += len(words) * (len(words) - 1) // 2
        same += sum(count * (count - 1) // 2 for count in counts)
    return {"terms": len(said), "occurrences": sum(map(len, said.values())), "pairs that agree": same / max(1, pairs)}


def figures(program: str, model: Path, data: Path) -> dict[str, float]:
    found = {}
    for name in SETS:
        manifest = data / "eval" / f"samediff.{name}.dev.tsv"
        told = json.loads(subprocess.check_output([program, "eval", "samediff", manifest, "--model", model, "--json"]).splitlines()[0])
        found[name] = told["swdp_ap"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--program", default=str(ROOT / "target" / "release" / "audiosearch"))
    parser.add_argument("--minutes", default="12", help="of training the base model")
    parser.add_argument("--adapt-steps", default="150")
    parser.add_argument("--min-confidence", default="0.2", help="of two moments that count as the same")
    parser.add_argument("--segments", default="pauses", help="how the recordings are cut")
    parser.add_argument("--threads", default=str(os.cpu_count()))
    told = parser.parse_args()
    data, work = told.data.resolve(), told.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    first = base(told.program, data, work, told.minutes, told.threads)
    folder, labels = hidden(data, work)
    terms = discovered(told.program, first, folder, work, told.min_confidence, told.segments)
    print("discovered:", {name: round(value, 3) for name, value in purity(terms, labels).items()}, flush=True)
    second = work / "adapted.safetensors"
    subprocess.check_call(
        [told.program, "train", "audio", f"{terms}:1:0", f"{folder}:0:1", "--from", first, *ADAPT, "--threads", told.threads,
         "--steps", told.adapt_steps, "--out", second]
    )  # fmt: skip
    rows = [("before", figures(told.program, first, data)), ("after", figures(told.program, second, data))]
    print("| SWDP AP |", " | ".join(SETS), "|")
    print("|---" * (len(SETS) + 1) + "|")
    for name, found in rows:
        print(f"| {name} |", " | ".join(f"{found[one]:.3f}" for one in SETS), "|")


if __name__ == "__main__":
    main()
