"""Somebody else's server at the daemon's path: the CLI finds out before it has sent a byte, and says what is wrong."""

import contextlib
import os
import pathlib
import shutil
import socket
import stat
import tempfile

from harness import REFUSED, UNREACHABLE, run_jeton
from kernel import in_child
from people import Person, missing
from system import SystemScenario

IMPORT = ("secret", "import", "dispatcher/1@production", "--client-id", "cid.x", "--json")
SECRET = "cs1." + "canary" * 8


class FalseServer(SystemScenario):
    starts_daemon = False

    def setUp(self):
        if reason := missing():
            self.skipTest(reason)
        super().setUp()
        self.squatter, self.victim = Person("www-data", groups=()), Person("mail", groups=())
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="jf-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.top.chmod(0o755)

    def directory(self, name, owner=0, mode=0o755):
        path = self.top / name
        path.mkdir()
        os.chown(path, owner, owner)
        path.chmod(mode)
        return path

    @contextlib.contextmanager
    def served_by(self, person, directory):
        """Listens on both sockets, as `person`; yields a function that ends it and tells what it was sent."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            try:
                self.serve(person, directory, theirs)
            finally:
                os._exit(0)
        theirs.close()
        self.assertEqual(ours.recv(1), b"r")

        def received():
            ours.shutdown(socket.SHUT_WR)
            told = b""
            while piece := ours.recv(65536):
                told += piece
            return told

        try:
            yield received
        finally:
            ours.close()
            os.waitpid(pid, 0)

    @staticmethod
    def serve(person, directory, control):
        os.umask(0)
        listeners = []
        for name in ("token.sock", "control.sock"):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{directory}/{name}")
            listener.settimeout(0.02)
            listeners.append(listener)
        person.become()
        for listener in listeners:
            listener.listen()  # whose server it is, the kernel says since now
        control.send(b"r")
        control.settimeout(0.001)
        told = b""
        while True:
            with contextlib.suppress(TimeoutError):
                if control.recv(1) == b"":
                    break
            for listener in listeners:
                with contextlib.suppress(TimeoutError, ConnectionError):
                    session, _ = listener.accept()
                    session.settimeout(0.5)
                    told += session.recv(65536)
                    session.close()
        control.settimeout(5)
        control.sendall(told)

    def asks(self, directory, by=None, environment=None):
        return run_jeton(directory, *IMPORT, stdin=SECRET + "\n", by=by, environment=environment)

    def assertNothingSent(self, person, directory, *words, by=None, environment=None, named=None):
        with self.served_by(person, directory) as received:
            run = self.asks(named or directory, by=by, environment=environment)
            sent = received()
        self.assertEqual(sent, b"", run)
        self.assertIn(run.code, (REFUSED, UNREACHABLE), run)
        self.assertEqual(run.out, "")
        self.assertNotIn(SECRET, run.err)
        error = run.error
        for word in words:
            self.assertIn(str(word), error["error_description"])
        self.assertTrue(error["next"])

    def test_T14_a_server_of_another_user_gets_nothing(self):
        """Directory and socket are root's, so that only the kernel's word about who listens tells."""
        directory = self.directory("root")
        self.assertNothingSent(self.squatter, directory, directory, self.squatter.uid, by=self.victim)

    def test_T14_a_directory_of_another_user_is_named_with_its_owner_and_mode(self):
        directory = self.directory("theirs", owner=self.squatter.uid)
        self.assertNothingSent(self.squatter, directory, directory, f"uid {self.squatter.uid}", "0755", by=self.victim)
        shutil.rmtree(directory)
        directory = self.directory("theirs", owner=self.squatter.uid)
        self.assertNothingSent(self.squatter, directory, directory, f"uid {self.squatter.uid}")  # root is no exception

    def test_T14_a_directory_that_others_may_write_is_named_with_its_mode(self):
        for mode in (0o777, 0o1777, 0o775):
            directory = self.directory(f"open-{mode:o}", mode=mode)
            if mode == 0o775:
                os.chown(directory, 0, self.squatter.gid)
            with self.subTest(oct(mode)):
                self.assertNothingSent(self.squatter, directory, directory, f"{mode:04o}", by=self.victim)

    def test_T14_a_link_to_a_directory_is_not_followed(self):
        real = self.directory("real", owner=self.squatter.uid)
        link = self.top / "link"
        link.symlink_to(real)
        self.assertNothingSent(self.squatter, real, link, "symbolic link", by=self.victim, named=link)

    def test_T14_a_directory_below_one_of_another_user_is_refused(self):
        above = self.directory("above", owner=self.squatter.uid)
        below = above / "below"
        below.mkdir()
        self.assertNothingSent(self.squatter, below, above, by=self.victim)

    def test_T14_a_foreign_runtime_directory_is_named(self):
        foreign = self.directory("foreign", owner=self.squatter.uid, mode=0o711)
        inner = foreign / "jeton"
        inner.mkdir()
        os.chown(inner, self.squatter.uid, self.squatter.gid)
        with self.served_by(self.squatter, inner) as received:
            run = run_jeton(
                "", *IMPORT, "--user", stdin=SECRET + "\n", by=self.victim,
                environment={"JETON_SOCKET_DIR": "", "XDG_RUNTIME_DIR": str(foreign)},
            )  # fmt: skip
            self.assertEqual(received(), b"", run)
        self.assertIn(run.code, (REFUSED, UNREACHABLE), run)
        self.assertIn(str(foreign), run.error["error_description"])
        run = run_jeton("", *IMPORT, "--user", stdin=SECRET, by=self.victim, environment={"JETON_SOCKET_DIR": ""})
        self.assertEqual(run.code, UNREACHABLE, run)
        self.assertIn("XDG_RUNTIME_DIR", run.error["error_description"])

    def test_T14_nobody_is_asked_by_an_abstract_name(self):
        """A name without a file can be taken by anybody: the CLI must know none."""

        def squat():
            names = [f"{place}/{name}.sock" for place in ("/run/jeton", "/run/jeton-control", "jeton")
                     for name in ("token", "control")]  # fmt: skip
            taken = []
            for name in names:
                listener = socket.socket(socket.AF_UNIX)
                listener.bind("\0" + name)
                listener.listen()
                listener.settimeout(0.05)
                taken.append(listener)
            if os.path.exists("/run/jeton") or os.path.exists("/run/jeton-control"):
                return "a daemon of the system is here"
            run = run_jeton("", *IMPORT, stdin=SECRET, environment={"JETON_SOCKET_DIR": ""})
            for listener in taken:
                with contextlib.suppress(TimeoutError):
                    listener.accept()
                    return "somebody was asked"
            return run.code

        code = in_child(squat)
        if code == "a daemon of the system is here":
            self.skipTest(code)
        self.assertEqual(code, UNREACHABLE)

    def test_T14_a_good_directory_and_server_are_asked(self):
        """The control: without it all of the above would pass for a CLI that asks nobody."""
        directory = self.directory("good")
        self.assertFalse(stat.S_IMODE(directory.stat().st_mode) & 0o022)
        with self.served_by(Person("root", groups=()), directory) as received:
            self.asks(directory, by=self.victim)
            self.assertIn(b"HTTP/1.1", received())
