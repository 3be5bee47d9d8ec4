"""Tests of the demo's files and of its count of right answers; standard library only."""

import contextlib
import csv
import io
import json
import random
import re
import sys
import unittest
from pathlib import Path

DEMO = Path(__file__).resolve().parent
sys.path.insert(0, str(DEMO))
import demo_text
import run_demo


def rows(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(newline="") as manifest:
        return list(csv.DictReader(manifest, delimiter="\t"))


class Files(unittest.TestCase):
    def test_every_listed_file_is_there_and_small(self):
        listed = {row["path"] for row in rows("recordings.tsv") + rows("queries.tsv")}
        stored = {str(path.relative_to(DEMO)) for part in ("recordings", "queries") for path in (DEMO / part).iterdir()}
        self.assertEqual(listed, stored)
        self.assertLess(sum((DEMO / path).stat().st_size for path in listed), 3_000_000)

    def test_the_expected_recordings_say_the_word(self):
        said = {row["path"]: row["label"].lower() for row in rows("recordings.tsv")}
        for query in rows("queries.tsv"):
            right = sorted(path for path, label in said.items() if query["label"] in re.findall("[a-z']+", label))
            self.assertEqual(sorted(query["expected"].split()), right, query["label"])

    def test_the_voices_that_ask_are_others(self):
        recorded = {row["speaker"] for row in rows("recordings.tsv")} - {"sound"}
        asking = {row["speaker"] for row in rows("queries.tsv")} - {"sound"}
        self.assertGreaterEqual(len(recorded), 8)
        self.assertFalse(recorded & asking)

    def test_ten_words_are_asked(self):
        self.assertEqual(len(demo_text.QUERIES), 10)
        self.assertEqual(len(demo_text.SENTENCES), 60)


class Count(unittest.TestCase):
    def test_only_the_first_three_hits_count(self):
        queries = [
            {"path": "a.flac", "label": "a", "speaker": "x", "expected": "recordings/1.flac recordings/2.flac"},
            {"path": "b.flac", "label": "b", "speaker": "x", "expected": "recordings/9.flac"},
            {"path": "c.ogg", "label": "c", "speaker": "sound", "expected": "recordings/3.ogg"},
        ]
        lines = [
            json.dumps({"query": query, "rank": rank, "score": 0.5, "path": f"tools/demo/recordings/{name}"})
            for query, names in (("a.flac", ["2.flac"]), ("b.flac", ["1.flac", "2.flac", "3.flac", "9.flac"]))
            for rank, name in enumerate(names, 1)
        ]
        random.Random(1).shuffle(lines)
        with contextlib.redirect_stdout(io.StringIO()):
            counts = run_demo.report(queries, run_demo.best_by_query("\n".join(lines)))
        self.assertEqual(counts, {"words": (1, 2), "sounds": (0, 1)})


if __name__ == "__main__":
    unittest.main()
