"""Tests of train_spelling.py; skipped where there is no PyTorch."""

import tempfile
import unittest
from pathlib import Path

try:
    import torch
    import train_spelling
except ImportError:
    torch = None

WEIGHTS = Path(__file__).parents[1] / "src" / "encoder" / "weights" / "speech.safetensors"


@unittest.skipIf(torch is None, "no PyTorch")
class TrainSpelling(unittest.TestCase):
    def test_a_model_is_written_as_it_was_read(self):
        configuration, tensors = train_spelling.read_model(WEIGHTS)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.safetensors"
            train_spelling.write_model(path, configuration, tensors)
            self.assertEqual(train_spelling.read_model(path), (configuration, tensors))

    def test_all_tensors_of_the_written_words_are_replaced(self):
        configuration, tensors = train_spelling.read_model(WEIGHTS)
        alphabet = configuration["config"]["spelling"]["alphabet"]
        matrix = train_spelling.floats(tensors["normalisation.matrix"])
        network = train_spelling.Spelling(alphabet, matrix)
        self.assertEqual(set(network.tensors()), {name for name in tensors if "spelling" in name})
        self.assertEqual(list(network.tensors()["spelling.characters"].shape), [len(alphabet) + 2, train_spelling.CHARACTER])

    def test_a_words_vector_does_not_hang_on_the_others(self):
        torch.manual_seed(0)
        network = train_spelling.Spelling("abc", torch.eye(5)).eval()
        alone, together = network(["abca"]), network(["b", "abca", "ccccccccc"])
        self.assertTrue(torch.allclose(alone[0], together[1], atol=1e-6))
        self.assertTrue(torch.allclose(together.norm(dim=1), torch.ones(3)))

    def test_look_alikes_share_letters_and_are_other_words(self):
        alike = train_spelling.LookAlikes(["cat", "cats", "dog", "hat"]).of("cat")
        self.assertEqual(alike[0], "cats")
        self.assertNotIn("cat", alike)


if __name__ == "__main__":
    unittest.main()
