#!/usr/bin/env python3
"""Makes a corpus of synthetic speech whose word boundaries are known, for training.

    synth_speech.py --sentences FILE.txt[.gz] --count 12000 --seed 1 --out DIR
    synth_speech.py --pseudo cmn --count 2500 --seed 2 --out DIR
    synth_speech.py --pseudo other --count 2500 --seed 3 --out DIR

Writes 16 kHz mono 16-bit WAV files, DIR/words.tsv (path, start, end in seconds, label, speaker: the synthesiser's own
boundaries) and DIR/utts.tsv (path, label, speaker). Needs numpy, soundfile and soxr, and the synthesisers named in
synthesisers.py. The same arguments give the same corpus.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
import soxr

import pseudo_words
import synthesisers

SAMPLE_RATE = 16_000
SPEAKABLE = re.compile(r"[A-Za-z][A-Za-z' ,;:.!?-]*")
WORD = re.compile(r"[a-z]{3,}")
CANDIDATES = 8  # sentences looked at for each one taken
WORD_SECONDS = (0.12, 2.0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=Path, help="one sentence a line, plain or gzip")
    parser.add_argument("--pseudo", choices=["cmn", "other"], help="speak made-up words instead of sentences")
    parser.add_argument("--count", type=int, required=True, help="utterances to make")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--engines", default="espeak", help="espeak, flite, festival; several with commas")
    parser.add_argument("--langs", help="espeak-ng voices, with commas (English accents; for --pseudo: its languages)")
    parser.add_argument("--words-per-label", type=int, default=40, help="at most this many tokens of a word in words.tsv")
    options = parser.parse_args()
    if (options.sentences is None) == (options.pseudo is None):
        parser.error("give either --sentences FILE or --pseudo cmn|other")
    if options.pseudo and options.engines != "espeak":
        parser.error("--pseudo is spoken by espeak alone")
    return options


def read_sentences(path: Path, shortest: int = 4, longest: int = 12) -> list[str]:
    """The sentences of `shortest` to `longest` words that are plain English letters and punctuation."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        stripped = (line.strip() for line in lines)
        return [s for s in stripped if shortest <= s.count(" ") + 1 <= longest and SPEAKABLE.fullmatch(s)]


def draw_sentences(sentences: list[str], count: int, random_: random.Random):
    """Yields `count` sentences, drawn so that many words come at least twice and few come very often."""
    occurrences = Counter(word for s in sentences for word in set(WORD.findall(s.lower())))
    drawn: Counter[str] = Counter()

    def worth(sentence: str) -> float:
        words = set(WORD.findall(sentence.lower()))
        gain = sum(2.0 if drawn[w] == 1 else 1.0 / (1 + drawn[w]) for w in words if occurrences[w] >= 3)
        return gain / len(sentence.split()) ** 0.5

    for _ in range(count):
        best = max(random_.choices(sentences, k=CANDIDATES), key=worth)
        drawn.update(set(WORD.findall(best.lower())))
        yield best


def english(options: argparse.Namespace, random_: random.Random):
    """Yields (sentence, {position: label}, synthesiser, voice)."""
    accents = options.langs.split(",") if options.langs else synthesisers.Espeak.ENGLISH
    makers = {
        "espeak": lambda: synthesisers.Espeak(accents),
        "flite": synthesisers.Flite,
        "festival": synthesisers.Festival,
    }
    names = options.engines.split(",")
    unknown = set(names) - set(makers)
    if unknown:
        sys.exit(f"synth_speech: no synthesiser is called {', '.join(unknown)}: {', '.join(makers)}")
    engines = [synthesisers.Isolated(makers[name]) for name in names]
    for sentence in draw_sentences(read_sentences(options.sentences), options.count, random_):
        engine = random_.choice(engines)
        labels = {}
        for token in synthesisers.TOKEN.finditer(sentence):
            word = token.group().lower().strip(",;:.!?'-")
            if WORD.fullmatch(word):
                labels[token.start()] = word
        yield sentence, labels, engine, random_.choice(engine.voices)


