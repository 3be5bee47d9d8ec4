#!/usr/bin/env python3
"""Sounds that say nothing, for `audiosearch eval calibrate --negatives`: noise, hum, wind, rain, tones, at several rates and levels, and
stretches of recordings of music or everyday sounds where some are given. The same seed makes the same sounds.

    make_negatives.py OUT --count 150 --seed 1 [--music FILE…]
"""

from __future__ import annotations

import argparse
import wave
from pathlib import Path

import numpy as np

RATES = (8_000, 16_000, 22_050, 44_100)
SECONDS = (1.0, 2.0, 3.0, 5.0)
LEVELS = (0.003, 0.01, 0.05, 0.2, 0.6)


def coloured(rng, count: int, exponent: float) -> np.ndarray:
    """Noise whose power falls with frequency to this exponent: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.maximum(np.arange(len(spectrum)), 1.0)
    return np.fft.irfft(spectrum * frequency ** (-exponent / 2), count)


def hum(rng, count: int, rate: int) -> np.ndarray:
    base, time = rng.choice([50, 60, 100, 120]), np.arange(count) / rate
    harmonics = [np.sin(2 * np.pi * base * n * time + rng.uniform(0, 6.28)) * rng.uniform(0.1, 1) / n for n in range(1, 12)]
    return sum(harmonics) + 0.02 * rng.standard_normal(count)


def wind(rng, count: int, rate: int) -> np.ndarray:
    gusts = np.abs(coloured(rng, count, 2.5))
    return coloured(rng, count, 1.7) * (0.3 + gusts / gusts.max())


def rain(rng, count: int, rate: int) -> np.ndarray:
    drops = np.where(rng.random(count) < 60 / rate, rng.standard_normal(count), 0.0)
    click = np.exp(-np.arange(rate // 200) / (rate / 2_000)) * np.cos(np.arange(rate // 200) * rng.uniform(0.6, 2.5))
    return np.convolve(drops, click)[:count] + 0.15 * coloured(rng, count, 0.3)


def tones(rng, count: int, rate: int) -> np.ndarray:
    time, kind = np.arange(count) / rate, rng.integers(3)
    if kind == 0:
        return sum(np.sin(2 * np.pi * f * time) for f in rng.uniform(100, 3_000, rng.integers(1, 4)))
    if kind == 1:
        return np.sin(2 * np.pi * (rng.uniform(100, 800) * time + rng.uniform(-200, 600) * time**2 / 2))
    return np.sin(2 * np.pi * rng.uniform(300, 2_000) * time) * (np.sin(2 * np.pi * rng.uniform(0.5, 4) * time) > 0)


def music(rng, count: int, rate: int) -> np.ndarray:
    """Notes of a scale, plucked."""
    out, at = np.zeros(count), 0
    while at < count:
        length = int(rate * rng.choice([0.15, 0.3, 0.6]))
        time = np.arange(min(length, count - at)) / rate
        base = 110 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12 + rng.integers(0, 3))
        notes = [np.sin(2 * np.pi * base * n * time) / n**1.5 for n in range(1, 8) if base * n < rate / 2]
        out[at : at + len(time)] += sum(notes) * np.exp(-3 * time)
        at += length
    return out


KINDS = {
    "white": lambda rng, count, rate: coloured(rng, count, 0.0),
    "pink": lambda rng, count, rate: coloured(rng, count, 1.0),
    "brown": lambda rng, count, rate: coloured(rng, count, 2.0),
    "hum": hum,
    "wind": wind,
    "rain": rain,
    "tones": tones,
    "notes": music,
}


def write(path: Path, samples: np.ndarray, rate: int, level: float) -> None:
    samples = samples / max(float(np.sqrt(np.mean(samples**2))), 1e-9) * level
    pcm = (np.clip(samples, -1, 1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm.tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--music", nargs="*", type=Path, default=[], help="recordings, of which stretches of 3 s are listed too")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng, rows = np.random.default_rng(options.seed), ["path\tstart\tend"]
    for number in range(options.count):
        kind = list(KINDS)[number % len(KINDS)]
        rate, seconds, level = int(rng.choice(RATES)), float(rng.choice(SECONDS)), float(rng.choice(LEVELS))
        name = f"{number:03d}-{kind}-{rate}-{seconds:.0f}s.wav"
        write(options.out / name, KINDS[kind](rng, int(rate * seconds), rate), rate, level)
        rows.append(f"{name}\t\t")
    for path in options.music:
        start = float(rng.uniform(0, 2))
        rows += [f"{path.resolve()}\t{start + 3 * n:.2f}\t{start + 3 * n + 3:.2f}" for n in range(2 if path.stat().st_size < 500_000 else 8)]
    (options.out / "negatives.tsv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
