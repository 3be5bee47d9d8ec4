"""Tests of the aligner of training words, with a decoder of our own; standard library only."""

import sys
import types
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))


class Part:
    def __init__(self, name, start, duration, parts=()):
        self.name, self.start, self.duration, self._parts = name, start, duration, parts

    def __iter__(self):
        return iter(self._parts)


class Decoder:
    """Knows the word `cat`; as the real one it must not be asked for a hypothesis after the pass over states."""

    made = 0

    def __init__(self, **_settings):
        Decoder.made += 1
        self.words, self.text, self.states = {"cat": "K AE T"}, "", False

    def lookup_word(self, word):
        return self.words.get(word)

    def add_word(self, word, said, _update):
        self.words[word] = said

    def set_align_text(self, text):
        self.text, self.states = text, False

    def set_alignment(self):
        self.states = True

    def start_utt(self):
        pass

    def process_raw(self, samples, full_utt):
        self.heard = samples

    def end_utt(self):
        pass

    def hyp(self):
        if self.states:
            raise SystemExit("the process ends here")
        return self.text if self.heard else None

    def get_alignment(self):
        said = [(word, self.words[word].split()) for word in self.text.split()]
        return [Part(word, 10, 9, [Part(sound, 10 + 3 * at, 3) for at, sound in enumerate(sounds)]) for word, sounds in said]


FAKES = {"soundfile": types.ModuleType("soundfile"), "pocketsphinx": types.ModuleType("pocketsphinx")}
FAKES["pocketsphinx"].Decoder = Decoder
with mock.patch.dict(sys.modules, FAKES):
    import align_sounds


class Aligning(unittest.TestCase):
    def test_words_come_with_their_sounds(self):
        found = align_sounds.Aligner().align(b"sound", "cat")
        self.assertEqual(found, [("cat", 10, 9, [("K", 10, 3), ("AE", 13, 3), ("T", 16, 3)])])

    def test_a_word_that_the_dictionary_lacks_is_spelled(self):
        (_, second) = align_sounds.Aligner().align(b"sound", "cat zob")
        self.assertEqual([name for name, _, _ in second[3]], ["Z", "AA", "B"])

    def test_a_text_that_does_not_fit_is_left_out_and_the_next_one_begins_anew(self):
        aligner, made = align_sounds.Aligner(), Decoder.made
        self.assertIsNone(aligner.align(b"", "cat"))
        self.assertEqual(Decoder.made, made + 1)
        self.assertIsNotNone(aligner.align(b"sound", "cat"))


if __name__ == "__main__":
    unittest.main()
