"""Which file of a Rust package uses which: paths in `use` and in code, through the re-exports of façades (mod.rs)."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = re.compile(r"^#\[cfg\(test\)\]\n(?:pub(?:\(crate\))? )?mod \w+(?:;| \{.*)", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"//[^\n]*")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
USE = re.compile(r"^\s*(pub(?:\([a-z: ]+\))? )?use ([^;]+);", re.MULTILINE)
PATH = re.compile(r"\b[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+")

Module = tuple[str, ...]


def code(text: str) -> str:
    """A file without its tests, comments and strings."""
    text = re.sub(r"^#\[cfg\(test\)\]\nmod \w+;\n", "", text, flags=re.MULTILINE)
    return COMMENT.sub("", STRING.sub('""', TESTS.sub("", text)))


def leaves(tree: str) -> list[tuple[list[str], str]]:
    """Each path of a `use` tree and the name that it is known by."""
    tree = tree.strip()
    opening = tree.find("{")
    if opening < 0:
        path, _, name = tree.partition(" as ")
        parts = [part.strip() for part in path.split("::")]
        if parts[-1] == "self":
            parts.pop()
        return [(parts, name.strip() or parts[-1])] if parts else []
    prefix = [part.strip() for part in tree[:opening].split("::") if part.strip()]
    out, depth, start = [], 0, opening + 1
    for at in range(opening, len(tree)):
        if tree[at] == "{":
            depth += 1
        elif tree[at] == "}":
            depth -= 1
        if (tree[at] == "," and depth == 1) or depth == 0:
            part = tree[start:at]
            if part.strip() == "self":
                out.append((prefix, prefix[-1]))
            elif part.strip():
                out += [(prefix + path, name) for path, name in leaves(part)]
            start = at + 1
        if depth == 0:
            break
    return out


class Files:
    """The modules below a folder of sources."""

    def __init__(self, source: Path):
        self.files: dict[Module, Path] = {}
        self.texts: dict[Module, str] = {}
        for path in sorted(source.rglob("*.rs")):
            parts = path.relative_to(source).with_suffix("").parts
            if parts[0] == "bin" or parts[-1] in ("main", "tests", "testing") or parts[-1].endswith("_tests"):
                continue
            module = parts[:-1] if parts[-1] in ("mod", "lib") else parts
            self.files[module] = path
            self.texts[module] = code(path.read_text())
        self.exports = {module: self._names(module, exported=True) for module in self.files}

    def _absolute(self, module: Module, path: list[str]) -> list[str] | None:
        """A path from the root of the package; none where it leads out of it."""
        at = list(module)
        if path[0] == "crate":
            return path[1:]
        if path[0] in ("self", "super"):
            while path and path[0] in ("self", "super"):
                if path[0] == "super":
                    at = at[:-1]
                path = path[1:]
            return at + path
        if (*module, path[0]) in self.files:
            return at + path
        return None

    def _names(self, module: Module, exported: bool) -> dict[str, list[str]]:
        """The names that the `use` of a module bring into it, or those that it re-exports, and their paths."""
        names = {}
        for public, tree in USE.findall(self.texts[module]):
            if bool(public) == exported:
                for path, name in leaves(tree):
                    absolute = self._absolute(module, path)
                    if absolute is not None:
                        names[name] = absolute
        return names

    def _file(self, path: list[str], called: bool, seen: int = 0) -> Module | None:
        """The module in whose file the item at a path is defined."""
        for end in range(len(path), -1, -1):
            module = tuple(path[:end])
            if module not in self.files:
                continue
            rest = path[end:]
            if not rest and called and path and path[-1] in self.exports.get(tuple(path[:-1]), {}):
                # A function that bears the name of its module.
                return self._file(self.exports[tuple(path[:-1])][path[-1]], False, seen + 1)
            if rest and rest[0] in self.exports[module] and seen < 8:
                return self._file(self.exports[module][rest[0]] + rest[1:], called, seen + 1)
            # A façade that is named as such is used through the names behind it.
            return module if rest else None
        return None

    def uses(self) -> dict[str, set[str]]:
        """For each file those that it uses, by their paths."""
        edges: dict[str, set[str]] = {}
        for module, path in self.files.items():
            names = self._names(module, exported=False)
            body = USE.sub("", self.texts[module])
            used = [(target, False) for target in names.values()]
            for found in PATH.findall(body):
                parts = found.split("::")
                if parts[0] in names:
                    used.append((names[parts[0]] + parts[1:], True))
                elif parts[0] in ("crate", "super", "self"):
                    used.append((self._absolute(module, parts) or [], True))
            targets = {self._file(target, called) for target, called in used}
            edges[str(path)] = {str(self.files[target]) for target in targets - {None, module, ()}}
        return edges
