#!/usr/bin/env python3
"""Trains the written-word encoder of a speech model anew, and with it the matrix of the model's normalisation.

    train_spelling.py --data DIR --work DIR --model speech.safetensors --out speech.safetensors [--steps 1800] [--unseen] [--short]

The words are those of train_speech.py (DIR and --work as there) and of further synthetic sentences by espeak-ng and flite, so that tens of
thousands of spellings are heard. Each is embedded once by the program; a bidirectional GRU over the letters then learns to name the
vectors among the spellings of the batch and of look-alikes (contrastive, both ways: He et al. 2017). What the program takes a vector
times after its standardisation learns beside it to bring words by their names and by one another nearer; every other tensor is left
as it is, bit for bit, and so is the bottleneck that the decoder reads. With --unseen, labels of
DIR/eval/samediff.*.dev.tsv that no real training recording has are left out, so that the figures there are of words never seen; else
synthetic speech may say them as it may say any other word. A run that was broken off goes on.
The weights that ship were made so, without --unseen.
Needs `make build`, PyTorch, and what synth_speech.py needs.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import struct
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import train_speech

ROOT = Path(__file__).resolve().parents[2]
SETS = ("speech", "dsp20", "commands")
FURTHER = ["--seed", "11", "--words-per-label", "12", "--engines", "espeak,flite"]
SENTENCES = 24_000
SYNTHETIC, RECORDED, REAL, ALONE = range(4)  # espeak-ng; flite's recorded speakers; people, in sentences and in words spoken alone
SHARES = {SYNTHETIC: 0.06, RECORDED: 0.09, REAL: 0.65, ALONE: 0.2}  # of a batch's words
CHARACTER, WIDTH = 64, 192
TOKENS, DECOYS = 448, 640  # of a batch
CYCLE = 600  # steps over which the learning rate falls to zero; it then starts again at half of where it started
TEMPERATURE, RATE, DROPOUT, DECAY = 0.05, 3e-3, 0.2, 1e-2
MATRIX_RATE = 1e-3
MANY = 40  # tokens of a word beyond these make it no more frequent
AVERAGE = 0.99  # of the running mean of the weights, which is what is written


def read_model(path: Path) -> tuple[dict, dict[str, tuple[str, list[int], bytes]]]:
    """The configuration, and each tensor's type, shape and bytes."""
    whole = path.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    configuration = json.loads(header.pop("__metadata__")["audiosearch"])
    cut = lambda entry: whole[8 + length + entry["data_offsets"][0] : 8 + length + entry["data_offsets"][1]]
    return configuration, {name: (entry["dtype"], entry["shape"], cut(entry)) for name, entry in header.items()}


def write_model(path: Path, configuration: dict, tensors: dict[str, tuple[str, list[int], bytes]]) -> None:
    header: dict = {"__metadata__": {"audiosearch": json.dumps(configuration, ensure_ascii=False, separators=(",", ":"))}}
    at = 0
    for name, (kind, shape, data) in sorted(tensors.items()):
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    body = b"".join(data for _, (_, _, data) in sorted(tensors.items()))
    part = path.with_name(path.name + ".part")
    part.write_bytes(struct.pack("<Q", len(text)) + text + body)
    part.replace(path)


def floats(tensor: tuple[str, list[int], bytes]) -> torch.Tensor:
    kind, shape, data = tensor
    values = np.frombuffer(data, {"F16": np.float16, "F32": np.float32}[kind]).astype(np.float32)
    return torch.from_numpy(values.reshape(shape))


