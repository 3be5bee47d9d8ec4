#!/usr/bin/env python3
"""Trains the frame network (src/acoustic/weights/frames.safetensors) again.

    align_sounds.py --data DIR --out sounds.jsonl
    synth_sounds.py --engine flite --sentences FILE --count 2000 --out flite.npz
    synth_sounds.py --engine espeak --sentences FILE --count 2500 --out espeak.npz
    train_frames.py --data DIR --sounds sounds.jsonl --out first.safetensors --steps 2500
    train_frames.py --data DIR --sounds sounds.jsonl --start first.pt --teach A.safetensors B.safetensors … --steps 2000 --rate 1.5e-3 --out real.safetensors
    train_frames.py (the same) --synthetic flite.npz espeak.npz --out mixed.safetensors
    train_frames.py --blend real.pt mixed.pt --out frames.safetensors

Four convolutions over log-mel frames, of which one in four is kept, and a projection to a unit vector; it learns to tell which third
of which sound is heard, by the cosine of the vector with a direction a class. Every stretch is heard anew in each step: another vocal
tract, tempo, level, tilt and noise. Needs PyTorch and SoundFile; 0.2 s a step on a core. With --start it goes on from the weights
of an earlier run (OUT with the suffix .pt). With --teach it learns, beside what is heard, what networks of earlier runs say of it, all of them
together (Hinton et al. 2015), and the running mean of the weights is written. Runs that began alike can be blended: the mean of their
weights hears better than either (Wortsman et al. 2022).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "data"))
import sounds  # noqa: E402

FRAMES = 220  # of a stretch
SCALE = 12.0  # steepness of the odds of the classes
SMOOTHING = 0.1
DIMENSION = 64
HIDDEN = (128, 192, 256, 256)
TAPS, STRIDES = (5, 5, 3, 3), (2, 2, 1, 1)
SYNTHETIC_SHARE = 0.15
TAUGHT = 0.6  # of the loss is by what other networks say
AVERAGE = 0.995  # of the running mean of the weights


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        sizes = (40, *HIDDEN)
        self.layers = nn.ModuleList(
            nn.Conv1d(sizes[n], sizes[n + 1], TAPS[n], stride=STRIDES[n], padding=TAPS[n] // 2, bias=False) for n in range(4)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(size) for size in HIDDEN)
        self.project = nn.Conv1d(HIDDEN[-1], DIMENSION, 1)
        self.classes = nn.Parameter(torch.randn(sounds.CLASSES, DIMENSION) * 0.1)
        self.register_buffer("mean", torch.zeros(40))
        self.register_buffer("std", torch.ones(40))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """[stretches, frames, 40] to unit vectors [stretches, frames / 4, dimension]."""
        x = ((frames - self.mean) / self.std).transpose(1, 2)
        for layer, norm, stride in zip(self.layers, self.norms, STRIDES):
            x = functional.relu(norm(layer(x)))
            if stride == 1:
                x = functional.dropout1d(x, 0.1, self.training)
        x = self.project(functional.dropout(x, 0.1, self.training))
        return functional.normalize(x, dim=1).transpose(1, 2)

    def odds(self, vectors: torch.Tensor) -> torch.Tensor:
        return SCALE * vectors @ functional.normalize(self.classes, dim=1).T

    def weights(self) -> dict[str, np.ndarray]:
        out = {"input.mean": self.mean.numpy(), "input.std": self.std.numpy()}
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms)):
            weight = layer.weight.detach().numpy()
            folded = sounds.folded(weight, np.zeros(len(weight), np.float32), norm)
            out[f"layer.{number}.weight"], out[f"layer.{number}.bias"] = folded
        out["layer.4.weight"], out["layer.4.bias"] = (tensor.detach().numpy() for tensor in self.project.parameters())
        out["classes"] = SCALE * functional.normalize(self.classes, dim=1).detach().numpy()
        return out


class Taught:
    """A network as it was written, its normalisation folded in."""

    def __init__(self, path: Path):
        self.tensors = {name: torch.from_numpy(values) for name, values in sounds.load(path).items()}

    @torch.no_grad()
    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        """[stretches, frames, 40] to the chances of the classes [stretches, frames / 4, classes]."""
        x = ((frames - self.tensors["input.mean"]) / self.tensors["input.std"]).transpose(1, 2)
        for number, stride in enumerate(STRIDES):
            weight, bias = self.tensors[f"layer.{number}.weight"], self.tensors[f"layer.{number}.bias"]
            x = functional.relu(functional.conv1d(x, weight, bias, stride, weight.shape[2] // 2))
        x = functional.conv1d(x, self.tensors["layer.4.weight"], self.tensors["layer.4.bias"])
        return (functional.normalize(x, dim=1).transpose(1, 2) @ self.tensors["classes"].T).softmax(2)


def blended(paths: list[Path]) -> Network:
    """The mean of the weights of runs that began alike."""
    states = [torch.load(path, weights_only=True) for path in paths]
    network = Network()
    network.load_state_dict({
        name: torch.stack([state[name] for state in states]).mean(0) if value.is_floating_point() else value
        for name, value in states[0].items()
    })
    return network.eval()


def another_voice(frames: np.ndarray) -> np.ndarray:
    """Bands warped as by another vocal tract, another level, tilt and microphone, noise below."""
    bands = frames.shape[1]
    if random.random() < 0.8:
        at = np.clip(np.arange(bands) * random.uniform(0.88, 1.14) + random.uniform(-0.5, 0.5), 0, bands - 1)
        low = at.astype(int)
        share = (at - low)[None].astype(np.float32)
        frames = frames[:, low] * (1 - share) + frames[:, np.minimum(low + 1, bands - 1)] * share
    frames = frames + random.uniform(-0.05, 0.05) * np.arange(bands)[None] + random.uniform(-2.5, 2)
    frames = frames + 0.4 * np.random.randn(1, 5).repeat(8, 1)
    if random.random() < 0.6:
        floor = frames.max() - random.uniform(5, 14) + np.linspace(0, random.uniform(-4, 1), bands)[None]
        frames = np.logaddexp(frames, floor + 0.5 * np.random.randn(*frames.shape))
    return frames.astype(np.float32)


def another_tempo(frames: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rate = random.uniform(0.85, 1.18)
    at = np.arange(int(len(frames) / rate)) * rate
    low = np.minimum(at.astype(int), len(frames) - 1)
    share = (at - low)[:, None].astype(np.float32)
    nearest = np.minimum((at + 0.5).astype(int), len(frames) - 1)
    return frames[low] * (1 - share) + frames[np.minimum(low + 1, len(frames) - 1)] * share, labels[nearest]


def stretch(recording: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A stretch of a recording in which much is known, heard anew."""
    frames, labels = recording
    length = int(FRAMES * 1.2)
    start = 0
    for _ in range(5):
        start = random.randint(0, max(0, len(frames) - length))
        if (labels[start : start + length] >= 0).mean() > 0.25:
            break
    frames, labels = another_tempo(frames[start : start + length], labels[start : start + length])
    frames = another_voice(frames)[:FRAMES]
    missing = FRAMES - len(frames)
    frames = np.concatenate([frames, frames[-1:].repeat(missing, 0)])
    return frames, np.concatenate([labels[:FRAMES], np.full(missing, sounds.UNKNOWN)])


