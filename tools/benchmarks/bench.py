#!/usr/bin/env python3
"""How fast the whole way is, each room of it, and what one would use instead, in one run.

Copies a folder of recordings until it is so many hours long, indexes it with fsync, asks it, measures every room on one thread
(`rooms` of tools/), and runs the peers that pip can install, each in a virtual environment of its own that is thrown away. A peer
that cannot be had is named and left out. Prints a table for tools/BENCHMARKS.md; --json keeps all numbers.

    python3 tools/benchmarks/bench.py FOLDER --hours 3
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENDINGS = {".wav", ".flac", ".ogg", ".mp3"}
# torchaudio refuses a torch that was built for another CUDA, even where none is used: these two go together.
PEERS = {
    "librosa MFCC": ("librosa_mfcc", ["librosa"]),
    "torchaudio fbank": ("torchaudio_fbank", ["torch==2.13.0", "torchaudio==2.11.0", "soundfile"]),
    "DTW search (librosa)": ("dtw_search", ["librosa"]),
    "pocketsphinx keyword": ("pocketsphinx_keyword", ["pocketsphinx", "soundfile"]),
}
# Rooms that a recording at 16 kHz does not go through.
ASIDE = ("resample from 44.1 kHz", "frame network in f32", "encode in f32", "encode by LibTorch")
WAY = (
    "decode", "resample from 44.1 kHz", "features", "segment", "frame network", "frame network in f32", "encode", "encode in f32",
    "encode by LibTorch", "insert", "fsync", "freeze",
)


def measured(command, **more):
    """Wall seconds, CPU seconds and peak MB of a command; its output."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, **more)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        out.seek(0)
        text = out.read().decode(errors="replace")
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "peak_mb": peak_mb(usage), "code": process.returncode}, text


def peak_mb(usage):
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def replicate(recordings, seconds, folder):
    """As many copies as it takes; returns the files and the seconds they hold."""
    files, total, number = [], 0.0, 0
    folder.mkdir()
    while total < seconds:
        for path, length in recordings:
            place = folder / f"{number:06d}{path.suffix}"
            try:
                os.link(path, place)
            except OSError:
                shutil.copyfile(path, place)
            files.append(place)
            total, number = total + length, number + 1
            if total >= seconds:
                break
    return files, total


def lengths(program, folder, store):
    """Seconds of each recording, as audiosearch itself reads them; it also warms the page cache."""
    subprocess.run([program, "index", folder, "--store", store, "--quiet"], check=False)
    return listed(program, store)


