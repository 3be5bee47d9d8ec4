#!/usr/bin/env python3
"""Puts what was built where it is to stay, or into a tarball. `make install` and `make dist` call it.

    install.py [--prefix /usr/local] [--destdir DIR]     programs, LibTorch's libraries, manual pages, completions, licences
    install.py --uninstall [--prefix …] [--destdir …]    takes them away again
    install.py --dist FOLDER                             FOLDER/audiosearch-VERSION-MACHINE.tar.gz: the same, to be unpacked anywhere
    install.py --light …                                 the same without LibTorch and the program that needs it

Programs lie in PREFIX/bin, and look for LibTorch in ../lib/audiosearch beside it (build.rs). A LibTorch with CUDA (gigabytes) is not
copied: `audiosearch-torch` keeps the address of the one that it was built with. Python's standard library is enough.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import get_libtorch

ROOT = Path(__file__).resolve().parents[2]
LIGHT, TORCH = "audiosearch", "audiosearch-torch"
LIBRARIES = Path("lib/audiosearch")
DOCUMENTS = Path("share/doc/audiosearch")
SYSTEM = ("/lib", "/usr/lib")
LICENCE_NAMES = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
# The environment variable that makes builds come out the same again: reproducible-builds.org.
EPOCH = "SOURCE_DATE_EPOCH"


class Unusable(Exception):
    """What was asked for cannot be done; the text says why and what to do."""


def needed_libraries(program: Path) -> list[Path]:
    """The libraries of `program` that a system does not have: LibTorch's; none where it has CUDA."""
    if sys.platform == "darwin":
        folder = get_libtorch.existing(ROOT / "libtorch")
        found = sorted((folder / "lib").glob("*.dylib")) if folder else []
    else:
        # What the loader itself finds, by the paths that are written in the program.
        answer = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
        found = libraries_of(answer.stdout)
    if any("torch_cuda" in library.name for library in found):
        return []
    return found


def libraries_of(answer: str) -> list[Path]:
    """Paths in ldd's answer that lie outside of the system's folders."""
    missing = re.findall(r"(\S+) => not found", answer)
    if missing:
        raise Unusable(f"{', '.join(missing)}: not found by the program; run `make torch` where LibTorch is")
    paths = [Path(path) for path in re.findall(r"=> (/\S+)", answer)]
    return sorted({path for path in paths if not str(path).startswith(tuple(f"{folder}/" for folder in SYSTEM))})


def files(programs: Path, pages: Path, light: bool = False) -> list[tuple[Path, Path, int]]:
    """All that is installed: what, its place below the prefix, its permissions. `light`: without LibTorch."""
    names = [LIGHT] if light else [LIGHT, TORCH]
    for name in names:
        if not (programs / name).is_file():
            raise Unusable(f"{programs / name}: not there; `make {'build' if name == LIGHT else 'torch'}` makes it")
    if not (pages / "share").is_dir():
        raise Unusable(f"{pages}: no manual pages there; `make pages` makes them")
    found = [(programs / name, Path("bin") / name, 0o755) for name in names]
    libraries = [] if light else needed_libraries(programs / TORCH)
    found += [(library, LIBRARIES / library.name, 0o644) for library in libraries]
    found += [(page, page.relative_to(pages), 0o644) for page in sorted(pages.rglob("*")) if page.is_file()]
    documents = ("README.md", "CHANGELOG.md", "CREDITS.md", "LICENSE-MIT", "LICENSE-APACHE")
    found += [(ROOT / name, DOCUMENTS / name, 0o644) for name in documents]
    if libraries:
        licences = libraries[0].resolve().parent.parent / "licenses"
        found += [
            (path, DOCUMENTS / "libtorch" / path.relative_to(licences), 0o644)
            for path in sorted(licences.rglob("*"))
            if path.is_file()
        ]
    return found


def install(items: list[tuple[Path, Path, int]], root: Path) -> None:
    """Copies; what is replaced goes by a rename, since a program may be running."""
    for source, place, mode in items:
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(target.name + ".new")
        shutil.copyfile(source, new)
        new.chmod(mode)
        new.replace(target)


