"""Sounds that are no speech, for student.py: recordings, made tones, chirps, clicks and noises, and speech with its bands upside down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sets
import soundfile
import torch
from safetensors.torch import load_file
from torch.nn import functional

BANDS = 40
MADE, SECONDS = 160, 8  # made sounds, and how long each is
LONGEST = 60  # seconds of a recording


def tone(draw: np.random.Generator, kind: int, count: int, hertz: float) -> np.ndarray:
    """A tone that glides, overtones, a warble, noise around a pitch, or clicks that ring."""
    time = np.arange(count) / sets.RATE
    glide = hertz * 2 ** draw.uniform(-1, 1) - hertz
    phase = 2 * np.pi * (hertz * time + glide * time**2 / (2 * max(time[-1], 1e-3)))
    if kind == 0:
        return np.sin(phase)
    if kind == 1:
        return sum(np.sin(phase * overtone) / overtone ** draw.uniform(0.3, 2) for overtone in range(1, 9))
    if kind == 2:
        return np.sin(phase + draw.uniform(1, 8) * np.sin(2 * np.pi * draw.uniform(3, 60) * time))
    if kind == 3:
        distance = (np.log(np.fft.rfftfreq(count, 1 / sets.RATE) + 1) - np.log(hertz)) / draw.uniform(0.1, 1.5)
        return np.fft.irfft(np.fft.rfft(draw.standard_normal(count)) * np.exp(-(distance**2)), count) * 10
    clicks = np.zeros(count)
    clicks[draw.integers(0, count, max(1, int(time[-1] * draw.uniform(2, 60))))] = 1
    ring = np.arange(800)
    ring = np.exp(-ring / draw.uniform(20, 400)) * np.sin(2 * np.pi * hertz * ring / sets.RATE)
    return np.convolve(clicks, ring)[:count]


def made(draw: np.random.Generator) -> np.ndarray:
    """Log-mel frames of some seconds of such sounds on a floor of noise."""
    total = sets.RATE * SECONDS
    samples = draw.standard_normal(total) * 10 ** draw.uniform(-4, -1.5)
    for _ in range(draw.integers(4, 14)):
        first = draw.integers(0, total - 1_600)
        count = int(min(total - first, draw.integers(800, 24_000)))
        envelope = np.sin(np.pi * np.arange(count) / count) ** draw.uniform(0.2, 3) * 10 ** draw.uniform(-2, 0)
        samples[first : first + count] += tone(draw, draw.integers(0, 5), count, 10 ** draw.uniform(2, 3.7)) * envelope
    level = 10 ** draw.uniform(-1.5, -0.1) / np.abs(samples).max()
    return sets.log_mel((samples * level).astype(np.float32)).astype(np.float32)


class Sounds:
    """Crops of such sounds, with the frames that the convolutional network gives, turned at random into so many values."""

    def __init__(self, data: Path, speech: list[tuple], convolutional: Path, dimension: int):
        self.speech = speech
        self.recordings = []
        for line in sets.rows(data / "manifest.tsv"):
            if line["path"].startswith("sounds/") and line["split"] == "train":
                samples, rate = soundfile.read(data / line["path"], dtype="float32", frames=LONGEST * sets.RATE)
                if rate != sets.RATE or samples.ndim != 1:
                    raise ValueError(f"{line['path']}: {rate} Hz, {samples.ndim} dimensions; it takes 16 kHz mono")
                self.recordings.append(sets.log_mel(samples).astype(np.float32))
        draw = np.random.default_rng(3)
        self.made = [made(draw) for _ in range(MADE)]
        self.weights = {name: value.float() for name, value in load_file(convolutional).items()}
        seed = torch.Generator().manual_seed(7)
        self.turn = torch.linalg.qr(torch.randn(dimension, self.weights["classes"].shape[1], generator=seed))[0]

    def piece(self, draw: np.random.Generator, length: int) -> np.ndarray:
        which = draw.random()
        if which < 0.5:
            mel = self.recordings[draw.integers(len(self.recordings))]
        elif which < 0.8:
            mel = self.made[draw.integers(len(self.made))]
        else:
            mel = self.speech[draw.integers(len(self.speech))][0].astype(np.float32)[:, ::-1]
        mel = np.tile(mel, (length // len(mel) + 1, 1))
        first = draw.integers(0, len(mel) - length + 1)
        mel = mel[first : first + length]
        mel = np.roll(mel, draw.integers(-4, 5), axis=1) if draw.random() < 0.5 else mel
        return mel + draw.uniform(-3, 3)

    def crops(self, draw: np.random.Generator, count: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-mel, [count, length, bands], two sounds at once in a third of them; and targets, [count, length / 4, dimension]."""
        mels = np.zeros((count, length, BANDS), np.float32)
        for row in mels:
            row[:] = self.piece(draw, length)
            if draw.random() < 0.35:
                row[:] = np.logaddexp(row, self.piece(draw, length) + draw.uniform(-4, 0))
        crops = torch.from_numpy(mels)
        return crops, self.targets(crops)

    @torch.no_grad()
    def targets(self, mel: torch.Tensor) -> torch.Tensor:
        rows = ((mel - self.weights["input.mean"]) / self.weights["input.std"]).transpose(1, 2)
        layers = sum(name.startswith("layer.") and name.endswith(".weight") for name in self.weights)
        for number in range(layers):
            weight, bias = self.weights[f"layer.{number}.weight"], self.weights[f"layer.{number}.bias"]
            rows = functional.conv1d(rows, weight, bias, stride=2 if number < 2 else 1, padding=weight.shape[2] // 2)
            rows = functional.relu(rows) if number + 1 < layers else rows
        return functional.normalize(rows.transpose(1, 2), dim=2) @ self.turn.T