def real(data: Path, aligned: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    out = []
    for line in open(aligned, encoding="utf-8"):
        entry = json.loads(line)
        samples, _ = soundfile.read(data / entry["path"], dtype="float32")
        frames = sounds.log_mel(samples if samples.ndim == 1 else samples.mean(1))
        out.append((frames, sounds.classes(entry["sounds"], entry["pauses"], len(frames)).astype(np.int64)))
    return out


def synthetic(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    file = np.load(path)
    frames, labels, bounds = file["frames"], file["labels"], file["bounds"]
    cut = zip(bounds[:-1], bounds[1:])
    return [(frames[a:b].astype(np.float32), labels[a:b].astype(np.int64)) for a, b in cut]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--sounds", type=Path)
    options.add_argument("--synthetic", type=Path, nargs="*", default=[])
    options.add_argument("--start", type=Path)
    options.add_argument("--teach", type=Path, nargs="*", default=[])
    options.add_argument("--blend", type=Path, nargs="*", default=[])
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--steps", type=int, default=4000)
    options.add_argument("--batch", type=int, default=48)
    options.add_argument("--rate", type=float, default=2e-3)
    parser, options = options, options.parse_args()
    if options.blend:
        sounds.save(options.out, blended(options.blend).weights())
        return
    if not options.data or not options.sounds:
        parser.error("--data and --sounds are needed, or --blend")
    torch.set_num_threads(1)
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(0)
    recordings = real(options.data, options.sounds)
    known = [float((labels >= 0).sum()) ** 0.8 for _, labels in recordings]
    spoken = [recording for path in options.synthetic for recording in synthetic(path)]
    network = Network()
    some = np.concatenate([frames for frames, _ in recordings[::4]])
    network.mean[:], network.std[:] = torch.from_numpy(some.mean(0)), torch.from_numpy(some.std(0))
    if options.start:
        network.load_state_dict(torch.load(options.start, weights_only=True))
    teachers = [Taught(path) for path in options.teach]
    mean = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), options.rate, weight_decay=2e-2)
    made = round(options.batch * SYNTHETIC_SHARE) if spoken else 0
    network.train()
    for step in range(1, options.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1, step / 100) * (1 - step / options.steps + 1e-3)
        chosen = random.choices(recordings, known, k=options.batch - made) + (random.choices(spoken, k=made) if made else [])
        frames, labels = (torch.from_numpy(np.stack(part)) for part in zip(*map(stretch, chosen)))
        odds, labels = network.odds(network(frames)), labels[:, ::4]
        loss = functional.cross_entropy(odds[labels >= 0], labels[labels >= 0], label_smoothing=SMOOTHING)
        if teachers:
            said = sum(teacher(frames) for teacher in teachers) / len(teachers)
            loss = (1 - TAUGHT) * loss - TAUGHT * (said * odds.log_softmax(2)).sum(2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        # Without teachers the last weights are what counts.
        share = AVERAGE if teachers else 0.0
        for name, value in network.state_dict().items():
            mean[name].copy_(share * mean[name] + (1 - share) * value)
        if step % 250 == 0 or step == options.steps:
            print(f"step {step} loss {loss.item():.3f}", flush=True)
            torch.save(mean, options.out.with_suffix(".pt"))
    network.load_state_dict(mean)
    sounds.save(options.out, network.eval().weights())


if __name__ == "__main__":
    main()
