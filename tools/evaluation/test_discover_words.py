"""discover_words.py on groups of which everything is known."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import discover_words

WORDS = "path\tstart\tend\tword\na.flac\t0.0\t0.5\thouse\na.flac\t0.5\t1.0\tboat\nb.flac\t0.0\t0.5\thouse\n"


def figures(groups: list[tuple[int, str, float, float]]) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "words.tsv").write_text(WORDS)
        (place / "speakers.tsv").write_text("path\tspeaker\na.flac\tann\nb.flac\tbob\n")
        lines = [
            json.dumps({"term": term, "path": str(place / path), "start": start, "end": end, "confidence": 0.5})
            for term, path, start, end in groups
        ]
        (place / "groups.jsonl").write_text("\n".join(lines))
        arguments = ["discover_words.py", str(place / "groups.jsonl"), "--words", str(place / "words.tsv")]
        out = io.StringIO()
        with mock.patch.object(sys, "argv", [*arguments, "--speakers", str(place / "speakers.tsv")]), contextlib.redirect_stdout(out):
            discover_words.main()
        return json.loads(out.getvalue())


class DiscoverWords(unittest.TestCase):
    def test_a_right_and_a_wrong_pair(self) -> None:
        found = figures([(1, "a.flac", 0.0, 0.5), (1, "b.flac", 0.05, 0.5), (2, "a.flac", 0.1, 0.5), (2, "a.flac", 0.55, 1.0)])
        self.assertEqual(found["share a word, across speakers, on words"], 1.0)
        self.assertEqual(found["share a word, within speakers, on words"], 0.0)
        self.assertEqual(found["on no word"], 0.0)
        self.assertEqual(found["NED of words"], 0.5)
        self.assertAlmostEqual(found["coverage"], 1.4 / 1.5, places=3)

    def test_a_stretch_on_no_word_counts_against_all_pairs(self) -> None:
        found = figures([(1, "a.flac", 0.0, 0.5), (1, "b.flac", 0.7, 0.9)])
        self.assertEqual(found["on no word"], 0.5)
        self.assertEqual(found["share a word, across speakers, all"], 0.0)
        self.assertIsNone(found["share a word, across speakers, on words"])


if __name__ == "__main__":
    unittest.main()
