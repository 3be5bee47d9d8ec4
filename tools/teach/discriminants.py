"""How much frames of one word differ when two speakers say it: the noise that a projection of a teacher's states should leave out."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit

from sets import HOP, rows

POSTERIOR = 0.5  # words that the aligner was less sure of are left out
SHORTEST = 0.12  # seconds
PAIRS = 30  # of a word, at most
COMPARED = 96  # leading numbers that the warping compares


class Word(NamedTuple):
    path: str
    start: int  # frames
    end: int
    speaker: str


def words_of(alignments: Path, heard: dict[str, np.ndarray]) -> dict[str, list[Word]]:
    """The training words of `alignments` in recordings whose states are known."""
    out: dict[str, list[Word]] = {}
    for row in rows(alignments):
        path, start, end = f"audio/utts/{row['path']}", float(row["start"]), float(row["end"])
        known = path in heard and row["speaker_split"] == row["word_split"] == "train" and row["oov_pron"] == "0"
        if known and float(row["posterior"]) >= POSTERIOR and end - start > SHORTEST:
            word = Word(path, int(start / HOP), int(end / HOP) + 1, row["speaker"])
            out.setdefault(row["word"].lower(), []).append(word)
    return out


@njit(cache=True)
def _aligned(distances):  # pragma: no cover
    """Dynamic time warping: the pairs of frames on the cheapest path, last first."""
    rows_, columns = distances.shape
    cost = np.full((rows_ + 1, columns + 1), 1e9)
    cost[0, 0] = 0
    for i in range(1, rows_ + 1):
        for j in range(1, columns + 1):
            cost[i, j] = distances[i - 1, j - 1] + min(cost[i - 1, j - 1], cost[i - 1, j], cost[i, j - 1])
    i, j = rows_, columns
    pairs = []
    while i > 0 and j > 0:
        pairs.append((i - 1, j - 1))
        if cost[i - 1, j - 1] <= cost[i - 1, j] and cost[i - 1, j - 1] <= cost[i, j - 1]:
            i -= 1
            j -= 1
        elif cost[i - 1, j] <= cost[i, j - 1]:
            i -= 1
        else:
            j -= 1
    return pairs


def within_words(words: dict[str, list[Word]], states: Callable[[Word], np.ndarray]) -> np.ndarray:
    """Covariance [numbers, numbers] of a frame about its word's mean, from differences over pairs of speakers."""
    draw = random.Random(5)
    differences = []
    for word in sorted(words):
        pairs = [(a, b) for n, a in enumerate(words[word]) for b in words[word][:n] if a.speaker != b.speaker]
        for a, b in draw.sample(pairs, min(PAIRS, len(pairs))):
            first, second = states(a), states(b)
            unit = [x[:, :COMPARED] / np.linalg.norm(x[:, :COMPARED], axis=1, keepdims=True) for x in (first, second)]
            path = np.array(_aligned((1 - unit[0] @ unit[1].T).astype(np.float64)))
            differences.append(first[path[:, 0]] - second[path[:, 1]])
    values = np.concatenate(differences)
    return (values.T @ values).astype(np.float64) / len(values) / 2
