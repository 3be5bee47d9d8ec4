"""What a system does to a store: full disks, read-only media, other users, copies, clocks, company; standard library only."""

import os
import random
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from stress_place import Place, Scenario

NOBODY = 65534


@contextmanager
def mounted(place: Path, *what: str) -> Iterator[bool]:
    """Something mounted at a folder; false where that is not allowed."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *what, str(place)], capture_output=True).returncode == 0
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def full_disk(place: Place, scenario: Scenario, rounds: int) -> None:
    """No room at every step of every command: so many kilobytes are left when it starts."""
    names = place.recordings(120, 0.4)
    disk = place.path / "disk"
    with mounted(disk, "-t", "tmpfs", "-o", "size=64m", "none") as done:
        if not done:
            scenario.skipped = "mounting a small tmpfs needs root"
            return
        store = ["--store", "disk/store"]
        chance = random.Random(12)
        safe = place.run("index", "rec", "--json", *store).safe()
        refused = 0
        for number in range(rounds):
            left = int(2 ** chance.uniform(0, 12)) * 1024 if number % 8 else 0
            what = ("index", "remove", "compact", "export", "repair", "query", "new")[number % 7]
            gone: list[str] = []
            if what in ("index", "new"):
                for name in chance.sample(names, 40):
                    place.voice.wav(place.path / name, chance.getrandbits(40), chance.uniform(0.3, 0.8))
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            (disk / "ballast").write_bytes(bytes(max(0, free - left)))
            if what == "index":
                ran = place.run("index", "rec", "--json", *store)
                scenario.expect(safe <= ran.safe() or ran.code == 2, "index leaves files out and does not say so")
            elif what == "new":
                ran = place.run("index", "rec", "--json", "--store", "disk/new")
            elif what == "remove":
                gone = chance.sample(names, 10)
                ran = place.run("remove", *gone, *store)
                safe -= set(gone)
                gone = gone if ran.code == 0 else []
            elif what == "compact":
                ran = place.run("compact", *store)
            elif what == "export":
                ran = place.run("export", "disk/map.html", "--method", "pca", *store)
            elif what == "repair":
                ran = place.run("verify", "--repair", *store)
            else:
                ran = place.run("query", names[0], "--json", "--min-confidence", "0", *store)
                scenario.expect(ran.code == 0, f"a full disk hinders reading: {ran.err[-300:]}")
            scenario.count += 1
            refused += ran.code == 2
            place.sane(scenario, ran, 0, 1, 2)
            (disk / "ballast").unlink()
            (disk / "map.html").unlink(missing_ok=True)
            scenario.expect(not list(disk.glob(".*.part")), "an export that fails leaves litter")
            place.whole(scenario, safe, set(gone), *store)
            if what == "new":
                whole = place.run("index", "rec", "--json", "--store", "disk/new")
                place.sane(scenario, whole, 0)
                place.whole(scenario, set(names), frozenset(), "--store", "disk/new")
                shutil.rmtree(disk / "new")
            if number % 7 in (0, 6):
                again = place.run("index", "rec", "--json", *store)
                place.sane(scenario, again, 0)
                safe |= again.safe()
        scenario.notes.append(f"{refused} refused for want of room")


def read_only(place: Place, scenario: Scenario, _: int) -> None:
    """The whole folder on a medium that cannot be written: it is searched, and writing is refused with a reason."""
    names = place.recordings(30, 0.6, "medium/rec")
    medium = place.path / "medium"
    place.run("index", "rec", cwd=medium)
    before = sorted(path.name for path in (medium / ".audiosearch").iterdir())
    with mounted(medium, "--bind", str(medium)) as done:
        done = done and subprocess.run(["mount", "-o", "remount,bind,ro", str(medium)]).returncode == 0
        if not done:
            scenario.skipped = "a read-only bind mount needs root"
            return
        reads = (
            ["query", "rec/00003.wav"], ["query", "--say", "hello", "--min-confidence", "0"], ["info"], ["list"], ["list", "--json"],
            ["export", "../map.html"], ["export", "../v.npy"],
        )
        for args in reads:
            ran = place.run(*args, cwd=medium)
            scenario.count += 1
            place.sane(scenario, ran, 0)
        for args in (["index", "rec"], ["remove", "rec/00001.wav"], ["compact"], ["verify"], ["verify", "--repair"], ["export", "map.html"]):
            ran = place.run(*args, cwd=medium)
            scenario.count += 1
            place.sane(scenario, ran, 2)
            said = "read-only" in ran.err.lower() or "readable only" in ran.err.lower()
            scenario.expect(said, f"{args[0]} does not say that the medium is read-only: {ran.err[-300:]}")
    scenario.expect(before == sorted(path.name for path in (medium / ".audiosearch").iterdir()), "something was written")
    held = place.listed(scenario, "--store", "medium/.audiosearch")
    scenario.expect(len(held) == len(names), f"{len(held)} of {len(names)} files are left")


def company(place: Place, scenario: Scenario, minutes: float) -> None:
    """index, query, export and remove at once; nobody is hindered but a second writer."""
    names = place.recordings(150, 0.4)
    kept, moving = names[:75], names[75:]
    place.sane(scenario, place.run("index", "rec"), 0)
    end = time.monotonic() + 60 * minutes
    counts: dict[str, int] = {}
    locked: dict[str, int] = {}
    guard = threading.Lock()

    def work(what: str, seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < end and len(scenario.failures) < 20:
            if what == "index":
                for name in chance.sample(moving, 20):
                    place.voice.wav(place.path / name, chance.getrandbits(40), chance.uniform(0.2, 0.8))
                ran = place.run("index", "rec", "-q")
            elif what == "remove":
                ran = place.run("remove", *chance.sample(moving, 10))
            elif what == "compact":
                time.sleep(chance.uniform(0, 2))
                ran = place.run("compact")
            elif what == "query":
                ran = place.run("query", chance.choice(kept), "--json", "--min-confidence", "0")
            else:
                ran = place.run("export", f"map{seed}.{chance.choice(('html', 'csv', 'npy'))}", "--method", "pca")
            with guard:
                counts[what] = counts.get(what, 0) + 1
                busy = ran.code == 2 and "in use by another process" in ran.err
                # A file that is written while it is read is reported, and read again by the next run.
                torn = what == "index" and ran.code == 2 and all(
                    any(word in line for word in moving) for line in ran.err.splitlines() if line
                )
                # What another has removed just before cannot be removed again.
                twice = what == "remove" and ran.code == 2 and all(
                    "not in the store" in line for line in ran.err.splitlines() if line.startswith("error")
                )
                locked[what] = locked.get(what, 0) + busy
                if what in ("query", "export"):
                    place.sane(scenario, ran, 0)
                elif not (busy or torn or twice):
                    place.sane(scenario, ran, 0, 1)

    workers = [(what, seed) for seed, what in enumerate(("index", "index", "remove", "compact", "query", "query", "export"))]
    threads = [threading.Thread(target=work, args=worker) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scenario.count = sum(counts.values())
    place.whole(scenario, set(kept))
    ran = place.run("index", "rec", "--json")
    place.sane(scenario, ran, 0)
    place.whole(scenario, set(names))
    scenario.notes.append(", ".join(f"{what} {counts[what]}" for what in sorted(counts)))
    scenario.notes.append(f"{sum(locked.values())} told that another process writes")


def two_writers(place: Place, scenario: Scenario, rounds: int) -> None:
    """Two runs of index begin at once: each stores all that it reports, or says who is in its way."""
    place.recordings(150, 2.0, "one")
    place.recordings(150, 2.0, "two")
    met = 0
    for number in range(rounds):
        store = f"store{number % 4}"
        if number % 4 == 0:
            for old in place.path.glob("store*"):
                shutil.rmtree(old)
        results: dict[str, object] = {}
        pair = [
            threading.Thread(target=lambda folder=folder: results.update({folder: place.run("index", folder, "--json", "--store", store)}))
            for folder in ("one", "two")
        ]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
        safe: set[str] = set()
        for ran in results.values():
            scenario.count += 1
            place.sane(scenario, ran, 0, 2)
            if ran.code == 2:
                met += 1
                scenario.expect("in use by another process" in ran.err, f"a second writer is told: {ran.err[-300:]}")
            safe |= ran.safe()
        scenario.expect(any(ran.code == 0 for ran in results.values()), "neither of two writers got through")
        place.whole(scenario, safe, frozenset(), "--store", store)
    scenario.notes.append(f"{met} told that another process writes")


def clock(place: Place, scenario: Scenario, _: int) -> None:
    """Times of files in the future, in 1901, before 1970, going backwards: what changed is read, what did not is not."""
    names = place.recordings(8, 0.4)
    now = int(time.time())
    times = [0, -1, -(2**31), 2**31, 2**32, now + 10 * 365 * 86400, now - 86400, 1]
    for name, when in zip(names, times):
        os.utime(place.path / name, (when, when))
    place.sane(scenario, place.run("index", "rec", "--json"), 0)
    ran = place.run("index", "rec", "--json")
    unchanged = sum(line.get("status") == "unchanged" for line in ran.lines())
    scenario.expect(unchanged == len(names), f"{unchanged} of {len(names)} untouched files are taken for unchanged")
    scenario.count += len(names)
    # New content, and the clock goes back: older than what is stored.
    for number, (name, when) in enumerate(zip(names, times)):
        place.voice.wav(place.path / name, 900 + number, 0.4 + 0.01 * number)
        # Before 1901 there is nothing on most disks.
        back = when - 3600 if when > -(2**31) else when + 1
        os.utime(place.path / name, (back, back))
    ran = place.run("index", "rec", "--json")
    fresh = sum(line.get("status") == "indexed" for line in ran.lines())
    scenario.expect(fresh == len(names), f"{fresh} of {len(names)} changed files with older times are read again")
    scenario.count += len(names)
    place.whole(scenario, set(names))


def copies(place: Place, scenario: Scenario, rounds: int) -> None:
    """A store copied while it is written: the copy is whole, or says what is missing and how to mend it."""
    names = place.recordings(200, 0.4)
    chance = random.Random(13)
    place.sane(scenario, place.run("index", "rec", "-q"), 0)
    whole = mended = reindexed = 0
    for number in range(rounds):
        for name in chance.sample(names, 100):
            place.voice.wav(place.path / name, chance.getrandbits(40), chance.uniform(0.3, 0.9))
        child = place.command("index", "rec", "-q", stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.02, 0.5))
        # Beside the recordings, so that the same paths lead to the same files.
        copy = place.path / "copy"
        subprocess.run(["cp", "-r", str(place.path / ".audiosearch"), str(copy)], capture_output=True)
        child.communicate()
        scenario.count += 1
        store = ["--store", "copy"]
        asked = place.run("query", names[0], "--json", "--min-confidence", "0", *store)
        place.sane(scenario, asked, 0, 2)
        ran = place.run("verify", *store)
        place.sane(scenario, ran, 0, 2)
        if ran.code == 0:
            whole += 1
            held = place.listed(scenario, *store)
            scenario.expect(len(held) == len(names), f"a copy that verify calls whole holds {len(held)} of {len(names)} files")
        else:
            advised = any(words in ran.err for words in ("verify --repair", "index again", "index something first"))
            scenario.expect(advised, f"no advice: {ran.err[-300:]}")
            mend = place.run("verify", "--repair", *store)
            place.sane(scenario, mend, 0, 2)
            mended += 1
        # Whatever it was, indexing again makes it whole.
        again = place.run("index", "rec", "--json", *store)
        if again.code != 0:
            scenario.expect("delete the store" in again.err or "index again" in again.err, f"no way on: {again.err[-300:]}")
            reindexed += 1
        else:
            place.whole(scenario, set(names), frozenset(), *store)
        shutil.rmtree(copy)
    place.whole(scenario, set(names))
    scenario.notes.append(f"{whole} whole, {mended} mended, {reindexed} to be made again")


def moved(place: Place, scenario: Scenario, _: int) -> None:
    """Folder and store moved together, and a store moved alone."""
    names = place.recordings(30, 0.5, "old/rec")
    place.sane(scenario, place.run("index", "rec", cwd=place.path / "old"), 0)
    (place.path / "old").rename(place.path / "new place")
    there = place.path / "new place"
    ran = place.run("index", "rec", "--json", cwd=there)
    unchanged = sum(line.get("status") == "unchanged" for line in ran.lines())
    scenario.expect(unchanged == len(names), f"after a move {unchanged} of {len(names)} files are known again")
    for args in (["query", "rec/00001.wav"], ["verify"], ["export", "map.html"], ["list"], ["info"]):
        scenario.count += 1
        place.sane(scenario, place.run(*args, cwd=there), 0)
    (there / ".audiosearch").rename(place.path / "alone")
    for args in (["query", "new place/rec/00001.wav"], ["verify"], ["export", "map.html"], ["list"], ["info"], ["compact"]):
        scenario.count += 1
        place.sane(scenario, place.run(*args, "--store", "alone"), 0)


def other_user(place: Place, scenario: Scenario, _: int) -> None:
    """Another user searches what may be read, and is told what may not be written or read."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        scenario.skipped = "needs root and setpriv"
        return
    place.recordings(30, 0.5)
    place.path.chmod(0o755)
    place.sane(scenario, place.run("index", "rec"), 0)
    store = place.path / ".audiosearch"
    nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if subprocess.run([*nobody, str(place.program), "--version"], capture_output=True).returncode != 0:
        scenario.skipped = "nobody may not start the program"
        return
    for args in (["query", "rec/00001.wav"], ["info"], ["list"], ["export", "/dev/null", "--format", "csv"]):
        scenario.count += 1
        place.sane(scenario, place.run(*args, prefix=nobody), 0)
    for args in (["index", "rec", "--force"], ["remove", "rec/00001.wav"], ["compact"], ["verify"], ["verify", "--repair"]):
        scenario.count += 1
        ran = place.run(*args, prefix=nobody)
        place.sane(scenario, ran, 2)
        scenario.expect("ermission denied" in ran.err, f"{args[0]} does not say why: {ran.err[-300:]}")
    store.chmod(0o700)
    for args in (["query", "rec/00001.wav"], ["info"], ["list"], ["verify"], ["index", "rec"]):
        scenario.count += 1
        ran = place.run(*args, prefix=nobody)
        place.sane(scenario, ran, 2)
        scenario.expect("ermission denied" in ran.err, f"{args[0]} does not say why: {ran.err[-300:]}")
    store.chmod(0o755)
    place.whole(scenario, {f"rec/{number:05}.wav" for number in range(30)})
