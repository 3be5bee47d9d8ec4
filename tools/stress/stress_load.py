"""Much of everything: many files, a long file, many segments; standard library only."""

import random
import struct
from pathlib import Path

from stress_place import RATE, Place, Scenario

HOURS = 8 * 3600


def header(samples: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + 2 * samples) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", 2 * samples)


def long_wav(place: Place, path: Path, seed: int, seconds: float) -> None:
    """Written piece by piece: one minute in memory."""
    chance, samples = random.Random(seed), int(seconds * RATE)
    with path.open("wb") as out:
        out.write(header(samples))
        left = 2 * samples
        while left > 0:
            piece = place.voice.samples(chance.getrandbits(50), 60)[:left]
            out.write(piece)
            left -= len(piece)


def tiny(place: Place, scenario: Scenario, count: int) -> None:
    """So many files of an eighth of a second, half of them killed away in the middle and begun again."""
    pool = place.voice.samples(1, 300)
    names = []
    for number in range(count):
        folder = place.path / "rec" / f"{number // 1000:03}"
        folder.mkdir(parents=True, exist_ok=True)
        at = 2 * random.Random(number).randrange(len(pool) // 2 - 2200)
        (folder / f"{number}.wav").write_bytes(header(2000) + pool[at : at + 4000])
        names.append(f"rec/{number // 1000:03}/{number}.wav")
    first = place.run("index", "rec", "--json", patience=HOURS, kill_after=count / 8000)
    ran = place.run("index", "rec", "--json", patience=HOURS)
    place.sane(scenario, ran, 0, 2)
    again = {line["path"] for line in ran.lines() if line.get("status") in ("indexed", "partial") and line["segments"]} & {
        line["path"] for line in first.lines() if line.get("status") == "indexed"}
    scenario.expect(not again, f"{len(again)} acknowledged files were read again")
    scenario.count = len(ran.safe())
    scenario.expect(scenario.count == count, f"{scenario.count} of {count} files are told of")
    scenario.notes.append(f"{ran.seconds:.0f} s, {ran.megabytes:.0f} MB of memory")
    place.whole(scenario, set(names))
    again = place.run("index", "rec", "--json", patience=HOURS)
    scenario.notes.append(f"nothing new: {again.seconds:.1f} s")
    gone = names[: count // 2]
    place.sane(scenario, place.run("remove", *sorted({name.rsplit("/", 1)[0] for name in gone}), patience=HOURS), 0)
    place.sane(scenario, place.run("compact", patience=HOURS), 0)
    left = place.listed(scenario)
    expected = {name for name in names if name.rsplit("/", 1)[0] not in {one.rsplit("/", 1)[0] for one in gone}}
    scenario.expect(set(left) == expected, f"{len(left)} files are left, {len(expected)} should be")


def hours(place: Place, scenario: Scenario, length: float) -> None:
    """One recording of so many hours, in bounded memory; a kill in the middle leaves nothing of it, or all."""
    long_wav(place, place.path / "long.wav", 5, length * 3600)
    place.voice.wav(place.path / "short.wav", 6, 2.0)
    place.sane(scenario, place.run("index", "short.wav"), 0)
    # An hour takes three seconds and more.
    killed = place.run("index", "long.wav", "--json", kill_after=1.5 * length)
    if killed.code < 0:
        held = place.whole(scenario, {"short.wav"})
        stored = held.get("long.wav")
        scenario.expect(stored is None or abs(stored - length * 3600) < 0.01, f"half a recording is in the store: {stored} s")
    ran = place.run("index", "long.wav", "--json", patience=HOURS)
    place.sane(scenario, ran, 0)
    scenario.count = 1
    scenario.expect(ran.megabytes < 1500, f"{ran.megabytes:.0f} MB of memory")
    held = place.whole(scenario, {"short.wav", "long.wav"})
    scenario.expect(abs(held.get("long.wav", 0) - length * 3600) < 0.01, f"{held.get('long.wav')} s are stored")
    end = length * 3600 - 20
    asked = place.run("query", "long.wav", "--from", f"{end}", "--to", f"{end + 1}", "--json", "--min-confidence", "0")
    place.sane(scenario, asked, 0)
    found = any(abs(line["start"] - end) < 0.5 for line in asked.lines())
    scenario.expect(found, f"a piece near the end is not found: {asked.out[:300]!r}")
    segments = ran.lines()[-1].get("segments", 0) if ran.lines() else 0
    scenario.notes.append(f"{segments:,} segments, {ran.seconds:.0f} s, {ran.megabytes:.0f} MB of memory; query {asked.seconds:.2f} s")


def segments(place: Place, scenario: Scenario, count: int) -> None:
    """Recordings until so many segments lie in one store; it is searched, verified, compacted and emptied by half."""
    have, number, names, seconds, most = 0, 0, [], 0.0, 0.0
    while have < count and not scenario.failures:
        name = f"{number:03}.wav"
        # Five and a half segments a second, four hours at most.
        long_wav(place, place.path / name, 1000 + number, min(4 * 3600, max(60, (count - have) / 5.4)))
        ran = place.run("index", name, "--json", patience=HOURS)
        place.sane(scenario, ran, 0)
        have += ran.lines()[-1].get("segments", 0) if ran.lines() else 0
        names.append(name)
        seconds, most, number = seconds + ran.seconds, max(most, ran.megabytes), number + 1
        if number > 1:
            # Only the first is asked for; the others need not stay.
            (place.path / name).unlink()
    scenario.count = have
    place.whole(scenario, set(names))
    asked = place.run("query", names[0], "--from", "10", "--to", "11", "--json", "--min-confidence", "0")
    place.sane(scenario, asked, 0)
    found = any(line["path"] == names[0] and abs(line["start"] - 10) < 0.5 for line in asked.lines())
    scenario.expect(found, f"a piece of the first file is not found: {asked.out[:300]!r}")
    scenario.notes.append(f"index {seconds:.0f} s, {most:.0f} MB of memory; query {asked.seconds:.2f} s")
    place.sane(scenario, place.run("remove", *names[: len(names) // 2 + 1], patience=HOURS), 0)
    place.sane(scenario, place.run("compact", patience=HOURS), 0)
    left = place.whole(scenario, set(names[len(names) // 2 + 1 :]))
    scenario.expect(len(left) == len(names) - len(names) // 2 - 1, f"{len(left)} files are left")
