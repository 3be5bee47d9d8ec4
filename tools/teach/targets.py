#!/usr/bin/env python3
"""Teacher targets for `audiosearch train acoustic`: what Whisper's encoder says of each 20 ms, projected to fewer numbers.

    targets.py --work WORK states SET… --teacher NAME --weights FILE… --layer N     WORK/states/NAME-N/SET-000.safetensors …
    targets.py --work WORK fit SET… --states NAME-N --dims 96 [--words ALIGNMENTS]                  WORK/projection.safetensors
    targets.py --work WORK project SET…                                             WORK/targets/SET-000.safetensors …

Each shard holds some 200 utterances of WORK/SET.tsv: one 16-bit tensor each, [frames of 20 ms, numbers], its key the path in the
manifest. A shard that is there is not made again, so a run goes on where it was stopped. The projection is whitened PCA, or, with
--words, linear discriminants: directions in which frames differ most as against the frames of one word said by two speakers, aligned
by dynamic time warping; each scaled so that the variance within a word is the same in all, and the mean variance is 1. Nothing is
fitted on the dev split. Needs NumPy, PyTorch, SoundFile and safetensors, Numba for --words.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from discriminants import within_words, words_of
from sets import HOP, rows, samples

SHARD = 200
FITTED = 60  # utterances of a language other than English, at most, that the projection is fitted on
SPREAD = 256  # principal components among which discriminants are looked for
RIDGE = 0.1  # of the mean variance within a word, added to each
SHORT = 3_200  # samples; shorter clips say nothing


def shards(work: Path, name: str) -> list[list[dict[str, str]]]:
    lines = rows(work / f"{name}.tsv")
    random.Random(1).shuffle(lines)
    return [lines[at : at + SHARD] for at in range(0, len(lines), SHARD)]


def write(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(tensors, part, metadata)
    part.rename(path)


def states(options: argparse.Namespace) -> None:
    import torch

    from whisper import Encoder

    torch.set_num_threads(1)
    encoder = Encoder(options.weights, torch.bfloat16)
    metadata = {"teacher": options.teacher, "layer": str(options.layer), "hop": str(HOP)}
    for name in options.sets:
        for number, lines in enumerate(shards(options.work, name)):
            path = options.work / "states" / f"{options.teacher}-{options.layer}" / f"{name}-{number:03}.safetensors"
            if path.exists():
                continue
            began, seconds, tensors = time.monotonic(), 0.0, {}
            for line in lines:
                try:
                    wave = samples(options.work / line["path"])
                except (OSError, ValueError, RuntimeError) as error:
                    print(f"{line['path']}: left out: {error}", file=sys.stderr)
                    continue
                if len(wave) >= SHORT:
                    tensors[line["path"]] = encoder.states(wave, {options.layer})[options.layer].astype(np.float16)
                    seconds += len(wave) / 16_000
            write(path, tensors, metadata)
            print(f"{path}: {len(tensors)} utterances, {seconds / (time.monotonic() - began):.0f} x real time", flush=True)


def frames_of(options: argparse.Namespace) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The states of the training utterances, by path, and what their files say of themselves."""
    out: dict[str, np.ndarray] = {}
    count: dict[str, int] = {}
    for name in options.sets:
        spoken = {line["path"]: line["lang"] for line in rows(options.work / f"{name}.tsv") if line["split"] == "train"}
        for path in sorted((options.work / "states" / options.states).glob(f"{name}-*.safetensors")):
            with safe_open(path, "numpy") as shard:
                metadata = shard.metadata()
                for key in (key for key in shard.keys() if key in spoken):
                    count[spoken[key]] = count.get(spoken[key], 0) + 1
                    if spoken[key] == "en" or count[spoken[key]] <= FITTED:
                        out[key] = shard.get_tensor(key)
    return out, metadata


def fit(options: argparse.Namespace) -> None:
    heard, metadata = frames_of(options)
    values = np.concatenate([value[::3].astype(np.float32) for value in heard.values()])
    mean, std = values.mean(0), values.std(0) + 1e-6
    values = (values - mean) / std
    variance, axes = np.linalg.eigh((values.T @ values).astype(np.float64) / len(values))
    order = np.argsort(-variance)
    whiten = (axes[:, order] / np.sqrt(variance[order])).astype(np.float32)
    scaled = lambda value, dims: ((value.astype(np.float32) - mean) / std) @ whiten[:, :dims]
    if options.words:
        spread = min(SPREAD, len(mean))
        words = words_of(options.words, heard)
        inside = within_words(words, lambda word: scaled(heard[word.path][word.start : word.end], spread))
        inside += RIDGE * np.trace(inside) / spread * np.eye(spread)
        whole = np.cov(np.concatenate([scaled(value[::3], spread) for value in heard.values()]).T)
        back = np.linalg.cholesky(np.linalg.inv(inside))
        ratio, axes = np.linalg.eigh(back.T @ whole @ back)
        order = np.argsort(-ratio)[: options.dims]
        projection = whiten[:, :spread] @ (back @ axes[:, order]) / np.sqrt(ratio[order].mean())
        kind = "linear discriminants of words, variance within a word equal in all"
        print("variance of all frames against that within a word:", *ratio[order][:: options.dims // 8].round(2))
    else:
        projection, kind = whiten[:, : options.dims], "whitened PCA"
    metadata |= {"projection": kind, "dims": str(options.dims), "states": options.states}
    tensors = {"mean": mean, "std": std, "projection": np.ascontiguousarray(projection, np.float32)}
    write(options.work / "projection.safetensors", tensors, metadata)
    print(f"{len(heard)} utterances, {len(values)} frames to {options.dims} numbers: {kind}")


def project(options: argparse.Namespace) -> None:
    fitted = load_file(options.work / "projection.safetensors")
    with safe_open(options.work / "projection.safetensors", "numpy") as file:
        metadata = file.metadata()
    for name in options.sets:
        for source in sorted((options.work / "states" / metadata["states"]).glob(f"{name}-*.safetensors")):
            path = options.work / "targets" / source.name
            if path.exists():
                continue
            scaled = ((key, (value.astype(np.float32) - fitted["mean"]) / fitted["std"]) for key, value in load_file(source).items())
            write(path, {key: (value @ fitted["projection"]).astype(np.float16) for key, value in scaled}, metadata)
            print(path, flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, required=True)
    tasks = options.add_subparsers(dest="task", required=True)
    for task in (states, fit, project):
        parser = tasks.add_parser(task.__name__)
        parser.set_defaults(run=task)
        parser.add_argument("sets", nargs="+")
        if task is states:
            parser.add_argument("--teacher", required=True)
            parser.add_argument("--weights", type=Path, nargs="+", required=True)
            parser.add_argument("--layer", type=int, required=True)
        elif task is fit:
            parser.add_argument("--states", required=True)
            parser.add_argument("--dims", type=int, default=96)
            parser.add_argument("--words", type=Path, help="alignments.tsv: word times of the set utts")
    options = options.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
