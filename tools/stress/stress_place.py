"""A folder to be cruel in: generated sound, the program, and what must hold afterwards; standard library only."""

import array
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

RATE = 16_000
# Longer than any step of the short form takes on a busy machine.
PATIENCE = 1800


@dataclass
class Ran:
    """What a run of the program came to. `code` is negative where a signal ended it."""

    args: list[str]
    code: int
    out: bytes
    err: str
    megabytes: float
    seconds: float

    def lines(self) -> list[dict]:
        """Standard output as JSON Lines; a last line that a kill cut short is no line."""
        found = []
        for line in self.out.split(b"\n"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return [line for line in found if isinstance(line, dict)]

    def safe(self) -> set[str]:
        """Files that `index --json` said to be safe."""
        files = (line for line in self.lines() if line.get("type") in ("file", "text"))
        return {line["path"] for line in files if line["status"] in ("indexed", "unchanged", "partial")}


@dataclass
class Scenario:
    """Counts what was tried and keeps what went wrong."""

    name: str
    count: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ""

    def expect(self, holds: bool, what: str) -> bool:
        if not holds:
            self.failures.append(what)
            print(f"    ! {self.name}: {what}", flush=True)
        return holds

    def outcome(self) -> str:
        if self.skipped:
            return f"skipped: {self.skipped}"
        return f"{len(self.failures)} failed" if self.failures else "survived"

    def line(self) -> str:
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        return f"{self.name:<44} {self.count:>7}  {self.outcome()}, {self.seconds:.0f} s{notes}"


class Voice:
    """Syllables of changing pitch and colour, made once and strung together: no language, never the same twice."""

    def __init__(self, seed: int = 1):
        chance = random.Random(seed)
        self.syllables = [self._syllable(chance) for _ in range(60)]

    @staticmethod
    def _syllable(chance: random.Random) -> bytes:
        length, pitch = int(chance.uniform(0.1, 0.25) * RATE), chance.uniform(90, 250)
        formants = (chance.uniform(250, 900), chance.uniform(900, 2700))
        tones = []
        for harmonic in range(1, 13):
            near = sum(math.exp(-(((pitch * harmonic - formant) / 250) ** 2)) for formant in formants) + 0.02
            tones.append((near, math.tau * pitch * harmonic / RATE))
        glide = chance.uniform(-0.2, 0.2) / length
        samples = array.array("h")
        for n in range(length):
            at = n * (1 + glide * n)
            loud = 2600 * math.sqrt(math.sin(math.pi * n / length))
            samples.append(int(loud * sum(near * math.sin(step * at) for near, step in tones)))
        return samples.tobytes()

    def samples(self, seed: int, seconds: float) -> bytes:
        """16-bit samples at 16 kHz."""
        chance, parts, size, wanted = random.Random(seed), [], 0, 2 * int(seconds * RATE)
        while size < wanted:
            part = chance.choice(self.syllables)
            if chance.random() < 0.5:
                part += hush(chance, chance.randrange(200, 900))
            parts.append(part)
            size += len(part)
        return b"".join(parts)[:wanted]

    def wav(self, path: Path, seed: int, seconds: float) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(self.samples(seed, seconds))
        return path


# Any byte to one from 0 to 7.
LOW = bytes(value & 7 for value in range(256))


def hush(chance: random.Random, samples: int) -> bytes:
    """A gap: samples next to zero."""
    gap = bytearray(2 * samples)
    gap[::2] = chance.randbytes(samples).translate(LOW)
    return bytes(gap)


def memory(process: int) -> float:
    """Megabytes at most until now; of the program alone, which the system's own account would mix with ours."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(peak.group(1)) / 1000 if peak else 0.0


class Place:
    """A temporary folder with the program in reach."""

    def __init__(self, program: Path, voice: Voice, scratch: Path | None):
        self.program, self.voice = program, voice
        self.path = Path(tempfile.mkdtemp(prefix="stress-", dir=scratch))

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def recordings(self, count: int, seconds: float, folder: str = "rec") -> list[str]:
        names = [f"{folder}/{number:05}.wav" for number in range(count)]
        for number, name in enumerate(names):
            # A different length each, so that `list` tells which of them it holds.
            self.voice.wav(self.path / name, number + 1, seconds + 0.01 * (number % 50))
        return names

    def command(self, *args: str, **options: object) -> subprocess.Popen:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AUDIOSEARCH")}
        environment["NO_COLOR"] = "1"
        options.setdefault("cwd", self.path)
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.Popen(
            [str(self.program), *args], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, **options
        )

    def run(self, *args: str, patience: float = PATIENCE, kill_after: float | None = None, sent: int = signal.SIGKILL,
            prefix: tuple[str, ...] = (), cwd: Path | None = None) -> Ran:
        """Runs to the end, or until a signal is sent after some seconds; a run that hangs is killed and has code -999."""
        begun = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            environment = {key: value for key, value in os.environ.items() if not key.startswith("AUDIOSEARCH")}
            child = subprocess.Popen(
                [*prefix, str(self.program), *args], cwd=cwd or self.path, stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, env=environment | {"NO_COLOR": "1"},
            )
            hung, megabytes, looks = False, 0.0, 0
            if kill_after is not None:
                time.sleep(kill_after)
                os.kill(child.pid, sent)
            while True:
                if looks % 8 == 0:
                    megabytes = max(megabytes, memory(child.pid))
                looks += 1
                done, status = os.waitpid(child.pid, os.WNOHANG)
                if done:
                    break
                if time.monotonic() - begun > patience and not hung:
                    hung = True
                    child.kill()
                time.sleep(0.002)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            code = -999 if hung else child.returncode
            text = err.read().decode(errors="replace")
            return Ran(list(args), code, out.read(), text, megabytes, time.monotonic() - begun)

    def listed(self, scenario: Scenario, *more: str) -> dict[str, float]:
        ran = self.run("list", "--json", *more)
        scenario.expect(ran.code in (0, 1), f"list ends with {ran.code}: {ran.err[-300:]}")
        lines = ran.lines()
        found = {line["path"]: line.get("duration", 0.0) for line in lines}
        scenario.expect(len(found) == len(lines), "list names a file twice")
        return found

    def sane(self, scenario: Scenario, ran: Ran, *codes: int) -> bool:
        """It neither crashed nor hung, and where it failed it said why."""
        what = " ".join(ran.args)[:160]
        fine = scenario.expect(ran.code in (codes or (0, 1, 2)), f"`{what}` ends with {ran.code}: {ran.err[-400:]}")
        fine &= scenario.expect("panicked" not in ran.err, f"`{what}` panicked: {ran.err[-600:]}")
        return fine & scenario.expect(ran.code != 2 or ran.err.strip() != "", f"`{what}` fails without a word")

    def whole(self, scenario: Scenario, safe: set[str], gone: set[str] = frozenset(), *more: str) -> dict[str, float]:
        """Nothing acknowledged is lost; verify is clean, or says what to do, and that does it."""
        ran = self.run("verify", *more)
        self.sane(scenario, ran, 0, 2)
        if ran.code == 2:
            scenario.notes[:] = scenario.notes or ["mended by verify --repair in part"]
            scenario.expect("verify --repair" in ran.err, f"verify gives no advice: {ran.err[-400:]}")
            mended = self.run("verify", "--repair", *more)
            self.sane(scenario, mended, 0)
            again = self.run("verify", *more)
            scenario.expect(again.code == 0, f"verify is not clean after --repair: {again.err[-400:]}")
        held = self.listed(scenario, *more)
        lost, back = safe - held.keys(), gone & held.keys()
        scenario.expect(not lost, f"{len(lost)} acknowledged files are lost, as {sorted(lost)[:3]}")
        scenario.expect(not back, f"{len(back)} removed files are back, as {sorted(back)[:3]}")
        return held
