"""Which backups jeton-backup keeps; the script itself, beside a program that stands in for `jeton backup`."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from programs import REPOSITORY

OLDER = [f"jeton-20200101T0000{number:02}Z.backup" for number in range(14)]
LATER = [f"jeton-29990101T0000{number:02}Z.backup" for number in range(14)]


class Rotation(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="jbak-")))
        self.backups = self.work / "backups"
        self.backups.mkdir()
        (self.work / "jeton-backup").write_text("a passphrase\n")
        jeton = self.work / "jeton"
        jeton.write_text('#!/bin/sh\ncat >"$3"\n')
        jeton.chmod(0o755)
        self.script = self.work / "script"
        self.script.write_text((REPOSITORY / "systemd/jeton-backup.in").read_text().replace("@bindir@", str(self.work)))

    def kept(self, before, **settings):
        """Which of those of before are left once another one was made, which is there, too."""
        for name in before:
            (self.backups / name).write_text("one of before")
        environment = {"PATH": os.environ["PATH"], "STATE_DIRECTORY": self.backups, "CREDENTIALS_DIRECTORY": self.work, **settings}
        subprocess.run(["sh", self.script], env=environment, check=True)
        found = {path.name: path.read_text() for path in sorted(self.backups.iterdir())}
        self.assertEqual([text for text in found.values() if text != "one of before"], ["a passphrase\n"], found)
        return [name for name, text in found.items() if text == "one of before"]

    def test_the_newest_fourteen_stay(self):
        self.assertEqual(self.kept(OLDER), OLDER[1:])

    def test_the_one_of_just_now_stays_where_the_clock_was_set_back(self):
        self.assertEqual(self.kept(LATER), LATER[1:])

    def test_those_of_a_clock_that_was_ahead_go_first_and_no_night_takes_the_one_before(self):
        self.assertEqual(self.kept(OLDER[:2] + LATER[:3], KEEP="3"), OLDER[:2])

    def test_the_one_of_just_now_stays_where_none_is_to_be_kept(self):
        self.assertEqual(self.kept(OLDER + LATER, KEEP="0"), [])
