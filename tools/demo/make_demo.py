#!/usr/bin/env python3
"""Makes the demo recordings again: tools/demo/{recordings,queries}, recordings.tsv and queries.tsv.

    make_demo.py [--out DIR]

Sixty everyday sentences by ten synthetic voices, ten sounds, ten spoken words by five other voices, and one more sound of each
kind to ask with. Needs numpy, soundfile and soxr, and espeak-ng, flite and festival (synthesisers.py names the packages).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import soundfile
import soxr

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "data"))
import demo_sounds  # noqa: E402
import synthesisers  # noqa: E402
from demo_text import QUERIES, SENTENCES  # noqa: E402

SAMPLE_RATE = 16_000
# (synthesiser, voice, words a minute, pitch 0-100)
VOICES = {
    "american-man": ("espeak", "en-us+m3", 165, 45),
    "british-woman": ("espeak", "en+f3", 160, 55),
    "scottish-man": ("espeak", "en-gb-scotland+m5", 155, 40),
    "oxford-woman": ("espeak", "en-gb-x-rp+f2", 170, 60),
    "caribbean-man": ("espeak", "en-029+m7", 150, 50),
    "new-york-woman": ("espeak", "en-us-nyc+f4", 175, 50),
    "us_rms": ("flite", "us_rms", 170, 50),
    "us_awb": ("flite", "us_awb", 170, 50),
    "ked": ("festival", "ked_diphone", 165, 50),
    "kal": ("festival", "kal_diphone", 160, 45),
}
QUERY_VOICES = {
    "us_slt": ("flite", "us_slt", 145, 50),
    "american-woman": ("espeak", "en-us+f5", 145, 50),
    "lancaster-man": ("espeak", "en-gb-x-gbclan+m4", 145, 50),
    "midlands-woman": ("espeak", "en-gb-x-gbcwmd+f1", 145, 55),
    "british-man": ("espeak", "en+m2", 145, 35),
}
MARGIN = 0.03  # seconds kept on either side of a word that is cut out of a sentence


class Speaker:
    """The synthesisers of all voices, each started once."""

    def __init__(self):
        accents = {voice.split("+")[0] for engine, voice, *_ in [*VOICES.values(), *QUERY_VOICES.values()] if engine == "espeak"}
        self._engines = {
            "espeak": synthesisers.Isolated(lambda: synthesisers.Espeak(sorted(accents))),
            "flite": synthesisers.Isolated(synthesisers.Flite),
            "festival": synthesisers.Isolated(synthesisers.Festival),
        }

    def say(self, text: str, voice: tuple[str, str, float, float]) -> tuple[np.ndarray, list[tuple[int, float, float]]]:
        """16 kHz samples with a peak of 0.5, and the words' places."""
        engine, name, rate, pitch = voice
        spoken = self._engines[engine].speak(text, name, rate, pitch, 50)
        if spoken is None:
            raise synthesisers.SynthesiserMissing(f"{engine} did not speak {text!r} with {name}")
        samples = soxr.resample(spoken.samples, spoken.rate, SAMPLE_RATE)
        return samples * (0.5 / np.abs(samples).max()), spoken.words


def without_silence(samples: np.ndarray, keep: float = 0.1) -> np.ndarray:
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    margin = int(keep * SAMPLE_RATE)
    return samples[max(loud[0] - margin, 0) : loud[-1] + margin]


def write(path: Path, samples: np.ndarray) -> None:
    """FLAC for speech, Ogg Vorbis for sounds, which noise keeps FLAC from making small."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.clip(samples, -1, 1), SAMPLE_RATE)


def record(out: Path, speaker: Speaker) -> dict[str, str]:
    """Writes the recordings and their manifest; returns path by sentence or sound."""
    rows, places = [], {}
    for number, sentence in enumerate(SENTENCES):
        name = list(VOICES)[(number * 7 + number // 10) % len(VOICES)]
        samples, _ = speaker.say(sentence, VOICES[name])
        path = f"recordings/{number + 1:02d}-{name}.flac"
        write(out / path, without_silence(samples))
        rows.append((path, sentence, name))
        places[sentence] = path
    for kind, take, samples in demo_sounds.takes(SAMPLE_RATE, (1, 2)):
        path = f"recordings/{kind}-{take}.ogg"
        write(out / path, samples)
        rows.append((path, kind, "sound"))
        places[f"{kind}-{take}"] = path
    with (out / "recordings.tsv").open("w") as manifest:
        manifest.write("path\tlabel\tspeaker\n")
        manifest.writelines("\t".join(row) + "\n" for row in rows)
    return places


def ask(out: Path, speaker: Speaker, places: dict[str, str]) -> None:
    """Writes the query clips and their manifest with the recordings that should be found."""
    rows = []
    for number, (word, carrier) in enumerate(QUERIES.items()):
        name = list(QUERY_VOICES)[number % len(QUERY_VOICES)]
        samples, words = speaker.say(carrier, QUERY_VOICES[name])
        if carrier == word:
            clip = without_silence(samples, MARGIN)
        else:
            start, end = next((start, end) for at, start, end in words if carrier[at:].startswith(word))
            clip = samples[int((start - MARGIN) * SAMPLE_RATE) : int((end + MARGIN) * SAMPLE_RATE)]
        path = f"queries/{word}.flac"
        write(out / path, clip)
        expected = [places[sentence] for sentence in SENTENCES if word in sentence.lower()]
        rows.append((path, word, name, " ".join(expected)))
    for kind, _, samples in demo_sounds.takes(SAMPLE_RATE, (3,)):
        path = f"queries/{kind}.ogg"
        write(out / path, samples)
        rows.append((path, kind, "sound", " ".join(places[f"{kind}-{take}"] for take in (1, 2))))
    with (out / "queries.tsv").open("w") as manifest:
        manifest.write("path\tlabel\tspeaker\texpected\n")
        manifest.writelines("\t".join(row) + "\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    for folder in ("recordings", "queries"):
        shutil.rmtree(options.out / folder, ignore_errors=True)
    try:
        speaker = Speaker()
        ask(options.out, speaker, record(options.out, speaker))
    except synthesisers.SynthesiserMissing as error:
        sys.exit(f"make_demo: {error}")
    files = [path for path in options.out.rglob("*") if path.suffix in (".flac", ".ogg")]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.2f} MB, in {options.out}")


if __name__ == "__main__":
    main()
