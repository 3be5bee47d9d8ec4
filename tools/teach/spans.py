#!/usr/bin/env python3
"""Vectors of words and of random windows from two teachers, for relations between spans.

    spans.py --work WORK --network EWN --set SET --out OUT.safetensors [--list LIST.tsv] [--windows 2000]

EWN is the folder of efficientword-net 1.0.5 (eff_word_net): its network hears 1.5 s of a word alone. The states of WORK/targets, cut
into 8 parts of a span and averaged, are words as they sound in sentences. LIST: path, start, end (default: WORK/words/SET.tsv), paths
relative to WORK; beside its spans, random windows of 0.3 to 1 s of the set's recordings. OUT: tensors `alone` [spans, 2048] and `inside`
[spans, 8 x numbers], 16 bits, rows of length 1; OUT.tsv has path, start, end, word of each row. Span vectors learn the cosines within a
batch, not the vectors. Needs NumPy, ONNX Runtime, SoundFile and safetensors.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
from pathlib import Path

import numpy as np
import onnxruntime
from safetensors.numpy import load_file, save_file

from sets import HOP, RATE, rows, samples, write_rows

PARTS = 8
HEARD = int(1.5 * RATE)
WINDOW = (0.3, 1.0)  # seconds


class Alone:
    """efficientword-net's network: a word in the middle of 1.5 s of silence -> 2,048 numbers."""

    def __init__(self, folder: Path):
        spec = importlib.util.spec_from_file_location("audio_utils", folder / "audio_utils.py")
        if spec is None or spec.loader is None:
            raise ValueError(f"{folder}: no audio_utils.py")
        self._utils = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._utils)
        (path,) = (path for path in (folder / "models" / "resnet_50_arc").glob("*.onnx") if "qint8" not in path.name)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])

    def __call__(self, wave: np.ndarray) -> np.ndarray:
        wave = wave[max(0, (len(wave) - HEARD) // 2) :][:HEARD]
        before = (HEARD - len(wave)) // 2
        wave = np.pad(wave, (before, HEARD - len(wave) - before))
        frames = self._utils.logfbank(wave, samplerate=RATE, winlen=0.025, winstep=0.01, nfilt=64, nfft=512, preemph=0.0)
        return self._session.run(None, {self._session.get_inputs()[0].name: frames[None, None].astype(np.float32)})[0][0]


def inside(states: np.ndarray, start: float, end: float) -> np.ndarray:
    first = min(int(start / HOP), len(states) - 1)
    cut = states[first : max(int(end / HOP + 0.5), first + 1)].astype(np.float32)
    edges = np.linspace(0, len(cut), PARTS + 1)
    return np.concatenate([cut[min(int(a), len(cut) - 1) : max(int(b), int(a) + 1)].mean(0) for a, b in zip(edges, edges[1:])])


def unit(vectors: list[np.ndarray]) -> np.ndarray:
    whole = np.stack(vectors).astype(np.float32)
    return (whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-9)).astype(np.float16)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--network", type=Path, required=True)
    options.add_argument("--set", required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--list", type=Path)
    options.add_argument("--windows", type=int, default=2000)
    options = options.parse_args()
    states: dict[str, np.ndarray] = {}
    for path in sorted((options.work / "targets").glob(f"{options.set}-*.safetensors")):
        states |= load_file(path)
    spans = [row for row in rows(options.list or options.work / "words" / f"{options.set}.tsv") if row["path"] in states]
    draw = random.Random(1)
    for path in draw.choices(sorted(states), k=options.windows):
        length = draw.uniform(*WINDOW)
        start = draw.uniform(0, max(0.0, len(states[path]) * HOP - length))
        spans.append({"path": path, "start": f"{start:.2f}", "end": f"{start + length:.2f}", "word": ""})
    spans.sort(key=lambda row: row["path"])
    network, heard = Alone(options.network), ("", np.zeros(0))
    alone, within, kept = [], [], []
    for row in spans:
        if heard[0] != row["path"]:
            heard = (row["path"], samples(options.work / row["path"]))
        start, end = float(row.get("start") or 0), float(row.get("end") or len(heard[1]) / RATE)
        wave = heard[1][int(start * RATE) : int(end * RATE)]
        if len(wave) < RATE // 20:
            continue
        alone.append(network(wave))
        within.append(inside(states[row["path"]], start, end))
        kept.append({"path": row["path"], "start": f"{start:.2f}", "end": f"{end:.2f}", "word": row.get("word") or row.get("label", "")})
    save_file({"alone": unit(alone), "inside": unit(within)}, options.out, {"teachers": "efficientword-net 1.0.5; WORK/targets in 8 parts"})
    write_rows(options.out.with_suffix(".tsv"), ("path", "start", "end", "word"), kept)
    print(f"{len(kept)} spans")


if __name__ == "__main__":
    main()
