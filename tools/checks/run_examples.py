#!/usr/bin/env python3
"""Runs the shell examples of README.md in a scratch copy of tools/demo, and says which of them fail.

    run_examples.py [--program target/release/audiosearch] [--document README.md] [--keep]

Each line of a ```sh block is one command, run in the order of the document; a line that ends in \\ goes on. A comment before a block changes
that: `<!-- example: skip (reason) -->` leaves the block out; `<!-- example: torch WORDS -->` leaves it out where audiosearch-torch is not beside the
program, and adds words to its commands that train, to keep them short. A command whose program is not installed is skipped and named. Ends with 1 where a command ends with anything but 0, or where
a document has no example at all. Python's standard library is enough.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(?:<!-- example: (?P<verb>\w+) ?(?P<rest>.*?) -->\n)?```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
VERBS = ("skip", "torch")


@dataclass
class Example:
    """One command of the document."""

    line: int
    command: str
    # Why it is not run; empty where it is.
    skipped: str = ""
    # Whether it needs the program with LibTorch.
    torch: bool = False


def examples(document: str) -> list[Example]:
    """The commands of all blocks, in order."""
    found = []
    for block in BLOCK.finditer(document):
        verb, rest = block["verb"], block["rest"] or ""
        if verb and verb not in VERBS:
            raise ValueError(f"unknown mark: example: {verb}")
        line = document.count("\n", 0, block.start("text")) + 1
        pending, begun = "", 0
        for number, text in enumerate(block["text"].splitlines(), line):
            begun = begun or number
            if text.endswith("\\"):
                pending += text[:-1]
                continue
            command, first = (pending + text).strip(), begun
            pending, begun = "", 0
            if not command or command.startswith("#"):
                continue
            if verb == "torch" and command.startswith("audiosearch train "):
                command += " " + rest
            found.append(Example(first, command, rest if verb == "skip" else "", verb == "torch"))
    return found


def missing(command: str) -> str:
    """The first program of a pipeline that is not installed, or nothing."""
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    names, first = [], True
    for word in words:
        if first:
            names.append(word)
        first = set(word) <= set("|;&")
    return next((name for name in names if name != "audiosearch" and not shutil.which(name)), "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "target" / "release" / "audiosearch")
    parser.add_argument("--document", type=Path, default=ROOT / "README.md")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder, and name it")
    options = parser.parse_args()
    program = options.program.resolve()
    if not program.is_file():
        parser.error(f"{program} is not there: `make build` makes it")
    scratch = Path(tempfile.mkdtemp(prefix="audiosearch-examples-"))
    shutil.copytree(ROOT / "tools" / "demo", scratch / "tools" / "demo", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUDIOSEARCH")}
    environment["PATH"] = f"{program.parent}{os.pathsep}{environment.get('PATH', '')}"
    ran, failed = 0, []
    for example in examples(options.document.read_text(encoding="utf-8")):
        label = f"line {example.line}: {example.command}"
        absent = "" if example.skipped else missing(example.command)
        if example.torch and not program.with_name("audiosearch-torch").is_file():
            absent = "audiosearch-torch"
        if example.skipped or absent:
            print(f"skipped  {label}  {example.skipped or f'({absent} is not installed)'}")
            continue
        begun = time.monotonic()
        done = subprocess.run(["sh", "-c", example.command], cwd=scratch, env=environment, capture_output=True, text=True, errors="replace")
        ran += 1
        print(f"{'ok' if done.returncode == 0 else 'FAILED':<8} {label}  ({time.monotonic() - begun:.1f} s)", flush=True)
        if done.returncode != 0:
            failed.append(example)
            print(f"         ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
    if options.keep:
        print(f"scratch folder: {scratch}")
    else:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{ran} examples ran, {len(failed)} failed")
    return 0 if ran and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
