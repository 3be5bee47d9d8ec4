#!/usr/bin/env python3
"""What indexing and asking cost as an archive grows: 1, 10 and 100 hours of recordings, as a table and a picture.

Recordings are those of a folder over and over, each round at another speed (0.80 to 1.25 times) and with noise of its own, written as
16 kHz FLAC (about 60 MB an hour). Asked is with clips of the folder as it is. Subsequence DTW is measured along some minutes
of the same recordings and multiplied, because its cost grows with their length and nothing else.

    pip install numpy soundfile librosa
    python3 tools/benchmarks/bench_size.py FOLDER --work /tmp/size --picture tools/figures/size.svg

Stages (recordings, index, query, dtw) can be run one by one with --stage; what they found lies in WORK/figures.json.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import bench
from plot_size import picture

STAGES = ("recordings", "index", "query", "dtw")
# The golden ratio scatters the speeds of any number of rounds evenly.
GOLDEN = 0.618034


def speed_of(round_number):
    return 0.8 + 0.45 * ((0.5 + round_number * GOLDEN) % 1.0)


def perturbed(sound, rate, round_number, number):
    """16 kHz sound at the speed of the round, a little quieter, with noise 54 dB below full scale."""
    import numpy

    step = speed_of(round_number) * rate / 16000
    places = numpy.arange(int(len(sound) / step)) * step
    stretched = numpy.interp(places, numpy.arange(len(sound)), sound)
    noise = numpy.random.default_rng(number).standard_normal(len(stretched))
    return numpy.clip(0.8 * stretched + 2e-3 * noise, -1, 1).astype("float32")


def recordings(folder, work, hours):
    """Writes WORK/until-H for each number of hours: what lies in it and in those before it is H hours long."""
    import soundfile

    sources = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".flac", ".wav", ".ogg"})
    if not sources:
        raise SystemExit(f"{folder}: no .flac, .wav or .ogg in it")
    made, number, lengths = 0.0, 0, {}
    for hour in hours:
        place = work / f"until-{hour:g}"
        place.mkdir(parents=True, exist_ok=True)
        while made < hour * 3600:
            sound, rate = soundfile.read(sources[number % len(sources)], dtype="float32", always_2d=True)
            sound = perturbed(sound[:, 0], rate, number // len(sources), number)
            soundfile.write(place / f"{number:06d}.flac", sound, 16000)
            made, number = made + len(sound) / 16000, number + 1
        lengths[f"{hour:g}"] = {"seconds": made, "files": number}
        print(f"{hour:g} h: {number} files", file=sys.stderr)
    return lengths


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def index(program, work, hours, hour):
    """A store of all that lies in the folders up to that hour."""
    store = work / f"store-{hour:g}"
    folders = [str(work / f"until-{one:g}") for one in hours if one <= hour]
    command = [program, "index", *folders, "--store", str(store), "--json", "--quiet"]
    load = os.getloadavg()[0]
    usage, text = bench.measured(command)
    if usage["code"] != 0:
        raise SystemExit(f"{hour:g} h: index ended with {usage['code']}")
    return dict(usage, segments=json.loads(text.splitlines()[-1])["segments"], store_mb=size_of(store) / 1e6, load=load)


def pieces(known, work, seconds=0.6, most=101):
    """Lists of one and of many pieces as long as a word, each out of the middle of another recording, and how many more the second holds."""
    long_enough = sorted((path, length) for path, length in known.items() if length > seconds)
    chosen = long_enough[:: max(len(long_enough) // most, 1)][:most]
    rows = [f"{path}\t{(length - seconds) / 2:.3f}\t{(length + seconds) / 2:.3f}\n" for path, length in chosen]
    lists = work / "one.tsv", work / "many.tsv"
    for out, part in zip(lists, (rows[:1], rows)):
        out.write_text("path\tstart\tend\n" + "".join(part))
    return lists, len(rows) - 1


def query(program, work, hour, clips, words):
    store = str(work / f"store-{hour:g}")
    ask = [program, "query", clips[0], "--store", store, "--json", "--quiet", "--min-confidence", "0"]
    phrases = bench.further(program, clips[:1], clips, len(clips) - 1, store)
    (one, many), more = words
    pieces_of_words = bench.further(program, ["--list", str(one)], ["--list", str(many)], more, store)
    return {"cold": bench.starts(ask), "further": phrases, "word": pieces_of_words}


def dtw(program, python, work, hour, clip, minutes):
    """Seconds that a search takes for each second of recordings."""
    files, held = [], 0.0
    for path, length in bench.listed(program, work / f"store-{hour:g}").items():
        if held >= minutes * 60:
            break
        files.append(path)
        held += length
    found = bench.peer("dtw_search", ["librosa"], files, clip, python)
    if "missing" in found:
        return found
    line = found["lines"]["each query of 1 s"]
    return {"version": found["version"], "audio": line["audio"], "per_second": line["cpu"] / line["audio"]}


def table(figures):
    """Markdown, a row a size; milliseconds by the clock, and of processor in brackets."""
    lines = [
        bench.row(["hours", "segments", "index, clock", "processor", "peak MB", "store, MB an hour", "`query`, whole process",
                   "each further 0.6 s, after `embed`", "each further phrase, after `embed`", "subsequence DTW"]),
        "|" + "---|" * 10,
    ]
    slope = figures.get("dtw", {}).get("per_second")
    for size in figures["sizes"].values():
        if "index" not in size:
            continue
        hours, made = size["seconds"] / 3600, size["index"]
        cells = [f"{hours:.0f}", f"{made['segments']:,}", f"{made['wall']:,.0f} s", f"{made['cpu']:,.0f} s", f"{made['peak_mb']:.0f}",
                 f"{made['store_mb'] / hours:.0f}"]
        if asked := size.get("query"):
            cold, more, word = asked["cold"], asked["further"], asked["word"]
            both = lambda clock, processor: f"{clock:.0f} ms ({processor:.0f})"
            cells.append(both(cold["median_ms"], cold["cpu_ms"]))
            cells += [both(of["all_ms"] - of["embed_ms"], of["all_cpu_ms"] - of["embed_cpu_ms"]) for of in (word, more)]
        else:
            cells += [""] * 3
        cells.append(f"{slope * size['seconds']:,.1f} s" if slope else "")
        lines.append(bench.row(cells))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder for recordings and stores (9 GB for 100 hours)")
    parser.add_argument("--hours", type=lambda text: sorted(map(float, text.split(","))), default=[1.0, 10.0, 100.0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how much of the recordings DTW is measured along")
    parser.add_argument("--stage", action="append", choices=STAGES, help="only this one")
    parser.add_argument("--program", type=pathlib.Path, default=bench.ROOT / "target" / "release" / "audiosearch")
    parser.add_argument("--python", help="a Python with librosa, so that nothing is installed")
    parser.add_argument("--picture", type=pathlib.Path, help="draw the figures here, as SVG")
    arguments = parser.parse_args()
    work, program = arguments.work, str(arguments.program)
    stages = arguments.stage or STAGES
    work.mkdir(parents=True, exist_ok=True)
    kept = work / "figures.json"
    figures = json.loads(kept.read_text()) if kept.exists() else {"sizes": {}}

    def keep():
        kept.write_text(json.dumps(figures, indent=1))

    if "recordings" in stages:
        for name, length in recordings(arguments.folder, work, arguments.hours).items():
            figures["sizes"].setdefault(name, {}).update(length)
        keep()
    for hour in arguments.hours if "index" in stages else []:
        figures["sizes"][f"{hour:g}"]["index"] = index(program, work, arguments.hours, hour)
        keep()
    if "query" in stages or "dtw" in stages:
        known = bench.lengths(program, arguments.folder.resolve(), work / "store of the folder")
        asked, words = bench.short_clips(sorted(known.items())), pieces(known, work)
        clips = [path for path, _ in asked]
        figures["clip_seconds"] = statistics.median(seconds for _, seconds in asked)
    for hour in arguments.hours if "query" in stages else []:
        figures["sizes"][f"{hour:g}"]["query"] = query(program, work, hour, clips, words)
        keep()
    if "dtw" in stages:
        figures["dtw"] = dtw(program, arguments.python, work, arguments.hours[0], clips[0], arguments.minutes)
        keep()
    if any("index" in size for size in figures["sizes"].values()):
        print(table(figures))
        if arguments.picture:
            arguments.picture.parent.mkdir(parents=True, exist_ok=True)
            arguments.picture.write_text(picture(figures))


if __name__ == "__main__":
    main()
