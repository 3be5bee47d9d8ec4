#!/usr/bin/env python3
"""Would the encoder in bf16 pay, and would its vectors hold? The shipped speech model in PyTorch, on one thread, in f32 and in bf16,
over seconds cut out of recordings: frames a second, and how far the vectors of the same second lie apart.

    pip install numpy soundfile torch torchaudio
    python3 tools/benchmarks/bench_bf16.py FOLDER
"""

import argparse
import json
import pathlib
import struct
import time

import numpy
import soundfile
import torch
import torchaudio

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "src" / "encoder" / "weights" / "speech.safetensors"
KINDS = {"F16": numpy.float16, "F32": numpy.float32}


def weights(path):
    """The tensors of a safetensors file, as f32, and what its metadata says of the network."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    config = json.loads(header.pop("__metadata__")["audiosearch"])["config"]
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(data[begin:end], KINDS[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.astype(numpy.float32))
    return tensors, config


class Network(torch.nn.Module):
    """The encoder up to the unit vector: convolutions, two directions a layer, mean and maximum, projection, normalisation."""

    def __init__(self, tensors, config):
        super().__init__()
        if config["cell"] != "gru" or config["pooling"] != "meanmax" or not config["bidirectional"]:
            raise SystemExit("bench_bf16.py knows bidirectional GRUs with mean and maximum only")
        self.tensors = tensors
        self.strides = [convolution["stride"] for convolution in config["convolutions"]]
        self.gru = torch.nn.GRU(128, config["width"], config["layers"], batch_first=True, bidirectional=True)
        for layer in range(config["layers"]):
            for direction, ending in (("forward", ""), ("backward", "_reverse")):
                for part, name in (("input", "weight_ih"), ("hidden", "weight_hh"), ("input_bias", "bias_ih"), ("hidden_bias", "bias_hh")):
                    parameter = getattr(self.gru, f"{name}_l{layer}{ending}")
                    parameter.data.copy_(tensors[f"recurrent.{layer}.{direction}.{part}"])

    def to_kind(self, kind):
        self.tensors = {name: tensor.to(kind) for name, tensor in self.tensors.items()}
        return self.to(kind)

    def forward(self, features):
        get = self.tensors.__getitem__
        hidden = ((features - get("input.mean")) / get("input.std")).transpose(1, 2)
        for number, stride in enumerate(self.strides):
            hidden = torch.nn.functional.conv1d(
                hidden, get(f"convolution.{number}.weight"), get(f"convolution.{number}.bias"), stride, padding=2
            )
            norm = [get(f"batch_norm.{number}.{part}") for part in ("mean", "variance", "weight", "bias")]
            hidden = torch.nn.functional.batch_norm(hidden, *norm).relu()
        states = self.gru(hidden.transpose(1, 2).contiguous())[0]
        pooled = torch.cat([states.mean(1), states.amax(1)], 1)
        unit = torch.nn.functional.normalize
        vector = unit(torch.nn.functional.linear(pooled, get("projection.weight"), get("projection.bias")))
        return unit((vector - get("normalisation.mean")) @ get("normalisation.matrix"))


def seconds(folder, count):
    """[count, frames, bands] of seconds from the middle of recordings."""
    rows = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".flac", ".wav"}):
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        if rate == 16000 and len(sound) >= 16000:
            begin = (len(sound) - 16000) // 2
            clip = torch.from_numpy(sound[begin : begin + 16000, 0].copy())[None]
            rows.append(torchaudio.compliance.kaldi.fbank(clip, num_mel_bins=40, low_freq=60, high_freq=7600, sample_frequency=16000))
        if len(rows) == count:
            break
    return torch.stack(rows)


def run(network, features, batch, rounds):
    """Vectors, and frames a second of processor time in the best of some rounds."""
    best = 0.0
    for _ in range(rounds):
        begun = time.process_time()
        vectors = torch.cat([network(part) for part in features.split(batch)])
        best = max(best, features.shape[0] * features.shape[1] / (time.process_time() - begun))
    return vectors.float(), best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=640, help="seconds to embed")
    parser.add_argument("--batch", type=int, default=160, help="of them at once: as many frames as audiosearch gives its encoder")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with torch.inference_mode():
        features = seconds(arguments.folder, arguments.count)
        exact, speed = run(Network(*weights(MODEL)).eval(), features, arguments.batch, arguments.rounds)
        kind = torch.bfloat16
        near, faster = run(Network(*weights(MODEL)).eval().to_kind(kind), features.to(kind), arguments.batch, arguments.rounds)
    cosines = torch.nn.functional.cosine_similarity(exact, near)
    likeness = [vectors @ vectors.T - 2 * torch.eye(len(vectors)) for vectors in (exact, near)]
    same = (likeness[0].argmax(1) == likeness[1].argmax(1)).float().mean()
    print(f"torch {torch.__version__}, one thread, {len(features)} seconds: f32 {speed:,.0f} frames/s, bf16 {faster:,.0f} ({faster / speed:.2f} ×)")
    print(f"cosine of the same second: mean {cosines.mean():.4f}, least {cosines.min():.4f}; nearest neighbour the same {same:.3f}")
    largest = (likeness[0] - likeness[1]).abs()
    print(f"scores of pairs differ by {largest.mean():.4f} in the mean, {largest.max():.4f} at most")


if __name__ == "__main__":
    main()
