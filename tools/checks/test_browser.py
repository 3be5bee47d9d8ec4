"""The map in a real browser: `make test-browser`. Skipped unless AUDIOSEARCH names the program and chromedriver is there.

AUDIOSEARCH_MAP_STORE  the program that makes a store of many points (tools/src/bin/map_store.rs)
POINTS                 how many points the speed is measured with (100,000)
SCREENSHOTS            a folder that keeps pictures of what was seen
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import webdriver

PROGRAM = os.environ.get("AUDIOSEARCH", "")
MAP_STORE = os.environ.get("AUDIOSEARCH_MAP_STORE", "")
POINTS = int(os.environ.get("POINTS", "100000"))
DEMO = Path(__file__).resolve().parents[1] / "demo"
NASTY = "</script><script>alert(1)</script> \"q\" 'q' & 🎈 \u2028 北京 " + "long " * 2000


def run(*arguments: object, cwd: Path) -> str:
    done = subprocess.run([str(a) for a in arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stderr


@unittest.skipUnless(PROGRAM and webdriver.available(), "AUDIOSEARCH is not set, or chromedriver is not installed")
class MapInBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.pictures = Path(os.environ.get("SCREENSHOTS") or cls.folder / "screenshots")
        cls.pictures.mkdir(parents=True, exist_ok=True)
        shutil.copytree(DEMO / "recordings", cls.folder / "recordings")
        rows = [line.split("\t") for line in (DEMO / "recordings.tsv").read_text(encoding="utf-8").splitlines()[1:]]
        # Who speaks is what there are groups of; one voice gets a name that may break a page.
        label = lambda speaker: NASTY if speaker == "kal" else speaker or "a sound"
        lines = ["path\tlabel"] + [f"{row[0]}\t{label((row + ['', ''])[2])}" for row in rows]
        (cls.folder / "voices.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        cls.labels = {line.split("\t")[1] for line in lines[1:]}
        run(PROGRAM, "index", "recordings", cwd=cls.folder)
        for name, budget in (("map.html", "30"), ("linked.html", "0")):
            run(PROGRAM, "export", name, "--label-from", "voices.tsv", "--audio-budget", budget, cwd=cls.folder)
        cls.browser = webdriver.Browser(cls.folder)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        self.open("map.html")

    def tearDown(self) -> None:
        self.assertEqual(self.browser.complaints(), [], "the page complained")

    def open(self, name: str) -> float:
        """Seconds until the page was ready."""
        begun = time.monotonic()
        self.browser.open((self.folder / name).as_uri())
        self.until("return document.documentElement.dataset.ready")
        return time.monotonic() - begun

    def until(self, script: str, *arguments: object, seconds: float = 20) -> object:
        """The first value of a script that counts as true."""
        end = time.monotonic() + seconds
        while not (value := self.browser.js(script, *arguments)):
            self.assertLess(time.monotonic(), end, f"never: {script}")
            time.sleep(0.05)
        return value

    def state(self) -> dict:
        return self.browser.js("return audiosearch.state()")

    def middle(self) -> int:
        """A point near the middle of the picture."""
        return self.browser.js("const f = document.querySelector('#marks'); return audiosearch.nearest(f.clientWidth / 2, f.clientHeight / 2)")

    def where(self, point: int) -> list[float]:
        return self.browser.js("return audiosearch.where(arguments[0])", point)

    def sound_starts(self) -> str:
        """Waits until the audio element plays and its time grows; returns its source."""
        audio = "const a = document.querySelector('audio');"
        self.until(audio + "return (!a.paused && a.currentTime > 0.05) || (a.ended && a.duration > 0)")
        self.assertEqual(self.browser.js(audio + "return a.error && a.error.message"), None)
        return self.browser.js(audio + "return a.src")

    def click_point(self, point: int) -> None:
        self.browser.mouse(("move", *self.where(point)), ("down",), ("up",))

    def test_legend_names_every_label_and_no_label_runs(self) -> None:
        self.browser.screenshot(self.pictures / "light.png")
        named = self.browser.js("return [...document.querySelectorAll('#legend .name')].map(e => e.textContent)")
        self.assertEqual(len(named), len(self.labels))
        self.assertEqual({name[:40] for name in named}, {label[:40] for label in self.labels})
        self.assertEqual(self.browser.js("return document.querySelectorAll('script').length"), 2)
        self.assertIn("Drawn: all", self.browser.text("#drawn"))
        self.browser.click("#legend li button")
        self.assertEqual(self.browser.js("return document.querySelectorAll('#legend [aria-pressed=true]').length"), 1)
        for way in ("cluster", "file", "similarity", "label"):
            self.browser.js("const s = document.querySelector('#colour'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", way)
            self.assertTrue(self.browser.text("#legend"))

    def test_hover_tells_and_click_shows_neighbours_and_sounds(self) -> None:
        point = self.middle()
        self.browser.mouse(("move", *self.where(point)))
        self.until("return audiosearch.state().hover >= 0")
        self.assertIn("recordings/", self.browser.text("#tip"))
        self.click_point(point)
        self.until("return audiosearch.state().point >= 0")
        self.assertEqual(self.browser.js("return document.querySelectorAll('#point li').length"), 10)
        scores = self.browser.js("return [...document.querySelectorAll('#point li .number')].map(e => +e.textContent)")
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertTrue(self.sound_starts().startswith("blob:"))
        # After a click a browser lets a page make sounds: hovering another point plays it.
        chosen = self.state()["point"]
        self.browser.js("document.querySelector('audio').pause()")
        other = self.browser.js("return audiosearch.nearest(200, 200)")
        self.browser.mouse(("move", *self.where(other)))
        self.until("return audiosearch.state().hover === arguments[0]", other)
        self.until("return document.querySelector('audio').dataset.point == arguments[0]", other)
        self.sound_starts()
        self.assertEqual(self.state()["point"], chosen)
        self.browser.click("#point li:nth-child(3) button")
        self.assertNotEqual(self.state()["point"], chosen)
        self.browser.js("const s = document.querySelector('#colour'); s.value = 'similarity'; s.dispatchEvent(new Event('change'))")
        self.browser.screenshot(self.pictures / "similarity.png")

    def test_what_is_not_carried_plays_from_the_recording(self) -> None:
        self.open("linked.html")
        self.click_point(self.middle())
        source = self.sound_starts()
        self.assertRegex(source, r"^file://.*/recordings/.*#t=\d+\.\d+,\d+\.\d+$")

    def test_search_finds_and_goes_there(self) -> None:
        self.browser.type("#search", "scottish")
        self.until("return /of/.test(document.querySelector('#found').textContent)")
        hits, of = map(int, self.browser.text("#found").split(" of "))
        self.assertTrue(0 < hits < of)
        self.browser.type("#search", "\ue007")
        self.until("return audiosearch.state().point >= 0")
        self.assertIn("scottish", self.browser.text("#point"))
        self.browser.screenshot(self.pictures / "search.png")
        self.browser.click("#take")
        self.assertEqual(self.state()["chosen"], hits)

    def test_lasso_selects_and_saves_lines_of_json(self) -> None:
        self.browser.click("#lasso")
        left, top, width, height = self.browser.js("const r = document.querySelector('#marks').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]")
        corner = lambda x, y: ("move", left + x * width, top + y * height)
        self.browser.mouse(corner(0.02, 0.02), ("down",), corner(0.6, 0.02), corner(0.6, 0.98), corner(0.02, 0.98), ("up",))
        chosen = self.state()["chosen"]
        self.assertGreater(chosen, 10)
        self.assertIn(f"{chosen} points", self.browser.text("#selected"))
        self.browser.screenshot(self.pictures / "lasso.png")
        self.browser.click("#save")
        saved = self.folder / "selection.jsonl"
        for _ in range(100):
            if saved.exists():
                break
            time.sleep(0.1)
        lines = [json.loads(line) for line in saved.read_text(encoding="utf-8").split("\n") if line]
        self.assertEqual(len(lines), chosen)
        self.assertTrue(all(line["path"].startswith("recordings/") and line["start"] < line["end"] for line in lines))
        self.assertLessEqual({line["label"] for line in lines}, self.labels)

    def test_keys_are_enough(self) -> None:
        self.browser.js("document.querySelector('#marks').focus()")
        self.browser.keys("\ue014")
        first = self.state()["point"]
        self.assertGreaterEqual(first, 0)
        self.browser.keys("\ue014")
        self.assertNotEqual(self.state()["point"], first)
        before = self.where(first)[0], self.where(self.state()["point"])[0]
        self.assertGreater(before[1], before[0], "to the right")
        self.browser.keys("\ue007")
        self.sound_starts()
        self.browser.keys("+", "+")
        self.assertGreater(self.state()["scale"], 1.5)
        self.browser.keys("0", "\ue00c")
        self.assertEqual((self.state()["scale"], self.state()["point"]), (1, -1))
        self.browser.keys("t")
        self.assertTrue(self.browser.js("return document.querySelector('#table').offsetHeight > 0"))

    def test_the_table_holds_what_the_map_holds(self) -> None:
        self.browser.click("#tabular")
        rows = "return document.querySelectorAll('#table tbody tr').length"
        self.assertEqual(self.browser.js(rows), 100)
        self.browser.screenshot(self.pictures / "table.png")
        first = self.browser.text("#table tbody tr")
        self.browser.click("#next")
        self.assertNotEqual(self.browser.text("#table tbody tr"), first)
        self.browser.click("#table tbody tr button")
        self.sound_starts()
        self.assertEqual(self.browser.js("return document.querySelectorAll('tr[aria-selected=true]').length"), 1)
        self.browser.click("#tabular")
        self.assertFalse(self.browser.js("return document.querySelector('#table').offsetHeight > 0"))

    def test_dark_where_the_system_is_dark(self) -> None:
        ground = "return getComputedStyle(document.body).backgroundColor"
        self.assertEqual(self.browser.js(ground), "rgb(255, 255, 255)")
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        self.browser.cdp("Emulation.setEmulatedMedia", features=dark)
        self.until("return document.documentElement.dataset.theme === 'dark'")
        self.assertNotEqual(self.browser.js(ground), "rgb(255, 255, 255)")
        self.click_point(self.middle())
        self.browser.screenshot(self.pictures / "dark.png")
        self.browser.click("#theme")
        self.assertEqual(self.browser.js(ground), "rgb(255, 255, 255)")
        self.browser.cdp("Emulation.setEmulatedMedia", features=[])

    def test_touch_on_a_telephone(self) -> None:
        self.browser.cdp("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=2, mobile=True)
        self.browser.cdp("Emulation.setTouchEmulationEnabled", enabled=True)
        try:
            self.open("map.html")
            self.assertEqual(self.browser.js("return document.documentElement.scrollWidth"), 390, "nothing sticks out")
            x, y = self.where(self.middle())
            self.browser.touch("touchStart", (x, y))
            self.browser.touch("touchEnd")
            self.until("return audiosearch.state().point >= 0")
            self.sound_starts()
            self.browser.screenshot(self.pictures / "telephone.png")
            scale = self.state()["scale"]
            self.browser.touch("touchStart", (150, 300), (240, 300))
            for step in range(1, 6):
                self.browser.touch("touchMove", (150 - 12 * step, 300), (240 + 12 * step, 300))
            self.browser.touch("touchEnd")
            self.until("return audiosearch.state().scale > 1.5 * arguments[0]", scale)
        finally:
            self.browser.cdp("Emulation.setTouchEmulationEnabled", enabled=False)
            self.browser.cdp("Emulation.clearDeviceMetricsOverride")

    @unittest.skipUnless(MAP_STORE, "AUDIOSEARCH_MAP_STORE is not set")
    def test_many_points_move_smoothly(self) -> None:
        run(MAP_STORE, "many/.audiosearch", POINTS, cwd=self.folder)
        run(PROGRAM, "export", "many.html", "--store", "many/.audiosearch", "--method", "pca", "--audio-budget", "0", cwd=self.folder)
        loaded = self.open("many.html")
        # There are no recordings to play.
        self.browser.click("#sound")
        speed = self.frames()
        size = (self.folder / "many.html").stat().st_size / 1e6
        drawn = self.state()["renderer"]
        print(f"\n{POINTS} points: {size:.1f} MB, ready in {loaded:.1f} s, {speed:.0f} frames a second ({drawn})")
        self.assertIn(f"{POINTS:,} points", self.browser.text("#drawn"))
        # 30 are wanted; a machine that does much else meanwhile may be slow.
        self.assertGreater(speed, 10)

    def frames(self) -> float:
        """Frames a second while the map is zoomed and moved."""
        return self.browser.js_later(
            """const done = arguments[0], marks = document.querySelector("#marks"), frame = marks.getBoundingClientRect();
            const at = { clientX: frame.left + frame.width / 2, clientY: frame.top + frame.height / 2, bubbles: true };
            let frames = 0;
            const begun = performance.now();
            function step(now) {
              if (now - begun > 4000) return done(1000 * frames / (now - begun));
              frames++;
              const deltaY = frames % 60 < 30 ? -40 : 40;
              marks.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY, cancelable: true }));
              marks.dispatchEvent(new PointerEvent("pointermove", { ...at, clientX: at.clientX + frames % 50 }));
              requestAnimationFrame(step);
            }
            requestAnimationFrame(step);"""
        )


if __name__ == "__main__":
    unittest.main()
