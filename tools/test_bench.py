"""Tests of the benchmark's driver; standard library only."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bench


class Driver(unittest.TestCase):
    def test_recordings_are_copied_until_they_are_long_enough(self):
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "a.wav"
            second = Path(folder) / "b.flac"
            first.write_bytes(b"one")
            second.write_bytes(b"two")
            files, seconds = bench.replicate([(first, 2.0), (second, 3.0)], 8.0, Path(folder) / "many")
            self.assertEqual(seconds, 10.0)
            self.assertEqual([file.read_bytes() for file in files], [b"one", b"two", b"one", b"two"])
            self.assertEqual([file.suffix for file in files], [".wav", ".flac", ".wav", ".flac"])

    def test_a_command_is_measured_with_its_output_and_its_code(self):
        usage, text = bench.measured([sys.executable, "-c", "print('seen'); raise SystemExit(3)"])
        self.assertEqual((text.strip(), usage["code"]), ("seen", 3))
        self.assertGreater(usage["cpu"], 0)
        self.assertGreater(usage["peak_mb"], 1)

    def test_the_table_names_a_peer_that_is_missing(self):
        start = {"fastest_ms": 2.0, "median_ms": 3.0, "cpu_ms": 1.0, "peak_mb": 14.0}
        figures = {
            "seconds": 7200.0, "files": 4, "cores": 2, "load": (0.1, 0.2, 0.3),
            "whole way": {"cpu": 10.0, "wall": 8.0, "peak_mb": 120.0, "segments": 9},
            "rooms": {"rooms": {"decode": 0.5}, "seconds": 600.0},
            "peers": {"librosa MFCC": {"missing": "no network"}, "DTW": {"version": "1", "cpu": 2, "wall": 3, "audio": 600, "peak_mb": 5}},
            "query": start, "help": start, "help with LibTorch": None,
        }
        text = bench.table(figures)
        for expected in ("| 720 × | 900 × | 120 |", "decode | 1,200 ×", "not measured (no network)", "DTW 1 | 300 ×"):
            self.assertIn(expected, text)

    def test_a_peer_that_cannot_be_installed_is_no_error(self):
        with mock.patch.object(bench.venv, "create", side_effect=OSError("no room for it")):
            found = bench.peer("librosa_mfcc", ["librosa"], [], "clip.wav")
        self.assertEqual(found, {"missing": "no room for it"})


if __name__ == "__main__":
    unittest.main()
