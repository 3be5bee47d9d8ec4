"""What the scripts of this folder share: manifests, audio and the program's log-mel filterbank."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parent.parent / "data"))
import sounds  # noqa: E402  (tools/data/sounds.py: phones and the filterbank)

RATE = 16_000
HOP = 0.02  # seconds between two target frames
COLUMNS = ("path", "start", "end", "label", "speaker", "split", "lang", "source", "licence")

log_mel = sounds.log_mel


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a TSV with a header."""
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def write_rows(path: Path, columns: tuple[str, ...], lines: list[dict[str, str]]) -> None:
    with open(path, "w", encoding="utf-8") as out:
        print(*columns, sep="\t", file=out)
        for line in lines:
            print(*(line.get(column, "") for column in columns), sep="\t", file=out)


def samples(path: Path) -> np.ndarray:
    """16 kHz mono in [-1, 1]."""
    values, rate = soundfile.read(path, dtype="float32")
    if rate != RATE or values.ndim != 1:
        raise ValueError(f"{path}: {rate} Hz, {values.ndim} dimensions; run prepare.py, which writes 16 kHz mono")
    return values
