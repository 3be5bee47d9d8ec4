"""Tests of train_frames.py; skipped where there is no PyTorch."""

import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
    import soundfile  # train_frames.py needs it
    import torch

    import train_frames
    from train_frames import sounds
except ImportError:
    torch = None

WEIGHTS = Path(__file__).resolve().parents[2] / "src" / "frames" / "weights" / "frames.safetensors"


@unittest.skipIf(torch is None, "no PyTorch or no SoundFile")
class TrainFrames(unittest.TestCase):
    def test_a_network_that_teaches_says_what_it_said_when_it_was_written(self):
        torch.manual_seed(0)
        network = train_frames.Network().eval()
        frames = torch.randn(2, 40, 40)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "n.safetensors"
            sounds.save(path, network.weights())
            said = train_frames.Taught(path)(frames)
        with torch.no_grad():
            expected = network.odds(network(frames)).softmax(2)
        self.assertEqual(said.shape, (2, 10, sounds.CLASSES))
        self.assertLess((said - expected).abs().max().item(), 1e-2)

    def test_the_shipped_network_can_teach(self):
        said = train_frames.Taught(WEIGHTS)(torch.zeros(1, 40, 40))
        self.assertTrue(np.allclose(said.sum(2), 1, atol=1e-4))

    def test_a_blend_lies_in_the_middle(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("a.pt", "b.pt")]
            for path, value in zip(paths, (1.0, 3.0)):
                network = train_frames.Network()
                torch.nn.init.constant_(network.project.bias, value)
                torch.save(network.state_dict(), path)
            blend = train_frames.blended(paths)
        self.assertTrue(torch.all(blend.project.bias == 2.0))


if __name__ == "__main__":
    unittest.main()
