#!/usr/bin/env python3
"""Speaks sentences by synthesisers that tell where each sound lies, for train_frames.py.

    synth_sounds.py --engine flite|espeak --sentences FILE.txt[.gz] --count 2000 [--seed 1] --out FILE.npz

Writes log-mel frames of all sentences one after the other (frames), the class of sounds of each (labels) and where each sentence begins
(bounds). Needs what synth_speech.py needs.
"""

from __future__ import annotations

import argparse
import ctypes
import random
from pathlib import Path

import numpy as np
import soxr

import sounds
import synthesisers
from synth_speech import SPEAKABLE, read_sentences

# espeak-ng's names of the sounds of English; what is missing stays unknown.
ESPEAK = {
    "a": "AE", "aa": "AE", "a#": "AH", "A:": "AA", "A": "AA", "A@": "AA R", "A#": "AA", "0": "AA", "O": "AO", "O:": "AO",
    "o@": "AO R", "O@": "AO R", "V": "AH", "@": "AH", "@2": "AH", "@5": "AH", "@L": "AH L", "3:": "ER", "3": "ER", "@r": "ER",
    "I": "IH", "I2": "IH", "I#": "IH", "i": "IY", "i:": "IY", "U": "UH", "u:": "UW", "u": "UW", "E": "EH", "E2": "EH", "e": "EH",
    "eI": "EY", "e:": "EY", "aI": "AY", "aI@": "AY ER", "OI": "OY", "oU": "OW", "o": "OW", "o:": "OW", "aU": "AW", "aU@": "AW ER",
    "e@": "EH R", "E@": "EH R", "i@": "IY R", "i@3": "IY R", "U@": "UH R", "IR": "IH", "VR": "ER", "I@": "IH R", "p": "P",
    "b": "B", "t": "T", "t#": "T", "t2": "T", "d": "D", "d#": "D", "k": "K", "g": "G", "f": "F", "v": "V", "T": "TH", "D": "DH",
    "s": "S", "z": "Z", "S": "SH", "Z": "ZH", "h": "HH", "m": "M", "n": "N", "N": "NG", "l": "L", "l#": "L", "r": "R", "r-": "R",
    "j": "Y", "w": "W", "tS": "CH", "dZ": "JH", "n-": "N", "m-": "M", "w#": "W", "x": "K", "L": "L", "R": "R",
}  # fmt: skip
PAUSE = "pause"
Spoken = tuple[np.ndarray, int, list[tuple[str, float, float]]]


class Flite(synthesisers.Flite):
    def sounds(self, text: str, voice: str, rate: float, pitch: float, pitch_range: float) -> Spoken:
        """Samples, their rate, and (sound, start s, end s)."""
        handle, features, usual = self._voices[voice]
        factor = 2 ** ((pitch - 50) / 100)
        self._set(features, b"duration_stretch", 170 / rate)
        if usual is None:
            self._set(features, b"f0_shift", factor)
        else:
            self._set(features, b"int_f0_target_mean", usual * factor)
            self._set(features, b"int_f0_target_stddev", 5 + pitch_range / 4)
        utterance = ctypes.c_void_p(self._lib.flite_synth_text(text.encode("ascii", "replace"), handle))
        wave = self._Wave.from_address(self._lib.utt_wave(utterance))
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768
        self._lib.ffeature_string.restype = ctypes.c_char_p
        relation = ctypes.c_void_p(self._lib.utt_relation(utterance, b"Segment"))
        out, start = [], 0.0
        for item in self._chain(self._lib.relation_head(relation)):
            end, name = self._lib.ffeature_float(item, b"end"), self._lib.ffeature_string(item, b"name").decode()
            out.append(({"pau": PAUSE, "ax": "AH"}.get(name, name.upper()), start, end))
            start = end
        rate_hz = wave.sample_rate
        self._lib.delete_utterance(utterance)
        return samples, rate_hz, out

    def speak(self, *request):
        return self.sounds(*request)


class Espeak(synthesisers.Espeak):
    def speak(self, text: str, voice: str, rate: float, pitch: float, pitch_range: float) -> Spoken | None:
        """As Flite's."""
        spoken = super().speak(text, voice, rate, pitch, pitch_range)
        if spoken is None:
            return None
        starts = [(sample / self._rate, name) for kind, _, sample, name in self._events if kind == self._PHONEME]
        ends = [start for start, _ in starts[1:]] + [len(spoken.samples) / self._rate]
        out = []
        for (start, name), end in zip(starts, ends):
            plain = name.decode("utf-8", "replace").strip("',%=_|")
            out.append((PAUSE if plain in ("", ":") else ESPEAK.get(plain, ""), start, end))
        return spoken.samples, spoken.rate, out


def labels(spoken: list[tuple[str, float, float]], frames: int) -> np.ndarray:
    """One written sound may stand for two."""
    known, pauses = [], []
    for names, start, end in spoken:
        first, count = start * 100, (end - start) * 100
        if names == PAUSE:
            pauses.append((first, count))
        parts = names.split()
        for number, name in enumerate(parts):
            known.append((name, first + number * count / len(parts), count / len(parts)))
    return sounds.classes(known, pauses, frames)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", choices=["flite", "espeak"], required=True)
    options.add_argument("--sentences", type=Path, required=True)
    options.add_argument("--count", type=int, required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path, required=True)
    options = options.parse_args()
    random.seed(options.seed)
    np.random.seed(options.seed)
    texts = [text for text in read_sentences(options.sentences) if SPEAKABLE.fullmatch(text)]
    make = Flite if options.engine == "flite" else lambda: Espeak(Espeak.ENGLISH)
    synthesiser = synthesisers.Isolated(make)
    # us_kal is a voice of 8 kHz.
    voices = [voice for voice in synthesiser.voices if voice != "us_kal"]
    rates = (140, 210) if options.engine == "flite" else (130, 230)
    frames, known, bounds = [], [], [0]
    while len(frames) < options.count:
        manner = random.uniform(*rates), random.uniform(25, 75), random.uniform(20, 80)
        spoken = synthesiser.speak(random.choice(texts), random.choice(voices), *manner)
        if spoken is None:
            continue
        samples, rate, times = spoken
        samples = soxr.resample(samples, rate, sounds.RATE) if rate != sounds.RATE else samples
        peak = float(np.abs(samples).max()) if len(samples) else 0.0
        if len(samples) < sounds.RATE / 2 or not 0.01 < peak < 2:
            continue
        samples = samples * random.uniform(0.1, 0.6) / peak
        samples = samples + np.random.randn(len(samples)).astype(np.float32) * 10 ** random.uniform(-4.5, -2.8)
        frames.append(sounds.log_mel(samples).astype(np.float16))
        known.append(labels(times, len(frames[-1])))
        bounds.append(bounds[-1] + len(frames[-1]))
    np.savez(options.out, frames=np.concatenate(frames), labels=np.concatenate(known), bounds=np.array(bounds))
    print(f"{bounds[-1] / 6000:.1f} min")


if __name__ == "__main__":
    main()