class Spelling(nn.Module):
    """The network of src/encoder/spelling.rs, with the normalisation of the speech model behind it."""

    def __init__(self, alphabet: str, matrix: torch.Tensor):
        super().__init__()
        self.numbers = {letter: number + 2 for number, letter in enumerate(alphabet)}
        dimension = len(matrix)
        self.characters = nn.Embedding(len(alphabet) + 2, CHARACTER)
        self.gru = nn.GRU(CHARACTER, WIDTH, batch_first=True, bidirectional=True)
        self.projection = nn.Linear(4 * WIDTH, dimension)
        self.register_buffer("matrix", matrix)

    def forward(self, words: list[str]) -> torch.Tensor:
        letters = [torch.tensor([self.numbers.get(letter, 1) for letter in word]) for word in words]
        lengths = torch.tensor([len(word) for word in letters])
        inputs = self.characters(nn.utils.rnn.pad_sequence(letters, batch_first=True))
        inputs = functional.dropout(inputs, DROPOUT, self.training)
        packed = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        inside = (torch.arange(states.shape[1])[None] < lengths[:, None]).unsqueeze(2)
        mean = (states * inside).sum(1) / lengths[:, None]
        pooled = torch.cat([mean, states.masked_fill(~inside, -9.0).amax(1)], 1)
        pooled = functional.dropout(pooled, DROPOUT, self.training)
        # Written words keep a mean of their own, which is zero here.
        return functional.normalize(functional.normalize(self.projection(pooled), dim=1) @ self.matrix, dim=1)

    def tensors(self, change: torch.Tensor) -> dict[str, torch.Tensor]:
        """What the program reads, for vectors of sounds whose normalisation is this one's matrix times `change`.

        The program takes written words times the product too, which the projection takes back beforehand.
        """
        matrix, change = self.matrix.double(), change.detach().double()
        product = matrix @ change
        back = torch.linalg.solve(product, matrix, left=False)
        named = {
            "spelling.characters": self.characters.weight,
            "spelling.projection.weight": back.T @ self.projection.weight.double(),
            "spelling.projection.bias": self.projection.bias.double() @ back,
            "normalisation.spelling_mean": torch.zeros(len(self.matrix)),
            "normalisation.matrix": product,
        }
        for direction, ending in (("forward", ""), ("backward", "_reverse")):
            for name, part in (("input", "weight_ih"), ("hidden", "weight_hh"), ("input_bias", "bias_ih"), ("hidden_bias", "bias_hh")):
                named[f"spelling.{direction}.{name}"] = getattr(self.gru, f"{part}_l0{ending}")
        return named


