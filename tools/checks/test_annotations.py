"""Hits as files of other tools, read by the libraries of these tools: `AUDIOSEARCH=target/release/audiosearch python3 -m unittest
tools/checks/test_annotations.py`.

Skipped unless AUDIOSEARCH names the program. The libraries are installed into an environment that is thrown away (ANNOTATION_PYTHON names a
Python that has them); where they cannot be had the tests are skipped and say so.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import venv
import wave
from pathlib import Path

PROGRAM = os.environ.get("AUDIOSEARCH", "")
HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "demo"
LIBRARIES = ["praat-parselmouth", "pympi-ling", "crowsetta", "pysubs2", "pandas"]
WORDS = ["umbrella", "thunderstorm"]
# Formats of one recording, what their files end in, and how finely they hold times.
FORMATS = {
    "textgrid": ("TextGrid", 1e-6), "eaf": ("eaf", 0.0011), "raven": ("selections.txt", 1e-6), "audacity": ("labels.txt", 1e-6),
    "srt": ("srt", 0.0011), "vtt": ("vtt", 0.0011),
}  # fmt: skip


def python_with_libraries(folder: Path) -> str:
    """A Python that has the libraries, or a reason to skip."""
    named = os.environ.get("ANNOTATION_PYTHON")
    if named:
        return named
    try:
        venv.create(folder / "venv", with_pip=True)
        python = str(folder / "venv" / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-q", *LIBRARIES], check=True, capture_output=True, text=True, timeout=900)
        return python
    except (subprocess.SubprocessError, OSError) as cause:
        raise unittest.SkipTest(f"{', '.join(LIBRARIES)} cannot be installed here: {cause}") from cause


@unittest.skipUnless(PROGRAM, "AUDIOSEARCH is not set")
class Annotations(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.python = python_with_libraries(cls.folder)
        recordings = cls.folder / "field & <day> 1"
        shutil.copytree(DEMO / "recordings", recordings)
        cls.run_program("index", recordings)
        asked = [part for word in WORDS for part in ("--say", word)]
        cls.asked = ["query", *asked, "-k", "5", "--min-confidence", "0"]
        lines = cls.run_program(*cls.asked, "--format", "jsonl").splitlines()
        cls.hits = [json.loads(line) for line in lines]

    @classmethod
    def run_program(cls, *arguments: object) -> str:
        command = [str(Path(PROGRAM).resolve()), *map(str, arguments)]
        done = subprocess.run(command, cwd=cls.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def read(self, format: str, path: Path) -> list[list]:
        done = subprocess.run([self.python, HERE / "annotation_readers.py", format, path], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{format}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def expect(self, read: list[list], hits: list[dict], fineness: float) -> None:
        self.assertEqual(len(read), len(hits))
        wanted = sorted(hits, key=lambda hit: (hit["query"], hit["start"], hit["end"]))
        for row, hit in zip(sorted(read, key=lambda row: (row[3], row[1], row[2])), wanted, strict=True):
            tier, start, end, label, confidence = row
            self.assertEqual(label, hit["query"])
            self.assertLessEqual(abs(start - hit["start"]), fineness, hit)
            self.assertLessEqual(abs(end - hit["end"]), fineness, hit)
            if tier is not None:
                self.assertEqual(tier.split(" (")[0], hit["query"])
            if confidence is not None:
                self.assertAlmostEqual(confidence, hit["confidence"], places=5)

    def test_every_format_of_one_recording_is_read_by_the_library_of_its_tool(self):
        self.assertGreaterEqual(len(self.hits), 6)
        for format, (ending, fineness) in FORMATS.items():
            with self.subTest(format):
                out = self.folder / format
                self.run_program(*self.asked, "--format", format, "--out", out)
                recordings = {hit["path"] for hit in self.hits}
                self.assertEqual({path.name for path in out.iterdir()}, {f"{Path(path).stem}.{ending}" for path in recordings})
                for recording in recordings:
                    read = self.read(format, out / f"{Path(recording).stem}.{ending}")
                    self.expect(read, [hit for hit in self.hits if hit["path"] == recording], fineness)

    def test_an_eaf_tells_how_sure_each_hit_is(self):
        out = self.folder / "sure"
        self.run_program(*self.asked, "--format", "eaf", "--out", out)
        read = [row for path in out.iterdir() for row in self.read("eaf", path)]
        self.assertTrue(all(row[4] is not None for row in read))

    def test_a_table_is_read_by_pandas(self):
        table = self.folder / "hits.csv"
        self.run_program(*self.asked, "--format", "csv", "--out", table)
        self.expect(self.read("csv", table), self.hits, 1e-6)

    def test_clips_can_be_played_and_are_never_replaced(self):
        clips = self.folder / "clips"
        for _ in range(2):
            self.run_program(*self.asked, "--clips", clips, "--before", "0.2", "--after", "0.3")
        names = sorted(path.name for path in clips.iterdir())
        self.assertEqual(len(names), 2 * len(self.hits))
        self.assertEqual(sum(name.endswith(" (2).wav") for name in names), len(self.hits))
        for path in clips.iterdir():
            with wave.open(str(path)) as clip:
                self.assertGreater(clip.getnframes() / clip.getframerate(), 0.2, path)


if __name__ == "__main__":
    sys.exit(unittest.main())
