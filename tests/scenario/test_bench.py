"""tools/bench in small: one short round against the floor, what it reports, and the page that it wrote.

How fast anything is, is not judged here: tests run beside others.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from programs import BUILD, REPOSITORY

BENCH = REPOSITORY / "tests" / "bench"
sys.path.append(str(BENCH))

REGRESSION = 4


class ShortRound(unittest.TestCase):
    """One run for all of it: it compiles its clients and starts a daemon."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("c++") is None:
            raise unittest.SkipTest("no C++ compiler, which builds the clients of tools/bench")
        cls.scratch = tempfile.TemporaryDirectory(prefix="js-", dir="/tmp")
        cls.addClassCleanup(cls.scratch.cleanup)
        directory = pathlib.Path(cls.scratch.name)
        (directory / "recorded.json").write_text(
            json.dumps({"ratios": {"keepalive-1-repeated": 0.001, "keepalive-1-new": 1e6, "connect": 0.001}})
        )
        (directory / "programs").symlink_to(BUILD.resolve())
        cls.done = subprocess.run(
            [REPOSITORY / "tools" / "bench", "--programs", "programs", "--rounds", "2", "--seconds", "0.05",
             "--only", "keepalive-1/floor", "keepalive-1/jeton", "--json", "report.json", "--recorded", "recorded.json"],
            capture_output=True, text=True, timeout=120, env={**os.environ, "TMPDIR": str(directory)}, cwd=directory,
        )  # fmt: skip
        written = directory / "report.json"
        cls.report = json.loads(written.read_text()) if written.exists() else None

    def test_it_measures_the_floor_and_jeton_in_each_round(self):
        self.assertIsNotNone(self.report, f"{self.done}")
        self.assertEqual(set(self.report["measures"]), {"keepalive-1/floor", "keepalive-1/jeton", "keepalive-1/jeton, new"})
        for name, rounds in self.report["measures"].items():
            self.assertEqual(len(rounds), 2, name)
            for one in rounds:
                for figure in ("requests", "rate", "p50_us", "p99_us", "server_cpu_us", "client_cpu_us"):
                    self.assertGreater(one[figure], 0, f"{figure} of {name}")
                self.assertGreaterEqual(one["p99_us"], one["p50_us"])
                self.assertGreater(one["answer_bytes"], 500, "a whole answer with a token")
        for member in ("at", "commit", "machine", "rounds", "seconds", "took"):
            self.assertTrue(self.report[member], member)
        self.assertEqual(self.report["left_out"], [])

    def test_a_promise_is_the_ratio_of_each_round(self):
        self.assertEqual(set(self.report["promises"]), {"keepalive-1-repeated", "keepalive-1-new"}, "what was not measured is not judged")
        measures = self.report["measures"]
        each = [a["p50_us"] / b["p50_us"] for a, b in zip(measures["keepalive-1/jeton"], measures["keepalive-1/floor"])]
        told = self.report["promises"]["keepalive-1-repeated"]
        self.assertAlmostEqual(told["ratio"]["low"], min(each))
        self.assertAlmostEqual(told["ratio"]["median"], sum(each) / 2)
        self.assertAlmostEqual(told["ratio"]["high"], max(each))
        self.assertEqual(told["holds"], told["ratio"]["median"] <= told["limit"])

    def test_what_became_worse_than_recorded_is_reported_by_name_and_by_the_exit_code(self):
        self.assertEqual(self.done.returncode, REGRESSION, f"{self.done}")
        self.assertEqual([one["promise"] for one in self.report["regressions"]], ["keepalive-1-repeated"])
        lines = [line for line in self.done.stdout.splitlines() if line.startswith("REGRESSION")]
        self.assertEqual(len(lines), 1, self.done.stdout)
        self.assertIn("keepalive-1-repeated", lines[0])


class CommandLine(unittest.TestCase):
    def test_a_wrong_word_is_refused_before_anything_starts(self):
        for words in (["--rounds", "0"], ["--rounds", "many"], ["--nothing"], ["--write", "--only", "connect"], ["--seconds", "nan"],
                      ["--seconds", "inf"], ["--json", "/nonexistent/report.json"], ["--json", "/tmp"]):  # fmt: skip
            run = subprocess.run([REPOSITORY / "tools" / "bench", "--programs", BUILD, *words], capture_output=True, text=True, timeout=20)
            self.assertEqual((run.returncode, run.stdout), (2, ""), f"{words}: {run.stderr}")
            self.assertIn("tools/bench --help", run.stderr, words)

    def test_a_name_that_nothing_has_is_refused(self):
        run = subprocess.run([REPOSITORY / "tools" / "bench", "--programs", BUILD, "--only", "nothing"], capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 2, f"{run}")
        self.assertIn("keepalive-16", run.stderr, "it tells what there is")


