"""The rooms of src/, and the modules of index/, use each other one way: no circle, as ARCHITECTURE.md says."""

from __future__ import annotations

import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from file_uses import Files

ROOT = Path(__file__).resolve().parents[2]
TESTS = re.compile(r"^#\[cfg\(test\)\]\n(?:pub(?:\(crate\))? )?mod \w+ \{.*", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"//[^\n]*")
# `crate::room`, and what stands in the braces of `crate::{…}`.
ONE = re.compile(r"\bcrate::([a-z_]+)")
SEVERAL = re.compile(r"\bcrate::\{")

# What only the engine knows, of the rooms that the command line could reach.
BENEATH = {"acoustic", "encoder", "forward", "frames", "index", "inference", "pipeline", "search", "sentence"}
# What trains and measures may name them.
TRAINS = {"train", "eval"}
# What a library must not do.
ENDS = re.compile(r"\be?print(?:ln)?!|\bstd::env::args|\bprocess::exit|\bclap\b")


def first_names(text: str, at: int) -> list[str]:
    """The first name of each path in the braces that open just before `at`."""
    names, depth, start = [], 1, at
    for place in range(at, len(text)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "}":
            depth -= 1
        if (text[place] == "," and depth == 1) or depth == 0:
            name = re.match(r"\s*([a-z_]+)", text[start:place])
            names += [name.group(1)] if name else []
            start = place + 1
        if depth == 0:
            break
    return names


def uses(text: str) -> set[str]:
    """The modules of its own crate that a file names, tests and comments left out."""
    text = COMMENT.sub("", TESTS.sub("", text))
    found = set(ONE.findall(text))
    for opening in SEVERAL.finditer(text):
        found.update(first_names(text, opening.end()))
    return found


def beneath(text: str) -> set[str]:
    """What a file of the command line names that lies beneath the engine."""
    named = {"index"} if "audiosearch_index" in COMMENT.sub("", text) else set()
    return named | (uses(text) & BENEATH)


def graph(source: Path) -> dict[str, set[str]]:
    """Which modules, the first level below `source`, use which."""
    edges: dict[str, set[str]] = {}
    for path in sorted(source.rglob("*.rs")):
        parts = path.relative_to(source).parts
        room = parts[0].removesuffix(".rs")
        if room in ("lib", "main", "bin") or path.stem in ("tests", "testing") or path.stem.endswith("_tests"):
            continue
        edges.setdefault(room, set()).update(uses(path.read_text()))
    return {room: (used & edges.keys()) - {room} for room, used in edges.items()}


def circle(edges: dict[str, set[str]]) -> list[str] | None:
    """A way that comes back to where it began."""
    done: set[str] = set()

    def walk(way: list[str]) -> list[str] | None:
        for used in sorted(edges[way[-1]]):
            if used in way:
                return [*way[way.index(used) :], used]
            if used not in done and (found := walk([*way, used])):
                return found
        done.add(way[-1])
        return None

    for room in sorted(edges):
        if room not in done and (found := walk([room])):
            return found
    return None


class Rooms(unittest.TestCase):
    def test_the_check_sees_a_circle(self):
        text = "use crate::{a::{b, c}, d};\n// crate::no\nfn f() { crate::e::g(); }\n#[cfg(test)]\nmod tests {\n use crate::t;\n}\n"
        self.assertEqual(uses(text), {"a", "d", "e"})
        self.assertEqual(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}), ["b", "c", "b"])
        self.assertIsNone(circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}))

    def test_rooms_use_each_other_one_way(self):
        edges = graph(ROOT / "src")
        self.assertIn("audio", edges["pipeline"], "the check reads nothing")
        self.assertIsNone(circle(edges))

    def test_the_modules_of_the_index_use_each_other_one_way(self):
        edges = graph(ROOT / "index/src")
        self.assertIn("adjacency", edges["search"], "the check reads nothing")
        self.assertIsNone(circle(edges))

    def test_the_check_of_files_sees_a_circle_through_a_facade(self):
        sources = {
            "lib.rs": "mod a;\nmod b;\n",
            "a.rs": "use crate::b::{self, inner::two};\npub fn one() { b::three(); }\n",
            "b/mod.rs": "mod inner;\npub use inner::three;\n",
            "b/inner.rs": "use super::super::a::one;\npub fn two() {}\npub fn three() { one() }\n",
            "c.rs": "// crate::a::one\nfn f() { crate::b::three() }\n#[cfg(test)]\nmod tests {\n use crate::a::one;\n}\n",
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, text in sources.items():
                path = Path(folder) / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            edges = Files(Path(folder)).uses()
            named = {str(Path(path).relative_to(folder)): {str(Path(one).relative_to(folder)) for one in used} for path, used in edges.items()}
        self.assertEqual(named["a.rs"], {"b/inner.rs"})
        self.assertEqual(named["c.rs"], {"b/inner.rs"})
        self.assertEqual(circle(named), ["a.rs", "b/inner.rs", "a.rs"])

    def test_files_use_each_other_one_way(self):
        for folder in ("src", "index/src"):
            edges = Files(ROOT / folder).uses()
            self.assertTrue(any(len(used) > 3 for used in edges.values()), "the check reads nothing")
            found = circle(edges)
            self.assertIsNone(found, " → ".join(str(Path(path).relative_to(ROOT)) for path in found or []))

    def test_the_command_line_is_used_by_nobody(self):
        self.assertEqual([room for room, used in graph(ROOT / "src").items() if "cli" in used], [])

    def test_the_check_sees_what_goes_past_the_engine(self):
        text = "use crate::{cli::output, engine::Engine, search::Hit};\nfn f(i: audiosearch_index::Index) {}\n"
        self.assertEqual(beneath(text), {"search", "index"})
        self.assertEqual(beneath("use crate::engine::{Engine, Hit};\n// crate::search\n"), set())

    def test_the_command_line_calls_nothing_beneath_the_engine(self):
        past = {
            str(path.relative_to(ROOT)): sorted(found)
            for path in (ROOT / "src/cli").rglob("*.rs")
            if path.relative_to(ROOT / "src/cli").parts[0] not in TRAINS and (found := beneath(path.read_text()))
        }
        self.assertEqual(past, {})

    def test_the_command_line_is_small(self):
        lines = sum(path.read_text().count("\n") for path in (ROOT / "src/cli").rglob("*.rs"))
        self.assertLessEqual(lines, 4500)

    def test_the_engine_prints_nothing_and_reads_no_arguments(self):
        told = {
            str(path.relative_to(ROOT)): found
            for path in (ROOT / "src/engine").rglob("*.rs")
            if (found := ENDS.findall(COMMENT.sub("", path.read_text())))
        }
        self.assertEqual(told, {})

    def test_the_index_knows_nothing_of_sound(self):
        text = (ROOT / "index/Cargo.toml").read_text()
        self.assertNotRegex(text, r"(?m)^(audiosearch|tch|torch-sys|symphonia|hound)\b")

    def test_files_are_small(self):
        long = {
            str(path.relative_to(ROOT)): lines
            for folder in ("src", "index/src", "tools/src")
            for path in (ROOT / folder).rglob("*.rs")
            if (lines := path.read_text().count("\n")) > 500
        }
        self.assertEqual(long, {})


if __name__ == "__main__":
    unittest.main()
