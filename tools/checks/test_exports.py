"""Exports read back by the tools they are for: `AUDIOSEARCH=target/debug/audiosearch python3 -m unittest tools/checks/test_exports.py`.

Skipped unless AUDIOSEARCH names the program; a reader that is not installed (numpy, tensorboard, embedding-atlas) skips its test.
"""

import csv
import importlib
import io
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

PROGRAM = os.environ.get("AUDIOSEARCH", "")
DEMO = Path(__file__).resolve().parents[1] / "demo"
NASTY = "</text> <b> & \"q\" 'q', 🎈 \u2028 北京 \x07 " + "long " * 2000


def module(name: str) -> object:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise unittest.SkipTest(f"{name} is not installed") from None


@unittest.skipUnless(PROGRAM, "AUDIOSEARCH is not set")
class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        (cls.folder / "recordings").mkdir()
        names = [path.name for path in sorted((DEMO / "recordings").iterdir())[:20]]
        for name in names:
            shutil.copy(DEMO / "recordings" / name, cls.folder / "recordings")
        lines = [f"recordings/{name}\t{NASTY if number % 3 == 0 else f'voice {number % 3}'}" for number, name in enumerate(names)]
        (cls.folder / "voices.tsv").write_text("path\tlabel\n" + "\n".join(lines) + "\n", encoding="utf-8")
        cls.run_program("index", "recordings")
        cls.export("points.jsonl")
        cls.rows = [json.loads(line) for line in cls.lines("points.jsonl")]

    @classmethod
    def run_program(cls, *arguments: str) -> None:
        program = str(Path(PROGRAM).resolve())
        done = subprocess.run([program, *arguments], cwd=cls.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"

    @classmethod
    def export(cls, name: str, *options: str) -> Path:
        cls.run_program("export", name, "--label-from", "voices.tsv", *options)
        return cls.folder / name

    @classmethod
    def lines(cls, name: str) -> list[str]:
        return [line for line in (cls.folder / name).read_text(encoding="utf-8").split("\n") if line]

    def test_csv_by_python(self) -> None:
        table = self.export("points.csv").read_bytes().decode()
        rows = list(csv.DictReader(io.StringIO(table, newline="")))
        self.assertEqual([row["label"] for row in rows], [row["label"] for row in self.rows])
        for row, line in zip(rows, self.rows):
            self.assertAlmostEqual(float(row["x"]), line["x"], places=4)

    def test_svg_by_an_xml_parser(self) -> None:
        root = ElementTree.parse(self.export("map.svg", "--title", "a < b & c")).getroot()
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.find(f"{space}title").text, "a < b & c")
        texts = [text.text for text in root.iter(f"{space}text")]
        self.assertTrue(any(text.startswith("</text> <b> & \"q\"") for text in texts))
        marks = sum(1 for _ in root.iter(f"{space}circle"))
        # Three labels in three colours, each a circle, and one each in the legend.
        self.assertEqual(marks, len(self.rows) + 3)

    def test_png_by_pillow(self) -> None:
        image = module("PIL.Image").open(self.export("map.png"))
        image.load()
        self.assertEqual(image.size, (2400, 1800))
        self.assertGreater(len(image.convert("RGB").getcolors(1 << 24)), 3)

    def test_npy_by_numpy(self) -> None:
        numpy = module("numpy")
        vectors = numpy.load(self.export("vectors.npy"))
        self.assertEqual((vectors.dtype, len(vectors)), (numpy.float32, len(self.rows)))
        numpy.testing.assert_allclose(numpy.linalg.norm(vectors, axis=1), 1, atol=1e-4)
        beside = [json.loads(line) for line in self.lines("vectors.jsonl")]
        self.assertEqual([(b["path"], b["start"]) for b in beside], [(r["path"], r["start"]) for r in self.rows])
        # The neighbours of the lines are those of the vectors.
        likeness = vectors @ vectors.T
        for row in self.rows[::17]:
            near = row["neighbors"]
            numpy.testing.assert_allclose(1 - likeness[row["id"], near["ids"]], near["distances"], atol=1e-4)

    def test_projector_by_tensorboard(self) -> None:
        module("tensorboard")
        from google.protobuf import text_format
        from tensorboard.plugins.projector import projector_config_pb2, projector_plugin

        folder = self.export("projector", "--format", "projector")
        config = projector_config_pb2.ProjectorConfig()
        text_format.Parse((folder / "projector_config.pbtxt").read_text(), config)
        entry = config.embeddings[0]
        vectors = projector_plugin._read_tensor_tsv_file(str(folder / entry.tensor_path))
        self.assertEqual(len(vectors), len(self.rows))
        table = (folder / entry.metadata_path).read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(table), len(self.rows) + 1, "a header, as there are several columns")
        self.assertEqual({line.count("\t") for line in table}, {4})

    def test_jsonl_by_embedding_atlas(self) -> None:
        # What its command line does with a file: read it, and hand it to the page as parquet.
        atlas = module("embedding_atlas.utils")
        frame = atlas.load_pandas_data(str(self.folder / "points.jsonl"))
        self.assertGreater(len(atlas.to_parquet_bytes(frame)), 1000)
        self.assertEqual(len(frame), len(self.rows))
        self.assertTrue({"x", "y", "neighbors", "audio"} <= set(frame.columns))
        self.assertTrue(all(len(near["ids"]) == len(near["distances"]) == 10 for near in frame["neighbors"]))
        self.assertTrue(frame["audio"].str.startswith("data:audio/wav;base64,").all())


if __name__ == "__main__":
    unittest.main()
