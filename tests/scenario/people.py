"""Unix users that every Debian has, as the people of a scenario: a test becomes them, and the kernel says so.

Only root can become others: whatever uses this asks `missing()` first and skips with its answer.
"""

import functools
import grp
import os
import pathlib
import pickle
import pwd
import shutil
import struct
import tempfile

import wire
from programs import BUILD

CONTROL_GROUP = "games"  # who may use the control socket of the daemons that SystemScenario starts


class Person:
    """A user with its primary group and `groups`; with none it may not even open the control socket."""

    def __init__(self, name, groups=(CONTROL_GROUP,)):
        entry = pwd.getpwnam(name)
        self.name, self.uid, self.gid = name, entry.pw_uid, entry.pw_gid
        self.groups = [grp.getgrnam(group).gr_gid for group in groups]

    @property
    def key(self):
        return self.name, *self.groups

    def process_options(self):
        """For subprocess.run and the like."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups}

    def become(self):
        """This process is that person from now on, for good."""
        os.setgroups(self.groups)
        os.setgid(self.gid)
        os.setuid(self.uid)

    def __repr__(self):
        return self.name


def missing():
    """Why nobody can be somebody else here, or None."""
    return None if os.geteuid() == 0 else "needs root, to act as several Unix users"


@functools.cache
def client_program():
    """`jeton` where every user may run it: the build directory can lie below a private home."""
    program = (BUILD / "jeton").resolve()
    if all(directory.stat().st_mode & 0o001 for directory in program.parents):
        return program
    global _copy  # it goes when the tests end
    _copy = tempfile.TemporaryDirectory(prefix="jp-", dir="/tmp")
    os.chmod(_copy.name, 0o755)
    return pathlib.Path(shutil.copy2(program, _copy.name))


class Caller:
    """A process that is `person` and sends requests when told to: what a program of that user would get back."""

    def __init__(self, person):
        self.person = person
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                low, high = sorted((theirs_in, theirs_out))
                for start, end in ((3, low), (low + 1, high), (high + 1, 4096)):
                    os.closerange(start, end)  # nothing of the tests, or of other callers, is kept open in here
                person.become()
                self._serve(theirs_in, theirs_out)
            finally:
                os._exit(0)
        os.close(theirs_in)
        os.close(theirs_out)
        self.read_end, self.write_end = ours_in, ours_out

    def __call__(self, socket, method, target, body=None, headers=None):
        """The wire.Answer; an OSError that the child met (such as a socket it may not use) is raised here."""
        _send(self.write_end, (str(socket), method, target, body, headers))
        answer = _receive(self.read_end)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        os.close(self.write_end)
        os.close(self.read_end)
        os.waitpid(self.pid, 0)

    @staticmethod
    def _serve(read_end, write_end):
        while (request := _receive(read_end)) is not None:
            try:
                answer = wire.request(*request)
            except Exception as problem:  # the parent shall see it, whatever it is
                answer = problem
            _send(write_end, answer)


def _send(end, value):
    data = pickle.dumps(value)
    data = struct.pack("!I", len(data)) + data
    while data:
        data = data[os.write(end, data) :]


def _receive(end):
    """The next value; None at the end."""
    head = _read(end, 4)
    return pickle.loads(_read(end, struct.unpack("!I", head)[0])) if head else None


def _read(end, count):
    data = b""
    while len(data) < count and (piece := os.read(end, count - len(data))):
        data += piece
    return data if len(data) == count else b""
