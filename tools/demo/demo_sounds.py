"""Five kinds of everyday sound from oscillators and noise: bell, siren, chirps, rain, knocks.

Each take of a kind differs in pitch, tempo and noise, as two recordings of one kind would.
"""

from __future__ import annotations

import numpy as np

SECONDS = 3.0


def _time(rate: int) -> np.ndarray:
    return np.arange(int(SECONDS * rate)) / rate


def _fade(sound: np.ndarray, rate: int) -> np.ndarray:
    edge = np.minimum(1, np.arange(len(sound)) / (0.02 * rate))
    return sound * edge * edge[::-1]


def bell(rate: int, noise: np.random.Generator) -> np.ndarray:
    """Struck twice; the partials of a church bell over its hum note, the higher the shorter."""
    hum, time = noise.uniform(380, 480), _time(rate)
    sound = np.zeros_like(time)
    for strike in (0.1, 1.5):
        since = np.maximum(time - strike, 0)
        for ratio, level, decay in ((1, 0.5, 1.2), (2, 1, 0.9), (2.4, 0.8, 0.7), (3, 0.6, 0.5), (4, 0.8, 0.35), (5.3, 0.4, 0.2)):
            partial = hum * ratio * noise.uniform(0.997, 1.003)
            sound += (time >= strike) * level * np.exp(-since / decay) * np.sin(2 * np.pi * partial * since)
    return sound


def siren(rate: int, noise: np.random.Generator) -> np.ndarray:
    """A tone with overtones that rises and falls."""
    low, high, sweeps = noise.uniform(500, 600), noise.uniform(1100, 1400), noise.uniform(0.6, 0.9)
    frequency = low + (high - low) * (0.5 - 0.5 * np.cos(2 * np.pi * sweeps * _time(rate)))
    phase = 2 * np.pi * np.cumsum(frequency) / rate
    return np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.25 * np.sin(3 * phase)


def chirps(rate: int, noise: np.random.Generator) -> np.ndarray:
    """A bird: groups of short notes that fall from 5 to 3 kHz."""
    sound, start = np.zeros(int(SECONDS * rate)), 0.1
    while start < SECONDS - 0.7:
        for note in range(noise.integers(3, 6)):
            length = int(noise.uniform(0.06, 0.09) * rate)
            along = np.linspace(0, 1, length)
            phase = 2 * np.pi * np.cumsum(noise.uniform(4600, 5400) - 1800 * along) / rate
            place = int((start + 0.11 * note) * rate)
            sound[place : place + length] += np.sin(phase) * np.hanning(length)
        start += noise.uniform(0.8, 1.0)
    return sound


def rain(rate: int, noise: np.random.Generator) -> np.ndarray:
    """Steady hiss with drops: short high clicks at random moments."""
    hiss = noise.standard_normal(int(SECONDS * rate))
    hiss = 0.5 * (hiss - 0.7 * np.roll(hiss, 1))
    drop_length = int(0.012 * rate)
    decay = np.exp(-np.arange(drop_length) / (0.002 * rate))
    for place in noise.integers(0, len(hiss) - drop_length, size=int(noise.integers(250, 400))):
        tone = np.sin(2 * np.pi * noise.uniform(1500, 5000) * np.arange(drop_length) / rate)
        hiss[place : place + drop_length] += noise.uniform(0.5, 3) * decay * tone
    return hiss


def knocks(rate: int, noise: np.random.Generator) -> np.ndarray:
    """Knuckles on a door: two groups of three dull thuds."""
    time, sound = _time(rate), np.zeros(int(SECONDS * rate))
    body, gap = noise.uniform(140, 200), noise.uniform(0.2, 0.26)
    for strike in [group + gap * n for group in (0.2, 1.6) for n in range(3)]:
        since = np.maximum(time - strike, 0)
        thud = np.exp(-since / 0.03) * np.sin(2 * np.pi * body * since)
        crack = 0.4 * np.exp(-since / 0.006) * noise.standard_normal(len(time))
        sound += (time >= strike) * noise.uniform(0.7, 1) * (thud + crack)
    return sound


def takes(rate: int, numbers: tuple[int, ...]):
    """Yields (kind, take, samples at `rate` Hz with a peak of 0.6) for every kind and every take in `numbers`."""
    for index, make in enumerate((bell, siren, chirps, rain, knocks)):
        for number in numbers:
            noise = np.random.default_rng([index, number])
            sound = _fade(make(rate, noise), rate)
            sound *= 0.6 / np.abs(sound).max()
            room = 0.001 * noise.standard_normal(len(sound))
            yield make.__name__, number, sound + room