def pseudo(options: argparse.Namespace, random_: random.Random):
    """Yields (sentence, {position: label}, synthesiser, voice) of made-up words, each about seven times."""
    if options.pseudo == "cmn":
        languages = {"cmn-latn-pinyin": "cmn"}
    else:
        chosen = options.langs.split(",") if options.langs else pseudo_words.LANGUAGES
        languages = {language: language for language in chosen}
    engine = synthesisers.Isolated(lambda: synthesisers.Espeak(list(languages)))
    voices = {language: [v for v in engine.voices if v.split("+")[0] == language] for language in languages}
    vocabulary = max(20, options.count * 5 // 7 // len(languages))
    words = {
        language: pseudo_words.pinyin_words(vocabulary, random_)
        if options.pseudo == "cmn"
        else pseudo_words.spelled_words(language, vocabulary, random_)
        for language in languages
    }
    for _ in range(options.count):
        language = random_.choice(list(languages))
        chosen = random_.sample(words[language], random_.randint(3, 7))
        if random_.random() < 0.3:
            chosen[len(chosen) // 2] += ","
        sentence = " ".join(chosen) + "."
        prefix = "" if options.pseudo == "cmn" else f"{language}:"
        labels = {t.start(): prefix + t.group().strip(",.") for t in synthesisers.TOKEN.finditer(sentence)}
        yield sentence, labels, engine, random_.choice(voices[language])


def main() -> None:
    options = arguments()
    random_ = random.Random(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    utterances = english(options, random_) if options.sentences else pseudo(options, random_)
    tokens: Counter[str] = Counter()
    speakers: dict[str, set[str]] = {}
    written, seconds, started = 0, 0.0, time.monotonic()
    with (options.out / "words.tsv").open("w") as words_file, (options.out / "utts.tsv").open("w") as utts_file:
        words_file.write("path\tstart\tend\tlabel\tspeaker\n")
        utts_file.write("path\tlabel\tspeaker\n")
        for number, (sentence, labels, engine, voice) in enumerate(utterances):
            spoken = engine.speak(sentence, voice, random_.uniform(120, 260), random_.uniform(15, 85), random_.uniform(20, 90))
            if spoken is None:
                print(f"synth_speech: {voice} did not speak {sentence!r}", file=sys.stderr)
                continue
            samples = spoken.samples
            if spoken.rate != SAMPLE_RATE:
                samples = soxr.resample(samples, spoken.rate, SAMPLE_RATE, quality="MQ")
            path = f"{number // 1000:03d}/{number:06d}.wav"
            (options.out / path).parent.mkdir(exist_ok=True)
            soundfile.write(options.out / path, np.clip(samples, -1, 1), SAMPLE_RATE, subtype="PCM_16")
            utts_file.write(f"{path}\t{sentence}\t{voice}\n")
            for position, start, end in spoken.words:
                label = labels.get(position)
                shortest, longest = WORD_SECONDS
                if label is None or tokens[label] >= options.words_per_label or not shortest <= end - start <= longest:
                    continue
                tokens[label] += 1
                speakers.setdefault(label, set()).add(voice)
                words_file.write(f"{path}\t{start:.4f}\t{end:.4f}\t{label}\t{voice}\n")
            written += 1
            seconds += len(samples) / SAMPLE_RATE
    shared = [label for label, voices in speakers.items() if len(voices) >= 2]
    print(
        f"{written} utterances, {seconds / 3600:.2f} h, {tokens.total()} word tokens, {len(tokens)} words, "
        f"{len(shared)} of them by at least two voices ({sum(tokens[label] for label in shared)} tokens), "
        f"in {time.monotonic() - started:.0f} s"
    )


if __name__ == "__main__":
    try:
        main()
    except synthesisers.SynthesiserMissing as error:
        sys.exit(f"synth_speech: {error}")