class LeftOut(unittest.TestCase):
    """How measure.py ends where something was left out, without measuring."""

    def end(self, *left_out):
        report = {"promises": {}, "regressions": [], "left_out": [{"what": what, "why": "of the test"} for what in left_out]}
        program = f"""
import sys
sys.path.insert(0, {str(BENCH)!r})
import measure
measure.measure = lambda asked: {report!r}
measure.performance_page.write = lambda *_: None
sys.exit(measure.main(["--write"]))
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        return done.returncode, "written" in done.stdout, done.stderr

    def test_without_a_peer_the_page_is_written(self):
        self.assertEqual(self.end("oidc-agent", "keepalive-16/ssh-agent", "a token endpoint that hangs"), (0, True, ""))

    def test_without_a_part_of_jeton_it_fails_and_nothing_is_written(self):
        for what in ("keepalive-1/floor", "keepalive-1/jeton, new", "process/jeton token", "library/libjeton",
                     "audit entries for each token", "whole processes", "libjeton"):  # fmt: skip
            self.assertEqual(self.end("oidc-agent", what), (1, False, f"bench: not measured: {what}\n"))


class Rounds(unittest.TestCase):
    def test_a_measure_that_fails_takes_no_other_with_it(self):
        import measure

        for problem in (measure.CannotMeasure("x"), ConnectionRefusedError("x"), IndexError("x"), json.JSONDecodeError("x", "", 0)):
            bench = measure.Bench.__new__(measure.Bench)  # nothing is started
            bench.asked, bench.left_out = argparse.Namespace(rounds=2, seconds=1.0), []
            runs = [measure.catalogue.Measure("connect", "floor", unittest.mock.Mock(return_value={"p50_us": 1})),
                    measure.catalogue.Measure("connect", "jeton", unittest.mock.Mock(side_effect=problem))]  # fmt: skip
            with unittest.mock.patch.object(bench, "measures", lambda runs=runs: runs), unittest.mock.patch.object(measure, "say"):
                self.assertEqual(bench.rounds(), {"connect/floor": [{"p50_us": 1}] * 2})
            self.assertEqual([one["what"] for one in bench.left_out], ["connect/jeton"])


class Regressions(unittest.TestCase):
    def test_what_was_nothing_and_is_something_became_worse(self):
        import ratios

        def found(now, recorded, better="lower"):
            told = {"one": {"ratio": {"median": now}, "better": better}}
            return [one["times_worse"] for one in ratios.regressions(told, {"one": recorded})]

        self.assertEqual(found(0.02, 0.0), [None], "JSON knows no infinity")
        self.assertEqual(found(0.0, 0.0), [])
        self.assertEqual(found(3.0, 2.0), [1.5])
        self.assertEqual(found(2.0, 3.0, "higher"), [1.5])
        self.assertEqual(found(0.0, 3.0, "higher"), [None])
        self.assertEqual(found(3.0, 0.0, "higher"), [])


class WrittenPage(unittest.TestCase):
    """docs/performance.md says what its figures say, whoever edited either."""

    @classmethod
    def setUpClass(cls):
        import performance_page

        cls.writer = performance_page
        cls.report = json.loads(performance_page.FIGURES.read_text())

    def test_the_page_is_what_the_figures_make(self):
        self.assertEqual(self.writer.PAGE.read_text(), self.writer.page(self.report), "tools/bench --write, or tests/bench/measure.py --draw")

    def test_the_pictures_are_what_the_figures_make(self):
        for name in self.writer.PICTURES:
            drawn = self.writer.picture(self.report, name)
            file = self.writer.FOLDER / f"{name}.svg"
            self.assertEqual(file.read_text() if file.exists() else None, drawn, name)

    def test_the_recorded_ratios_are_those_of_the_page(self):
        recorded = json.loads((BENCH / "ratios.json").read_text())["ratios"]
        told = {name: round(one["ratio"]["median"], 4) for name, one in self.report["promises"].items()}
        self.assertEqual(recorded, {**recorded, **told}, "what could not be measured stays as it was")
        self.assertLessEqual(set(recorded), {promise.name for promise in self.writer.catalogue.PROMISES})

    def test_a_ratio_that_could_not_be_measured_stays_recorded(self):
        directory = tempfile.TemporaryDirectory(prefix="js-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        place = pathlib.Path(directory.name)
        recorded = place / "ratios.json"
        recorded.write_text(json.dumps({"ratios": {"fresh": 9.0, "connect": 1e6, "of-old": 2.0}}))
        promises = {name: told for name, told in self.report["promises"].items() if name != "fresh"}
        places = {"PAGE": place / "page.md", "FOLDER": place, "FIGURES": place / "figures.json"}
        with unittest.mock.patch.multiple(self.writer, **places):
            self.writer.write({**self.report, "promises": promises}, recorded)
        kept = json.loads(recorded.read_text())["ratios"]
        self.assertEqual(set(kept), {*promises, "fresh"}, "and what is promised no more is gone")
        self.assertEqual(kept["fresh"], 9.0)
        self.assertEqual(kept["connect"], round(promises["connect"]["ratio"]["median"], 4))
