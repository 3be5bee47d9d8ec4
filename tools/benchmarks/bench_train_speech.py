#!/usr/bin/env python3
"""How fast `audiosearch train audio` trains, beside the same network in PyTorch.

    bench_train_speech.py [--audiosearch PROGRAM] [--steps 30] [--rounds 3] [--threads 1]

Run it with a Python that has torch. Both train the sequence auto-encoder of the shipped network's size (two convolutions, two layers of a
GRU both ways, a decoder that sees the vector alone) on batches of as many tokens of the same lengths. The program reads sound that this
script makes, cuts and disturbs it and computes its frames meanwhile; PyTorch is given random frames that are ready. PyTorch runs once with
padded and once with packed sequences, and the faster counts. The two take turns; half of each run is warm-up. Printed are frames a second
and the ratio of the best runs. Then, of the encoder alone in PyTorch, frames a second without gradients in f32 and bf16.
"""

import argparse
import csv
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time
import wave

BANDS, WIDTH, DIMENSION, POSITIONS, DROPOUT, CLIP, RATE = 40, 128, 128, 4, 0.1, 5.0, 1e-3
WORDS, TOKENS, SPEAKERS = 64, 2, 4
SHORTEST, LONGEST = 30, 80  # frames of 10 ms


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--audiosearch", default=str(root / "target/release/audiosearch"))
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def speech(folder):
    """A manifest of made-up words: a few gliding tones each, spoken by some voices."""
    lines, chance = ["path\tstart\tend\tlabel\tspeaker"], random.Random(1)
    for speaker in range(SPEAKERS):
        samples, path = [], folder / f"{speaker}.wav"
        for word in range(4 * WORDS):
            tones, count = random.Random(word), chance.randint(SHORTEST, LONGEST) * 160 + 240
            start, hertz, glide = len(samples) / 16e3, tones.uniform(200, 3000), tones.uniform(-1500, 1500)
            for at in range(count):
                phase = (hertz + glide * at / count / 2) * (1 + 0.05 * speaker) * at * math.tau / 16e3
                samples.append(int(8000 * math.sin(phase) + chance.gauss(0, 300)))
            lines.append(f"{path}\t{start:.4f}\t{len(samples) / 16e3:.4f}\tword{word}\t{speaker}")
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1), out.setsampwidth(2), out.setframerate(16000)
            out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    manifest = folder / "words.tsv"
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return manifest


def audiosearch(options, manifest, out):
    """Frames a second of the program's last half of a run."""
    network = ["--convolution", f"{WIDTH}x2", "--convolution", f"{WIDTH}x2", "--cell", "gru", "--layers", 2, "--width", WIDTH,
               "--dimension", DIMENSION, "--dropout", DROPOUT, "--decoder-width", WIDTH, "--bands", BANDS]
    command = [options.audiosearch, "-q", "train", "audio", manifest, "--dev", manifest.with_name("dev.tsv"), "--out", out, *network,
               "--objective", "sa:1", "--words", WORDS, "--windows", 0, "--steps", 2 * options.steps, "--epoch", options.steps,
               "--threads", options.threads]
    subprocess.run([str(part) for part in command], check=True)
    with open(f"{out}.csv", newline="", encoding="utf-8") as log:
        return float(list(csv.DictReader(log))[-1]["frames_per_second"])


