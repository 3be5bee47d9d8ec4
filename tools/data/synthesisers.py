"""Speech synthesisers that tell where each word lies: espeak-ng, flite and festival.

Each synthesiser has `voices` (names) and `speak(text, voice, rate, pitch, range)`, which returns a `Spoken`:
mono float32 samples, their rate in Hz, and the words as (first character in `text`, start s, end s). The times come from the
synthesiser itself. A word that the synthesiser melts into its neighbour ("of the" in espeak-ng) is left out.

Debian: libespeak-ng1 and espeak-ng-data, libflite1, festival with festvox-kallpc16k
(and festvox-kdlpc16k, festvox-us-slt-hts for more voices).
"""

from __future__ import annotations

import ctypes
import multiprocessing
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

TOKEN = re.compile(r"\S+")


@dataclass
class Spoken:
    """One utterance: samples in [-1, 1), their rate in Hz, and (position in text, start s, end s) of each word."""

    samples: np.ndarray
    rate: int
    words: list[tuple[int, float, float]]


class SynthesiserMissing(RuntimeError):
    """The synthesiser's library or program is not installed."""


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    # espeak_EVENT of speak_lib.h
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


class Espeak:
    """espeak-ng through its library, one utterance at a time."""

    _WORD, _END, _PHONEME = 1, 5, 7
    _RATE, _PITCH, _RANGE = 1, 3, 4
    ENGLISH = ["en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029", "en-gb-x-gbcwmd", "en-us-nyc"]

    def __init__(self, languages: list[str]):
        """Speaks `languages` (espeak-ng voice names), each with every voice variant that is installed."""
        try:
            self._lib = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise SynthesiserMissing("espeak-ng is missing: apt-get install libespeak-ng1 espeak-ng-data") from error
        synchronous, milliseconds, phoneme_events = 2, 2000, 1
        self._rate = self._lib.espeak_Initialize(synchronous, milliseconds, None, phoneme_events)
        if self._rate <= 0:
            raise SynthesiserMissing("espeak-ng has no data: apt-get install espeak-ng-data")
        self._samples: list[np.ndarray] = []
        self._events: list[tuple[int, int, int, bytes]] = []
        callback = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self._callback = callback(self._collect)  # kept: the library holds only its address
        self._lib.espeak_SetSynthCallback(self._callback)
        self.voices = [f"{language}+{variant}" for language in languages for variant in self._variants()]

    def _variants(self) -> list[str]:
        self._lib.espeak_Info.restype = ctypes.c_char_p
        data = ctypes.c_char_p()
        self._lib.espeak_Info(ctypes.byref(data))
        folder = Path((data.value or b"").decode()) / "voices" / "!v"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ["f1", "m1"]

    def _collect(self, samples, count, events) -> int:
        if samples and count > 0:
            self._samples.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type:
            event = events[index]
            if event.type in (self._WORD, self._END, self._PHONEME):
                name = bytes(event.id.string) if event.type == self._PHONEME else b""
                self._events.append((event.type, event.text_position - 1, event.sample, name))
            index += 1
        return 0

    def speak(self, text: str, voice: str, rate: float, pitch: float, pitch_range: float) -> Spoken | None:
        """`rate` in words a minute, `pitch` and `pitch_range` 0 to 100. None if nothing was spoken."""
        self._samples, self._events = [], []
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            return None
        for parameter, value in ((self._RATE, rate), (self._PITCH, pitch), (self._RANGE, pitch_range)):
            self._lib.espeak_SetParameter(parameter, int(value), 0)
        data = text.encode()
        utf8 = 1
        self._lib.espeak_Synth(data, len(data) + 1, 0, 1, 0, utf8, None, None)
        self._lib.espeak_Synchronize()
        if not self._samples:
            return None
        samples = np.concatenate(self._samples).astype(np.float32) / 32768
        return Spoken(samples, self._rate, self._words(text, len(samples)))

    def _words(self, text: str, length: int) -> list[tuple[int, float, float]]:
        starts = [match.start() for match in TOKEN.finditer(text)]
        follower = dict(zip(starts, starts[1:] + [None]))
        spoken = [(i, at, sample) for i, (kind, at, sample, _) in enumerate(self._events) if kind == self._WORD]
        words = []
        for n, (index, at, sample) in enumerate(spoken):
            following = spoken[n + 1][1] if n + 1 < len(spoken) else None
            if at not in follower or follower[at] != following:
                continue  # two written words under one event
            end = spoken[n + 1][2] if following is not None else length
            for kind, _, moment, name in self._events[index + 1 :]:
                if kind == self._WORD:
                    break
                if kind == self._END or (kind == self._PHONEME and name in (b"_:", b"_")):
                    end = min(end, moment)  # a pause belongs to no word
                    break
            words.append((at, sample / self._rate, end / self._rate))
        return words


