"""The runner of these tests, with tests that are made for it: what it counts, and what it leaves behind."""

import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

from programs import REPOSITORY, wait_until

RUN = REPOSITORY / "tests" / "scenario" / "run"

MADE = """
import atexit, pathlib, sys, tempfile, time, unittest

HERE = pathlib.Path(__file__).parent


def mark(name):
    (HERE / name).touch()


def folder():
    global kept
    kept = tempfile.TemporaryDirectory(prefix="folder-", dir=HERE)


def wait_for(name):
    while not (HERE / name).exists():
        time.sleep(0.01)


def tearDownModule():
    mark("module")
"""

BRIEF = """
class Brief(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(mark, "brief")  # the test is counted by then

    def test_brief(self):
        folder()
"""

LONG = """
class Long(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(mark, "class")

    def test_long(self):
        folder()
        self.addCleanup(mark, "test")
        mark("begun")
        time.sleep(60)
"""

LEAVES = """
class Leaves(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        atexit.register(mark, "left")
        wait_for("begun")
        sys.exit()

    def test_leaves(self):
        pass
"""

DIES = """
class Dies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise BaseException("of this")

    def test_dies(self):
        pass
"""

SLOW = """
class Slow(unittest.TestCase):
    def test_1(self):
        self.addCleanup(self.slowly)

    def slowly(self):
        mark("begun")
        time.sleep(0.5)
        mark("done")

    def test_2(self):
        time.sleep(60)
"""

MARKED = """
class Marked(unittest.TestCase):
    @unittest.expectedFailure
    def test_fails(self):
        self.fail()

    @unittest.expectedFailure
    def test_passes(self):
        pass
"""


class Runner(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="js-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.place = pathlib.Path(directory.name)
        (self.place / "run").symlink_to(RUN)

    def begin(self, *classes, jobs=2):
        (self.place / "test_made.py").write_text(MADE + "".join(classes))
        process = subprocess.Popen(
            [sys.executable, self.place / "run", "--jobs", str(jobs)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def end(self, process, code):
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, code, out + err)
        self.assertEqual(list(self.place.glob("folder-*")), [], out + err)
        return out.splitlines(), err

    def stopped(self, *classes, jobs, when):
        process = self.begin(*classes, jobs=jobs)
        wait_until(lambda: all((self.place / name).exists() for name in when), 20, 0.01, "the tests to begin")
        process.send_signal(signal.SIGTERM)
        lines, err = self.end(process, 1)
        self.assertEqual(err, "")
        self.assertEqual(lines[-2], "interrupted")
        return lines

    def assertMarked(self, *names):
        self.assertEqual([name for name in names if not (self.place / name).exists()], [])

    def test_folders_that_go_when_the_tests_end_are_gone(self):
        for jobs in (1, 2):
            with self.subTest(jobs=jobs):
                lines, err = self.end(self.begin(BRIEF, jobs=jobs), 0)
                self.assertEqual((lines, err), (["ok test_made.test_brief", "1 passed, 0 failed, 0 skipped"], ""))

    def test_what_is_stopped_is_cleaned_up(self):
        for jobs in (1, 2):
            with self.subTest(jobs=jobs):
                lines = self.stopped(BRIEF, LONG, jobs=jobs, when=["brief", "begun"])
                self.assertEqual(lines[-1], "1 passed, 0 failed, 0 skipped")
                self.assertMarked("test", "class")
                for mark in ("brief", "begun", "test", "class"):
                    (self.place / mark).unlink()

    def test_those_that_still_run_are_told_after_one_has_ended(self):
        lines = self.stopped(LEAVES, LONG, jobs=2, when=["begun", "left"])
        self.assertMarked("test", "class")
        self.assertEqual(lines[-1], "0 passed, 1 failed, 0 skipped")

    def test_a_cleanup_that_runs_is_not_stopped_halfway(self):
        self.stopped(SLOW, jobs=1, when=["begun"])
        self.assertMarked("done", "module")

    def test_a_process_that_dies_says_of_what(self):
        lines, err = self.end(self.begin(BRIEF, DIES), 1)
        self.assertIn("BaseException: of this", err)
        self.assertIn("FAIL a process of the tests died, and its counts with it", lines)

    def test_what_is_marked_to_fail_is_counted(self):
        lines, _ = self.end(self.begin(MARKED, jobs=1), 1)
        self.assertEqual(lines[0], "ok test_made.test_fails")
        self.assertEqual(lines[1], "FAIL test_made.test_passes")
        self.assertEqual(lines[-1], "1 passed, 1 failed, 0 skipped")
