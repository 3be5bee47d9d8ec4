"""Runs that end too early: kill -9, Ctrl-C, SIGTERM; standard library only."""

import random
import signal
import wave
from pathlib import Path

from stress_place import Place, Ran, Scenario


class Story:
    """A store that changes run by run, and what must be in it. Each version of a file has a length of its own."""

    def __init__(self, place: Place, scenario: Scenario, files: int, chance: random.Random):
        self.place, self.scenario, self.chance = place, scenario, chance
        self.names = place.recordings(files, 0.3)
        # What the store acknowledged: the length of each file that is safe; None: safely gone; absent: unknown.
        self.known: dict[str, float | None] = {}
        ran = place.run("index", "rec", "--json")
        place.sane(scenario, ran, 0)
        self.known.update({name: length(place.path / name) for name in ran.safe()})
        self.picture = self.export("whole.html").out
        self.typical = {}

    def export(self, name: str, **how: object) -> Ran:
        return self.place.run("export", name, "--method", "pca", "--audio-budget", "1", **how)

    def step(self, what: str, **how: object) -> Ran:
        place, chance = self.place, self.chance
        if what == "index":
            changed = set(chance.sample(self.names, len(self.names) // 3))
            for name in changed:
                place.voice.wav(place.path / name, chance.getrandbits(40), round(chance.uniform(0.2, 1.0), 2))
                self.known.pop(name, None)
            # Those that were removed come back as well.
            self.known = {name: seconds for name, seconds in self.known.items() if seconds is not None}
            ran = place.run("index", "rec", "--json", **how)
            self.known.update({name: length(place.path / name) for name in ran.safe()})
        elif what == "remove":
            gone = chance.sample(self.names, len(self.names) // 3)
            for name in gone:
                if self.known.get(name, 0.0) is not None:
                    self.known.pop(name, None)
            ran = place.run("remove", *gone, **how)
            if ran.code in (0, 1, 2) and " removed" in ran.err:
                self.known.update(dict.fromkeys(gone))
        elif what == "compact":
            ran = place.run("compact", **how)
        else:
            before = (place.path / "map.html").read_bytes() if (place.path / "map.html").exists() else None
            ran = self.export("map.html", **how)
            if ran.code < 0 and (place.path / "map.html").exists():
                now = (place.path / "map.html").read_bytes()
                whole = now == before or now.rstrip().endswith(b"</html>")
                self.scenario.expect(whole, "a killed export left half a file")
        return ran

    def measure(self) -> None:
        for what in ("index", "remove", "compact", "export"):
            ran = self.step(what)
            self.place.sane(self.scenario, ran, 0, 1, 2)
            self.typical[what] = ran.seconds

    def check(self) -> None:
        safe = {name for name, seconds in self.known.items() if seconds is not None}
        gone = {name for name, seconds in self.known.items() if seconds is None}
        held = self.place.whole(self.scenario, safe, gone)
        for name in safe & held.keys():
            right = abs(held[name] - self.known[name]) < 0.006
            self.scenario.expect(right, f"{name}: {held[name]} s are stored, {self.known[name]} s were acknowledged")
        if safe:
            one = self.chance.choice(sorted(safe))
            asked = self.place.run("query", one, "--json", "--min-confidence", "0", "-k", "50")
            self.place.sane(self.scenario, asked, 0)
            found = {line["path"] for line in asked.lines() if line.get("score", 0) > 0.97}
            self.scenario.expect(one in found, f"{one} is stored and not found: {asked.out[:300]!r}")


def length(path: Path) -> float:
    with wave.open(str(path)) as sound:
        return sound.getnframes() / sound.getframerate()


def kills(place: Place, scenario: Scenario, count: int) -> None:
    """kill -9 at random moments of index, remove, compact and export."""
    chance = random.Random(9)
    story = Story(place, scenario, 120, chance)
    story.measure()
    hit = 0
    for number in range(count):
        what = ("index", "remove", "index", "compact", "export")[number % 5]
        ran = story.step(what, kill_after=chance.uniform(0, 1.1) * story.typical[what])
        scenario.count += 1
        hit += ran.code == -signal.SIGKILL
        scenario.expect("panicked" not in ran.err, f"{what} panicked: {ran.err[-400:]}")
        story.check()
        # Removed files come back, so that there is something to do.
        if number % 5 == 4:
            ran = story.step("index")
            place.sane(scenario, ran, 0)
    left = [path.name for path in place.path.iterdir() if path.name.endswith(".part")]
    scenario.expect(len(left) <= count // 5, f"litter: {left[:3]}")
    scenario.notes.append(f"{hit} before the end")


def births(place: Place, scenario: Scenario, count: int) -> None:
    """kill -9 while a store is made, each time a new one."""
    chance, names = random.Random(10), place.recordings(40, 0.3)
    full = place.run("index", "rec", "--json", "--store", "first")
    place.sane(scenario, full, 0)
    for number in range(count):
        store = f"store{number}"
        wait = chance.uniform(0, 1.1) * full.seconds
        ran = place.run("index", "rec", "--json", "--store", store, kill_after=wait)
        scenario.count += 1
        again = place.run("index", "rec", "--json", "--store", store)
        place.sane(scenario, again, 0)
        scenario.expect(len(again.safe()) == len(names), f"{store}: {len(again.safe())} of {len(names)} files")
        read_again = {line["path"] for line in again.lines() if line.get("status") == "indexed"} & ran.safe()
        scenario.expect(not read_again, f"{store}: {len(read_again)} acknowledged files were read again")
        place.whole(scenario, set(names), frozenset(), "--store", store)


def signals(place: Place, scenario: Scenario, count: int) -> None:
    """Ctrl-C and SIGTERM at random moments."""
    chance = random.Random(11)
    story = Story(place, scenario, 120, chance)
    story.measure()
    codes: dict[int, int] = {}
    for number in range(count):
        what = ("index", "remove", "index", "compact", "export")[number % 5]
        sent = (signal.SIGINT, signal.SIGTERM)[number // 5 % 2]
        wait = chance.uniform(0, 1.0) * story.typical[what]
        ran = story.step(what, kill_after=wait, sent=sent, patience=60)
        scenario.count += 1
        codes[ran.code] = codes.get(ran.code, 0) + 1
        # Before the program has taken the signal over it ends as any other.
        place.sane(scenario, ran, 0, 1, 2, 130, -sent)
        story.check()
        if number % 5 == 4:
            place.sane(scenario, story.step("index"), 0)
    scenario.notes.append("exit codes " + ", ".join(f"{code}: {times}" for code, times in sorted(codes.items())))
