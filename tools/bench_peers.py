"""What one would use instead of audiosearch, timed by itself: `bench_peers.py FUNCTION LIST CLIP`, run by bench.py.

Each reads the recordings of LIST with what its users read them with, and prints a JSON object: version, seconds of sound, CPU
and clock seconds (importing and reading left out, so that only the work itself counts).
"""

import json
import pathlib
import sys
import time


class Clock:
    """Counts the seconds inside of `with`."""

    cpu = wall = 0.0

    def __enter__(self):
        self.begun = time.process_time(), time.perf_counter()

    def __exit__(self, *_):
        self.cpu += time.process_time() - self.begun[0]
        self.wall += time.perf_counter() - self.begun[1]


def librosa_mfcc(files, _):
    import librosa

    clock, audio = Clock(), 0
    sounds = [librosa.load(path, sr=16000)[0] for path in files]
    librosa.feature.mfcc(y=sounds[0], sr=16000, n_mfcc=13)
    for sound in sounds:
        audio += len(sound)
        with clock:
            librosa.feature.mfcc(y=sound, sr=16000, n_mfcc=13, n_fft=400, hop_length=160)
    return librosa.__version__, audio / 16000, clock


def torchaudio_fbank(files, _):
    import soundfile
    import torch
    import torchaudio

    torch.set_num_threads(1)
    clock, audio = Clock(), 0
    for path in files:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        audio += len(sound) / rate
        sound = torch.from_numpy(sound[:, :1].T.copy())
        with clock:
            torchaudio.compliance.kaldi.fbank(sound, num_mel_bins=40, sample_frequency=rate)
    return torchaudio.__version__, audio, clock


def dtw_search(files, clip):
    """Subsequence DTW over MFCC of one clip along every recording; the recordings' MFCC are made before and not counted."""
    import librosa

    mfcc = lambda sound: librosa.feature.mfcc(y=sound, sr=16000, n_mfcc=13, n_fft=400, hop_length=160)
    query = mfcc(librosa.load(clip, sr=16000, duration=1.0)[0])
    clock, audio = Clock(), 0
    for number, path in enumerate(files):
        sound = librosa.load(path, sr=16000)[0]
        frames = mfcc(sound)
        if number == 0:
            librosa.sequence.dtw(query, frames, metric="cosine", subseq=True)
        audio += len(sound)
        with clock:
            librosa.sequence.dtw(query, frames, metric="cosine", subseq=True)
    return librosa.__version__, audio / 16000, clock


def pocketsphinx_keyword(files, _):
    import importlib.metadata

    import pocketsphinx
    import soundfile

    decoder = pocketsphinx.Decoder(keyphrase="strawberry", kws_threshold=1e-20, samprate=16000, loglevel="FATAL")
    clock, audio = Clock(), 0
    for path in files:
        sound, rate = soundfile.read(path, dtype="int16", always_2d=True)
        audio += len(sound) / rate
        with clock:
            decoder.start_utt()
            decoder.process_raw(sound[:, 0].tobytes(), full_utt=True)
            decoder.end_utt()
    return importlib.metadata.version("pocketsphinx"), audio, clock


def main():
    function, listing, clip = sys.argv[1:]
    files = pathlib.Path(listing).read_text().splitlines()
    version, audio, clock = globals()[function](files, clip)
    print(json.dumps({"version": version, "audio": audio, "cpu": clock.cpu, "wall": clock.wall}))


if __name__ == "__main__":
    main()
