"""Tests of get_libtorch.py that need no network."""

import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import get_libtorch


def fake(folder: Path, version: str) -> Path:
    header = folder / "include" / "torch" / "csrc" / "api" / "include" / "torch" / "torch.h"
    header.parent.mkdir(parents=True)
    header.touch()
    (folder / "lib").mkdir()
    (folder / "lib" / get_libtorch.library_name()).touch()
    (folder / "build-version").write_text(version + "\n")
    return folder


class Existing(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        (self.folder / ".cargo").mkdir()
        for patch in (
            mock.patch.object(get_libtorch, "ROOT", self.folder),
            mock.patch.dict(os.environ, {}, clear=False),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        for name in ("LIBTORCH", "LIBTORCH_USE_PYTORCH", "LIBTORCH_BYPASS_VERSION_CHECK"):
            os.environ.pop(name, None)

    def test_nothing_there(self):
        self.assertIsNone(get_libtorch.existing(self.folder / "libtorch"))
        self.assertFalse((self.folder / ".cargo" / "libtorch.toml").exists())

    def test_folder_of_the_project_is_told_to_cargo(self):
        destination = fake(self.folder / "libtorch", get_libtorch.VERSION + "+cpu")
        self.assertIn("./libtorch", get_libtorch.existing(destination))
        self.assertIn("LIBTORCH", (self.folder / ".cargo" / "libtorch.toml").read_text())

    def test_users_own_comes_first(self):
        fake(self.folder / "libtorch", get_libtorch.VERSION)
        os.environ["LIBTORCH"] = str(fake(self.folder / "own", get_libtorch.VERSION))
        self.assertIn("own (LIBTORCH)", get_libtorch.existing(self.folder / "libtorch"))

    def test_other_version_is_refused(self):
        os.environ["LIBTORCH"] = str(fake(self.folder / "own", "2.4.0"))
        with self.assertRaisesRegex(get_libtorch.Unusable, "2.4.0"):
            get_libtorch.existing(self.folder / "libtorch")

    def test_folder_that_is_no_libtorch_is_refused(self):
        os.environ["LIBTORCH"] = str(self.folder)
        with self.assertRaisesRegex(get_libtorch.Unusable, "there is no lib"):
            get_libtorch.existing(self.folder / "libtorch")

    def test_an_empty_libtorch_folder_is_named(self):
        (self.folder / "libtorch").mkdir()
        with self.assertRaisesRegex(get_libtorch.Unusable, "Remove or rename"):
            get_libtorch.existing(self.folder / "libtorch")


class Wheel(unittest.TestCase):
    def test_licences_are_kept_and_other_libraries_are_not(self):
        place = get_libtorch.destination_in_wheel
        self.assertEqual(place("torch/include/ATen/ATen.h"), Path("include/ATen/ATen.h"))
        self.assertEqual(place("torch-2.13.0.dist-info/licenses/a/LICENSE"), Path("licenses/torch-2.13.0/licenses/a/LICENSE"))
        self.assertIsNone(place("torch/lib/libtorch_python.so"))
        self.assertIsNone(place("torch/nn/functional.py"))


if __name__ == "__main__":
    unittest.main()
