"""Tests of compare_speech.py."""

import unittest
from pathlib import Path

import compare_speech

FIGURES = {"swdp_ap": 0.7334, "ap": 0.5, "p_at_1": 1.0}


class CompareSpeech(unittest.TestCase):
    def test_rows_differ_in_cell_and_objective_alone(self):
        recipes = [compare_speech.recipe(cell, objective, 40) for _, cell, objective in compare_speech.ROWS]
        for recipe in recipes:
            told = dict(zip(recipe[::2], recipe[1::2]))
            differing = {"--cell", "--decoder-cell", "--objective"}
            self.assertEqual(
                [pair for pair in zip(recipe[::2], recipe[1::2]) if pair[0] not in differing],
                [pair for pair in zip(recipes[0][::2], recipes[0][1::2]) if pair[0] not in differing],
            )
            self.assertEqual((told["--steps"], told["--threads"], told["--epoch"]), ("40", "1", "10"))
            self.assertEqual(recipe.count("--convolution"), 2)

    def test_every_row_has_a_file_of_its_own(self):
        places = {compare_speech.place(Path("w"), row) for row, _, _ in compare_speech.ROWS}
        self.assertEqual(len(places), len(compare_speech.ROWS))

    def test_a_line_of_the_table(self):
        line = compare_speech.line("DTW", dict.fromkeys(compare_speech.SETS, FIGURES))
        self.assertEqual(line, "| DTW | .733 / .500 / 1.000" + " | .733 / .500 / 1.000" * 3 + " | – | – |")
        self.assertTrue(compare_speech.line("x", dict.fromkeys(compare_speech.SETS, FIGURES), 668_544, 2.31).endswith("| 0.67 M | 2.3 |"))

    def test_values_of_the_encoder_alone_are_counted(self):
        self.assertEqual(compare_speech.parameters(compare_speech.WEIGHTS), 668_544)


if __name__ == "__main__":
    unittest.main()
