#!/usr/bin/env python3
"""Teaches what the acoustic frames of written words are expected to be, and adds that to an acoustic network.

The network's own frames are read off aligned recordings: one for each third of each phone. Convolutions over the phones learn to foretell
them by squared error, on pieces of 2 to 14 phones whose surroundings are hidden, as those of a query are. The tensors `expected.N.weight`
and `expected.N.bias` hold them; --weight, by which the cosine with an expected frame counts beside the log probability of its class, is
folded into the last layer.

  expected.py --work WORK --phones WORK/phones/utts.tsv --phones WORK/phones/test_clean.tsv acoustic.safetensors OUT
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy
import sets
import sounds
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

PARTS = 3
LONGEST = 14  # phones of a piece
HIDDEN = 160
LAYERS = 4
RATE = 25.0  # frames a second
MIDDLE = 0.0125  # seconds from the beginning to the middle of the first frame
GAP = 0.015  # seconds without a phone that part two pieces


class Network(nn.Module):
    """An acoustic network of `audiosearch train acoustic` with two convolutions and GRU layers, as PyTorch runs it."""

    def __init__(self, tensors: dict[str, torch.Tensor]):
        super().__init__()
        first, second = tensors["c1.weight"], tensors["c2.weight"]
        width = tensors["g.weight_hh_l0"].shape[1]
        layers = sum(name.startswith("g.weight_ih_l") and "reverse" not in name for name in tensors)
        self.c1 = nn.Conv1d(first.shape[1], first.shape[0], first.shape[2], stride=2, padding=first.shape[2] // 2)
        self.b1 = nn.BatchNorm1d(first.shape[0])
        self.c2 = nn.Conv1d(second.shape[1], second.shape[0], second.shape[2], stride=2, padding=second.shape[2] // 2)
        self.b2 = nn.BatchNorm1d(second.shape[0])
        self.g = nn.GRU(second.shape[0], width, layers, bidirectional=True, batch_first=True)
        self.o = nn.Linear(2 * width, tensors["o.weight"].shape[0])
        self.register_buffer("input_mean", tensors["input_mean"])
        self.register_buffer("input_std", tensors["input_std"])
        known = self.state_dict()
        self.load_state_dict({name: value for name, value in tensors.items() if name in known}, strict=False)
        self.eval()

    @torch.no_grad()
    def frames(self, log_mel: numpy.ndarray) -> torch.Tensor:
        """[time, bands] → unit vectors, [time / 4, dimension]."""
        rows = (torch.from_numpy(numpy.ascontiguousarray(log_mel, dtype=numpy.float32)) - self.input_mean) / self.input_std
        rows = functional.relu(self.b1(self.c1(rows.T[None])))
        rows = functional.relu(self.b2(self.c2(rows)))
        return functional.normalize(self.o(self.g(rows.transpose(1, 2))[0])[0], dim=1)


class Expected(nn.Module):
    """Phones → a frame for each third of each."""

    def __init__(self, phones: int, dimension: int):
        super().__init__()
        widths = [phones] + [HIDDEN] * LAYERS
        between = [nn.Conv1d(before, after, 3, padding=1) for before, after in zip(widths, widths[1:])]
        self.layers = nn.ModuleList([*between, nn.Conv1d(HIDDEN, PARTS * dimension, 1)])
        self.phones = phones

    def forward(self, phones: torch.Tensor, within: torch.Tensor) -> torch.Tensor:
        """[batch, time] of numbers, and 1 where the piece lies → [batch, time, parts × dimension]; beyond the piece nothing is known."""
        rows = functional.one_hot(phones, self.phones + 1)[..., : self.phones].float().transpose(1, 2)
        for number, layer in enumerate(self.layers):
            rows = layer(rows * within[:, None])
            rows = functional.relu(rows) if number + 1 < len(self.layers) else rows
        return rows.transpose(1, 2)


def sequences(network: Network, work: Path, listed: Path) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    """Of each recording the numbers of its phones, [phones], silence and gaps last, and the frames of their thirds, [phones, parts × dimension]."""
    unknown = len(sounds.SOUNDS)
    by_path: dict[str, list[tuple[float, float, str]]] = {}
    for line in sets.rows(listed):
        by_path.setdefault(line["path"], []).append((float(line["start"]), float(line["end"]), line["phone"]))
    found = []
    for path, phones in by_path.items():
        frames = network.frames(sets.log_mel(sets.samples(work / path))).numpy()
        names, targets, last = [], [], None
        for start, end, phone in sorted(phones):
            if last is not None and start - last > GAP:
                names.append(unknown)
                targets.append(numpy.zeros(PARTS * frames.shape[1]))
            last = end
            middles = start + (end - start) * (numpy.arange(PARTS) + 0.5) / PARTS
            at = numpy.clip((middles - MIDDLE) * RATE, 0, len(frames) - 1.001)
            before, share = at.astype(int), (at % 1)[:, None]
            mixed = frames[before] * (1 - share) + frames[numpy.minimum(before + 1, len(frames) - 1)] * share
            names.append(sounds.SOUNDS.index(phone) if phone in sounds.SOUNDS else unknown)
            targets.append((mixed / numpy.linalg.norm(mixed, axis=1, keepdims=True)).ravel())
        found.append((numpy.array(names), numpy.array(targets, numpy.float32)))
    return found


def trained(pieces: list[tuple[numpy.ndarray, numpy.ndarray]], phones: int, dimension: int, steps: int, batch: int = 128) -> Expected:
    """Squared error over the thirds of the phones that are known."""
    model = Expected(phones, dimension)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.05)
    lengths = numpy.array([len(names) for names, _ in pieces], float)
    draw = numpy.random.default_rng(0)
    for step in range(steps):
        names = numpy.full((batch, LONGEST), phones)
        targets = numpy.zeros((batch, LONGEST, PARTS * dimension), numpy.float32)
        within = numpy.zeros((batch, LONGEST), numpy.float32)
        for row, number in enumerate(draw.choice(len(pieces), batch, p=lengths / lengths.sum())):
            length = min(len(pieces[number][0]), random.randint(2, LONGEST))
            first = random.randint(0, len(pieces[number][0]) - length)
            names[row, :length] = pieces[number][0][first : first + length]
            targets[row, :length] = pieces[number][1][first : first + length]
            within[row, :length] = 1
        known = torch.from_numpy(within * (names < phones))
        off = (model(torch.from_numpy(names), torch.from_numpy(within)) - torch.from_numpy(targets)) ** 2
        loss = (off.sum(2) / PARTS * known).sum() / known.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
        if step % 500 == 499:
            print(f"step {step + 1}: squared error {loss.item():.4f}", flush=True)
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="the folder of prepare.py")
    parser.add_argument("--phones", type=Path, action="append", required=True, help="times of phones: columns path, start, end, phone")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--weight", type=float, default=8.0, help="of the cosine with an expected frame")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    tensors = {name: value.float() for name, value in load_file(args.network).items() if not name.startswith("expected.")}
    network = Network(tensors)
    pieces = [piece for listed in args.phones for piece in sequences(network, args.work, listed)]
    model = trained(pieces, len(sounds.SOUNDS), tensors["o.weight"].shape[0], args.steps)
    for number, layer in enumerate(model.layers):
        scale = args.weight if number + 1 == len(model.layers) else 1.0
        tensors[f"expected.{number}.weight"] = layer.weight.detach() * scale
        tensors[f"expected.{number}.bias"] = layer.bias.detach() * scale
    save_file({name: value.half().contiguous() for name, value in tensors.items()}, args.out)


if __name__ == "__main__":
    main()
