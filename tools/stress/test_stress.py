"""Tests of what `stress.py` makes and believes; standard library only."""

import sys
import tempfile
import unittest
import wave
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS))
import stress
import stress_lies
from stress_place import RATE, Place, Ran, Scenario, Voice


class Sound(unittest.TestCase):
    def test_a_recording_has_the_length_asked_for_and_comes_again_from_its_seed(self):
        voice = Voice()
        with tempfile.TemporaryDirectory() as folder:
            path = voice.wav(Path(folder) / "new" / "a.wav", 5, 0.75)
            with wave.open(str(path)) as sound:
                self.assertEqual(sound.getnframes(), 0.75 * RATE)
        self.assertEqual(voice.samples(5, 1), Voice().samples(5, 1))
        self.assertNotEqual(voice.samples(5, 1), voice.samples(6, 1))

    def test_checksums_are_those_of_real_files(self):
        for page in stress_lies.ogg_pages((stress_lies.FIXTURES / "tone.ogg").read_bytes()):
            stored = int.from_bytes(page[22:26], "little")
            self.assertEqual(stress_lies.ogg_crc(page[:22] + bytes(4) + page[26:]), stored)


class Outcomes(unittest.TestCase):
    def test_a_line_that_a_kill_cut_short_acknowledges_nothing(self):
        whole = b'{"type":"file","path":"a.wav","status":"indexed"}\n{"type":"file","path":"c.wav","status":"failed"}\n'
        ran = Ran(["index"], -9, whole + b'{"type":"file","path":"b.wav","stat', "", 0, 0)
        self.assertEqual(ran.safe(), {"a.wav"})

    def test_a_program_that_crashes_hangs_or_fails_without_a_word_is_noticed(self):
        with Place(Path("true"), Voice(), None) as place:
            for code, words in ((101, "thread 'main' panicked at"), (-11, ""), (-999, ""), (2, "")):
                scenario = Scenario("test")
                self.assertFalse(place.sane(scenario, Ran(["x"], code, b"", words, 0, 0)))
                self.assertNotEqual(scenario.outcome(), "survived")
            scenario = Scenario("test")
            self.assertTrue(place.sane(scenario, Ran(["x"], 2, b"", "error: why", 0, 0)))
            self.assertEqual(scenario.outcome(), "survived")

    def test_a_page_that_runs_a_label_is_noticed(self):
        scenario = Scenario("test")
        stress_lies.pages_check(scenario, "<html><script>" + stress_lies.LABELS[0] + "</script>")
        self.assertGreater(len(scenario.failures), 2)

    def test_every_scenario_can_be_named(self):
        names = [name for name, *_ in stress.SCENARIOS]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
