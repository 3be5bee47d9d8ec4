#!/usr/bin/env python3
"""What each objective is worth: one table of methods and models, and a picture of how far gradients reach.

    compare_speech.py --data DIR --work DIR [--steps 200] [--gradients gradients.svg]

Trains a model a row, all by the same data, network, steps and seed on one thread, and scores each, the shipped model and what needs no
training on DIR/eval/samediff.*.dev.tsv. Prints Markdown. Data are as in train_speech.py. A model that is below --work already is not
trained again, and one that was broken off goes on. --gradients draws how much of the gradient is left by time lag, for the rows that
differ in their cell alone. Needs `make build` and what synth_speech.py needs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import struct
import subprocess
from pathlib import Path

import draw_gradients
import train_speech

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "src" / "encoder" / "weights" / "speech.safetensors"
SETS = ("speech", "dsp20", "commands", "fsdd")
DEV = SETS[:3]  # what early stopping looks at, as in train_speech.py
MILLISECONDS = 40.0  # from one state of the recipe's network to the next
# Row, its cell, its objective.
ROWS = [
    ("SA, GRU", "gru", "sa:1"),
    ("SA, RNN", "rnn", "sa:1"),
    ("SA, LSTM", "lstm", "sa:1"),
    ("DSA", "gru", "dsa:1"),
    ("DSA, CAE", "gru", "dsa:1,cae:1"),
    ("DSA, CAE, contrastive", "gru", "dsa:0.1,cae:0.1,contrastive:1"),
    ("DSA, CAE, contrastive, multi-view", "gru", "dsa:0.1,cae:0.1,contrastive:1,multiview:0.5"),
]
SHIPPED = "the same and agreement, for longer (shipped)"
BASELINES = {"chunks": "NE: means of 10 chunks", "pooled": "pooled statistics", "dtw": "DTW"}
TAKEN_OVER = ("--cell", "--objective", "--epoch", "--threads", "--words", "--windows")  # of the recipe: here other values count


def recipe(cell: str, objective: str, steps: int) -> list[str]:
    pairs = list(zip(train_speech.RECIPE[::2], train_speech.RECIPE[1::2]))
    kept = [part for name, value in pairs if name not in TAKEN_OVER for part in (name, value)]
    return [
        *kept, "--cell", cell, "--decoder-cell", cell, "--objective", objective,
        "--words", "48", "--windows", "16", "--steps", str(steps), "--epoch", str(max(1, steps // 4)), "--threads", "1",
    ]  # fmt: skip


def place(work: Path, row: str) -> Path:
    return work / ("".join(c if c.isalnum() else "-" for c in row.lower()) + ".safetensors")


def parameters(model: Path) -> int:
    """Values of the encoder of sounds, as far as they are trained: decoder, written words and statistics left out."""
    with open(model, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    beside = ("__metadata__", "decoder.", "spelling.", "normalisation.", "input.")
    statistics = ("batch_norm.0.mean", "batch_norm.0.variance", "batch_norm.1.mean", "batch_norm.1.variance")
    own = [entry for name, entry in header.items() if not name.startswith(beside) and name not in statistics]
    return sum(math.prod(entry["shape"]) for entry in own)


def processor_minutes() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) / 60


def train(told: argparse.Namespace, sources: list[str], dev: list[str]) -> None:
    for row, cell, objective in ROWS:
        out = place(told.work, row)
        done = out.with_suffix(".minutes")
        if done.exists():
            continue
        before = processor_minutes()
        command = [told.program, "train", "audio", *sources, *dev, *recipe(cell, objective, told.steps)]
        subprocess.run([*command, "--resume", "--out", out], check=True, env=os.environ | {"RAYON_NUM_THREADS": "1"})
        done.write_text(f"{processor_minutes() - before:.2f}\n", encoding="utf-8")


def figures(told: argparse.Namespace, model: Path | None, baselines: tuple[str, ...]) -> dict[str, dict]:
    """What `eval samediff` says of each dev set."""
    out = {}
    for name in SETS:
        command = [told.program, "eval", "samediff", told.data / "eval" / f"samediff.{name}.dev.tsv", "--json"]
        command += ["--model", model] if model else []
        command += ["--baseline", ",".join(baselines)] if baselines else []
        out[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return out


def line(row: str, of_set: dict[str, dict], size: int | None = None, minutes: float | None = None) -> str:
    said = lambda value: "" if value is None else f"{value:.3f}".replace("0.", ".", 1)
    cells = [" / ".join(said(of_set[name][part]) for part in ("swdp_ap", "ap", "p_at_1")) for name in SETS]
    return " | ".join(["", row, *cells, f"{size / 1e6:.2f} M" if size else "–", f"{minutes:.1f}" if minutes else "–", ""]).strip()


def table(told: argparse.Namespace) -> list[str]:
    lines = [
        "| | " + " | ".join(SETS) + " | parameters | processor minutes |",
        "|---" * (3 + len(SETS)) + "|",
    ]
    shipped = figures(told, None, tuple(BASELINES))
    for number, name in enumerate(BASELINES.values()):
        lines.append(line(name, {of_set: all_of["baselines"][number] for of_set, all_of in shipped.items()}))
    for row, _, _ in ROWS:
        model = place(told.work, row)
        if model.with_suffix(".minutes").exists():
            minutes = float(model.with_suffix(".minutes").read_text(encoding="utf-8"))
            lines.append(line(row, figures(told, model, ()), parameters(model), minutes))
    lines.append(line(SHIPPED, shipped, parameters(WEIGHTS)))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--program", default=str(ROOT / "target" / "release" / "audiosearch"))
    parser.add_argument("--steps", type=int, default=200, help="of each row")
    parser.add_argument("--gradients", type=Path, help="an svg to draw")
    parser.add_argument("--trained", action="store_true", help="train nothing: print the rows that are there")
    parser.add_argument("--short", action="store_true", help="little synthetic speech and 4 steps, to see that all parts fit")
    told = parser.parse_args()
    told.data, told.work = told.data.resolve(), told.work.resolve()
    told.work.mkdir(parents=True, exist_ok=True)
    told.steps = 4 if told.short else told.steps
    if not told.trained:
        aligned, alone = train_speech.real_speech(told.data, told.work)
        sources = [f"{aligned}:0.42:1", f"{alone}:0.16:0", *train_speech.synthetic_speech(told.data, told.work, told.short)]
        dev = [str(told.data / "eval" / f"samediff.{name}.dev.tsv") for name in DEV]
        train(told, sources, [part for path in dev for part in ("--dev", path)])
    print("\n".join(table(told)))
    if told.gradients:
        curves = {}
        for row, cell, objective in ROWS:
            log = place(told.work, row).with_name(place(told.work, row).name + ".gradient.csv")
            if objective == "sa:1" and log.exists():
                curves[cell.upper()] = draw_gradients.read(log, None)
        told.gradients.write_text(draw_gradients.draw(curves, MILLISECONDS), encoding="utf-8")


if __name__ == "__main__":
    main()
