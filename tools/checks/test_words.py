"""Names are the field's: ARCHITECTURE.md says which. Words that stood for them once are no names in src/, index/, help or README."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What was said before, and what the field says.
TYPES = {
    "Heard": "AcousticFrames",
    "HeardStream": "StreamingEncoder",
    "Ear": "RecordingEncoder",
    "Archive": "FrameStore",
    "ArchiveError": "FrameStoreError",
    "Pattern": "FrameTemplate",
    "Excerpt": "QueryTemplate",
    "Laying": "AlignOptions",
    "Laid": "Alignment",
    "Place": "Candidate",
    "Moment": "AlignmentStep",
    "Known": "RecordingInfo",
    "Whole": "LoadedFrames",
    "Null": "NullDistribution",
    "Line": "Calibration",
    "Sameness": "ClipEvidence",
    "Written": "TextEvidence",
    "Question": "Query",
    "Asked": "QueryContext",
    "Found": "Hit",
    "Truth": "Store",
    "News": "Reporter",
    "Fate": "FileStatus",
    "Standing": "TrainingState",
    "UnderWay": "OpenFile",
    "Term": "Group",
}
NAMES = {
    "heard": "frames",
    "hear": "encode",
    "hear_from": "encode_from",
    "lay": "align",
    "lay_along": "subsequence_dtw",
    "laid": "aligned",
    "laying": "options",
    "rerank": "rescore",
    "refine": "refine_subframe",
    "fine": "subframe",
    "respell": "rescore_phones",
    "spelled": "phone_rescore",
    "truth": "store",
    "news": "reporter",
    "tell": "report",
    "told": "report",
    "fate": "status",
    "excerpt": "template",
    "archive": "frame_store",
    "sameness": "evidence",
    "forward": "inference",
}
# A word that means something else to the field may stay where it means that: file, or folder, and why.
EXCEPTIONS = {
    ("Line", "src/"): "a line of text, or of JSON",
    ("Null", "src/"): "JSON's null",
    ("Found", "src/cli/"): "the exit code 0, of which the command line says: found",
    ("Whole", "src/segment/"): "the way to cut, --segments whole",
    ("Whole", "src/cli/"): "the same",
    ("Whole", "src/engine/"): "the same",
    ("Whole", "src/measure/"): "the same",
    ("forward", "src/encoder/"): "the direction of a recurrent layer, and the name of its tensors",
    ("forward", "src/acoustic/"): "the same",
    ("forward", "src/inference/"): "the same",
    ("forward", "src/sentence/"): "the same",
    ("forward", "src/features/griffin_lim.rs"): "the Fourier transform",
}
# In prose, help and messages.
PROSE = [
    (re.compile(r"\b(lay|lays|laid|laying)\b[^.|]{0,40}\balong\b"), "align"),
    (re.compile(r"\b(the|a|its) truth\b"), "the sled store"),
    (re.compile(r"\bsay what a store holds\b", re.IGNORECASE), "show store statistics"),
    (re.compile(r"\bgive back the room\b", re.IGNORECASE), "reclaim disk space"),
    (re.compile(r"\bforget recordings\b", re.IGNORECASE), "remove recordings from the store"),
    (re.compile(r"\brerank\b"), "rescore"),
    (re.compile(r'"(sure|term)"'), "conf, group"),
]
PROSE_EXCEPTIONS = {
    ("src/cli/query.rs", "rerank"): "the old name of --no-rescore, which is still accepted",
    ("src/engine/", "rerank"): "the same",
}
COMMENT = re.compile(r"//[^\n]*")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*\b")


def sources() -> list[Path]:
    return sorted(path for folder in ("src", "index") for path in (ROOT / folder).rglob("*.rs") if "target" not in path.parts)


def names_in(text: str, where: str) -> set[str]:
    """The words of old that are names in a file."""
    identifiers = set(IDENTIFIER.findall(COMMENT.sub("", STRING.sub('""', text))))
    old = identifiers & (TYPES.keys() | NAMES.keys())
    return {word for word in old if not any(word == name and where.startswith(place) for name, place in EXCEPTIONS)}


class Words(unittest.TestCase):
    def test_the_check_sees_a_name_and_no_comment(self):
        text = 'struct Heard; // told\nfn lay() { print("the truth, Question"); }\nlet x = serde_json::Value::Null;\n'
        self.assertEqual(names_in(text, "src/a.rs"), {"Heard", "lay"})
        self.assertEqual(names_in("Value::Null; let truth = 1;", "index/src/a.rs"), {"Null", "truth"})

    def test_names_are_the_fields(self):
        files = sources()
        self.assertGreater(len(files), 100, "the check reads nothing")
        found = {}
        for path in files:
            where = path.relative_to(ROOT).as_posix()
            for word in names_in(path.read_text(), where):
                found.setdefault(f"{word} → {TYPES.get(word) or NAMES[word]}", []).append(where)
        self.assertEqual(found, {})

    def test_modules_are_named_so_too(self):
        old = [path for path in sources() if path.stem in NAMES or path.parent.name in NAMES]
        self.assertEqual(old, [])

    def test_prose_help_and_messages(self):
        found = []
        for path in [*sources(), ROOT / "README.md", ROOT / "index/README.md"]:
            where = path.relative_to(ROOT).as_posix()
            for number, line in enumerate(path.read_text().splitlines(), 1):
                for pattern, better in PROSE:
                    hit = pattern.search(line)
                    allowed = any(where.startswith(place) and word in line for place, word in PROSE_EXCEPTIONS)
                    if hit and not allowed:
                        found.append(f"{where}:{number}: {hit.group()!r}; say: {better}")
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
