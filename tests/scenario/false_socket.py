"""A token socket that is the test's own, in a directory as a daemon has it."""

import pathlib
import socket


class FalseSocket:
    """For a Scenario, beside it: no daemon is started."""

    starts_daemon = False

    def bind_socket(self):
        """`place` and `listener`; nobody listens before the test says so."""
        self.place = pathlib.Path(self.scratch()) / "run"
        self.place.mkdir(mode=0o700)
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(str(self.place / "token.sock"))

    def fill_backlog(self):
        """One request waits already, and there is room for no other."""
        self.listener.listen(0)
        waiting = socket.socket(socket.AF_UNIX)
        self.addCleanup(waiting.close)
        waiting.connect(str(self.place / "token.sock"))
        waiting.sendall(b"POST / HTTP/1.1\r\n\r\nbody")
