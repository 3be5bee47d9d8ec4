#!/usr/bin/env python3
"""How fast `audiosearch train text` trains, beside the same network in PyTorch.

    bench_train_text.py SENTENCES.txt [--audiosearch PROGRAM] [--steps 20] [--rounds 2] [--threads 1]

Run it with a Python that has torch. Both read the same sentences as the same tokens (the merges are taken from the model that the
program writes), put together batches of the same sizes, and take the same steps: cross-entropy with label smoothing, clipping, AdamW.
The two take turns; half of each run is warm-up. Printed are tokens a second, ends included, and the ratio of the best runs.
"""

import argparse
import csv
import json
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

END, BYTES, MERGES = 1, 3, 259
LONGEST, BATCH, VOCABULARY = 128, 2048, 8192
TOKEN, WIDTH, SMOOTHING, CLIP, RATE = 256, 512, 0.05, 1.0, 2.5e-4
# As GPT-2 cuts words, a space being part of what follows it.
PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?[^\s\w]+|\s+(?!\S)|\s+|_+")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", type=pathlib.Path)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--audiosearch", default=str(root / "target/release/audiosearch"))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def audiosearch(program, sentences, steps, threads, out):
    """Tokens a second of the program's last half of a run."""
    small = out.with_name("held.txt")
    small.write_text("A few words.\nSome others.\n")
    command = [program, "-q", "train", "text", sentences, "--dev", small, "--out", out, "--steps", 2 * steps, "--epoch", steps,
               "--contrast", 0, "--jitter", 0, "--threads", threads]
    subprocess.run([str(part) for part in command], check=True)
    with open(f"{out}.csv", newline="") as log:
        return float(list(csv.DictReader(log))[-1]["tokens_per_second"])


def merges(model):
    """Pairs of ids, in the order in which they are merged, out of a model file's header."""
    with open(model, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    return [tuple(pair) for pair in json.loads(header["__metadata__"]["audiosearch"])["config"]["merges"]]


class Tokens:
    """Byte pairs, merged in the order of their rank."""

    def __init__(self, pairs):
        self.rank = {pair: MERGES + at for at, pair in enumerate(pairs)}
        self.known = {}

    def piece(self, text):
        ids = [BYTES + byte for byte in text.encode()]
        while len(ids) > 1:
            best = min(zip(ids, ids[1:]), key=lambda pair: self.rank.get(pair, 1 << 30))
            if best not in self.rank:
                break
            merged, at = [], 0
            while at < len(ids):
                both = at + 1 < len(ids) and (ids[at], ids[at + 1]) == best
                merged.append(self.rank[best] if both else ids[at])
                at += 2 if both else 1
            ids = merged
        return ids

    def encode(self, sentence):
        ids = []
        for piece in PIECES.findall(" " + sentence):
            if piece not in self.known:
                self.known[piece] = self.piece(piece)
            ids += self.known[piece]
        return ids[:LONGEST]


def batches(rows, steps):
    """Sentences of like length, as many as make BATCH tokens, in random order."""
    rows = sorted(rows, key=len)
    made, end = [], len(rows)
    while end:
        fit = max(1, BATCH // (len(rows[end - 1]) + 1))
        made.append(rows[max(0, end - fit):end])
        end = max(0, end - fit)
    random.Random(1).shuffle(made)
    return [made[at % len(made)] for at in range(steps)]


def pytorch(made, threads):
    """Tokens a second of the last half of these batches."""
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pad_sequence

    torch.set_num_threads(threads)
    torch.manual_seed(1)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(VOCABULARY, TOKEN, padding_idx=0)
            self.encoder = nn.GRU(TOKEN, WIDTH, batch_first=True)
            self.decoder = nn.GRU(TOKEN, WIDTH, batch_first=True)
            self.output = nn.Linear(WIDTH, TOKEN, bias=False)
            self.bias = nn.Parameter(torch.zeros(VOCABULARY))

        def forward(self, rows):
            read = [torch.tensor([END] + row[::-1]) for row in rows]
            last = torch.tensor([len(row) - 1 for row in read])
            states = self.encoder(self.table(pad_sequence(read, batch_first=True)))[0]
            order = states[torch.arange(len(rows)), last]
            told = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
            states = torch.cat([order[:, None], self.decoder(self.table(told), order[None].contiguous())[0]], 1)
            steps = states.shape[1]
            at = torch.tensor([row * steps + step for row, ids in enumerate(rows) for step in range(len(ids) + 1)])
            logits = nn.functional.linear(self.output(states.reshape(-1, WIDTH)[at]), self.table.weight, self.bias)
            return nn.functional.cross_entropy(logits, torch.tensor([id for row in rows for id in row + [END]]),
                                               label_smoothing=SMOOTHING)

    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.0)
    tokens, begun = 0, 0.0
    for number, rows in enumerate(made):
        if 2 * number == len(made):
            tokens, begun = 0, time.perf_counter()
        optimiser.zero_grad()
        loss = network(rows)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        loss.item()
        tokens += sum(len(row) + 1 for row in rows)
    return tokens / (time.perf_counter() - begun)


def main():
    options = arguments()
    try:
        import torch
    except ImportError:
        sys.exit("this Python has no torch; run the script with one that has")
    sentences = [line.strip() for line in options.sentences.read_text().splitlines() if line.strip()]
    own, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "m.safetensors"
        for turn in range(options.rounds):
            own.append(audiosearch(options.audiosearch, options.sentences, options.steps, options.threads, out))
            if turn == 0:
                tokens = Tokens(merges(out))
                made = batches([tokens.encode(sentence) for sentence in sentences], 2 * options.steps)
            theirs.append(pytorch(made, options.threads))
            print(f"round {turn + 1}: audiosearch {own[-1]:.0f}, torch {torch.__version__} {theirs[-1]:.0f} tokens/s", flush=True)
    print(f"audiosearch / PyTorch: {max(own) / max(theirs):.2f}")


if __name__ == "__main__":
    main()
