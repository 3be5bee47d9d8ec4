#!/usr/bin/env python3
"""Puts LibTorch where the build finds it. Python's standard library and pip are all it needs.

    get_libtorch.py            the folder libtorch/ beside Cargo.toml
    get_libtorch.py --check    say what a build would use, download nothing

What the user has comes first: LIBTORCH_USE_PYTORCH (the torch of the active Python), LIBTORCH (a folder), ./libtorch (a
folder or a link). Otherwise the CPU libraries and the headers are taken out of PyPI's torch wheel, with the licences of all
that is kept. Linux x86_64 is tried; Linux aarch64 and macOS arm64 follow the same way and are not.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

VERSION = "2.13.0"  # what torch-sys 0.26.0 is written for
ROOT = Path(__file__).resolve().parents[2]
CARGO_ENV = '[env]\nLIBTORCH = { value = "libtorch", relative = true }\n'
# libtorch_cpu is linked to the two NVIDIA libraries although it never calls them on a CPU.
NVIDIA_REQUIREMENT = "cuda-toolkit[cudart,cupti]==13.0.3"
NVIDIA_LIBRARIES = {"libcudart.so.13", "libcupti.so.13"}
TORCH_LIBRARIES = {
    "linux": {
        "libtorch_cpu.so", "libc10.so", "libgomp.so.1",
        "libarm_compute.so", "libarm_compute_graph.so", "libgfortran.so.5",
        "libnvpl_blas_core.so.0", "libnvpl_blas_lp64_gomp.so.0",
        "libnvpl_lapack_core.so.0", "libnvpl_lapack_lp64_gomp.so.0",
    },
    "darwin": {"libtorch_cpu.dylib", "libtorch.dylib", "libc10.dylib", "libomp.dylib"},
}  # fmt: skip
WHEEL_PLATFORMS = {
    ("linux", "x86_64"): "manylinux_2_28_x86_64",
    ("linux", "aarch64"): "manylinux_2_28_aarch64",
    ("darwin", "arm64"): "macosx_11_0_arm64",
}
ELSEWHERE = f"Or give a LibTorch {VERSION} of your own: export LIBTORCH=/path/to/libtorch"


class Unusable(Exception):
    """LibTorch cannot be had this way; the text says why and what to do."""


def library_name() -> str:
    return "libtorch_cpu.dylib" if sys.platform == "darwin" else "libtorch_cpu.so"


def version_of(folder: Path) -> str | None:
    """The version of the LibTorch, or of the installed torch package, in `folder`; None if it does not say."""
    build_version = folder / "build-version"
    if build_version.is_file():
        return build_version.read_text().strip().split("+")[0]
    python_version = folder / "version.py"
    if python_version.is_file():
        for line in python_version.read_text().splitlines():
            if line.startswith("__version__"):
                return line.split("=", 1)[1].strip(" '\"").split("+")[0]
    return None


def check_folder(folder: Path, name: str) -> str:
    """One line about the LibTorch in `folder`; raises `Unusable` if it is none or of another version."""
    for part in (Path("lib") / library_name(), Path("include") / "torch" / "csrc" / "api" / "include" / "torch" / "torch.h"):
        if not (folder / part).exists():
            raise Unusable(f"{name} is {folder}, but there is no {part} in it.")
    version = version_of(folder)
    if version not in (None, VERSION) and "LIBTORCH_BYPASS_VERSION_CHECK" not in os.environ:
        raise Unusable(f"{name} is {folder}, which is LibTorch {version}; {VERSION} is needed.")
    return f"LibTorch {version or 'of unknown version'} in {folder} ({name})"


def check_python() -> str:
    python = "python" if "VIRTUAL_ENV" in os.environ else "python3"  # as torch-sys chooses it
    program = "import torch; print(torch.__version__.split('+')[0], torch.__path__[0])"
    answer = subprocess.run([python, "-c", program], capture_output=True, text=True)
    if answer.returncode != 0:
        raise Unusable(f"LIBTORCH_USE_PYTORCH is set, but {python} cannot import torch. Install it: pip install torch=={VERSION}")
    version, folder = answer.stdout.split(maxsplit=1)
    if version != VERSION:
        raise Unusable(f"LIBTORCH_USE_PYTORCH is set, but {python} has torch {version}; {VERSION} is needed.")
    return f"torch {version} in {folder.strip()} (LIBTORCH_USE_PYTORCH)"


def existing(destination: Path) -> str | None:
    """One line about the LibTorch that is there already; None if there is none."""
    if "LIBTORCH_USE_PYTORCH" in os.environ:
        return check_python()
    if os.environ.get("LIBTORCH"):
        return check_folder(Path(os.environ["LIBTORCH"]), "LIBTORCH")
    if destination.is_dir():
        try:
            found = check_folder(destination, "./libtorch")
        except Unusable as error:
            raise Unusable(f"{error} Remove or rename that folder and run this again.") from error
        write_if_new(ROOT / ".cargo" / "libtorch.toml", CARGO_ENV)
        return found
    return None


def write_if_new(path: Path, text: str) -> None:
    # A new modification time alone would make cargo build torch-sys again.
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


def pip_download(folder: Path, requirement: str, *options: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"]
    environment = {**os.environ, "PIP_NO_INPUT": "1"}
    done = subprocess.run([*command, *options, "--dest", str(folder), requirement], env=environment)
    if done.returncode == 0:
        return
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
        raise Unusable(f"{sys.executable} has no pip. Install it (Debian: apt-get install python3-pip). {ELSEWHERE}")
    raise Unusable(f"pip could not download {requirement}; its own message is above. Check the network. {ELSEWHERE}")


def destination_in_wheel(name: str) -> Path | None:
    """Where the file `name` of a wheel goes in the LibTorch folder; None to leave it out."""
    base = name.rsplit("/", 1)[-1]
    if not base:
        return None
    if name.startswith("torch/include/"):
        return Path(name).relative_to("torch")
    if name.startswith("torch/lib/") and base in TORCH_LIBRARIES[sys.platform]:
        return Path("lib") / base
    if name.startswith("nvidia/") and base in NVIDIA_LIBRARIES:
        return Path("lib") / base
    if ".dist-info/" in name and ("license" in name.lower() or "notice" in name.lower()):
        # the path within dist-info stays: torch's wheel carries the licences of all that is bundled with it
        package, within = name.split(".dist-info/", 1)
        return Path("licenses") / package / within
    return None


def unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place = destination_in_wheel(name)
            if place is None:
                continue
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


def fetch(destination: Path) -> None:
    machine = (sys.platform, platform.machine())
    if machine not in WHEEL_PLATFORMS:
        raise Unusable(f"PyPI has no torch {VERSION} for {machine[0]} on {machine[1]}. {ELSEWHERE}")
    if shutil.disk_usage(destination.parent).free < 1_500_000_000:
        raise Unusable(f"{destination.parent} has less than 1.5 GB free, which the download and its unpacking take.")
    temporary = Path(tempfile.mkdtemp(prefix=".libtorch-", dir=destination.parent))
    try:
        # Named in full, so that it does not matter which Python runs this.
        wheel_of = ("--no-deps", "--python-version=3.12", "--implementation=cp", f"--platform={WHEEL_PLATFORMS[machine]}")
        pip_download(temporary, f"torch=={VERSION}", *wheel_of)
        if sys.platform == "linux":
            pip_download(temporary, NVIDIA_REQUIREMENT)
        folder = temporary / "libtorch"
        (folder / "lib").mkdir(parents=True)
        for wheel in sorted(temporary.glob("*.whl")):
            unpack(wheel, folder)
            wheel.unlink()
        if sys.platform == "linux":
            # The wheel's own libtorch.so wants CUDA's libraries; the build needs the name alone.
            (folder / "lib" / "libtorch.so").symlink_to("libtorch_cpu.so")
        (folder / "build-version").write_text(VERSION + "\n")
        check_folder(folder, "the download")
        folder.rename(destination)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="download nothing; exit 1 if LibTorch is missing")
    options = parser.parse_args()
    destination = ROOT / "libtorch"
    try:
        found = existing(destination)
        if found is None and options.check:
            raise Unusable("LibTorch is missing. Run: make libtorch")
        if found is None:
            print(f"LibTorch {VERSION} from PyPI (540 MB to download, 490 MB on disk)", flush=True)
            fetch(destination)
            found = existing(destination)
    except Unusable as error:
        sys.exit(f"get_libtorch: {error}")
    print(found)


if __name__ == "__main__":
    main()
