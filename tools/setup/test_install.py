"""Tests of install.py on made-up programs, without a build."""

import sys
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import install


class Installed(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.programs, self.pages = self.folder / "release", self.folder / "pages"
        for name in (install.LIGHT, install.TORCH):
            self.file(self.programs / name, name)
        self.file(self.pages / "share/man/man1/audiosearch.1", "manual")
        self.file(self.pages / "share/zsh/site-functions/_audiosearch", "completions")
        self.library = self.folder / "libtorch/lib/libtorch_cpu.so"
        self.file(self.library, "library")
        self.file(self.folder / "libtorch/licenses/torch/LICENSE", "licence")
        found = mock.patch.object(install, "needed_libraries", lambda program: [self.library])
        found.start()
        self.addCleanup(found.stop)

    def file(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def items(self, light=False):
        return install.files(self.programs, self.pages, light)

    def test_everything_lies_where_it_is_looked_for(self):
        root = self.folder / "stage/usr"
        install.install(self.items(), root)
        for place in (
            "bin/audiosearch",
            "bin/audiosearch-torch",
            "lib/audiosearch/libtorch_cpu.so",
            "share/man/man1/audiosearch.1",
            "share/zsh/site-functions/_audiosearch",
            "share/doc/audiosearch/README.md",
            "share/doc/audiosearch/libtorch/torch/LICENSE",
        ):
            self.assertTrue((root / place).is_file(), place)
        self.assertEqual((root / "bin/audiosearch").stat().st_mode & 0o777, 0o755)
        self.assertEqual((root / "lib/audiosearch/libtorch_cpu.so").stat().st_mode & 0o777, 0o644)

    def test_uninstall_leaves_what_is_not_its_own(self):
        root = self.folder / "usr"
        self.file(root / "bin/other", "another program")
        install.install(self.items(), root)
        self.assertEqual(install.uninstall(self.items(), root), len(self.items()))
        self.assertEqual([path for path in root.rglob("*") if path.is_file()], [root / "bin/other"])
        self.assertFalse((root / "lib/audiosearch").exists())

    def test_what_is_not_built_is_said(self):
        (self.programs / "audiosearch-torch").unlink()
        with self.assertRaisesRegex(install.Unusable, "make torch"):
            self.items()

    def test_the_light_program_needs_neither_the_other_nor_libtorch(self):
        (self.programs / "audiosearch-torch").unlink()
        places = [str(place) for _, place, _ in self.items(light=True)]
        self.assertIn("bin/audiosearch", places)
        self.assertFalse([place for place in places if "torch" in place])
        with mock.patch.object(install, "crate_licences", lambda light: "MIT\n"):
            tarball = install.dist(self.items(light=True), self.folder / "light", True)
        self.assertTrue(tarball.name.startswith("audiosearch-light-"), tarball.name)

    def test_a_tarball_is_the_same_again(self):
        with mock.patch.object(install, "crate_licences", lambda light: "MIT\n"), mock.patch.dict("os.environ", {install.EPOCH: "1000000"}):
            first = install.dist(self.items(), self.folder / "one", False).read_bytes()
            tarball = install.dist(self.items(), self.folder / "two", False)
        self.assertEqual(first, tarball.read_bytes())
        with tarfile.open(tarball) as tar:
            names = [name.split("/", 1)[1] for name in tar.getnames() if "/" in name]
        self.assertIn("bin/audiosearch", names)
        self.assertIn("lib/audiosearch/libtorch_cpu.so", names)
        self.assertIn("share/doc/audiosearch/THIRD-PARTY-LICENCES.txt", names)


class Libraries(unittest.TestCase):
    def test_the_systems_own_stay_where_they_are(self):
        answer = (
            "\tlinux-vdso.so.1 (0x00007f)\n"
            "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n"
            "\tlibtorch_cpu.so => /home/me/libtorch/lib/libtorch_cpu.so (0x00007f)\n"
            "\tlibgomp.so.1 => /home/me/libtorch/lib/libgomp.so.1 (0x00007f)\n"
        )
        names = [path.name for path in install.libraries_of(answer)]
        self.assertEqual(names, ["libgomp.so.1", "libtorch_cpu.so"])

    def test_one_that_is_missing_is_named(self):
        with self.assertRaisesRegex(install.Unusable, "libtorch_cpu.so"):
            install.libraries_of("\tlibtorch_cpu.so => not found\n")


if __name__ == "__main__":
    unittest.main()
