"""Each system call by which a caller is identified fails once, by the kernel's own hand (strace): nobody gains by it."""

import os
import shutil
import signal
import subprocess
import tempfile

import wire
from harness import wait_until
from people import Person
from system import SystemScenario

# Not close: strace would keep it from happening, and Linux releases the descriptor whatever it answers.
CALLS = ("getsockopt", "ioctl", "openat", "read", "pidfd_open", "poll", "accept4")
ERRORS = ("EPERM", "ENOENT", "ESRCH", "EMFILE", "EIO")
TIMES = max(1, int(os.environ.get("JETON_ATTACKS", "3")) // 3)  # the first, second, … call of its kind


class Injected(SystemScenario):
    def setUp(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, _ = self.connected()
        self.worker, self.other, self.guest = (
            Person("www-data", groups=()), Person("mail", groups=()), Person("news"),
        )  # fmt: skip
        self.ok("binding", "add", self.connection, "--user", "www-data")
        self.ok("binding", "add", self.connection, "--group", "staff")  # groups are looked at, too

    def injected(self, call, error, when):
        """strace, attached to the front; it lets go when it is terminated."""
        log = tempfile.NamedTemporaryFile(prefix="jk-", dir="/tmp")
        self.addCleanup(log.close)
        tracer = subprocess.Popen(
            ["strace", "-qq", "-o", log.name, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}",
             "-p", str(self.daemon.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

        def attached():
            with open(f"/proc/{self.daemon.pid}/status") as status:
                return any(line.startswith("TracerPid:") and line.split()[1] != "0" for line in status)

        try:
            wait_until(lambda: attached() or tracer.poll() is not None, 10, 0.002, "strace to attach")
        except AssertionError:
            tracer.kill()
            raise
        if tracer.poll() is not None:
            self.skipTest(f"strace cannot attach here: {tracer.stderr.read().strip()}")
        return tracer, log

    @staticmethod
    def let_go(tracer):
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)
        tracer.stderr.close()

    def outcome(self, ask):
        """The status, or `no answer` where the session was cut."""
        try:
            return ask().status
        except (OSError, wire.http.client.HTTPException):
            return "no answer"

    def test_T2_whichever_system_call_fails_once_nobody_gains_by_it(self):
        """Those with no right get nothing; those with one get it or a refusal; then all is as before."""
        hits = 0
        for call in CALLS:
            for error in ERRORS:
                for when in range(1, TIMES + 1):
                    with self.subTest(call=call, error=error, when=when):
                        tracer, log = self.injected(call, error, when)
                        try:
                            entitled = self.outcome(lambda: self.token_of(self.worker, connection=self.connection))
                            nobody = self.outcome(lambda: self.token_of(self.other, connection=self.connection))
                            guest = self.outcome(lambda: self.ask(self.guest, "GET", "/v1/roles"))
                        finally:
                            self.let_go(tracer)
                        hits += b"INJECTED" in log.read()
                        self.assertIn(entitled, (200, 401, 403, 503, "no answer"))
                        self.assertIn(nobody, (401, 403, 503, "no answer"))
                        self.assertIn(guest, (403, 503, "no answer"))
                        self.assertEqual(self.token_of(self.worker, connection=self.connection).status, 200)
                        self.assertEqual(self.token_of(self.other, connection=self.connection).status, 401)
        self.assertGreater(hits, 10, "hardly a call was made that could fail")
        self.ok("audit", "verify")
