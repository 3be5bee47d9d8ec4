#!/usr/bin/env python3
"""Compares how audiosearch decodes the recordings of a folder with how ffmpeg does, and prints what differs.

    compare_decoding.py FOLDER [--decode target/debug/decode] [--jobs 2] [--all] [--json OUT]

Every file below FOLDER is decoded to 16 kHz mono by both: by ffmpeg on the clock of the container (what begins late begins late), its channels
averaged. Compared are the length (0.06 s may differ), the offset by cross-correlation at the beginning and near the end (10 ms), and the
correlation there (0.98, for speech and music alike), with the mean of the channels or, where they cancel, with one of them. What both have
below -80 dB is silence, of which each rounds another part away. A file that ffmpeg cannot decode counts as well read where audiosearch refuses it too, and
one of the kinds that audiosearch does not read counts so where it names the format. The program `decode` is built by
`cargo build -p audiosearch-tools --bin decode`. Needs ffmpeg, ffprobe and numpy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000
# Seconds that are correlated, and how far one may be from the other.
PART, REACH = 3.0, 0.5
# Mean level in dB below which there is nothing but rounding and dither.
SILENCE = -80.0


@dataclass
class Outcome:
    """One file: what both made of it."""

    path: str
    verdict: str
    seconds: float = 0.0
    reference: float = 0.0
    offset_ms: float = 0.0
    offset_end_ms: float = 0.0
    correlation: float = 0.0
    message: str = ""


def channels(path: Path) -> int:
    """The channels of the first sound track; 0 where ffprobe finds none."""
    command = ["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=channels", "-of", "csv=p=0", path]
    found = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60).stdout.split()
    return int(found[0].strip(",")) if found and found[0].strip(",").isdigit() else 0


def by_ffmpeg(path: Path, channel: int | None = None) -> np.ndarray:
    """The mean of all channels, or one of them."""
    count = channels(path)
    if count == 0:
        return np.zeros(0, np.float32)
    mean = "+".join(f"{1 / count:.9f}*c{index}" for index in range(count)) if channel is None else f"c{channel}"
    filters = f"pan=mono|c0={mean},aresample={RATE}:async=1:min_hard_comp=0.05:first_pts=0"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-af", filters, "-f", "f32le", "-"]
    raw = subprocess.run(command, capture_output=True, timeout=120).stdout
    return np.frombuffer(raw[: len(raw) // 4 * 4], np.float32)


def by_program(program: Path, path: Path) -> tuple[np.ndarray, str]:
    with tempfile.NamedTemporaryFile(suffix=".f32") as out:
        done = subprocess.run([program, path, out.name], capture_output=True, text=True, errors="replace", timeout=300)
        samples = np.fromfile(out.name, np.float32)
    message = done.stderr.strip().splitlines()
    return samples, message[-1].replace(f"{path}: ", "") if message else ""


def below(samples: np.ndarray, hertz: float = 6_500) -> np.ndarray:
    """The part of a sound that lies below a frequency."""
    spectrum = np.fft.rfft(np.nan_to_num(samples))
    spectrum[int(len(samples) * hertz / RATE) :] = 0
    return np.fft.irfft(spectrum, len(samples))


def level(samples: np.ndarray) -> float:
    """The mean level in dB."""
    return 10 * float(np.log10(np.mean(np.nan_to_num(samples).astype(np.float64) ** 2) + 1e-15))


def by_steps(path: Path, ours: np.ndarray, theirs: np.ndarray) -> float:
    """The least correlation of steps of a second, each with the mean of the channels or with the channel that it is most like."""
    others = [theirs, *(by_ffmpeg(path, channel) for channel in range(channels(path)))]
    least, count = 1.0, min(len(ours), len(theirs))
    for first in range(0, count, RATE):
        part = ours[first : min(first + RATE, count)]
        if len(part) < min(RATE // 4, count) or level(part) < SILENCE:
            continue
        # one channel may stand with its sign turned, and be taken for a part of the second
        best = 0.0
        for other in others:
            other = other[first : first + len(part)]
            if len(other) == len(part) and np.any(other):
                a, b = below(part), below(other)
                best = max(best, abs(float(a @ b / np.sqrt((a @ a) * (b @ b) + 1e-30))))
        least = min(least, best)
    return least


def compare(ours: np.ndarray, theirs: np.ndarray, start: float) -> tuple[float, float]:
    """By how many milliseconds ours is later, and the correlation there."""
    first, count, reach = int(start * RATE), int(PART * RATE), int(REACH * RATE)
    # what one has more at its end is told by the lengths
    part = theirs[first : min(first + count, max(len(ours), first))].astype(np.float64)
    padded = np.concatenate([np.zeros(reach), ours.astype(np.float64), np.zeros(reach + count)])
    field = padded[first : first + len(part) + 2 * reach]
    low = first - reach
    if len(part) == 0 or not np.any(part) or not np.any(field):
        return 0.0, 1.0 if not np.any(part) and not np.any(field) else 0.0
    size = 1 << int(np.ceil(np.log2(len(part) + len(field))))
    # what lies near the end of the band is the resampler's
    part, field = below(part), below(field)
    cross = np.fft.irfft(np.fft.rfft(field, size) * np.conj(np.fft.rfft(part, size)), size)[: len(field) - len(part) + 1]
    energy = np.concatenate([[0.0], np.cumsum(field**2)])
    norms = np.sqrt(np.maximum(energy[len(part) :] - energy[: len(energy) - len(part)], 1e-12) * np.sum(part**2))
    # where the energy is a trace of the whole, likeness is that of rounding
    likeness = np.where(norms > 1e-3 * norms.max(), cross / norms, 0.0)
    # a steady tone is as like a period further on: the nearest of those that are as good
    good = np.flatnonzero(likeness >= likeness.max() - 1e-3)
    best = good[np.argmin(np.abs(good + low - first))]
    return (best + low - first) * 1000 / RATE, float(likeness[best])


def examine(program: Path, path: Path, name: str) -> Outcome:
    try:
        theirs = by_ffmpeg(path)
        ours, message = by_program(program, path)
    except subprocess.TimeoutExpired as error:
        return Outcome(name, "hangs", message=str(error.cmd[0]))
    found = Outcome(name, "same", len(ours) / RATE, len(theirs) / RATE, message=message)
    named = "which is not read" in message or "are read here" in message or "is read here" in message or "of a kind that" in message
    if "panicked" in message:
        found.verdict = "panics"
    elif len(theirs) == 0:
        found.verdict = "both refuse" if len(ours) == 0 else "only ours"
    elif len(ours) == 0:
        found.verdict = "named" if named else "refused"
    else:
        found.offset_ms, found.correlation = compare(ours, theirs, 0.0)
        end = max(min(len(ours), len(theirs)) / RATE - PART - 0.3, 0.0)
        found.offset_end_ms, correlation = compare(ours, theirs, end)
        found.correlation = min(found.correlation, correlation)
        if abs(found.seconds - found.reference) > 0.06:
            found.verdict = "length"
        elif max(level(ours), level(theirs)) < SILENCE:
            found.verdict = "same"
        elif max(abs(found.offset_ms), abs(found.offset_end_ms)) > 10 and found.correlation > 0.5:
            found.verdict = "offset"
        elif found.correlation < 0.98 and channels(path) > 1 and by_steps(path, ours, theirs) >= 0.98:
            found.verdict = "one channel"
        elif found.correlation < 0.98:
            found.verdict = "sound"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--decode", type=Path, default=ROOT / "target/debug/decode")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="print the files that agree, too")
    parser.add_argument("--json", type=Path, help="write all outcomes to this file")
    arguments = parser.parse_args()
    arguments.decode = arguments.decode.resolve()
    files = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = list(pool.map(lambda path: examine(arguments.decode, path, str(path.relative_to(arguments.folder))), files))
    good = {"same", "one channel", "both refuse", "named"}
    for found in outcomes:
        if arguments.all or found.verdict not in good:
            print(
                f"{found.verdict:11} {found.seconds:8.2f} s {found.reference:8.2f} s {found.offset_ms:8.1f} ms "
                f"{found.offset_end_ms:8.1f} ms  {found.correlation:6.3f}  {found.path}  {found.message}"
            )
    counts = Counter(found.verdict for found in outcomes)
    print(f"{len(outcomes)} files: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(found) for found in outcomes], indent=1) + "\n")
    return 0 if all(found.verdict in good for found in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
