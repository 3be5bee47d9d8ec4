#!/usr/bin/env python3
"""Prepares the recordings that the acoustic encoder learns from: 16 kHz mono FLAC below WORK/audio, one manifest a set in WORK.

    prepare.py --work WORK utts DATA             read and spelled English, Common Voice as it stands in DATA/manifest.tsv
    prepare.py --work WORK test_clean DATA       LibriSpeech test-clean, the training speakers
    prepare.py --work WORK dev DATA              the dev speakers of both (for measuring, never for training)
    prepare.py --work WORK words DATA            words spoken alone, training speakers
    prepare.py --work WORK commonvoice GIT DATA  Common Voice 6.1, 59 languages less the two that stay unheard
    prepare.py --work WORK heldout GIT DATA      Common Voice of the held-out language (for measuring)
    prepare.py --work WORK speechocean GIT       speechocean762
    prepare.py --work WORK kerstin GIT           dataset-voice-kerstin
    prepare.py --work WORK orders GIT            speech-to-intent-benchmark

GIT is the git directory (or clone) of the repository. A manifest is a TSV: path, start, end, label (transcript), speaker, split,
lang, source, licence; paths are relative to it. Needs ffmpeg, git, NumPy and SoundFile. Running it again writes only what is missing.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from sets import COLUMNS, RATE, rows, write_rows

ARABIC = "ar"
HELD_OUT = "et"  # Estonian: 100 clips by 78 speakers who share 81 words
MARGIN = 0.2  # seconds kept before and after speech where the edges are trimmed
LONGEST = 29.9  # seconds: what Whisper hears at once


def decoded(data: bytes) -> np.ndarray:
    """Any audio file's bytes as 16 kHz mono, int16."""
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    return np.frombuffer(subprocess.run(command, input=data, capture_output=True, check=True).stdout, np.int16)


