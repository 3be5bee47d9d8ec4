"""Tests of train_spelling.py; skipped where there is no PyTorch."""

import tempfile
import unittest
from pathlib import Path

try:
    import torch
    import train_spelling
except ImportError:
    torch = None

WEIGHTS = Path(__file__).resolve().parents[2] / "src" / "encoder" / "weights" / "speech.safetensors"


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
        written = network.tensors(torch.eye(len(matrix)))
        self.assertEqual(set(written), {name for name in tensors if "spelling" in name} | {"normalisation.matrix"})
        self.assertEqual(list(written["spelling.characters"].shape), [len(alphabet) + 2, train_spelling.CHARACTER])

    def test_a_changed_matrix_leaves_written_words_where_they_are(self):
        torch.manual_seed(0)
        matrix, change = torch.diag(torch.tensor([3.0, 5.0, 4.0, 8.0])), torch.eye(4) + 0.3 * torch.randn(4, 4)
        network = train_spelling.Spelling("abc", matrix).eval()
        words = ["abca", "b", "cccc"]
        before = network(words)
        changed = train_spelling.Spelling("abc", matrix).eval()
        changed.load_state_dict(network.state_dict())
        tensors = network.tensors(change)
        changed.matrix = tensors["normalisation.matrix"].float()
        changed.projection.weight.data = tensors["spelling.projection.weight"].float()
        changed.projection.bias.data = tensors["spelling.projection.bias"].float()
        self.assertTrue(torch.allclose(changed(words), before, atol=1e-5))

    def test_pairs_of_one_word_by_one_speaker_do_not_count(self):
        vectors = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]), dim=1).numpy()
        ap = train_spelling.swdp_ap(vectors, ["a", "a", "b", "a"], ["x", "x", "y", "y"])
        # Left are two pairs of one word, at the end of five: the nearest pair of all is by one speaker.
        self.assertAlmostEqual(ap, (1 / 4 + 2 / 5) / 2)

    def test_tokens_of_a_word_that_lie_together_lose_nothing(self):
        which = torch.tensor([0, 0, 1, 1])
        together = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
        self.assertLess(train_spelling.apart(together, which).item(), 1e-6)
        self.assertGreater(train_spelling.apart(together[[0, 2, 1, 3]], which).item(), 5)

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
