"""A clock that a test turns forward while the daemon runs: days pass in no time."""

import datetime
import functools
import mmap
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).with_name("turned_clock.c")


def missing():
    """Why no clock can be turned here, or None."""
    return None if shutil.which("cc") else "no C compiler, which builds the turned clock"


@functools.cache
def library():
    global _directory  # it goes when the tests end
    _directory = tempfile.TemporaryDirectory(prefix="jc-", dir="/tmp")
    built = pathlib.Path(_directory.name) / "turned_clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", built, SOURCE], check=True)
    return built


class TurnedClock:
    """Wall and boot time of whatever runs with `environment()`; both go on by themselves from where they were put."""

    def __init__(self, directory):
        self.file = pathlib.Path(directory) / "turned-clock"
        self.file.write_bytes(bytes(16))
        with open(self.file, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 16)
        self.wall = self.boot = 0

    def environment(self):
        return {"LD_PRELOAD": str(library()), "JETON_TURNED_CLOCK": str(self.file)}

    def _turn(self):
        self.memory[:16] = struct.pack("=qq", self.wall, self.boot)

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.wall)

    def text(self, **later):
        """RFC 3339, as the daemon writes it: now, or `days=…`, `seconds=…` from now."""
        return f"{self.now() + datetime.timedelta(**later):%Y-%m-%dT%H:%M:%SZ}"

    def advance(self, **by):
        """`days=…`, `hours=…`, `seconds=…`"""
        seconds = int(datetime.timedelta(**by).total_seconds())
        self.wall += seconds
        self.boot += seconds
        self._turn()

    def step(self, **by):
        """The wall clock alone, as NTP or a hand sets it: forward, or back where negative."""
        self.wall += int(datetime.timedelta(**by).total_seconds())
        self._turn()

    def suspend(self, **by):
        """The host sleeps; the boot clock has gone on, and nobody has set the wall clock yet."""
        self.boot += int(datetime.timedelta(**by).total_seconds())
        self._turn()

    def begin_at(self, text):
        """Before the daemon is started: the wall clock alone."""
        wanted = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        self.wall = int(wanted.timestamp() - time.time())
        self._turn()

    def advance_to(self, text):
        wanted = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        self.advance(seconds=(wanted - self.now()).total_seconds())
