"""Tests of the made-up words; standard library only."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pseudo_words


class PseudoWords(unittest.TestCase):
    def test_words_are_distinct_and_repeatable(self):
        for language in pseudo_words.LANGUAGES:
            words = pseudo_words.spelled_words(language, 200, random.Random(3))
            self.assertEqual(len(set(words)), 200, language)
            self.assertEqual(words, pseudo_words.spelled_words(language, 200, random.Random(3)))

    def test_pinyin_has_a_tone_on_each_syllable(self):
        for word in pseudo_words.pinyin_words(500, random.Random(3)):
            self.assertRegex(word, r"^([a-z]+[1-4]){2,3}$")


if __name__ == "__main__":
    unittest.main()
