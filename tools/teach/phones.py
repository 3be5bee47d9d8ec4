#!/usr/bin/env python3
"""Where the phones and words of transcribed recordings lie: phones.py --work WORK SET…

Writes WORK/phones/SET.tsv: path, start, end, phone; and WORK/words/SET.tsv: path, start, end, word.

Phones are ARPAbet without stress, pauses SIL. pocketsphinx aligns each transcript of WORK/SET.tsv (pip install pocketsphinx). Left out
are words that its dictionary lacks, the words whose frames fit the model worst (a tenth of them), and utterances that cannot be
aligned. A run goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import re
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile

from sets import rows
from align_sounds import Aligner  # isort: skip  (of tools/data, found by way of sets)

WORST = 0.1  # share of the words that is left out
PAUSE = re.compile(r"[<\[+]")
FRAME = 0.01


class ScoredAligner(Aligner):
    """As tools/data/align_sounds.py, and how well each word fits: the aligner's score a frame."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown: set[str] = set()

    def words(self, samples: bytes, text: str) -> list[tuple[str, float, list[tuple[str, int, int]]]] | None:
        self.unknown |= {word for word in text.split() if self._decoder.lookup_word(word) is None}
        if self.align(samples, text) is None:
            return None
        found = []
        for word in self._decoder.get_alignment():
            sounds = [(sound.name, sound.start, sound.duration) for sound in word]
            found.append((word.name, word.score / max(1, word.duration), sounds))
        return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("sets", nargs="+")
    options = options.parse_args()
    for folder in ("phones", "words"):
        (options.work / folder).mkdir(exist_ok=True)
    for name in options.sets:
        raw = options.work / "phones" / f"{name}.raw.tsv"
        done = {line.split("\t", 1)[0] for line in raw.read_text().splitlines()} if raw.exists() else set()
        aligner = ScoredAligner()
        with open(raw, "a", encoding="utf-8") as out:
            for line in rows(options.work / f"{name}.tsv"):
                text = line["label"].lower().replace("_", " ")
                if line["path"] in done or not text.isascii() or line["lang"] != "en":
                    continue
                text = " ".join(re.findall(r"[a-z']+", text))
                samples = soundfile.read(options.work / line["path"], dtype="int16")[0]
                aligned = (aligner.words(samples.tobytes(), text) if text else None) or []
                print(line["path"], "", "", "", 0, "", sep="\t", file=out)  # tried
                for word, score, sounds in aligned:
                    plain = word.split("(")[0]
                    kept = plain not in aligner.unknown
                    for sound, start, frames in sounds if kept else []:
                        phone = "SIL" if PAUSE.match(word) else re.sub(r"\d", "", sound)
                        print(line["path"], f"{start * FRAME:.2f}", f"{(start + frames) * FRAME:.2f}", phone, f"{score:.1f}", plain, sep="\t", file=out)
                out.flush()
        lines = [parts for parts in (line.split("\t") for line in raw.read_text().splitlines()) if parts[3]]
        floor = np.quantile([float(line[4]) for line in lines if line[3] != "SIL"], WORST)
        kept = [line for line in lines if line[3] == "SIL" or float(line[4]) >= floor]
        written = [line for line in kept if line[3] != "SIL"]
        spoken = [list(group) for _, group in groupby(written, key=lambda line: (line[0], line[4], line[5]))]
        words = [(group[0][0], group[0][1], group[-1][2], group[0][5]) for group in spoken]
        for folder, last, lines in (("phones", "phone", [line[:4] for line in kept]), ("words", "word", words)):
            with open(options.work / folder / f"{name}.tsv", "w", encoding="utf-8") as out:
                print("path", "start", "end", last, sep="\t", file=out)
                for line in lines:
                    print(*line, sep="\t", file=out)
        print(f"{name}: {len(kept)} phones, {len(words)} words", flush=True)


if __name__ == "__main__":
    main()
