"""The sounds of English by which the frame network and the letters network understand each other, and files of weights."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

# ARPAbet without stress; the order is that of the classes in the weights.
SOUNDS = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)
PARTS = 3  # a sound's beginning, middle and end are classes of their own
SILENCE = len(SOUNDS) * PARTS
CLASSES = SILENCE + 1
UNKNOWN = -1
RATE = 16_000


def classes(sounds: list[tuple[str, float, float]], pauses: list[tuple[float, float]], frames: int) -> np.ndarray:
    """The class of every 10 ms frame, from sounds (name, first frame, frames) and pauses (first frame, frames)."""
    out = np.full(frames, UNKNOWN, np.int16)
    for first, count in pauses:
        out[int(first) + 1 : max(int(first) + 1, int(first + count) - 1)] = SILENCE
    for name, first, count in sounds:
        if name in SOUNDS and count > 0:
            at = np.arange(int(first), min(frames, int(first + count)))
            part = ((at - first) * PARTS / count).astype(int).clip(0, PARTS - 1)
            out[at] = SOUNDS.index(name) * PARTS + part
    return out


def _mel(hertz):
    return 1127 * np.log(1 + hertz / 700)


def _filters() -> np.ndarray:
    low, high = _mel(60.0), _mel(7600.0)
    width = (high - low) / 41
    bins = _mel(np.arange(256) * RATE / 512)
    filters = np.zeros((40, 257), np.float32)
    for band in range(40):
        left, centre, right = (low + (band + step) * width for step in range(3))
        filters[band, :256] = np.clip(np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)), 0, None)
    return filters


_FILTERS = _filters()
_WINDOW = ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85).astype(np.float32)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Kaldi's log-mel filterbank as the program computes it, [frames, 40]."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160].astype(np.float32)
    frames = frames - frames.mean(1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    power = np.abs(np.fft.rfft((frames - 0.97 * before) * _WINDOW, 512)) ** 2
    return np.log(np.maximum(power @ _FILTERS.T, 1.19e-7)).astype(np.float32)


def folded(weight: np.ndarray, bias: np.ndarray, norm) -> tuple[np.ndarray, np.ndarray]:
    """A convolution and the batch normalisation (a PyTorch module) after it as one."""
    gain, offset, mean, variance = (
        tensor.detach().numpy() for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    )
    scale = gain / np.sqrt(variance + norm.eps)
    return weight * scale[:, None, None], (bias - mean) * scale + offset


def save(path: Path, tensors: dict[str, np.ndarray]) -> None:
    """safetensors of 16 bits."""
    header, blobs, at = {}, [], 0
    for name, values in tensors.items():
        blob = np.ascontiguousarray(values.astype(np.float16)).tobytes()
        header[name] = {"dtype": "F16", "shape": list(values.shape), "data_offsets": [at, at + len(blob)]}
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path: Path) -> dict[str, np.ndarray]:
    """What `save` wrote, as 32 bits."""
    whole = path.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    body = whole[8 + length :]
    kinds = {"F16": np.float16, "F32": np.float32}
    cut = lambda entry: np.frombuffer(body[slice(*entry["data_offsets"])], kinds[entry["dtype"]]).reshape(entry["shape"])
    header = json.loads(whole[8 : 8 + length])
    return {name: cut(entry).astype(np.float32) for name, entry in header.items() if name != "__metadata__"}
