"""The encoder of Whisper (Radford et al. 2022, arXiv 2212.04356) in PyTorch, its weights read from a CTranslate2 model file.

CTranslate2 itself gives the last layer alone; a teacher is looked for among all of them. An utterance is heard as long as it is,
not padded to 30 s: for a clip of 4 s that is an eighth of the time, and the states differ little (cosine .995).
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

RATE, WINDOW, HOP = 16_000, 400, 160
LONGEST = 3_000  # frames of 10 ms
HEAD = 64  # numbers of an attention head, in every size of Whisper


def _read_weights(paths: list[Path]) -> dict[str, np.ndarray]:
    """The variables of a CTranslate2 model file (version 6), which may lie in several parts."""
    blob = b"".join(path.read_bytes() for path in paths)
    at = 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + kind, blob, at)
        at += struct.calcsize(kind)
        return value

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return blob[at - length : at - 1].decode()

    version = number("I")
    if version != 6:
        raise ValueError(f"{paths[0]}: a CTranslate2 file of version {version}, not 6")
    text(), number("I")
    kinds = [np.float32, np.int8, np.int16, np.int32, np.float16]
    out = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, size = number("B"), number("I")
        if name.startswith("encoder/") and kind < len(kinds):
            out[name.removeprefix("encoder/")] = np.frombuffer(blob, kinds[kind], size // kinds[kind]().itemsize, at).reshape(shape)
        at += size
    for name in [name for name in out if name.endswith("_scale")]:
        weight = out[name.removesuffix("_scale")]
        out[name.removesuffix("_scale")] = weight.astype(np.float32) / out[name].reshape(-1, *[1] * (weight.ndim - 1))
    return {name: value.astype(np.float32) for name, value in out.items()}


def _mel_filters() -> np.ndarray:
    """Slaney's 80 bands up to 8 kHz, as librosa computes them, [80, 201]."""
    step = np.log(6.4) / 27
    to_hertz = lambda mel: np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(step * (np.maximum(mel, 15) - 15)))
    edges = to_hertz(np.linspace(0, 15 + np.log(8.0) / step, 82))
    bins = np.linspace(0, RATE / 2, 201)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return (np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


class Encoder:
    """`states(samples)` gives what each layer says of each 20 ms."""

    def __init__(self, paths: list[Path], kind: torch.dtype = torch.float32):
        weights = {name: torch.from_numpy(value).to(kind) for name, value in _read_weights(paths).items()}
        self._weights, self._kind = weights, kind
        self.layers = sum(name.endswith("ffn/linear_0/weight") for name in weights)
        self.dimension = weights["conv1/weight"].shape[0]
        self._mel = torch.from_numpy(_mel_filters())
        self._window = torch.hann_window(WINDOW)

    def _features(self, samples: np.ndarray) -> torch.Tensor:
        """[1, 80, frames]"""
        wave = torch.from_numpy(samples[: LONGEST * HOP])
        wave = functional.pad(wave, (0, -len(wave) % (2 * HOP)))
        spectrum = torch.stft(wave, WINDOW, HOP, window=self._window, return_complex=True)[:, :-1]
        mel = (self._mel @ spectrum.abs().square()).clamp(min=1e-10).log10()
        return ((torch.maximum(mel, mel.max() - 8) + 4) / 4)[None]

    def _linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self._weights[f"{name}/weight"], self._weights[f"{name}/bias"])

    def _norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        gain, offset = self._weights[f"{name}/gamma"], self._weights[f"{name}/beta"]
        return functional.layer_norm(x, gain.shape, gain, offset)

    @torch.no_grad()
    def states(self, samples: np.ndarray, wanted: set[int] | None = None) -> dict[int, np.ndarray]:
        """Of layer 1 to `layers` (the last one normalised, as the decoder gets it): [frames of 20 ms, dimension]."""
        wanted = wanted or {self.layers}
        weights = self._weights
        x = self._features(samples).to(self._kind)
        x = functional.gelu(functional.conv1d(x, weights["conv1/weight"], weights["conv1/bias"], padding=1))
        x = functional.gelu(functional.conv1d(x, weights["conv2/weight"], weights["conv2/bias"], stride=2, padding=1))
        x = x.transpose(1, 2) + weights["position_encodings/encodings"][: x.shape[2]]
        out = {}
        for layer in range(max(wanted)):
            name = f"layer_{layer}"
            split = self._linear(f"{name}/self_attention/linear_0", self._norm(f"{name}/self_attention/layer_norm", x))
            heads = split.reshape(1, x.shape[1], 3, -1, HEAD).permute(2, 0, 3, 1, 4)
            mixed = functional.scaled_dot_product_attention(*heads).transpose(1, 2).reshape(x.shape)
            x = x + self._linear(f"{name}/self_attention/linear_1", mixed)
            hidden = functional.gelu(self._linear(f"{name}/ffn/linear_0", self._norm(f"{name}/ffn/layer_norm", x)))
            x = x + self._linear(f"{name}/ffn/linear_1", hidden)
            if layer + 1 in wanted:
                last = layer + 1 == self.layers
                out[layer + 1] = (self._norm("layer_norm", x) if last else x)[0].float().numpy()
        return out