class Flite:
    """flite through its library: a few recorded American and Scottish speakers."""

    VOICES = ["us_slt", "us_awb", "us_rms", "us_kal16", "us_kal"]
    _FIRST = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
    _LAST = b"R:SylStructure.daughtern.daughtern.R:Segment.end"

    class _Wave(ctypes.Structure):
        # cst_wave of cst_wave.h
        _fields_ = [
            ("type", ctypes.c_char_p),
            ("sample_rate", ctypes.c_int),
            ("num_samples", ctypes.c_int),
            ("num_channels", ctypes.c_int),
            ("samples", ctypes.POINTER(ctypes.c_short)),
        ]

    def __init__(self):
        try:
            self._lib = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
            for part in ("usenglish", "cmulex"):
                ctypes.CDLL(f"libflite_{part}.so.1", mode=ctypes.RTLD_GLOBAL)
        except OSError as error:
            raise SynthesiserMissing("flite is missing: apt-get install libflite1") from error
        pointers = "flite_synth_text utt_wave utt_relation relation_head item_next item_daughter"
        for name in pointers.split():
            getattr(self._lib, name).restype = ctypes.c_void_p
        self._lib.ffeature_float.restype = self._lib.feat_float.restype = ctypes.c_float
        self._lib.flite_init()
        self._voices = {name: self._register(name) for name in self.VOICES}
        self.voices = list(self._voices)

    def _register(self, name: str):
        register = getattr(ctypes.CDLL(f"libflite_cmu_{name}.so.1"), f"register_cmu_{name}")
        register.restype = ctypes.c_void_p
        voice = ctypes.c_void_p(register(None))
        features = ctypes.c_void_p.from_address(voice.value + ctypes.sizeof(ctypes.c_void_p))  # second member of cst_voice
        pitch = b"int_f0_target_mean"
        usual = self._lib.feat_float(features, pitch) if self._lib.feat_present(features, pitch) else None
        return voice, features, usual

    def speak(self, text: str, voice: str, rate: float, pitch: float, pitch_range: float) -> Spoken | None:
        """`rate` in words a minute, `pitch` and `pitch_range` 0 to 100."""
        handle, features, usual_pitch = self._voices[voice]
        factor = 2 ** ((pitch - 50) / 100)
        self._set(features, b"duration_stretch", 170 / rate)
        if usual_pitch is None:
            self._set(features, b"f0_shift", factor)
        else:
            self._set(features, b"int_f0_target_mean", usual_pitch * factor)
            self._set(features, b"int_f0_target_stddev", 5 + pitch_range / 4)
        utterance = ctypes.c_void_p(self._lib.flite_synth_text(text.encode("ascii", "replace"), handle))
        wave = self._Wave.from_address(self._lib.utt_wave(utterance))
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768
        spoken = Spoken(samples, wave.sample_rate, self._words(text, utterance))
        self._lib.delete_utterance(utterance)
        return spoken

    def _set(self, features, name: bytes, value: float) -> None:
        self._lib.feat_set_float(features, name, ctypes.c_float(value))

    def _chain(self, item):
        while item:
            yield ctypes.c_void_p(item)
            item = self._lib.item_next(ctypes.c_void_p(item))

    def _words(self, text: str, utterance) -> list[tuple[int, float, float]]:
        starts = [match.start() for match in TOKEN.finditer(text)]
        relation = ctypes.c_void_p(self._lib.utt_relation(utterance, b"Token"))
        tokens = list(self._chain(self._lib.relation_head(relation)))
        if len(tokens) != len(starts):
            return []
        words = []
        for start, token in zip(starts, tokens):
            parts = list(self._chain(self._lib.item_daughter(token)))
            if parts:
                first, last = parts[0], parts[-1]
                begin = self._lib.ffeature_float(first, self._FIRST)
                words.append((start, begin, self._lib.ffeature_float(last, self._LAST)))
        return words


