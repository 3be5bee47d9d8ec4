#!/usr/bin/env python3
"""Trains the recurrent acoustic network that ships: targets of a teacher, thirds of phones on the vector itself, and sounds that are no speech.

`audiosearch train acoustic` has the same network and the first two of its objectives; this has what the shipped weights had beside them.
Learns for --minutes on one thread, and may go on from its own output (--start). expected.py then adds what is expected of written words.

  student.py --work WORK --english utts test_clean words --other commonvoice --sounds DATA --minutes 90 --out acoustic.safetensors

WORK: mel from recordings, targets/SET-*.safetensors (targets.py project), phones/SET.tsv (phones.py, align_states.py). DATA: manifest.tsv
with rows of kind `sound` or `music`, of which those with split `train` are read.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import made_sounds
import numpy as np
import sets
import sounds
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

BANDS, REDUCTION, RATE = 40, 4, 25.0
MIDDLE = 0.0125  # seconds from the beginning to the middle of the first frame
WIDTH, CHANNELS, TAPS = 192, 128, 5
PHONES = len(sounds.SOUNDS)
CLASSES = PHONES * sounds.PARTS + 1
LENGTHS = np.array([32, 48, 64, 96, 128, 200, 300, 400, 600])  # log-mel frames of a crop: 0.3 to 6 s
SHARES = np.array([1, 1.5, 2, 2, 2, 2, 2, 2, 1.5]) / 16
SOUNDS_SHARE = 0.35  # crops of sounds for each of speech
WEIGHTS = {"error": 0.05, "phones": 0.06, "thirds": 0.12, "sounds": 0.6}
AVERAGE = 0.998  # of the weights, a step


class Student(nn.Module):
    """Log-mel frames, [batch, time, bands] → frames [batch, time / 4, dimension] and odds of phones, silence and blank."""

    def __init__(self, dimension: int):
        super().__init__()
        self.c1 = nn.Conv1d(BANDS, CHANNELS, TAPS, stride=2, padding=TAPS // 2)
        self.b1 = nn.BatchNorm1d(CHANNELS)
        self.c2 = nn.Conv1d(CHANNELS, WIDTH, TAPS, stride=2, padding=TAPS // 2)
        self.b2 = nn.BatchNorm1d(WIDTH)
        self.g = nn.GRU(WIDTH, WIDTH, 2, bidirectional=True, batch_first=True)
        self.o = nn.Linear(2 * WIDTH, dimension)
        self.p = nn.Linear(2 * WIDTH, PHONES + 2)
        self.d = nn.Linear(dimension, CLASSES, bias=False)
        nn.init.normal_(self.d.weight)
        self.register_buffer("input_mean", torch.zeros(BANDS))
        self.register_buffer("input_std", torch.ones(BANDS))

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rows = ((rows - self.input_mean) / self.input_std).transpose(1, 2)
        rows = functional.relu(self.b2(self.c2(functional.relu(self.b1(self.c1(rows))))))
        hidden, _ = self.g(rows.transpose(1, 2))
        return self.o(hidden), self.p(hidden)


class Recordings:
    """Log-mel frames, targets, phones and thirds of them (−1 where none is known), by recording."""

    def __init__(self, work: Path, names: list[str]):
        self.all: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for name in names:
            targets: dict[str, torch.Tensor] = {}
            for shard in sorted((work / "targets").glob(f"{name}-*.safetensors")):
                targets |= load_file(shard)
            phones: dict[str, list[dict[str, str]]] = {}
            listed = work / "phones" / f"{name}.tsv"
            for line in sets.rows(listed) if listed.exists() else []:
                phones.setdefault(line["path"], []).append(line)
            for path, target in targets.items():
                mel = sets.log_mel(sets.samples(work / path)).astype(np.float16)
                count = min(len(mel) // REDUCTION, len(target) // 2)
                if count >= LENGTHS[0] // REDUCTION:
                    labels = thirds(phones.get(path, []), count)
                    self.all.append((mel[: count * REDUCTION], target.numpy()[: 2 * count : 2], labels))
        lengths = np.array([len(target) for _, target, _ in self.all], float)
        self.shares = lengths / lengths.sum() if len(lengths) else lengths

    def crops(self, draw: np.random.Generator, count: int, length: int, silence: np.ndarray) -> list[np.ndarray]:
        """Log-mel, targets, labels, and 1 where the recording lies."""
        steps, dimension = length // REDUCTION, self.all[0][1].shape[1]
        mels = np.broadcast_to(silence, (count, length, BANDS)).astype(np.float32)
        targets = np.zeros((count, steps, dimension), np.float32)
        labels, within = np.full((count, steps, 2), -1), np.zeros((count, steps), np.float32)
        for row, number in enumerate(draw.choice(len(self.all), count, p=self.shares)):
            mel, target, label = self.all[number]
            taken = min(steps, len(target))
            first = draw.integers(0, len(target) - taken + 1)
            mels[row, : taken * REDUCTION] = mel[first * REDUCTION : (first + taken) * REDUCTION]
            targets[row, :taken], labels[row, :taken] = target[first : first + taken], label[first : first + taken]
            within[row, :taken] = 1
        return [mels, targets, labels, within]


def thirds(phones: list[dict[str, str]], count: int) -> np.ndarray:
    """The phone of each frame, silence last, and the third of it, [count, 2]."""
    labels, at = np.full((count, 2), -1), np.arange(count) / RATE + MIDDLE
    for line in phones:
        start, end, name = float(line["start"]), float(line["end"]), line["phone"]
        here = slice(max(0, math.ceil((start - MIDDLE) * RATE)), max(0, math.ceil((end - MIDDLE) * RATE)))
        if name == "SIL":
            labels[here] = PHONES, CLASSES - 1
        elif name in sounds.SOUNDS:
            phone = sounds.SOUNDS.index(name)
            part = np.clip(((at[here] - start) / (end - start) * sounds.PARTS).astype(int), 0, sounds.PARTS - 1)
            labels[here, 0], labels[here, 1] = phone, phone * sounds.PARTS + part
    return labels


def disturbed(mel: torch.Tensor) -> torch.Tensor:
    """Another vocal tract, tilt, channel and level, and in three of five crops noise, each drawn anew."""
    batch = len(mel)
    bands = torch.arange(float(BANDS))
    places = (bands * torch.empty(batch, 1).uniform_(0.88, 1.12) + torch.empty(batch, 1).uniform_(-0.6, 0.6)).clamp(0, BANDS - 1)
    mel = torch.bmm(mel, (1 - (places[:, None] - bands[None, :, None]).abs()).clamp(min=0))
    mel = mel + torch.empty(batch, 1, 1).uniform_(-0.05, 0.05) * bands + torch.empty(batch, 1, 1).uniform_(-2, 2)
    mel = mel + (torch.randn(batch, 1, BANDS) * 0.4).cumsum(2) * 0.2
    floor = mel.amax((1, 2), keepdim=True) - torch.empty(batch, 1, 1).uniform_(4, 12)
    floor = floor + (torch.rand(batch, 1, 1) < 0.5) * (torch.randn(batch, 1, BANDS) * 0.5).cumsum(2) * 0.3
    noisy = torch.logaddexp(mel, floor + 0.4 * torch.randn_like(mel))
    return torch.where(torch.rand(batch, 1, 1) < 0.6, noisy, mel)


def masked(mel: torch.Tensor, mean: torch.Tensor, draw: np.random.Generator) -> torch.Tensor:
    """Some bands, or some time, are what is heard in the mean."""
    mel = mel.clone()
    for row in mel:
        if draw.random() < 0.5:
            width = draw.integers(1, 7)
            first = draw.integers(0, BANDS - width + 1)
            row[:, first : first + width] = mean[first : first + width]
        if draw.random() < 0.3 and len(row) > 100:
            width = draw.integers(2, 13)
            first = draw.integers(0, len(row) - width + 1)
            row[first : first + width] = mean
    return mel


def loss_of(model: Student, crops: list[np.ndarray], other: tuple[torch.Tensor, torch.Tensor], draw: np.random.Generator) -> tuple[torch.Tensor, dict[str, float]]:
    mels, targets, labels, within = (torch.from_numpy(part) for part in crops)
    heard = masked(disturbed(mels), model.input_mean, draw)
    sound, as_heard = other
    sound = torch.where(torch.rand(len(sound), 1, 1) < 0.3, disturbed(sound), sound)
    with torch.autocast("cpu", torch.bfloat16):
        frames, odds = model(torch.cat([heard, sound]))
    frames, odds = frames.float(), odds.float()[: len(mels)]
    frames, of_sound = frames[: len(mels)], frames[len(mels) :]
    parts = {
        "cosine": 1 - (functional.cosine_similarity(frames, targets, dim=2) * within).sum() / within.sum(),
        "error": (((frames - targets) ** 2).mean(2) * within).sum() / within.sum(),
        "sounds": (1 - functional.cosine_similarity(of_sound, as_heard, dim=2)).mean(),
    }
    known = labels[..., 0] >= 0
    if known.any():
        parts["phones"] = functional.cross_entropy(odds[known], labels[..., 0][known])
        unit = functional.normalize(frames[known], dim=1)
        parts["thirds"] = functional.cross_entropy(model.d(unit), labels[..., 1][known], label_smoothing=0.05)
    total = sum(WEIGHTS.get(name, 1.0) * part for name, part in parts.items())
    return total, {name: part.item() for name, part in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--english", nargs="+", required=True, help="sets with times of phones")
    parser.add_argument("--other", nargs="*", default=[], help="sets of other languages: half of each batch")
    parser.add_argument("--sounds", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--convolutional", type=Path, required=True, help="frames.safetensors, which tells sounds apart")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--decay", type=float, default=20, help="minutes at the end in which the rate falls to nothing")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--frames", type=int, default=14_400, help="log-mel frames of a batch")
    parser.add_argument("--likeness", type=float, nargs=2, default=(6.0, 12.0), help="weight of the cosine, and the range")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    draw = np.random.default_rng(args.seed)
    speech = [recordings for names in (args.english, args.other) if (recordings := Recordings(args.work, names)).all]
    other = made_sounds.Sounds(args.sounds, speech[0].all, args.convolutional, speech[0].all[0][1].shape[1])
    model = Student(speech[0].all[0][1].shape[1])
    if args.start:
        known = model.state_dict()
        model.load_state_dict({name: value.float() for name, value in load_file(args.start).items() if name in known}, strict=False)
    else:
        every = np.concatenate([mel[::7].astype(np.float32) for recordings in speech for mel, _, _ in recordings.all])
        model.input_mean.copy_(torch.from_numpy(every.mean(0)))
        model.input_std.copy_(torch.from_numpy(every.std(0)))
    silence = (model.input_mean - 2 * model.input_std).numpy()
    directions = [value for name, value in model.named_parameters() if name == "d.weight"]
    layers = [value for name, value in model.named_parameters() if name != "d.weight"]
    groups = [{"params": layers, "times": 1.0}, {"params": directions, "times": 5.0}]
    optimiser = torch.optim.AdamW(groups, args.rate, weight_decay=1e-3, betas=(0.9, 0.98))
    average = {name: value.clone() for name, value in model.state_dict().items()}
    begun, step = time.time(), 0
    while (left := args.minutes - (time.time() - begun) / 60) > 0:
        rate = args.rate * min(1, (step + 1) / 200)
        rate *= 1 if left > args.decay else 0.5 - 0.5 * math.cos(math.pi * left / args.decay) + 0.003
        for group in optimiser.param_groups:
            group["lr"] = rate * group["times"]
        length = int(draw.choice(LENGTHS, p=SHARES))
        count = min(160, max(8, args.frames // length))
        each = [recordings.crops(draw, count // len(speech), length, silence) for recordings in speech]
        crops = [np.concatenate(parts) for parts in zip(*each)]
        total, parts = loss_of(model, crops, other.crops(draw, max(2, int(count * SOUNDS_SHARE)), length), draw)
        optimiser.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        step += 1
        kept = min(AVERAGE, (step + 1) / (step + 20))
        for name, value in model.state_dict().items():
            average[name] = average[name] * kept + value * (1 - kept) if value.dtype.is_floating_point else value.clone()
        if step % 100 == 0:
            print(f"step {step}, {left:.1f} minutes left:", *(f"{name} {part:.3f}" for name, part in parts.items()), flush=True)
    tensors = {name: value.half().contiguous() for name, value in average.items() if value.dtype.is_floating_point}
    save_file(tensors | {"likeness": torch.tensor(args.likeness).half()}, args.out, {"steps": str(step)})


if __name__ == "__main__":
    main()