def network(torch, packed):
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    class AutoEncoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolutions = nn.ModuleList(nn.Conv1d(size, WIDTH, 5, 2, 2) for size in (BANDS, WIDTH))
            self.normalisations = nn.ModuleList(nn.BatchNorm1d(WIDTH) for _ in range(2))
            self.recurrent = nn.GRU(WIDTH, WIDTH, 2, batch_first=True, bidirectional=True, dropout=DROPOUT)
            self.projection = nn.Linear(4 * WIDTH, DIMENSION)
            self.start = nn.Linear(DIMENSION, WIDTH)
            self.decoder = nn.GRU(DIMENSION + POSITIONS, WIDTH, batch_first=True)
            self.output = nn.Linear(WIDTH, BANDS)

        def encode(self, frames, lengths):
            states = frames.transpose(1, 2)
            for convolution, normalisation in zip(self.convolutions, self.normalisations):
                lengths = (lengths + 1) // 2
                states = normalisation(convolution(states)).relu()
                inside = torch.arange(states.shape[2]) < lengths[:, None]
                states = states * inside[:, None]
            states = states.transpose(1, 2)
            if packed:
                states = self.recurrent(pack_padded_sequence(states, lengths, batch_first=True, enforce_sorted=False))[0]
                states = pad_packed_sequence(states, batch_first=True)[0]
            else:
                states = self.recurrent(states)[0]
            mean = (states * inside[..., None]).sum(1) / lengths[:, None]
            most = states.masked_fill(~inside[..., None], -9.0).amax(1)
            return nn.functional.normalize(self.projection(torch.cat([mean, most], 1)), dim=1), lengths, inside

        def forward(self, frames, lengths):
            vectors, lengths, inside = self.encode(frames, lengths)
            step = (torch.arange(inside.shape[1]) + 0.5) / lengths[:, None] * math.pi
            positions = torch.stack([(step * k).cos() for k in range(1, POSITIONS + 1)], 2)
            given = torch.cat([vectors[:, None].expand(-1, inside.shape[1], -1), positions], 2)
            made = self.output(self.decoder(given, self.start(vectors).tanh()[None])[0])
            target = nn.functional.avg_pool1d(frames.transpose(1, 2), 4, 4, ceil_mode=True).transpose(1, 2)
            return ((made - target).square() * inside[..., None]).sum() / (lengths.sum() * BANDS)

    return AutoEncoder()


def batch(torch, chance):
    lengths = torch.tensor([chance.randint(SHORTEST, LONGEST) for _ in range(WORDS * TOKENS)])
    return torch.randn(len(lengths), int(lengths.max()), BANDS), lengths


def pytorch(options, packed):
    """Frames a second of the last half of a run."""
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model, chance = network(torch, packed), random.Random(1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    batches, frames, begun = [batch(torch, chance) for _ in range(2 * options.steps)], 0, 0.0
    for number, (rows, lengths) in enumerate(batches):
        if number == options.steps:
            frames, begun = 0, time.perf_counter()
        optimiser.zero_grad()
        loss = model(rows, lengths)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
        loss.item()
        frames += int(lengths.sum())
    return frames / (time.perf_counter() - begun)


def inference(options, kind):
    """Frames a second of the encoder alone."""
    import torch

    model = network(torch, False).eval().to(kind)
    rows, lengths = batch(torch, random.Random(2))
    frames, begun = 0, time.perf_counter()
    with torch.no_grad():
        model.encode(rows.to(kind), lengths)
        begun = time.perf_counter()
        while time.perf_counter() - begun < 2:
            model.encode(rows.to(kind), lengths)
            frames += int(lengths.sum())
    return frames / (time.perf_counter() - begun)


def main():
    options = arguments()
    try:
        import torch
    except ImportError:
        sys.exit("this Python has no torch; run the script with one that has")
    own, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        manifest = speech(folder)
        lines = manifest.read_text(encoding="utf-8").splitlines()
        (folder / "dev.tsv").write_text("\n".join(lines[:1] + lines[1:9] + lines[1 + 4 * WORDS : 9 + 4 * WORDS]) + "\n", encoding="utf-8")
        for turn in range(options.rounds):
            own.append(audiosearch(options, manifest, folder / "m.safetensors"))
            theirs.append(max(pytorch(options, packed) for packed in (False, True)))
            print(f"round {turn + 1}: audiosearch {own[-1]:,.0f}, torch {torch.__version__} {theirs[-1]:,.0f} frames/s", flush=True)
    print(f"audiosearch / PyTorch: {max(own) / max(theirs):.2f}")
    for kind in (torch.float32, torch.bfloat16):
        print(f"encoder alone, {kind}: {inference(options, kind):,.0f} frames/s")


if __name__ == "__main__":
    main()
