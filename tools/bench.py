#!/usr/bin/env python3
"""How fast the whole way is, each room of it, and what one would use instead, in one run.

Copies a folder of recordings until it is so many hours long, indexes it with fsync, asks it, measures every room on one thread
(`rooms` of tools/), and runs the peers that pip can install, each in a virtual environment of its own that is thrown away. A peer
that cannot be had is named and left out. Prints a table for the README; --json keeps all numbers.

    python3 tools/bench.py FOLDER --hours 3
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
ENDINGS = {".wav", ".flac", ".ogg", ".mp3"}
PEERS = {
    "librosa MFCC": ("librosa_mfcc", ["librosa"]),
    "torchaudio fbank": ("torchaudio_fbank", ["torch", "torchaudio", "soundfile"]),
    "DTW search (librosa)": ("dtw_search", ["librosa"]),
    "pocketsphinx keyword": ("pocketsphinx_keyword", ["pocketsphinx", "soundfile"]),
}


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
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": peak, "code": process.returncode}, text


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
    lines = subprocess.run(
        [program, "list", "--store", store, "--json"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return {line["path"]: line["duration"] for line in map(json.loads, lines)}


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


def peer(function, packages, files, query):
    """What the peer says of itself, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            venv.create(folder, with_pip=True)
            python = str(pathlib.Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python")
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
                check=True, timeout=900, capture_output=True,
            )
            listing = pathlib.Path(folder) / "files.txt"
            listing.write_text("\n".join(map(str, files)))
            script = [python, str(HERE / "bench_peers.py"), function, str(listing), str(query)]
            environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
            usage, text = measured(script, env=environment, stderr=subprocess.PIPE)
            return dict(json.loads(text.splitlines()[-1]), peak_mb=usage["peak_mb"])
        except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
            cause = getattr(error, "stderr", b"") or str(error).encode()
            return {"missing": re.sub(r"\s+", " ", cause.decode(errors="replace")).strip()[-160:]}


def run(arguments, folder):
    program, root = str(arguments.program), pathlib.Path(folder)
    known = lengths(program, arguments.folder, root / "first")
    recordings = sorted((pathlib.Path(path).resolve(), seconds) for path, seconds in known.items())
    files, seconds = replicate(recordings, arguments.hours * 3600, root / "many")
    figures = {"seconds": seconds, "files": len(files), "cores": os.cpu_count(), "load": os.getloadavg()}

    store = root / "store"
    usage, text = measured([program, "index", root / "many", "--store", store, "--json", "--quiet"])
    figures["whole way"] = dict(usage, segments=json.loads(text.splitlines()[-1])["segments"])
    query = arguments.query or recordings[0][0]
    ask = [program, "query", query, "--store", store, "--json", "--quiet", "--min-confidence", "0"]
    figures["query"] = starts(ask)
    figures["help"] = starts([program, "--help"])
    torch = pathlib.Path(program).with_name("audiosearch-torch")
    figures["help with LibTorch"] = starts([str(torch), "--help"]) if torch.exists() else None

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
            figures["peers"][name] = peer(function, packages, some, query)
    figures["load_after"] = os.getloadavg()
    return figures


def table(figures):
    seconds, way, rooms = figures["seconds"], figures["whole way"], figures["rooms"]
    times = lambda cost, of=seconds: f"{of / cost:,.0f} ×" if cost > 0 else "-"
    rows = [("", "× real time, one core's time", "× real time, clock", "peak MB")]
    rows.append(("**whole way, with fsync**", times(way["cpu"]), times(way["wall"]), f"{way['peak_mb']:.0f}"))
    for room, cost in rooms["rooms"].items():
        rows.append((room, times(cost, rooms["seconds"]), "", ""))
    for name, found in figures["peers"].items():
        if "missing" in found:
            rows.append((f"{name}: not measured ({found['missing']})", "", "", ""))
        else:
            label = f"{name} {found['version']}"
            rows.append((label, times(found["cpu"], found["audio"]), times(found["wall"], found["audio"]), f"{found['peak_mb']:.0f}"))
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|---|---|---|---|")
    load = " ".join(f"{value:.1f}" for value in figures["load"])
    lines.append("")
    lines.append(f"{seconds / 3600:.1f} h in {figures['files']} files, {way['segments']} segments, {figures['cores']} cores, load {load}.")
    for what in ("query", "help", "help with LibTorch"):
        if start := figures[what]:
            lines.append(
                f"{what}: {start['fastest_ms']:.0f} ms at best, {start['median_ms']:.0f} ms in the middle, "
                f"{start['cpu_ms']:.0f} ms of CPU, {start['peak_mb']:.0f} MB"
            )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=HERE / "demo" / "recordings")
    parser.add_argument("--hours", type=float, default=3.0, help="length of what is indexed (default 3)")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of what rooms and peers are given (default 10)")
    parser.add_argument("--query", type=pathlib.Path, help="the clip to ask with")
    parser.add_argument("--program", type=pathlib.Path, default=HERE.parent / "target" / "release" / "audiosearch")
    parser.add_argument("--rooms", type=pathlib.Path, default=HERE.parent / "target" / "release" / "rooms")
    parser.add_argument("--without", action="append", default=[], choices=sorted(PEERS), help="leave out a peer")
    parser.add_argument("--json", type=pathlib.Path, help="write all numbers here")
    arguments = parser.parse_args()
    for program in (arguments.program, arguments.rooms):
        if not program.exists():
            parser.error(f"{program}: not built; `make bench` builds it")
    # Beside the recordings where that is allowed, so that copies are links and cost no room.
    beside = arguments.folder.resolve().parent
    with tempfile.TemporaryDirectory(dir=beside if os.access(beside, os.W_OK) else None) as folder:
        figures = run(arguments, folder)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))
    print(table(figures))


if __name__ == "__main__":
    main()
