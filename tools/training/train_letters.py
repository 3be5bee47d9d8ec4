#!/usr/bin/env python3
"""Trains the letters network (src/acoustic/weights/letters.safetensors) again: how written words sound.

    align_sounds.py --data DIR --out sounds.jsonl
    train_letters.py --dictionary FILE --sounds sounds.jsonl --out letters.safetensors [--leave-out WORDS.tsv ...] [--steps 3000]

The dictionary has a line a word: the word, then its sounds (ARPAbet); a further pronunciation of `word` stands under `word(2)`. The
CMU pronouncing dictionary is one (pip install pocketsphinx brings it). Words that --leave-out names (the column label of a list) are not
learnt, so that a search for them measures what the network makes of words that it never saw. Convolutions over the letters give for
each of them two steps of connectionist temporal classification; how long a sound takes is its geometric mean in sounds.jsonl. Needs
PyTorch.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "data"))
import sounds  # noqa: E402

ALPHABET = " 'abcdefghijklmnopqrstuvwxyz"  # as in src/acoustic/letters.rs
STEPS_A_LETTER = 2
HIDDEN, LAYERS, TAPS = 128, 5, 5
BATCH, RATE = 160, 2e-3
LONGEST = 20


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        sizes = (len(ALPHABET), *[HIDDEN] * LAYERS)
        self.layers = nn.ModuleList(nn.Conv1d(sizes[n], HIDDEN, TAPS, padding=TAPS // 2) for n in range(LAYERS))
        self.norms = nn.ModuleList(nn.BatchNorm1d(HIDDEN) for _ in range(LAYERS))
        self.odds = nn.Conv1d(HIDDEN, STEPS_A_LETTER * (len(sounds.SOUNDS) + 1), 1)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """[words, letters, alphabet] to log probabilities [words, 2 × letters, 1 + sounds]; 0 is no sound."""
        x, inside = letters.transpose(1, 2), (letters.sum(2) > 0).float()[:, None]
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms)):
            x = functional.dropout(x, 0.1, self.training) if number else x
            x = functional.relu(norm(layer(x))) * inside
        odds = self.odds(x).transpose(1, 2)
        return odds.reshape(len(odds), -1, len(sounds.SOUNDS) + 1).log_softmax(2)

    def weights(self) -> dict[str, np.ndarray]:
        out = {}
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms)):
            folded = sounds.folded(layer.weight.detach().numpy(), layer.bias.detach().numpy(), norm)
            out[f"layer.{number}.weight"], out[f"layer.{number}.bias"] = folded
        last = (tensor.detach().numpy() for tensor in self.odds.parameters())
        out[f"layer.{LAYERS}.weight"], out[f"layer.{LAYERS}.bias"] = last
        return out


def one_hot(words: list[str]) -> torch.Tensor:
    letters = torch.zeros(len(words), max(map(len, words)), len(ALPHABET))
    for number, word in enumerate(words):
        for at, letter in enumerate(word):
            letters[number, at, ALPHABET.index(letter)] = 1
    return letters


def read_dictionary(path: Path) -> dict[str, list[list[str]]]:
    words: dict[str, list[list[str]]] = {}
    for line in open(path, encoding="utf-8"):
        word, *said = line.split()
        word = re.sub(r"\(\d+\)$", "", word)
        said = [re.sub(r"\d", "", sound) for sound in said]
        if re.fullmatch(r"[a-z']+", word) and len(word) <= LONGEST and set(said) <= set(sounds.SOUNDS):
            words.setdefault(word, []).append(said)
    return words


def said_by(network: Network, words: list[str]) -> list[list[str]]:
    with torch.no_grad():
        best = network.eval()(one_hot(words)).argmax(2)
    out = []
    for word, row in zip(words, best.tolist()):
        row = row[: STEPS_A_LETTER * len(word)]
        out.append([sounds.SOUNDS[now - 1] for before, now in zip([0, *row], row) if now and now != before])
    return out


def distance(a: list[str], b: list[str]) -> int:
    line = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, line[0] = line[0], i
        for j, y in enumerate(b, 1):
            corner, line[j] = line[j], min(line[j] + 1, line[j - 1] + 1, corner + (x != y))
    return line[-1]


def durations(aligned: Path) -> np.ndarray:
    """Geometric mean of how long each sound takes, in frames of 10 ms."""
    logs: dict[str, list[float]] = {sound: [] for sound in sounds.SOUNDS}
    for line in open(aligned, encoding="utf-8"):
        for name, _, frames in json.loads(line)["sounds"]:
            if name in logs and frames > 0:
                logs[name].append(float(np.log(frames)))
    return np.array([np.exp(np.mean(logs[sound])) if logs[sound] else 8.0 for sound in sounds.SOUNDS], np.float32)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--dictionary", type=Path, required=True)
    options.add_argument("--sounds", type=Path, required=True)
    options.add_argument("--leave-out", type=Path, nargs="*", default=[])
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--steps", type=int, default=3000)
    options = options.parse_args()
    torch.set_num_threads(1)
    random.seed(0)
    torch.manual_seed(0)
    words, unseen = read_dictionary(options.dictionary), set()
    for path in options.leave_out:
        with open(path, newline="", encoding="utf-8") as lines:
            unseen |= {row["label"].lower() for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    learnt = [(word, said) for word, all_said in words.items() if word not in unseen for said in all_said[:2]]
    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-2)
    for step in range(1, options.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, step / 200) * (1 - step / options.steps + 1e-3)
        chosen = random.choices(learnt, k=BATCH)
        wanted = torch.tensor([1 + sounds.SOUNDS.index(sound) for _, said in chosen for sound in said])
        given = network.train()(one_hot([word for word, _ in chosen])).transpose(0, 1)
        lengths = [STEPS_A_LETTER * len(word) for word, _ in chosen], [len(said) for _, said in chosen]
        loss = functional.ctc_loss(given, wanted, *map(torch.tensor, lengths), zero_infinity=True)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        if step % 250 == 0 or step == options.steps:
            known = sorted(unseen & words.keys())
            wrong = [min(distance(said, right) for right in words[word]) for word, said in zip(known, said_by(network, known))] if known else []
            count = max(1, sum(len(words[word][0]) for word in known))
            print(f"step {step} loss {loss.item():.3f}; sounds wrong in words left out: {sum(wrong) / count:.3f}", flush=True)
    sounds.save(options.out, {**network.eval().weights(), "durations": durations(options.sounds)})


if __name__ == "__main__":
    main()
