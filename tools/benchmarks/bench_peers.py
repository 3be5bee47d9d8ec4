"""What one would use instead of audiosearch, timed by itself: `bench_peers.py FUNCTION LIST CLIP`, run by bench.py.

Each reads the recordings of LIST with what its users read them with, and prints a JSON object: version, and under each name the
seconds of sound and the CPU and clock seconds of the work itself. Importing counts nowhere; reading only where the name says so.
"""

import importlib.metadata
import json
import pathlib
import sys
import time

# Kaldi's frames, which audiosearch has as well; and what librosa computes when it is told nothing.
KALDI_FRAMES = {"n_mfcc": 13, "n_fft": 400, "hop_length": 160}
LIBROSA_FRAMES = {"n_mfcc": 20, "n_fft": 2048, "hop_length": 512}


class Clock:
    """Counts the seconds inside of `with`."""

    def __init__(self):
        self.cpu = self.wall = self.audio = 0.0

    def __enter__(self):
        self.begun = time.process_time(), time.perf_counter()

    def __exit__(self, *_):
        self.cpu += time.process_time() - self.begun[0]
        self.wall += time.perf_counter() - self.begun[1]


def librosa_mfcc(files, _):
    import librosa

    names = ["13, every 10 ms", "13, every 10 ms, with reading the file", "20, every 32 ms (its defaults)"]
    alone, reading, default = (Clock() for _ in names)
    warm, _rate = librosa.load(files[0], sr=16000)
    for frames in (KALDI_FRAMES, LIBROSA_FRAMES):
        librosa.feature.mfcc(y=warm, sr=16000, **frames)
    for path in files:
        with reading:
            sound = librosa.load(path, sr=16000)[0]
        with alone:
            librosa.feature.mfcc(y=sound, sr=16000, **KALDI_FRAMES)
        with default:
            librosa.feature.mfcc(y=sound, sr=16000, **LIBROSA_FRAMES)
        for clock in (alone, reading, default):
            clock.audio += len(sound) / 16000
    reading.cpu += alone.cpu
    reading.wall += alone.wall
    return librosa.__version__, dict(zip(names, (alone, reading, default)))


def torchaudio_fbank(files, _):
    import soundfile
    import torch
    import torchaudio

    torch.set_num_threads(1)
    clock = Clock()
    for path in files:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        clock.audio += len(sound) / rate
        sound = torch.from_numpy(sound[:, :1].T.copy())
        with clock:
            torchaudio.compliance.kaldi.fbank(sound, num_mel_bins=40, sample_frequency=rate)
    return torchaudio.__version__, {"": clock}


def dtw_search(files, clip):
    """Subsequence DTW over MFCC of one clip along every recording; the recordings' MFCC are made before and not counted."""
    import librosa

    mfcc = lambda sound: librosa.feature.mfcc(y=sound, sr=16000, **KALDI_FRAMES)
    query = mfcc(librosa.load(clip, sr=16000, duration=1.0)[0])
    clock = Clock()
    for number, path in enumerate(files):
        sound = librosa.load(path, sr=16000)[0]
        frames = mfcc(sound)
        if number == 0:
            librosa.sequence.dtw(query, frames, metric="cosine", subseq=True)
        clock.audio += len(sound) / 16000
        with clock:
            librosa.sequence.dtw(query, frames, metric="cosine", subseq=True)
    return librosa.__version__, {"each query of 1 s": clock}


def pocketsphinx_keyword(files, _):
    import pocketsphinx
    import soundfile

    decoder = pocketsphinx.Decoder(keyphrase="strawberry", kws_threshold=1e-20, samprate=16000, loglevel="FATAL")
    clock = Clock()
    for path in files:
        sound, rate = soundfile.read(path, dtype="int16", always_2d=True)
        clock.audio += len(sound) / rate
        with clock:
            decoder.start_utt()
            decoder.process_raw(sound[:, 0].tobytes(), full_utt=True)
            decoder.end_utt()
    return importlib.metadata.version("pocketsphinx"), {"": clock}


def main():
    function, listing, clip = sys.argv[1:]
    files = pathlib.Path(listing).read_text().splitlines()
    version, clocks = globals()[function](files, clip)
    lines = {name: {"audio": clock.audio, "cpu": clock.cpu, "wall": clock.wall} for name, clock in clocks.items()}
    print(json.dumps({"version": version, "lines": lines}))


if __name__ == "__main__":
    main()
