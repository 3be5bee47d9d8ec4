"""README.md stays short, its examples can be found by run_examples.py, and the links of all documents lead somewhere."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import run_examples

ROOT = run_examples.ROOT
DOCUMENTS = [
    *ROOT.glob("*.md"), *(ROOT / "tools").glob("*.md"), ROOT / "index/README.md",
    *(ROOT / "src").rglob("*.md"),
]  # fmt: skip
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


class Readme(unittest.TestCase):
    def test_it_has_at_most_250_lines(self):
        self.assertLessEqual(len((ROOT / "README.md").read_text().splitlines()), 250)

    def test_every_block_of_commands_is_read(self):
        text = (ROOT / "README.md").read_text()
        found = run_examples.examples(text)
        lines = {example.line for example in found}
        self.assertGreaterEqual(sum(not example.skipped for example in found), 10)
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("audiosearch "):
                self.assertIn(number, lines, line)


class Examples(unittest.TestCase):
    def test_marks_and_continued_lines(self):
        document = (
            "```sh\na one \\\n  two   # words\n\n# no command\nb\n```\n\n<!-- example: skip (why) -->\n```sh\nc\n```\n"
            "<!-- example: torch --steps 3 -->\n```sh\naudiosearch train x\nd\n```\n```json\n{}\n```\n"
        )
        found = [(example.line, example.command, example.skipped) for example in run_examples.examples(document)]
        self.assertEqual(
            found,
            [(2, "a one   two   # words", ""), (6, "b", ""), (11, "c", "(why)"), (15, "audiosearch train x --steps 3", ""), (16, "d", "")],
        )

    def test_a_mark_that_nobody_knows_is_refused(self):
        with self.assertRaises(ValueError):
            run_examples.examples("<!-- example: jump -->\n```sh\na\n```\n")

    def test_a_program_that_is_missing_is_named(self):
        self.assertEqual(run_examples.missing("sh -c x | no-such-program - # and | more"), "no-such-program")
        self.assertEqual(run_examples.missing("audiosearch info > out"), "")


class Links(unittest.TestCase):
    def test_they_lead_somewhere(self):
        broken = [
            f"{path.relative_to(ROOT)}: {target}"
            for path in DOCUMENTS
            for target in LINK.findall(path.read_text(encoding="utf-8"))
            if not target.startswith(("http", "mailto:")) and not (path.parent / target).exists()
        ]
        self.assertEqual(broken, [])


if __name__ == "__main__":
    unittest.main()
