"""Tests of the benchmark by size; standard library only."""

import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bench_size
import plot_size


def figures():
    def size(hours, index, cold, further):
        made = {"wall": index, "cpu": 2 * index, "peak_mb": 80.4, "segments": int(hours * 18_000), "store_mb": 20 * hours}
        more = {"all_ms": further, "embed_ms": 4.0, "all_cpu_ms": further - 2, "embed_cpu_ms": 3.0}
        word = {"all_ms": further / 2, "embed_ms": 0.5, "all_cpu_ms": further / 3, "embed_cpu_ms": 1.0}
        asked = {"cold": {"median_ms": cold, "cpu_ms": cold / 2}, "further": more, "word": word}
        return {"seconds": hours * 3600, "files": 9, "index": made, "query": asked}

    return {"sizes": {"1": size(1, 5, 30, 12), "100": size(100, 500, 60, 15)}, "dtw": {"per_second": 1 / 3600, "version": "1"}}


class Sizes(unittest.TestCase):
    def test_a_row_says_what_a_size_costs(self):
        text = bench_size.table(figures())
        self.assertIn("| 100 | 1,800,000 | 500 s | 1,000 s | 80 | 20 | 60 ms (30) | 7 ms (4) | 11 ms (10) | 100.0 s |", text)

    def test_a_size_that_was_not_asked_yet_has_empty_cells(self):
        some = figures()
        del some["sizes"]["1"]["query"], some["dtw"]
        self.assertIn("| 5 s | 10 s | 80 | 20 |  |  |  |  |", bench_size.table(some))

    def test_pieces_lie_in_the_middle_of_recordings_that_are_long_enough(self):
        with tempfile.TemporaryDirectory() as folder:
            lists, more = bench_size.pieces({"b.wav": 3.0, "a.wav": 1.0, "short.wav": 0.5}, Path(folder))
            one, many = (of.read_text().splitlines() for of in lists)
        self.assertEqual((one, more), (["path\tstart\tend", "a.wav\t0.200\t0.800"], 1))
        self.assertEqual(many[2], "b.wav\t1.200\t1.800")

    def test_rounds_have_speeds_of_their_own(self):
        speeds = {round(bench_size.speed_of(number), 3) for number in range(70)}
        self.assertEqual(len(speeds), 70)
        self.assertTrue(all(0.8 <= speed <= 1.25 for speed in speeds))

    def test_the_picture_is_xml_with_every_line_inside_of_it(self):
        root = xml.etree.ElementTree.fromstring(plot_size.picture(figures()))
        circles = root.findall("{http://www.w3.org/2000/svg}circle")
        self.assertEqual(len(circles), 10)
        for circle in circles:
            self.assertTrue(plot_size.LEFT <= float(circle.get("cx")) <= plot_size.WIDTH - plot_size.RIGHT)
            self.assertTrue(plot_size.TOP <= float(circle.get("cy")) <= plot_size.HEIGHT - plot_size.BOTTOM)
        # On both logarithmic axes a hundredfold of hours is as far as a hundredfold of seconds of indexing.
        heights = [float(circle.get("cy")) for circle in circles]
        self.assertGreater(heights[0] - heights[1], 50)

    def test_labels_do_not_lie_upon_each_other(self):
        self.assertEqual(plot_size.spread([100, 50, 104]), [100, 50, 118])


if __name__ == "__main__":
    unittest.main()