def tokens(told: argparse.Namespace) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Vectors, labels and kinds of every training token."""
    aligned, alone = train_speech.real_speech(told.data, told.work)
    train_speech.synthetic_speech(told.data, told.work, told.short)
    further = told.work / "further"
    if not (further / "words.tsv").exists():
        sentences = str(told.data / "text" / "sentences.train.txt.gz")
        count = str(40 if told.short else SENTENCES)
        command = [sys.executable, ROOT / "tools/data/synth_speech.py", "--sentences", sentences, "--count", count, *FURTHER, "--out", further]
        subprocess.check_call(command)
    rows, kinds = [], []
    for path in (aligned, alone, told.work / "en" / "words.tsv", further / "words.tsv"):
        for row in train_speech.rows(path):
            of_people = {aligned: REAL, alone: ALONE}
            kinds.append(of_people.get(path, SYNTHETIC if "+" in row["speaker"] else RECORDED))
            rows.append([str(path.parent / row["path"]), row.get("start", ""), row.get("end", ""), row["label"].lower(), row["speaker"]])
    train_speech.write(told.work / "tokens.tsv", ["path", "start", "end", "label", "speaker"], rows)
    embed(told, told.work / "tokens.tsv", told.work / "tokens.npy")
    return np.load(told.work / "tokens.npy"), [row[3] for row in rows], np.array(kinds)


def embed(told: argparse.Namespace, manifest: Path, out: Path) -> None:
    if not out.exists():
        command = [told.program, "embed", "--list", manifest, "--segments", "whole", "--model", told.model, "--out", out]
        subprocess.check_call(command)


class Matrix(nn.Module):
    """The last step of the speech model: unit vectors times a matrix, and unit length again. It starts from where the vectors are."""

    def __init__(self, dimension: int):
        super().__init__()
        self.change = nn.Parameter(torch.zeros(dimension, dimension))

    def whole(self) -> torch.Tensor:
        return torch.eye(len(self.change)) + self.change

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return functional.normalize(vectors @ self.whole(), dim=1)


def swdp_ap(vectors: np.ndarray, labels: list[str], speakers: list[str]) -> float:
    """AP of "same word" over all pairs but those of one word by one speaker (Carlin et al. 2011)."""
    labels, speakers = np.array(labels), np.array(speakers)
    a, b = np.triu_indices(len(labels), 1)
    same = labels[a] == labels[b]
    kept = ~(same & (speakers[a] == speakers[b]))
    scores = (vectors @ vectors.T)[a, b][kept]
    at = np.flatnonzero(same[kept][np.argsort(-scores, kind="stable")])
    return float(((np.arange(len(at)) + 1) / (at + 1)).mean())


def cross_view_ap(network: Spelling, vectors: np.ndarray, labels: list[str]) -> float:
    words = sorted(set(labels))
    with torch.no_grad():
        scores = vectors @ network.eval()(words).numpy().T
    network.train()
    right = (np.array(labels)[:, None] == np.array(words)[None]).ravel()
    at = np.flatnonzero(right[np.argsort(-scores.ravel(), kind="stable")])
    return float(((np.arange(len(at)) + 1) / (at + 1)).mean())


class LookAlikes:
    """Words that share most pairs of letters with a word."""

    def __init__(self, words: list[str]):
        self.having = defaultdict(list)
        for word in words:
            for pair in self.pairs(word):
                self.having[pair].append(word)
        self.found: dict[str, list[str]] = {}

    @staticmethod
    def pairs(word: str) -> set[str]:
        return {a + b for a, b in zip("^" + word, word + "$")}

    def of(self, word: str) -> list[str]:
        if word not in self.found:
            shared = Counter()
            for pair in sorted(self.pairs(word)):
                having = self.having[pair]
                shared.update(random.sample(having, min(len(having), 300)))
            size = len(self.pairs(word))
            likeliest = sorted(shared.items(), key=lambda item: (-item[1] / (size + len(item[0])), item[0]))
            self.found[word] = [other for other, _ in likeliest[:25] if other != word]
        return self.found[word]


def train(told: argparse.Namespace, model: nn.ModuleDict, vectors: np.ndarray, labels: list[str], kinds: np.ndarray, dev: dict) -> dict:
    real = {label for label, kind in zip(labels, kinds) if kind in (REAL, ALONE)}
    unseen = {label for _, of_set, _ in dev.values() for label in of_set} - real if told.unseen else set()
    having: dict[int, dict[str, list[int]]] = {kind: defaultdict(list) for kind in SHARES}
    for at, (label, kind) in enumerate(zip(labels, kinds)):
        if label not in unseen:
            having[kind][label].append(at)
    words = sorted(set().union(*having.values()))
    chances = {kind: np.sqrt([min(len(at), MANY) for at in of_kind.values()]) for kind, of_kind in having.items()}
    alike = LookAlikes(words)
    print(f"{len(vectors)} tokens, {len(words)} spellings, {len(unseen)} left out", flush=True)
    groups = [{"params": model["words"].parameters(), "rate": RATE}, {"params": model["matrix"].parameters(), "rate": MATRIX_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    mean = {name: value.clone() for name, value in model.state_dict().items()}
    state, first = told.out.with_name(told.out.name + ".state"), 0
    if state.exists():
        kept = torch.load(state, weights_only=True)
        model.load_state_dict(kept["model"])
        optimiser.load_state_dict(kept["optimiser"])
        mean, first = kept["mean"], kept["step"]
    for step in range(first, told.steps):
        random.seed(step)
        np.random.seed(step)
        torch.manual_seed(step)
        for group in optimiser.param_groups:
            cycle, at = divmod(step, CYCLE)
            group["lr"] = group["rate"] * 0.5**cycle * min(1, (at + 1) / 50) * (0.5 + 0.5 * math.cos(math.pi * at / CYCLE))
        chosen, said = [], []
        for kind, share in SHARES.items():
            of_kind = list(having[kind])
            count = min(round(TOKENS * share / 2), len(of_kind))
            chance = chances[kind] / chances[kind].sum()
            for number in np.random.choice(len(of_kind), count, replace=False, p=chance) if count else []:
                chosen += random.choices(having[kind][of_kind[number]], k=2)
                said += [of_kind[number]] * 2
        written = list(dict.fromkeys(said))
        decoys: set[str] = set(random.sample(words, min(len(words), DECOYS // 2)))
        for word in random.sample(written, min(len(written), DECOYS // 8)):
            others = alike.of(word)
            decoys.update(random.sample(others, min(4, len(others))))
        decoys -= set(written)
        place = {word: number for number, word in enumerate(written)}
        which = torch.tensor([place[word] for word in said])
        sounds = model["matrix"](torch.from_numpy(vectors[chosen]))
        logits = sounds @ model["words"]([*written, *sorted(decoys)]).T / TEMPERATURE
        own = functional.one_hot(which, len(written)).float()
        among_tokens = logits[:, : len(written)].log_softmax(0)
        loss = functional.cross_entropy(logits, which) - ((among_tokens * own).sum(0) / own.sum(0)).mean()
        loss = loss + apart(sounds, which)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        share = min(AVERAGE, (step + 1) / (step + 20))
        for name, value in model.state_dict().items():
            mean[name].mul_(share).add_(value, alpha=1 - share)
        if (step + 1) % 50 == 0 or step + 1 == told.steps:
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "mean": mean, "step": step + 1}, state)
            now = {name: value.clone() for name, value in model.state_dict().items()}
            model.load_state_dict(mean)
            print(f"step {step + 1}  loss {loss.item():.4f}  {figures(model, dev)}", flush=True)
            model.load_state_dict(now)
    return mean


def apart(sounds: torch.Tensor, which: torch.Tensor) -> torch.Tensor:
    """Contrastive loss of tokens among one another: another token of the word among those of all words."""
    others = ~torch.eye(len(which), dtype=torch.bool)
    logits = (sounds @ sounds.T / TEMPERATURE).masked_fill(~others, -1e4)
    same = (which[:, None] == which[None]) & others
    return -(logits.log_softmax(1) * same).sum() / same.sum()


def figures(model: nn.ModuleDict, dev: dict) -> str:
    written, heard = [], []
    for name, (vectors, labels, speakers) in dev.items():
        with torch.no_grad():
            vectors = model["matrix"](torch.from_numpy(vectors)).numpy()
        written.append(f"{name} {cross_view_ap(model['words'], vectors, labels):.4f}")
        heard.append(f"{name} {swdp_ap(vectors, labels, speakers):.4f}")
    return f"cross-view AP  {'  '.join(written)}  SWDP AP  {'  '.join(heard)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--program", default=str(ROOT / "target" / "release" / "audiosearch"))
    parser.add_argument("--steps", type=int, default=3 * CYCLE)
    parser.add_argument("--unseen", action="store_true", help="leave out what the dev sets say and no training recording does")
    parser.add_argument("--short", action="store_true", help="little synthetic speech and 20 steps, to see that all parts fit")
    told = parser.parse_args()
    told.data, told.work = told.data.resolve(), told.work.resolve()
    told.work.mkdir(parents=True, exist_ok=True)
    told.steps = 20 if told.short else told.steps
    torch.set_num_threads(1)
    configuration, model = read_model(told.model)
    vectors, labels, kinds = tokens(told)
    dev = {}
    for name in SETS:
        manifest, out = told.data / "eval" / f"samediff.{name}.dev.tsv", told.work / f"dev.{name}.npy"
        embed(told, manifest, out)
        rows = train_speech.rows(manifest)
        dev[name] = (np.load(out), [row["label"].lower() for row in rows], [row["speaker"] for row in rows])
    torch.manual_seed(0)
    shape = configuration["config"]["spelling"]
    words = Spelling(shape["alphabet"], floats(model["normalisation.matrix"]))
    whole = nn.ModuleDict({"words": words, "matrix": Matrix(vectors.shape[1])})
    whole.load_state_dict(train(told, whole, vectors, labels, kinds, dev))
    shape |= {"character": CHARACTER, "width": WIDTH}
    configuration["note"] += f"; written words and the normalisation's matrix anew, {told.steps} steps"
    for name, tensor in words.tensors(whole["matrix"].whole()).items():
        values = tensor.detach().numpy().astype(np.float16)
        model[name] = ("F16", list(values.shape), values.tobytes())
    write_model(told.out, configuration, model)


if __name__ == "__main__":
    main()
