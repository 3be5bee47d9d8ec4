#!/usr/bin/env python3
"""Finds where each sound of the training words lies, for train_frames.py and train_letters.py.

    align_sounds.py --data DIR --out sounds.jsonl

DIR is as for train_speech.py: manifest.tsv and alignments.tsv. Every transcript of the training split is aligned by pocketsphinx
(pip install pocketsphinx soundfile); of its words those are kept that alignments.tsv has for training, of recordings of single words
all. Writes a line a recording: path, sounds and pauses, each with its first frame and its number of frames of 10 ms, and words with
the number of their sounds.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import soundfile
from pocketsphinx import Decoder

POSTERIOR = 0.2  # words that the aligner of alignments.tsv was less sure of are left out
SPELLED = dict(zip("abcdefghijklmnopqrstuvwxyz", "AE B K D EH F G HH IH JH K L M N AA P K R S T AH V W K Y Z".split()))


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


class Aligner:
    def __init__(self) -> None:
        self._decoder = Decoder(lm=None, loglevel="FATAL")

    def align(self, samples: bytes, text: str) -> list | None:
        """Words with their sounds; none where the text does not fit."""
        for word in text.split():
            if self._decoder.lookup_word(word) is None:
                # Something must stand in the place of a word that the dictionary lacks; it is not kept.
                guess = " ".join(SPELLED[letter] for letter in word if letter in SPELLED)
                self._decoder.add_word(word, guess or "AH", True)
        try:
            self._decoder.set_align_text(text)
            self._decode(samples)
            if self._decoder.hyp() is None:
                raise RuntimeError("no path through the text")
            # Of this second pass, over the states of the words found, hyp() must not be asked: it ends the process (5.1.1).
            self._decoder.set_alignment()
            self._decode(samples)
            return [(w.name, w.start, w.duration, [(s.name, s.start, s.duration) for s in w]) for w in self._decoder.get_alignment()]
        except RuntimeError:
            self._decoder = Decoder(lm=None, loglevel="FATAL")
            return None

    def _decode(self, samples: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(samples, full_utt=True)
        self._decoder.end_utt()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options = options.parse_args()
    wanted: dict[str, dict[int, str]] = {}
    for row in rows(options.data / "alignments.tsv"):
        fits = row["speaker_split"] == row["word_split"] == "train" and row["oov_pron"] == "0"
        if fits and float(row["posterior"]) >= POSTERIOR:
            wanted.setdefault(row["path"], {})[round(float(row["start"]) * 100)] = row["word"].lower()
    aligner = Aligner()
    with open(options.out, "w", encoding="utf-8") as out:
        for row in rows(options.data / "manifest.tsv"):
            path, single = row["path"], row["kind"] == "word"
            text = row["label"].lower().replace("_", " ")
            if row["split"] != "train" or not text.isascii() or not (single or path in wanted):
                continue
            samples, rate = soundfile.read(options.data / path, dtype="int16")
            aligned = aligner.align(samples.tobytes(), text) if rate == 16_000 else None
            line: dict[str, list] = {"sounds": [], "pauses": [], "words": []}
            for word, start, frames, sounds in aligned or []:
                word = word.split("(")[0]
                if word.startswith(("<", "[")):
                    line["pauses"].append((start, frames))
                elif single or any(wanted[path].get(start + off) == word for off in (-1, 0, 1)):
                    line["sounds"] += sounds
                    line["words"].append((word, len(sounds)))
            if line["sounds"]:
                out.write(json.dumps({"path": path, **line}) + "\n")


if __name__ == "__main__":
    main()
