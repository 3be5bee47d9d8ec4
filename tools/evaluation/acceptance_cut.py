#!/usr/bin/env python3
"""Does a piece find the recording that it was cut from?

    tools/evaluation/acceptance_cut.py CORPUS [--program target/release/audiosearch] [--store DIR] [--pieces 50] [--seconds 1.0] [--seed 1]

Indexes CORPUS (a folder of recordings) into a store, cuts one piece out of each of some random recordings, at an offset that fits
no window, asks for all pieces and counts: found first, and with a start within a quarter of a second. Needs Python, NumPy and
ffmpeg. Ends with 0 where at least 96 % of the pieces succeed.
"""
import argparse, json, os, random, subprocess, sys, tempfile, wave
import numpy as np

RATE = 16_000
KINDS = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aiff", ".aif")
START_TOLERANCE = 0.25
NEEDED = 0.96


def read(path):
    """16 kHz mono float32."""
    command = ["ffmpeg", "-loglevel", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, dtype="<f4")


def write(path, samples):
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())


def audible(piece):
    """Nobody can find silence: at least half of the piece must be within 30 dB of its loudest 25 ms."""
    frames = piece[: len(piece) // 400 * 400].reshape(-1, 400)
    level = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    return level.max() > -50 and (level > level.max() - 30).mean() >= 0.5


def pieces(corpus, wanted, seconds, seed, folder):
    """Cuts the pieces; returns (file of the piece, recording, start in seconds)."""
    chance = random.Random(seed)
    files = sorted(os.path.join(at, name) for at, _, names in os.walk(corpus) for name in names if name.lower().endswith(KINDS))
    chance.shuffle(files)
    cut = []
    for path in files:
        if len(cut) == wanted:
            break
        samples = read(path)
        length = round(seconds * RATE)
        for _ in range(20):
            if len(samples) <= length:
                break
            # An odd number of samples: no hop of milliseconds falls on it.
            start = chance.randrange(len(samples) - length) | 1
            piece = samples[start : start + length]
            if len(piece) == length and audible(piece):
                name = os.path.join(folder, f"{len(cut):03}.wav")
                write(name, piece)
                cut.append((name, path, start / RATE))
                break
    return cut


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("corpus")
    options.add_argument("--program", default="target/release/audiosearch")
    options.add_argument("--store")
    options.add_argument("--pieces", type=int, default=50)
    options.add_argument("--seconds", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or os.path.join(folder, "store")
        subprocess.run([program, "index", options.corpus, "--store", store], check=False)
        cut = pieces(options.corpus, options.pieces, options.seconds, options.seed, folder)
        command = [program, "query", "-k", "10", "--json", "--store", store] + [name for name, _, _ in cut]
        answers = subprocess.run(command, capture_output=True, text=True, check=False)
        sys.stderr.write(answers.stderr)
        hits = {}
        for line in answers.stdout.splitlines():
            hit = json.loads(line)
            hits.setdefault(hit["query"], []).append(hit)
    first = good = 0
    errors = []
    for name, path, start in cut:
        best = hits.get(name, [None])[0]
        found = best is not None and os.path.realpath(best["path"]) == os.path.realpath(path)
        error = best["start"] - start if found else float("nan")
        first += found
        good += found and abs(error) <= START_TOLERANCE
        errors.append(error)
        if not (found and abs(error) <= START_TOLERANCE):
            what = f"start off by {error:+.2f} s" if found else f"found {best and best['path']}"
            print(f"missed: {path} at {start:.3f} s: {what}")
    off = np.abs(np.array(errors)[~np.isnan(errors)])
    median = float(np.median(off)) if len(off) else float("nan")
    print(f"{first} of {len(cut)} found first; {good} with |start error| <= {START_TOLERANCE} s; median |start error| {median:.3f} s")
    return 0 if cut and good >= NEEDED * len(cut) else 1


if __name__ == "__main__":
    sys.exit(main())