def uninstall(items: list[tuple[Path, Path, int]], root: Path) -> int:
    """Takes away what install put there, and folders of its own that are empty then; returns how many files went."""
    gone = 0
    for _, place, _ in items:
        if (root / place).is_file():
            (root / place).unlink()
            gone += 1
    for own in (LIBRARIES, DOCUMENTS):
        for folder, _, _ in os.walk(root / own, topdown=False):
            if not os.listdir(folder):
                os.rmdir(folder)
    return gone


def crate_licences(light: bool) -> str:
    """The licences of all crates that are in the programs, as their authors put them down."""
    machine = {"linux": "unknown-linux-gnu", "darwin": "apple-darwin"}.get(sys.platform, sys.platform)
    arch = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--format-version=1", "--locked", f"--filter-platform={arch}-{machine}"]
    command += [] if light else ["--features", "torch"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    todo = [next(id for id, package in packages.items() if package["name"] == "audiosearch")]
    seen = set(todo)
    while todo:
        for dependency in nodes[todo.pop()]["deps"]:
            linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if linked and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                todo.append(dependency["pkg"])
    texts = []
    for package in sorted((packages[id] for id in seen), key=lambda package: (package["name"], package["version"])):
        if package["source"] is None:
            continue
        texts.append(f"{'=' * 80}\n{package['name']} {package['version']}: {package['license']}, {package['repository']}\n")
        for path in sorted(Path(package["manifest_path"]).parent.iterdir()):
            if path.is_file() and LICENCE_NAMES.match(path.name):
                texts.append(f"{'-' * 80}\n{path.read_text(errors='replace')}\n")
    return "".join(texts)


def version() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    return found.group(1) if found else "0"


def pack(folder: Path, tarball: Path) -> None:
    """Packs `folder` so that the same files make the same bytes: sorted, owned by nobody, of one date."""
    date = int(os.environ.get(EPOCH, "0")) or commit_date()

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = date
        return entry

    with open(tarball, "wb") as out, gzip.GzipFile("", "wb", 6, out, date) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            tar.add(path, str(path.relative_to(folder.parent)), recursive=False, filter=plain)


def commit_date() -> int:
    answer = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(answer.stdout.strip() or 0)


def dist(items: list[tuple[Path, Path, int]], out: Path, light: bool) -> Path:
    """Makes the tarball in `out`."""
    if not light and not any(place.parent == LIBRARIES for _, place, _ in items):
        raise Unusable("a LibTorch with CUDA is too large for a tarball; build against the CPU's: unset LIBTORCH and LIBTORCH_USE_PYTORCH")
    name = f"audiosearch-{'light-' if light else ''}{version()}-{platform.machine()}-{sys.platform}"
    out.mkdir(parents=True, exist_ok=True)
    tarball = out / f"{name}.tar.gz"
    with tempfile.TemporaryDirectory(dir=out) as holder:
        folder = Path(holder) / name
        install(items, folder)
        (folder / DOCUMENTS / "THIRD-PARTY-LICENCES.txt").write_text(crate_licences(light))
        pack(folder, tarball)
    return tarball


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "target/release", help="where the programs lie")
    parser.add_argument("--pages", type=Path, default=ROOT / "target/pages", help="where `pages` wrote")
    parser.add_argument("--prefix", type=Path, default=Path("/usr/local"))
    parser.add_argument("--destdir", default="", help="a folder that stands for / (packagers)")
    parser.add_argument("--light", action="store_true", help="without LibTorch and the program that needs it")
    parser.add_argument("--uninstall", action="store_true")
    parser.add_argument("--dist", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    try:
        items = files(args.programs, args.pages, args.light)
        if args.dist:
            tarball = dist(items, args.dist, args.light)
            print(f"{tarball}: {tarball.stat().st_size / 1e6:.0f} MB")
            return
        if not args.prefix.is_absolute():
            raise Unusable(f"PREFIX={args.prefix}: must begin with /")
        root = Path(f"{args.destdir}{args.prefix}")
        if args.uninstall:
            print(f"{uninstall(items, root)} files taken out of {root}")
            return
        install(items, root)
        print(f"{root}/bin/audiosearch")
        if not args.light and not any(place.parent == LIBRARIES for _, place, _ in items):
            print("audiosearch-torch uses the LibTorch that it was built with; leave that where it is", file=sys.stderr)
    except (Unusable, OSError) as cause:
        sys.exit(f"install: {cause}")


if __name__ == "__main__":
    main()
