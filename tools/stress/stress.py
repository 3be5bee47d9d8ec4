#!/usr/bin/env python3
"""Is cruel to the program, through its command line alone, and says what it survived.

Sound is generated, nothing else is needed; some scenarios (small disks, read-only media, other users) need root and say so.
After each, nothing that was acknowledged may be lost, and `verify` is clean, or says what to do and does it with --repair.

    tools/stress/stress.py --program target/release/audiosearch                 the short form, some minutes
    tools/stress/stress.py --program … --long                                   300 kills, ten minutes in company, 100,000 files, 12 hours, 10⁶ segments
    tools/stress/stress.py --program … --only kills --only sound --kills 1000
"""

import argparse
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import stress_faults
import stress_kills
import stress_lies
import stress_load
from stress_place import Place, Scenario, Voice

# name, what it is called in the table, how much in the short and in the long form
SCENARIOS = [
    ("kills", "kill -9: index, remove, compact, export", stress_kills.kills, 20, 300),
    ("births", "kill -9 while a store is made", stress_kills.births, 5, 60),
    ("signals", "Ctrl-C and SIGTERM", stress_kills.signals, 10, 100),
    ("full", "disk full at every step", stress_faults.full_disk, 14, 140),
    ("read-only", "read-only media", stress_faults.read_only, 1, 1),
    ("company", "index, query, export, remove at once, min", stress_faults.company, 0.2, 10),
    ("writers", "two writers", stress_faults.two_writers, 4, 40),
    ("clock", "clock set back, times in the future", stress_faults.clock, 1, 1),
    ("copies", "store copied while it is written", stress_faults.copies, 5, 60),
    ("moved", "store moved", stress_faults.moved, 1, 1),
    ("user", "opened by another user", stress_faults.other_user, 1, 1),
    ("sound", "recordings that lie", stress_lies.sounds, 1, 1),
    ("names", "names with newlines, escapes, no UTF-8", stress_lies.names, 1, 1),
    ("texts", "texts that lie", stress_lies.texts, 1, 1),
    ("models", "models that are none", stress_lies.models, 1, 1),
    ("lists", "lists that point outside, or at nothing", stress_lies.lists, 1, 1),
    ("pages", "labels that are code", stress_lies.pages, 1, 1),
    ("tiny", "tiny files", stress_load.tiny, 2_000, 100_000),
    ("hours", "one file of so many hours", stress_load.hours, 0.2, 12),
    ("segments", "segments in one store", stress_load.segments, 5_000, 1_000_000),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=Path("target/release/audiosearch"), help="a release build")
    parser.add_argument("--long", action="store_true", help="the long form, an hour or two")
    parser.add_argument("--only", action="append", choices=[name for name, *_ in SCENARIOS], help="these scenarios alone")
    parser.add_argument("--scratch", type=Path, help="where to work [default: the system's temporary folder]")
    for name, what, _, short, long in SCENARIOS:
        if short != long:
            parser.add_argument(f"--{name}", type=type(short), metavar="N", help=f"{what} [{short}; long {long:,}]")
    args = parser.parse_args()
    program = args.program.resolve()
    if not program.is_file():
        parser.error(f"{program} is not there: `make build` makes it")
    voice, done = Voice(), []
    for name, what, act, short, long in SCENARIOS:
        if args.only and name not in args.only:
            continue
        given = getattr(args, name.replace("-", "_"), None)
        much = given if given is not None else long if args.long else short
        scenario, begun = Scenario(what), time.monotonic()
        with Place(program, voice, args.scratch) as place:
            try:
                act(place, scenario, much)
            except Exception:
                scenario.expect(False, f"the scenario itself broke off: {traceback.format_exc()}")
        scenario.seconds = time.monotonic() - begun
        print(scenario.line(), flush=True)
        done.append(scenario)
    print("\n" + "\n".join(scenario.line() for scenario in done))
    failed = sum(len(scenario.failures) for scenario in done)
    print(f"{sum(scenario.count for scenario in done):,} runs and files, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