class Festival:
    """festival as a process that is told what to say line by line."""

    _SPEAK = """
(define (say text stretch file)
  (Parameter.set 'Duration_Stretch stretch)
  (let ((utt (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.save.wave utt file 'riff)
    (mapcar
      (lambda (word)
        (format t "word %f %f %s\\n"
          (item.feat word "R:SylStructure.daughter1.daughter1.R:Segment.segment_start")
          (item.feat word "R:SylStructure.daughtern.daughtern.R:Segment.end")
          (item.feat word "R:Token.parent.name")))
      (utt.relation.items utt 'Word))
    (format t "done\\n")
    (fflush nil)))
"""

    def __init__(self):
        try:
            listed = subprocess.run(
                ["festival", "-b", '(format t "%l" (voice.list))'], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise SynthesiserMissing("festival is missing: apt-get install festival festvox-kallpc16k") from error
        self.voices = listed.stdout.strip("()\n").split()
        self._process = subprocess.Popen(
            ["festival", "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._send(self._SPEAK)
        self._folder = tempfile.TemporaryDirectory(prefix="festival-")

    def _send(self, command: str) -> None:
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def speak(self, text: str, voice: str, rate: float, pitch: float, pitch_range: float) -> Spoken | None:
        """`rate` in words a minute, `pitch` and `pitch_range` 0 to 100."""
        file = Path(self._folder.name) / "spoken.wav"
        self._send(f"(voice_{voice})")
        mean, spread = 105 * 2 ** ((pitch - 50) / 100), 5 + pitch_range / 4
        self._send(
            f"(set! int_lr_params '((target_f0_mean {mean:.1f}) (target_f0_std {spread:.1f})"
            " (model_f0_mean 170) (model_f0_std 34)))"
        )
        quoted = text.replace("\\", " ").replace('"', " ")
        self._send(f'(say "{quoted}" {170 / rate:.3f} "{file}")')
        tokens = [(match.start(), match.group().strip(",;:.!?")) for match in TOKEN.finditer(text)]
        words, seen = [], 0
        for line in self._process.stdout:
            kind, *fields = line.split()
            if kind == "done":
                break
            if kind == "word" and len(fields) == 3:
                names = [name for _, name in tokens[seen : seen + 2]]
                if fields[2] in names and float(fields[1]) > 0:  # punctuation has no end
                    seen += names.index(fields[2]) + 1
                    words.append((tokens[seen - 1][0], float(fields[0]), float(fields[1])))
        else:
            raise SynthesiserMissing(f"festival ended while it spoke {text!r} with {voice}")
        samples, rate_hz = soundfile.read(file, dtype="float32")
        return Spoken(samples, rate_hz, words)


class Isolated:
    """A synthesiser in a process of its own, started anew when it crashes: some of espeak-ng's voice variants end the
    process at some pitches."""

    def __init__(self, make):
        """`make` takes nothing and returns the synthesiser; it runs in the other process."""
        self._make = make
        self._start()
        self.voices = self._pipe.recv()
        if isinstance(self.voices, str):
            raise SynthesiserMissing(self.voices)

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=self._serve, args=(other,), daemon=True)
        self._process.start()
        other.close()

    def _serve(self, pipe) -> None:
        try:
            synthesiser = self._make()
        except SynthesiserMissing as error:
            pipe.send(str(error))
            return
        pipe.send(synthesiser.voices)
        while True:
            try:
                request = pipe.recv()
            except EOFError:
                return
            pipe.send(synthesiser.speak(*request))

    def speak(self, *request) -> Spoken | None:
        """As the synthesiser's own; None too where it crashed."""
        self._pipe.send(request)
        try:
            return self._pipe.recv()
        except EOFError:
            self._process.join()
            self._start()
            self._pipe.recv()
            return None