def trimmed(values: np.ndarray) -> np.ndarray:
    """Without the quiet edges: louder than a thousandth of the loudest 20 ms, plus a margin."""
    step = RATE // 50
    power = np.square(values[: len(values) // step * step].reshape(-1, step).astype(np.float64)).mean(1)
    loud = np.flatnonzero(power > max(power.max(initial=0) * 1e-3, 1.0))
    if len(loud) == 0:
        return values[:0]
    margin = int(MARGIN * RATE)
    return values[max(0, loud[0] * step - margin) : (loud[-1] + 1) * step + margin]


class Repository:
    """Files of a git directory, read without a work tree."""

    def __init__(self, folder: Path):
        self._git = ["git", "-C", str(folder)]
        listing = subprocess.run([*self._git, "ls-tree", "-r", "-z", "HEAD"], capture_output=True, check=True).stdout
        entries = (entry.split("\t", 1) for entry in listing.decode().split("\0") if entry)
        self.blobs = {path: head.split()[2] for head, path in entries}

    def read(self, path: str) -> bytes:
        return subprocess.run([*self._git, "cat-file", "blob", self.blobs[path]], capture_output=True, check=True).stdout

    def table(self, path: str) -> list[dict[str, str]]:
        lines = io.StringIO(self.read(path).decode("utf-8"), newline="")
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


Item = tuple[dict[str, str], bytes]  # a manifest row without its path, and the bytes of its audio file
Source = Iterator[tuple[str, dict[str, str], "callable"]]  # name below audio/SET, row, how to read the audio file


def language(path: str) -> str:
    parts = path.split("/")
    if "commonvoice_other" in parts:
        return parts[parts.index("commonvoice_other") + 1]
    return {"dsp20": "zh"}.get(parts[1], "en")


def from_data(data: Path, manifest: str, kind: str, split: str) -> Source:
    for row in rows(data / manifest):
        path, lang = row["path"], language(row["path"])
        if row["kind"] != kind or row["split"] != split or (split == "train" and lang in (ARABIC, HELD_OUT)):
            continue
        line = {"label": row["label"], "speaker": row["speaker"], "split": split, "lang": lang}
        line |= {"source": row["source"], "licence": row["licence"]}
        yield path, line, lambda path=path: (data / path).read_bytes()


def common_voice(folder: Path, data: Path, wanted) -> Source:
    repository = Repository(folder)
    with gzip.open(data / "commonvoice.allowed.txt.gz", "rt") as lines:
        allowed = {line.strip() for line in lines}
    kept = {Path(row["path"]).stem for row in rows(data / "manifest.tsv") if "commonvoice" in row["path"]}
    for lang in sorted({path.split("/")[0] for path in allowed}):
        if not wanted(lang):
            continue
        for row in repository.table(f"{lang}/validated.tsv"):
            path = f"{lang}/clips/{row['path']}"
            if path in allowed and Path(path).stem not in kept:
                line = {"label": row["sentence"].replace("\t", " "), "speaker": "cv" + row["client_id"][:12], "split": "train"}
                line |= {"lang": lang, "source": "omnilingo/rsample-100-cv-corpus-6.1-2020-12-11", "licence": "CC0-1.0"}
                yield path.replace("/clips/", "/"), line, lambda path=path: repository.read(path)


def speechocean(folder: Path) -> Source:
    repository = Repository(folder)
    for part in ("train", "test"):
        speakers = dict(line.split() for line in repository.read(f"{part}/utt2spk").decode().splitlines())
        texts = dict(line.split("\t", 1) for line in repository.read(f"{part}/text").decode().splitlines())
        for name, path in (line.split() for line in repository.read(f"{part}/wav.scp").decode().splitlines()):
            line = {"label": texts[name].strip().lower(), "speaker": "so" + speakers[name], "split": "train", "lang": "en"}
            line |= {"source": "jimbozhang/speechocean762", "licence": "free for any use"}
            yield path, line, lambda path=path: repository.read(path)


def folder_of_sound(folder: Path, lang: str, speaker: str, source: str, licence: str) -> Source:
    repository = Repository(folder)
    for path in sorted(path for path in repository.blobs if path.endswith((".wav", ".flac", ".webm", ".mp3", ".ogg"))):
        if "noise" not in path.lower():
            line = {"speaker": speaker, "split": "train", "lang": lang, "source": source, "licence": licence}
            yield path, line, lambda path=path: repository.read(path)


def source_of(options: argparse.Namespace) -> Source:
    name, paths = options.set, options.paths
    if name in ("utts", "words"):
        return from_data(paths[0], "manifest.tsv", {"utts": "utterance", "words": "word"}[name], "train")
    if name == "test_clean":
        return from_data(paths[0], "manifest.test_clean.tsv", "utterance", "train")
    if name == "dev":
        manifests = ("manifest.tsv", "manifest.test_clean.tsv")
        return (item for manifest in manifests for item in from_data(paths[0], manifest, "utterance", "dev"))
    if name == "commonvoice":
        return common_voice(paths[0], paths[1], lambda lang: lang not in (ARABIC, HELD_OUT))
    if name == "heldout":
        return common_voice(paths[0], paths[1], lambda lang: lang == HELD_OUT)
    if name == "speechocean":
        return speechocean(paths[0])
    if name == "kerstin":
        return folder_of_sound(paths[0], "de", "kerstin", "rhasspy/dataset-voice-kerstin", "CC0-1.0")
    return folder_of_sound(paths[0], "en", "", "Picovoice/speech-to-intent-benchmark", "Apache-2.0")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, required=True)
    names = ("utts", "test_clean", "dev", "words", "commonvoice", "heldout", "speechocean", "kerstin", "orders")
    options.add_argument("set", choices=names)
    options.add_argument("paths", type=Path, nargs="+")
    options = options.parse_args()
    lines, seconds = [], 0.0
    for name, line, read in source_of(options):
        path = (Path("audio") / options.set / name).with_suffix(".flac")
        file = options.work / path
        if not file.exists():
            try:
                values = decoded(read())
            except (subprocess.CalledProcessError, OSError) as error:
                print(f"{name}: not readable, left out: {error}", file=sys.stderr)
                continue
            if options.set in ("commonvoice", "heldout", "speechocean", "kerstin", "orders"):
                values = trimmed(values)
            if not 0.25 * RATE < len(values) < LONGEST * RATE:
                print(f"{name}: {len(values) / RATE:.2f} s, left out", file=sys.stderr)
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            soundfile.write(part, values, RATE, format="FLAC", subtype="PCM_16")
            part.rename(file)
        seconds += soundfile.info(file).duration
        lines.append({"path": str(path), **line})
    write_rows(options.work / f"{options.set}.tsv", COLUMNS, lines)
    print(f"{options.set}: {len(lines)} recordings, {seconds / 3600:.2f} h")


if __name__ == "__main__":
    main()
