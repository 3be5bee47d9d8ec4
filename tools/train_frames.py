#!/usr/bin/env python3
"""Trains the frame network (src/frames/weights/frames.safetensors) again, from recordings with aligned words.

    train_frames.py --data DIR --model speech.safetensors --out frames.safetensors [--steps 4000]

DIR is as for train_speech.py: manifest.tsv and alignments.tsv. The two convolutions are those of the speech model and stay as they
are; two layers are trained on top of them, so that the same moment of one word by two voices gives the same vector. Pairs of tokens
of a word are laid along each other by dynamic time warping, first over the convolutions' output, then over what was learnt from that;
the moments that meet are the positives, all other moments of the batch the negatives (InfoNCE). Needs PyTorch and SoundFile; about
ten minutes on a core.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import struct
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch.nn import functional

CONTEXT = 3  # outputs of the convolutions side by side, 40 ms apart
HIDDEN, DIMENSION = 256, 64
TEMPERATURE, BATCH, RATE = 0.1, 768, 1e-3
PAIRS_A_WORD = 80
POSTERIOR = 0.3  # words that the aligner was less sure of are left out


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def load(path: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    config = json.loads(header.pop("__metadata__")["audiosearch"])["config"]
    kinds = {"F16": np.float16, "F32": np.float32}

    def tensor(entry: dict) -> torch.Tensor:
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
        return torch.from_numpy(values.astype(np.float32))

    return config, {name: tensor(entry) for name, entry in header.items()}


def save(path: Path, tensors: dict[str, np.ndarray]) -> None:
    header, blobs, at = {}, [], 0
    for name, values in tensors.items():
        blob = np.ascontiguousarray(values.astype(np.float16)).tobytes()
        header[name] = {"dtype": "F16", "shape": list(values.shape), "data_offsets": [at, at + len(blob)]}
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def mel(hertz: np.ndarray | float) -> np.ndarray | float:
    return 1127 * np.log(1 + hertz / 700)


class Front:
    """Samples to the output of the speech model's convolutions."""

    def __init__(self, model: Path) -> None:
        config, self.tensors = load(model)
        self.strides = [convolution["stride"] for convolution in config["convolutions"]]
        if self.strides != [2, 2] or config["features"] != {"bands": 40, "low_hz": 60.0, "high_hz": 7600.0}:
            raise SystemExit(f"{model}: made for two convolutions of stride 2 over 40 bands from 60 to 7600 Hz")
        low, high = mel(60.0), mel(7600.0)
        width = (high - low) / 41
        bins = mel(np.arange(256) * 16000 / 512)
        self.filters = np.zeros((40, 257), np.float32)
        for band in range(40):
            left, centre, right = (low + (band + step) * width for step in range(3))
            self.filters[band, :256] = np.clip(np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)), 0, None)
        self.window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85

    def log_mel(self, samples: np.ndarray) -> np.ndarray:
        frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160].astype(np.float32)
        frames = frames - frames.mean(1, keepdims=True)
        before = np.concatenate([frames[:, :1], frames[:, :-1]], 1)
        power = np.abs(np.fft.rfft((frames - 0.97 * before) * self.window, 512)) ** 2
        return np.log(np.maximum(power @ self.filters.T, 1.19e-7)).astype(np.float32)

    def folded(self, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Convolution and batch normalisation as one."""
        part = {name: self.tensors[f"batch_norm.{layer}.{name}"] for name in ("weight", "bias", "mean", "variance")}
        scale = part["weight"] / torch.sqrt(part["variance"] + 1e-5)
        weight, bias = (self.tensors[f"convolution.{layer}.{name}"] for name in ("weight", "bias"))
        return weight * scale[:, None, None], (bias - part["mean"]) * scale + part["bias"]

    @torch.no_grad()
    def run(self, frames: np.ndarray) -> np.ndarray:
        x = ((torch.from_numpy(frames) - self.tensors["input.mean"]) / self.tensors["input.std"]).T[None]
        for layer, stride in enumerate(self.strides):
            weight, bias = self.folded(layer)
            x = functional.relu(functional.conv1d(x, weight, bias, stride=stride, padding=2))
        return x[0].T.numpy()


def another_voice(frames: np.ndarray) -> np.ndarray:
    """Bands warped as by another vocal tract, another tilt and level, noise below."""
    bands = frames.shape[1]
    at = np.clip(np.arange(bands) * random.uniform(0.9, 1.12), 0, bands - 1)
    low = at.astype(int)
    share = (at - low)[None].astype(np.float32)
    frames = frames[:, low] * (1 - share) + frames[:, np.minimum(low + 1, bands - 1)] * share
    frames = frames + random.uniform(-0.04, 0.04) * np.arange(bands)[None] + random.uniform(-2, 1.5)
    floor = frames.max() - random.uniform(6, 14)
    return np.logaddexp(frames, floor + 0.5 * np.random.randn(*frames.shape)).astype(np.float32)


def tokens(data: Path) -> dict[str, list[tuple[str, np.ndarray, int, int]]]:
    """By word: speaker, log-mel frames with some around them, first frame of the word, frames of it."""
    front, words = Front(ARGUMENTS.model), {}
    wanted: dict[str, list[tuple[str, str, float, float]]] = {}
    for row in rows(data / "alignments.tsv"):
        fits = row["speaker_split"] == row["word_split"] == "train" and row["oov_pron"] == "0" and len(row["word"]) > 1
        if fits and float(row["posterior"]) >= POSTERIOR:
            token = (row["word"].lower(), row["speaker"], float(row["start"]), float(row["end"]))
            wanted.setdefault(row["path"], []).append(token)
    for row in rows(data / "manifest.tsv"):
        if row["kind"] == "word" and row["split"] == "train" and "fsdd" not in row["path"]:
            wanted[row["path"]] = [(row["label"].lower(), row["speaker"], 0.0, 60.0)]
    for path, stretches in wanted.items():
        samples, rate = soundfile.read(data / path, dtype="float32")
        if rate != 16000:
            continue
        frames = front.log_mel(samples if samples.ndim == 1 else samples.mean(1))
        for word, speaker, start, end in stretches:
            first, last = round(start * 100), min(len(frames), round(end * 100))
            if 14 <= last - first <= 150:
                around = max(0, first - 12)
                words.setdefault(word, []).append((speaker, frames[around : last + 12], first - around, last - first))
    return words


def align(cost: np.ndarray) -> tuple[list[int], list[int]]:
    rows_, columns = cost.shape
    total = np.full((rows_ + 1, columns + 1), np.inf)
    total[0, 0] = 0
    for i in range(rows_):
        for j in range(columns):
            total[i + 1, j + 1] = cost[i, j] + min(total[i, j], total[i, j + 1] + 0.05, total[i + 1, j] + 0.05)
    i, j, path = rows_, columns, []
    while i and j:
        path.append((i - 1, j - 1))
        steps = {(i - 1, j - 1): total[i - 1, j - 1], (i - 1, j): total[i - 1, j] + 0.05, (i, j - 1): total[i, j - 1] + 0.05}
        i, j = min(steps, key=steps.get)
    left, right = zip(*path)
    return list(left), list(right)


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)


def pairs(words: dict, front: Front, place, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Moments that meet; `place` gives the vectors by which tokens are aligned."""

    def states(token: tuple[str, np.ndarray, int, int]) -> np.ndarray:
        _, frames, first, count = token
        skip = min(random.randint(0, 3), first)
        out = front.run(another_voice(frames[skip:]) if random.random() < 0.5 else frames[skip:])
        padded = np.concatenate([out[:1], out, out[-1:]])
        side = np.concatenate([padded[:-2], padded[1:-1], padded[2:]], 1)
        begin = -(-(first - skip) // 4)
        return side[begin : max(begin + 2, (first - skip + count) // 4)]

    left, right = [], []
    for voices in words.values():
        found = [(a, b) for n, a in enumerate(voices) for b in voices[n + 1 :] if a[0] != b[0]]
        random.shuffle(found)
        for a, b in found[:most]:
            x, y = states(a), states(b)
            if min(len(x), len(y)) >= 3:
                i, j = align(1 - unit(place(x)) @ unit(place(y)).T)
                left.append(x[i])
                right.append(y[j])
    return torch.from_numpy(np.concatenate(left)), torch.from_numpy(np.concatenate(right))


def train(left: torch.Tensor, right: torch.Tensor, mean: torch.Tensor, std: torch.Tensor, steps: int) -> torch.nn.Sequential:
    layers = torch.nn.Linear(left.shape[1], HIDDEN), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(HIDDEN, DIMENSION)
    head = torch.nn.Sequential(*layers)
    optimiser = torch.optim.AdamW(head.parameters(), RATE, weight_decay=1e-2)
    own = torch.arange(BATCH)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = RATE * min(1, step / 100) * (1 - step / steps)
        chosen = torch.randint(len(left), (BATCH,))
        a, b = (functional.normalize(head((side[chosen] - mean) / std), dim=1) for side in (left, right))
        likeness = a @ b.T / TEMPERATURE
        loss = (functional.cross_entropy(likeness, own) + functional.cross_entropy(likeness.T, own)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 500 == 0:
            print(f"step {step} loss {loss.item():.3f}", flush=True)
    return head.eval()


def main() -> None:
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(0)
    front, words = Front(ARGUMENTS.model), tokens(ARGUMENTS.data)
    sample = [front.run(frames) for voices in words.values() for _, frames, _, _ in voices[:3]]
    mean, std = np.concatenate(sample).mean(0), np.concatenate(sample).std(0) + 1e-6
    wide_mean, wide_std = torch.from_numpy(np.tile(mean, CONTEXT)), torch.from_numpy(np.tile(std, CONTEXT))
    size = len(mean)
    head = None

    def place(states: np.ndarray) -> np.ndarray:
        if head is None:
            return (states[:, size : 2 * size] - mean) / std
        with torch.no_grad():
            return head((torch.from_numpy(states) - wide_mean) / wide_std).numpy()

    for _ in range(2):
        left, right = pairs(words, front, place, ARGUMENTS.pairs)
        print(f"{len(left)} moments that meet", flush=True)
        head = train(left, right, wide_mean, wide_std, ARGUMENTS.steps)
    out = {"input.mean": front.tensors["input.mean"].numpy(), "input.std": front.tensors["input.std"].numpy()}
    for layer in range(2):
        weight, bias = front.folded(layer)
        out[f"layer.{layer}.weight"], out[f"layer.{layer}.bias"] = weight.numpy(), bias.numpy()
    weight, bias = (head[0].weight.detach().numpy(), head[0].bias.detach().numpy())
    weight = weight / wide_std.numpy()
    out["layer.2.bias"] = bias - weight @ wide_mean.numpy()
    out["layer.2.weight"] = weight.reshape(HIDDEN, CONTEXT, size).transpose(0, 2, 1)
    out["layer.3.weight"], out["layer.3.bias"] = head[3].weight.detach().numpy()[:, :, None], head[3].bias.detach().numpy()
    save(ARGUMENTS.out, out)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--steps", type=int, default=4000)
    options.add_argument("--pairs", type=int, default=PAIRS_A_WORD, help="pairs of tokens of a word, at most")
    ARGUMENTS = options.parse_args()
    torch.set_num_threads(1)
    main()
