#!/usr/bin/env python3
"""Phones of transcribed recordings from their teacher targets: align_states.py --work WORK --taught utts SET…

Faster than phones.py by two orders of magnitude. A small network learns from WORK/phones/TAUGHT.tsv (of phones.py) which phone a target
frame belongs to; each transcript of WORK/SET.tsv is then aligned by Viterbi, with a pause allowed between words. Left out are words that
pocketsphinx's dictionary lacks and the words that fit worst (a tenth). Writes WORK/phones/SET.tsv and WORK/words/SET.tsv as phones.py
does. Needs NumPy, Numba, PyTorch, safetensors and pocketsphinx (for its dictionary).
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import torch
from numba import njit
from pocketsphinx import Decoder
from safetensors.numpy import load_file
from torch import nn
from torch.nn import functional

from sets import HOP, rows, sounds

SILENCE = len(sounds.SOUNDS)
ANY = SILENCE + 1  # the place of a word without a pronunciation
WORST = 0.1
STEPS, RATE, BATCH = 1500, 2e-3, 512


def targets(work: Path, name: str) -> dict[str, np.ndarray]:
    out: dict[str, np.ndarray] = {}
    for path in sorted((work / "targets").glob(f"{name}-*.safetensors")):
        out |= {key: value.astype(np.float32) for key, value in load_file(path).items()}
    return out


def classifier(work: Path, name: str) -> nn.Module:
    known: dict[str, list[dict[str, str]]] = {}
    for row in rows(work / "phones" / f"{name}.tsv"):
        known.setdefault(row["path"], []).append(row)
    inputs, classes = [], []
    for path, values in targets(work, name).items():
        for row in known.get(path, []):
            phone = SILENCE if row["phone"] == "SIL" else sounds.SOUNDS.index(row["phone"])
            part = values[int(float(row["start"]) / HOP + 0.5) : int(float(row["end"]) / HOP + 0.5)]
            inputs.append(part)
            classes.append(np.full(len(part), phone))
    x, y = torch.from_numpy(np.concatenate(inputs)), torch.from_numpy(np.concatenate(classes))
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(x.shape[1], 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, SILENCE + 1))
    optimiser = torch.optim.AdamW(network.parameters(), RATE)
    kept = torch.rand(len(x)) < 0.9
    taught, told = x[kept], y[kept]
    for step in range(STEPS):
        pick = torch.randint(0, len(taught), (BATCH,))
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        loss = functional.cross_entropy(network(taught[pick]), told[pick])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    network.eval()
    with torch.no_grad():
        right = (network(x[~kept]).argmax(1) == y[~kept]).float().mean()
    print(f"{len(x)} frames; {right:.1%} of those left out are told right")
    return network


@njit(cache=True)
def viterbi(scores, states, optional):  # pragma: no cover
    """The state of each frame. scores [frames, classes]; a state may be entered from the one before, or past an optional one."""
    frames, count = len(scores), len(states)
    best = np.full(count, -1e9)
    came = np.zeros((frames, count), np.int8)
    best[0] = scores[0, states[0]]
    if optional[0] and count > 1:
        best[1] = scores[0, states[1]]
    for t in range(1, frames):
        for s in range(count - 1, -1, -1):
            value, step = best[s], 0
            if s > 0 and best[s - 1] > value:
                value, step = best[s - 1], 1
            if s > 1 and optional[s - 1] and best[s - 2] > value:
                value, step = best[s - 2], 2
            best[s] = value + scores[t, states[s]]
            came[t, s] = step
    s = count - 1
    if optional[s] and count > 1 and best[s - 1] > best[s]:
        s -= 1
    out = np.zeros(frames, np.int64)
    for t in range(frames - 1, -1, -1):
        out[t] = s
        s -= came[t, s]
    return out


class Aligner:
    def __init__(self, network: nn.Module):
        self._network, self._dictionary, self._known = network, Decoder(lm=None, loglevel="FATAL"), {}

    def _phones(self, word: str) -> list[int]:
        if word not in self._known:
            said = self._dictionary.lookup_word(word)
            self._known[word] = [sounds.SOUNDS.index(re.sub(r"\d", "", phone)) for phone in said.split()] if said else [ANY]
        return self._known[word]

    def __call__(self, values: np.ndarray, text: str) -> list[tuple[str, float, list[tuple[int, int, int]]]]:
        """Words with their score a frame and their phones: class, first frame, end."""
        words = re.findall(r"[a-z']+", text.lower().replace("_", " "))
        states, owner = [SILENCE], [-1]
        for number, word in enumerate(words):
            phones = self._phones(word)
            states += [*phones, SILENCE]
            owner += [number] * len(phones) + [-1]
        if not words or len(values) < len(states):
            return []
        with torch.no_grad():
            scores = functional.log_softmax(self._network(torch.from_numpy(values)), 1).numpy()
        scores = np.concatenate([scores, scores.max(1, keepdims=True) - 1], 1)
        optional = np.array([one < 0 for one in owner])
        at = viterbi(scores, np.array(states), optional)
        if not set(np.flatnonzero(~optional)) <= set(at.tolist()):
            return []
        out = []
        edges = [0, *(np.flatnonzero(np.diff(at)) + 1).tolist(), len(at)]
        for start, end in zip(edges, edges[1:]):
            state, number = states[at[start]], owner[at[start]]
            if number < 0:
                out.append(("", 0.0, [(state, start, end)], -1))
            elif out and out[-1][3] == number:
                out[-1][2].append((state, start, end))
            else:
                out.append((words[number], 0.0, [(state, start, end)], number))
        score = lambda phones: float(np.mean([scores[start:end, state].mean() for state, start, end in phones]))
        return [(word, score(phones), phones) for word, _, phones, _ in out if phones[0][0] != ANY]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--taught", default="utts")
    options.add_argument("sets", nargs="+")
    options = options.parse_args()
    torch.set_num_threads(1)
    aligner = Aligner(classifier(options.work, options.taught))
    for folder in ("phones", "words"):
        (options.work / folder).mkdir(exist_ok=True)
    for name in options.sets:
        texts = {row["path"]: row["label"] for row in rows(options.work / f"{name}.tsv")}
        found = [(path, *word) for path, values in targets(options.work, name).items() for word in aligner(values, texts[path])]
        floor = np.quantile([score for _, word, score, _ in found if word], WORST)
        phones = open(options.work / "phones" / f"{name}.tsv", "w", encoding="utf-8")
        words = open(options.work / "words" / f"{name}.tsv", "w", encoding="utf-8")
        with phones, words:
            print("path", "start", "end", "phone", sep="\t", file=phones)
            print("path", "start", "end", "word", sep="\t", file=words)
            for path, word, score, parts in found:
                if word and score < floor:
                    continue
                for state, start, end in parts:
                    phone = "SIL" if state == SILENCE else sounds.SOUNDS[state]
                    print(path, f"{start * HOP:.2f}", f"{end * HOP:.2f}", phone, sep="\t", file=phones)
                if word:
                    print(path, f"{parts[0][1] * HOP:.2f}", f"{parts[-1][2] * HOP:.2f}", word, sep="\t", file=words)
        print(f"{name}: {len({path for path, *_ in found})} of {len(texts)} recordings aligned, {len(found)} words and pauses", flush=True)


if __name__ == "__main__":
    main()
