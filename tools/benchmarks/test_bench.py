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

    def figures(self, **more):
        start = {"fastest_ms": 2.0, "median_ms": 3.0, "cpu_ms": 1.0, "peak_mb": 14.0}
        rooms = {
            "decode": {"cpu": 0.5, "wall": 0.5, "grown_mb": 7.0},
            "encode": {"cpu": 1.5, "wall": 2.0, "grown_mb": None},
            "encode by LibTorch": {"cpu": 6.0, "wall": 6.0, "grown_mb": 1.0},
        }
        encoder = {"frames": 3000, "alone": {"cpu": 1.5}, "inside": {"cpu": 2.0}, "frames_inside": 3200}
        return {
            "seconds": 7200.0, "files": 4, "cores": 2, "load": (0.1, 0.2, 0.3),
            "whole way": {"cpu": 10.0, "wall": 8.0, "peak_mb": 120.0, "segments": 9},
            "rooms": {"rooms": rooms, "seconds": 600.0, "encoder": encoder},
            "peers": {}, "query": start, "help": start, "help with LibTorch": None,
        } | more

    def test_the_table_names_a_peer_that_is_missing(self):
        line = {"audio": 600, "cpu": 2, "wall": 3, "at_once": {"audio": 600, "wall": 1.5}}
        peers = {
            "librosa MFCC": {"missing": "no network"},
            "DTW": {"version": "1", "lines": {"each query": line}, "peak_mb": 5},
        }
        text = bench.table(self.figures(peers=peers))
        for expected in ("| 720 × | 900 × | 120 |", "not measured (no network)", "DTW 1, each query | 300 × | 400 × | 5 |"):
            self.assertIn(expected, text)
        self.assertNotIn("MFCC alone", text)

    def test_the_table_compares_with_the_first_line_of_librosa(self):
        first = {"audio": 600, "cpu": 1, "wall": 1, "at_once": {"audio": 600, "wall": 1}}
        second = {"audio": 600, "cpu": 4, "wall": 4, "at_once": {"audio": 600, "wall": 4}}
        peers = {"librosa MFCC": {"version": "1", "lines": {"13": first, "20": second}, "peak_mb": 5}}
        self.assertIn("1.20 × as fast as librosa's MFCC alone by processor time, 1.50 × by the clock", bench.table(self.figures(peers=peers)))

    def test_rooms_share_the_time_of_the_whole_way(self):
        text = bench.table(self.figures())
        self.assertIn("| decode | 1,200 × | 1,200 × | 120,000 | 25.0% | 7 |", text)
        self.assertIn("| encode | 400 × | 300 × | 40,000 | 75.0% |  |", text)
        self.assertIn("| encode by LibTorch | 100 × | 100 × | 10,000 |  | 1 |", text)
        self.assertIn("2,000 frames of spans (which overlap) a second of one core alone, 1,600 inside of index: 80%", text)

    def test_a_peer_runs_alone_and_on_all_cores_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            peers = Path(folder) / "bench_peers.py"
            peers.write_text(
                "import json, sys\n"
                "files = open(sys.argv[2]).read().split()\n"
                "cost = {'audio': len(files), 'cpu': 1, 'wall': len(files)}\n"
                "print('chatter'); print(json.dumps({'version': sys.argv[1], 'lines': {'': cost}}))\n"
            )
            with mock.patch.object(bench, "HERE", Path(folder)), mock.patch.object(bench.os, "cpu_count", return_value=2):
                found = bench.peer("it", [], ["a", "b", "c"], "clip.wav", sys.executable)
        self.assertEqual((found["version"], found["lines"][""]["audio"]), ("it", 3))
        self.assertEqual(found["lines"][""]["at_once"], {"audio": 3, "wall": 2})

    def test_a_peer_that_breaks_off_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bench_peers.py").write_text("raise SystemExit('no such sound')")
            with mock.patch.object(bench, "HERE", Path(folder)):
                self.assertEqual(bench.peer("it", [], ["a"], "clip.wav", sys.executable), {"missing": "no such sound"})

    def test_a_peer_that_cannot_be_installed_is_no_error(self):
        with mock.patch.object(bench.venv, "create", side_effect=OSError("no room for it")):
            found = bench.peer("librosa_mfcc", ["librosa"], [], "clip.wav")
        self.assertEqual(found, {"missing": "no room for it"})


if __name__ == "__main__":
    unittest.main()
