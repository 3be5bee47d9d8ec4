"""Tests of draw_gradients.py."""

import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

import draw_gradients

SCRIPT = Path(draw_gradients.__file__)


class DrawGradients(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        (self.path / "a.csv").write_text("step,lag 0,lag 1,lag 2,lag 3\n5,1,1,1,1\n10,2.0,0.2,0.02,NaN\n")
        (self.path / "b.csv").write_text("step,lag 0,lag 1,lag 2,lag 3\n10,4.0,3.0,2.0,1.0\n")

    def draw(self, *more):
        command = [sys.executable, SCRIPT, f"RNN={self.path / 'a.csv'}", f"G<U={self.path / 'b.csv'}", "--out", self.path / "x.svg", *more]
        return subprocess.run(command, capture_output=True, text=True)

    def test_curves_start_together_and_end_where_nothing_was_that_long(self):
        self.assertEqual(draw_gradients.read(self.path / "a.csv", None), [1.0, 0.1, 0.01])
        self.assertEqual(draw_gradients.read(self.path / "a.csv", 5), [1.0] * 4)
        self.assertEqual(self.draw().returncode, 0)
        picture = xml.parse(self.path / "x.svg").getroot()
        lines = [
            [tuple(map(float, point.split(","))) for point in line.get("points").split()]
            for line in picture.iter("{http://www.w3.org/2000/svg}polyline")
        ]
        self.assertEqual([len(line) for line in lines], [3, 4])
        self.assertEqual(lines[0][0], lines[1][0])
        self.assertGreater(lines[0][2][1], lines[1][2][1], "what vanishes lies lower")
        texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("G<U", texts)

    def test_a_log_without_the_step_is_named(self):
        ran = self.draw("--step", "7")
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("no row of step 7", ran.stderr)


if __name__ == "__main__":
    unittest.main()
