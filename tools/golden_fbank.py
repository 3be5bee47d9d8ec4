#!/usr/bin/env python3
"""Writes the golden numbers of the filterbank: golden_fbank.py [FOLDER]   (default: tests/golden)

A signal of 0.3 s is synthesised (always the same), and torchaudio.compliance.kaldi.fbank (float64, no dither) gives the
log-mel frames: raw little-endian float32, [frames, bands], in fbank_BANDS_LOW_HIGH.f32. Needs torch, torchaudio, numpy.
"""

import sys
import wave
from pathlib import Path

import numpy as np
import torch
from torchaudio.compliance import kaldi

RATE = 16_000
SETTINGS = [(40, 60, 7600), (40, 60, 3900), (80, 20, 7600)]


def signal() -> np.ndarray:
    """Digital silence, then noise that swells (soft to loud), a rising tone, harmonics, and an offset; int16."""
    seconds = np.arange(int(0.3 * RATE)) / RATE
    noise = np.random.RandomState(7).uniform(-1, 1, len(seconds)) * 10 ** (-3.5 + 10 * seconds)
    tone = 0.2 * np.sin(2 * np.pi * (200 + 9000 * seconds) * seconds)
    buzz = sum(0.1 / k * np.sin(2 * np.pi * 140 * k * seconds + k) for k in range(1, 20))
    sound = noise + np.where(seconds > 0.1, tone, 0) + np.where(seconds > 0.2, buzz, 0) + 0.05
    return np.where(seconds < 0.04, 0, np.clip(sound, -1, 1) * 32767).round().astype("<i2")


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "tests" / "golden")
    folder.mkdir(parents=True, exist_ok=True)
    samples = signal()
    with wave.open(str(folder / "fbank.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    waveform = torch.from_numpy(samples.astype(np.float64) / 32768)[None]
    for bands, low, high in SETTINGS:
        frames = kaldi.fbank(
            waveform, num_mel_bins=bands, low_freq=low, high_freq=high, sample_frequency=RATE, dither=0.0
        )
        frames.numpy().astype("<f4").tofile(folder / f"fbank_{bands}_{low}_{high}.f32")


if __name__ == "__main__":
    main()
