#!/usr/bin/env python3
"""How good the groups of `audiosearch discover` are, where the times of words are known.

    audiosearch discover --store STORE --json > groups.jsonl
    discover_words.py groups.jsonl --words WORDS.tsv [--words …] --speakers MANIFEST.tsv [--base FOLDER]

WORDS: path, start, end, word (tools/teach/phones.py, or path, start, end, label). MANIFEST: path, speaker. Their paths are relative to
FOLDER (default: the manifest's folder). Prints a line of JSON: stretches, groups; share of the stretches that lie on no word; of pairs
of one group that lie on words: share with a word in common, within a speaker and across; the same of all pairs; confidence against
what is so; coverage (share of the words' time that stretches cover) and NED (mean edit distance of pairs' words, over the longer).
A stretch lies on a word when it covers at least half of it or lies by at least half of itself in it. NED is of words, not of phones, and so is a
stricter figure than that of the Zero Resource challenges (Ludusan et al. 2014). Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import csv
import json
from itertools import combinations
from pathlib import Path

PAIRS = 400  # of a group, at most, evenly drawn


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def edit_distance(a: list[str], b: list[str]) -> int:
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


def on_words(words: list[tuple[float, float, str]], start: float, end: float) -> list[str]:
    """The words that a stretch lies on."""
    found = []
    for first, last, word in words:
        shared = min(end, last) - max(start, first)
        if shared > 0 and (shared >= 0.5 * (last - first) or shared >= 0.5 * (end - start)):
            found.append(word)
    return found


def covered(words: list[tuple[float, float, str]], stretches: list[tuple[float, float]]) -> tuple[float, float]:
    """Seconds of words that stretches cover, and seconds of words."""
    joined: list[list[float]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    shared = sum(max(0.0, min(end, last) - max(start, first)) for first, last, _ in words for start, end in joined)
    return shared, sum(last - first for first, last, _ in words)


def share(yes: float, of: float) -> float | None:
    return round(yes / of, 4) if of else None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("groups", type=Path)
    options.add_argument("--words", type=Path, action="append", required=True)
    options.add_argument("--speakers", type=Path, required=True)
    options.add_argument("--base", type=Path)
    options = options.parse_args()
    base = (options.base or options.speakers.parent).resolve()
    whole = lambda path: str((base / path).resolve())
    speakers = {whole(row["path"]): row["speaker"] for row in rows(options.speakers)}
    words: dict[str, list[tuple[float, float, str]]] = {}
    for row in (row for path in options.words for row in rows(path)):
        word = (row.get("word") or row.get("label") or "").lower()
        words.setdefault(whole(row["path"]), []).append((float(row["start"]), float(row["end"]), word))
    groups: dict[int, list[tuple[str, float, float, float]]] = {}
    with open(options.groups, encoding="utf-8") as lines:
        for hit in map(json.loads, lines):
            path = str(Path(hit["path"]).resolve())
            groups.setdefault(hit["term"], []).append((path, hit["start"], hit["end"], hit["confidence"]))
    said = {stretch: on_words(words.get(stretch[0], []), stretch[1], stretch[2]) for group in groups.values() for stretch in group}
    counts = {(where, kind): [0, 0] for where in ("within", "across") for kind in ("on words", "all")}
    distance, pairs_seen, sure, right_sure = 0.0, 0, 0.0, 0
    for group in groups.values():
        pairs = list(combinations(group, 2))
        for a, b in pairs[:: max(1, len(pairs) // PAIRS)]:
            where = "within" if speakers.get(a[0]) == speakers.get(b[0]) else "across"
            same = bool(set(said[a]) & set(said[b]))
            for kind in ("all", "on words") if said[a] and said[b] else ("all",):
                counts[where, kind][0] += same
                counts[where, kind][1] += 1
            distance += edit_distance(said[a], said[b]) / max(1, len(said[a]), len(said[b])) if said[a] or said[b] else 1.0
            sure += min(a[3], b[3])
            right_sure += same
            pairs_seen += 1
    stretches: dict[str, list[tuple[float, float]]] = {}
    for path, start, end, _ in said:
        stretches.setdefault(path, []).append((start, end))
    times = [covered(parts, stretches.get(path, [])) for path, parts in words.items()]
    figures = {
        "groups": len(groups),
        "stretches": len(said),
        "on no word": share(sum(not found for found in said.values()), len(said)),
        **{f"share a word, {where} speakers, {kind}": share(*counts[where, kind]) for where, kind in counts},
        "pairs": {f"{where}, {kind}": count[1] for (where, kind), count in counts.items()},
        "mean confidence of pairs": round(sure / pairs_seen, 4) if pairs_seen else None,
        "pairs that share a word": share(right_sure, pairs_seen),
        "NED of words": round(distance / pairs_seen, 4) if pairs_seen else None,
        "coverage": share(sum(part for part, _ in times), sum(part for _, part in times)),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