def listed(program, store):
    lines = subprocess.run(
        [program, "list", "--store", store, "--json"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return {line["path"]: line["duration"] for line in map(json.loads, lines)}


def short_clips(recordings, most=20):
    """As short as what one asks with, and from all over the folder: some of the shortest quarter, with their seconds."""
    short = sorted(recordings, key=lambda recording: recording[1])[: max(len(recordings) // 4, 2)]
    return short[:: max(len(short) // most, 1)][:most]


def starts(command, times=15):
    """Milliseconds of the fastest and the middle of some runs, and CPU milliseconds of the middle one."""
    runs = [measured(command, stderr=subprocess.DEVNULL)[0] for _ in range(times)]
    walls = sorted(run["wall"] * 1e3 for run in runs)
    return {
        "fastest_ms": walls[0],
        "median_ms": statistics.median(walls),
        "cpu_ms": statistics.median(run["cpu"] * 1e3 for run in runs),
        "peak_mb": max(run["peak_mb"] for run in runs),
    }


def peer(function, packages, files, query, python=None):
    """What the peer says of itself, or why there is none. `python`: one that has the packages, where nothing is to be installed."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        try:
            python = python or environment(root / "environment", packages)
            cores = os.cpu_count() or 1
            alone = peers_at_once(python, function, root, [files], query)[0]
            # As its users would fill all cores: a process a core, each with its share of the recordings.
            shares = [share for number in range(cores) if (share := files[number::cores])]
            together = peers_at_once(python, function, root, shares, query)
            for name, line in alone["lines"].items():
                parts = [one["lines"][name] for one in together]
                line["at_once"] = {"audio": sum(part["audio"] for part in parts), "wall": max(part["wall"] for part in parts)}
            return alone
        except (OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
            cause = getattr(error, "stderr", b"") or str(error).encode()
            return {"missing": re.sub(r"\s+", " ", cause.decode(errors="replace")).strip()[-160:]}


def environment(folder, packages):
    """A Python of its own with the packages."""
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    subprocess.run(pip, check=True, timeout=1800, capture_output=True)
    return python


def peers_at_once(python, function, folder, shares, query):
    """A process of one thread for each share of the files; what each of them says."""
    variables = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    processes = []
    for number, share in enumerate(shares):
        listing = folder / f"{number}.txt"
        listing.write_text("\n".join(map(str, share)))
        command = [str(python), str(HERE / "bench_peers.py"), function, str(listing), str(query)]
        with open(folder / f"{number}.errors", "wb") as errors:
            processes.append(subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=errors))
    said = []
    for number, process in enumerate(processes):
        with process.stdout as out:
            text = out.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors = (folder / f"{number}.errors").read_bytes()
            raise subprocess.CalledProcessError(process.returncode, "peer", stderr=errors)
        said.append(dict(json.loads(text.splitlines()[-1]), peak_mb=peak_mb(usage)))
    return said


def further(program, one, all, more, store):
    """Milliseconds that each of `more` further clips of one call takes, all of it, and what `embed` takes of that; by the clock and of
    processor. `one` and `all` are the arguments that name the clips."""
    def each(command):
        slopes = []
        for _ in range(5):
            first, whole = (measured([*command, *clips], stderr=subprocess.DEVNULL)[0] for clips in (one, all))
            slopes.append([(whole[time] - first[time]) * 1e3 / more for time in ("wall", "cpu")])
        return [statistics.median(column) for column in zip(*slopes)]

    with tempfile.TemporaryDirectory() as folder:
        ask = each([program, "query", "--store", store, "--json", "--quiet", "--min-confidence", "0"])
        embed = each([program, "embed", "--quiet", "--out", f"{folder}/vectors.npy"])
    return dict(zip(("all_ms", "all_cpu_ms", "embed_ms", "embed_cpu_ms"), ask + embed), clips=more + 1)


def indexed(program, what, store):
    usage, text = measured([program, "index", what, "--store", store, "--json", "--quiet"])
    last = json.loads(text.splitlines()[-1])
    return dict(usage, segments=last["segments"])


def run(arguments, folder):
    program, root = str(arguments.program), pathlib.Path(folder)
    known = lengths(program, arguments.folder, root / "first")
    recordings = sorted((pathlib.Path(path).resolve(), seconds) for path, seconds in known.items())
    files, seconds = replicate(recordings, arguments.hours * 3600, root / "many")
    figures = {"seconds": seconds, "files": len(files), "cores": os.cpu_count(), "load": os.getloadavg()}

    store = root / "store"
    figures["whole way"] = indexed(program, root / "many", store)
    joined = root / "one.wav"
    subprocess.run([str(arguments.rooms), "--join", joined, str(seconds), *files[: len(recordings)]], check=True)
    figures["one file"] = indexed(program, joined, root / "store of one")
    joined.unlink()

    query = arguments.query or recordings[0][0]
    ask = [program, "query", query, "--store", store, "--json", "--quiet", "--min-confidence", "0"]
    figures["query"] = starts(ask)
    torch = pathlib.Path(program).with_name("audiosearch-torch")
    figures["query by the program with LibTorch"] = starts([str(torch), *ask[1:]]) if torch.exists() else None
    figures["help"] = starts([program, "--help"])
    figures["help with LibTorch"] = starts([str(torch), "--help"]) if torch.exists() else None
    clips = [path for path, _ in short_clips(recordings)]
    figures["each further clip"] = further(program, clips[:1], clips, len(clips) - 1, store) if len(clips) > 1 else None

    some, held = [], 0.0
    for path, length in recordings * 1000:
        if held >= arguments.minutes * 60:
            break
        some.append(path)
        held += length
    usage, text = measured([str(arguments.rooms), *map(str, some)])
    figures["rooms"] = dict(json.loads(text), peak_mb=usage["peak_mb"])
    figures["peers"] = {}
    for name, (function, packages) in PEERS.items():
        if name not in arguments.without:
            figures["peers"][name] = peer(function, packages, some, query, arguments.python)
    figures["load_after"] = os.getloadavg()
    return figures


def row(cells):
    return "| " + " | ".join(cells) + " |"


def speed(seconds, cost):
    return f"{seconds / cost:,.0f} ×" if cost > 0 else "-"


def table(figures):
    """Markdown: the whole way beside its peers, the rooms, and what remains."""
    seconds, way = figures["seconds"], figures["whole way"]
    cores = figures["cores"]
    lines = [row(["× real time", "one core's processor time", f"by the clock, {cores} cores", "peak MB"]), "|---|---|---|---|"]
    ways = [("**index, with fsync**", way)]
    if one := figures.get("one file"):
        ways.append(("index, as one wav file", one))
    for name, cost in ways:
        lines.append(row([name, speed(seconds, cost["cpu"]), speed(seconds, cost["wall"]), f"{cost['peak_mb']:.0f}"]))
    mfcc = None
    for name, found in figures["peers"].items():
        if "missing" in found:
            lines.append(row([f"{name}: not measured ({found['missing']})", "", "", ""]))
            continue
        for what, cost in found["lines"].items():
            both = cost.get("at_once")
            clock = speed(both["audio"], both["wall"]) if both else ""
            label = f"{name} {found['version']}" + (f", {what}" if what else "")
            lines.append(row([label, speed(cost["audio"], cost["cpu"]), clock, f"{found['peak_mb']:.0f}"]))
            if mfcc is None and name.startswith("librosa MFCC") and both:
                mfcc = cost["audio"] / cost["cpu"], both["audio"] / both["wall"]
    if mfcc:
        ratios = seconds / way["cpu"] / mfcc[0], seconds / way["wall"] / mfcc[1]
        lines += ["", f"index is {ratios[0]:.2f} × as fast as librosa's MFCC alone by processor time, {ratios[1]:.2f} × by the clock."]
    lines += ["", *rooms_table(figures["rooms"])]
    load = " ".join(f"{value:.1f}" for value in figures["load"])
    lines += ["", f"{seconds / 3600:.1f} h in {figures['files']} files, {way['segments']} segments, {cores} cores, load {load}."]
    lines += rest(figures)
    return "\n".join(lines)


def rooms_table(rooms):
    """Each room, its part of the whole way, and the encoder inside of it."""
    seconds, costs = rooms["seconds"], rooms["rooms"]
    # Recordings at 16 kHz are not resampled, and one encoder is enough.
    whole = sum(cost["cpu"] for name, cost in costs.items() if name not in ASIDE)
    lines = [row(["room, one thread", "× real time, processor", "clock", "frames/s of processor", "share", "grows by MB"]), "|---|---|---|---|---|---|"]
    for name in sorted(costs, key=lambda name: WAY.index(name) if name in WAY else len(WAY)):
        cost = costs[name]
        share = "" if name in ASIDE else f"{cost['cpu'] / whole:.1%}"
        grown = "" if cost.get("grown_mb") is None else f"{cost['grown_mb']:.0f}"
        frames = f"{seconds * 100 / cost['cpu']:,.0f}" if cost["cpu"] > 0 else "-"
        lines.append(row([name, speed(seconds, cost["cpu"]), speed(seconds, cost["wall"]), frames, share, grown]))
    if encoder := rooms.get("encoder"):
        alone, inside = encoder["alone"], encoder["inside"]
        raw, there = encoder["frames"] / alone["cpu"], encoder["frames_inside"] / inside["cpu"]
        lines += ["", f"The encoder reads {raw:,.0f} frames of spans (which overlap) a second of one core alone, {there:,.0f} inside of index: {there / raw:.0%}."]
    return lines


def rest(figures):
    """Starts and questions, a line each."""
    lines = []
    for what in ("query", "query by the program with LibTorch", "help", "help with LibTorch"):
        if start := figures.get(what):
            lines.append(
                f"{what}: {start['fastest_ms']:.0f} ms at best, {start['median_ms']:.0f} ms in the middle, "
                f"{start['cpu_ms']:.0f} ms of CPU, {start['peak_mb']:.0f} MB"
            )
    if more := figures.get("each further clip"):
        lines.append(f"each further clip of one call: {more['all_ms']:.1f} ms, {more['embed_ms']:.1f} ms of them to embed it; "
                     f"of processor {more['all_cpu_ms']:.1f} and {more['embed_cpu_ms']:.1f} ms ({more['clips']} clips)")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=HERE / "demo" / "recordings")
    parser.add_argument("--hours", type=float, default=3.0, help="length of what is indexed (default 3)")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of what rooms and peers are given (default 10)")
    parser.add_argument("--query", type=pathlib.Path, help="the clip to ask with")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target" / "release" / "audiosearch")
    parser.add_argument("--rooms", type=pathlib.Path, default=ROOT / "target" / "release" / "rooms")
    parser.add_argument("--without", action="append", default=[], choices=sorted(PEERS), help="leave out a peer")
    parser.add_argument("--python", help="a Python that has the peers' packages, so that nothing is installed")
    parser.add_argument("--json", type=pathlib.Path, help="write all numbers here")
    arguments = parser.parse_args()
    for program in (arguments.program, arguments.rooms):
        if not program.exists():
            parser.error(f"{program}: not built; `make bench` builds it")
    # Beside the program, which no version control looks at; mostly on the recordings' disk, so that copies are links and cost no room.
    beside = arguments.program.resolve().parent
    with tempfile.TemporaryDirectory(prefix="bench-", dir=beside if os.access(beside, os.W_OK) else None) as folder:
        figures = run(arguments, folder)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))
    print(table(figures))


if __name__ == "__main__":
    main()
