"""What a daemon must not begin with: loose modes, foreign owners, memory that cannot be locked. Each is told by name."""

import os
import re
import shutil
import subprocess

from harness import wait_until
from people import Person
from programs import BUILD, ENVIRONMENT, sanitizer
from system import SystemScenario


class Modes(SystemScenario):
    """A daemon that was initialised and stopped; then something about its files is as it must not be."""

    def prepare(self):
        self.local_environment()
        self.daemon.stop()
        self.stranger = Person("www-data", groups=())

    def outcome(self):
        """What it says where it does not start, or starts and stays sealed."""
        before = len(self.daemon.log())
        self.daemon.process = self.daemon.spawn()

        def verdict():
            """Why it is sealed; before the vault has told, there is no reason yet."""
            if self.daemon.process.poll() is not None:
                return "ended"
            run = self.jeton("status", "--json")
            return run.code == 0 and (run.json["state"] == "unsealed" or run.json["reason"])

        told = wait_until(verdict, 20, 0.05, "a verdict")
        if told != "ended":
            self.daemon.stop()
            self.assertIsInstance(told, str, "it serves as if nothing were wrong")
            return told
        self.assertNotEqual(self.daemon.process.returncode, 0)
        self.daemon.wait_for_helpers_to_go()
        lines = self.daemon.log()[before:].splitlines()
        return next(line for line in lines if "error" in line)

    def cases(self):
        """name → (what is changed, what must be told); what is changed is put back by the other half."""
        daemon, uid = self.daemon, self.stranger.uid

        def mode(path, bits):
            return lambda: path.chmod(bits), [str(path), f"{bits:04o}"]

        def owner(path):
            return lambda: os.chown(path, uid, 0), [str(path), f"uid {uid}"]

        def replaced(path, make, *words):
            def change():
                path.rename(path.with_suffix(".aside"))
                make(path)

            return change, [str(path), *words]

        return {
            "configuration writable by others": mode(daemon.config, 0o646),
            "configuration writable by its group": mode(daemon.config, 0o660),
            "configuration of another user": owner(daemon.config),
            "configuration that is a directory": replaced(daemon.config, lambda path: path.mkdir()),
            "sockets' directory writable by others": mode(daemon.run, 0o757),
            "sockets' directory of another user": owner(daemon.run),
            "store's directory writable by others": mode(daemon.state, 0o707),
            "store's directory of another user": owner(daemon.state),
            "store's directory that is a link": replaced(
                daemon.state, lambda path: path.symlink_to(path.with_suffix(".aside"))
            ),
            "anchor's directory writable by its group": mode(daemon.anchor, 0o770),
            "anchor's directory of another user": owner(daemon.anchor),
            "key file readable by others": mode(daemon.key_file, 0o604),
            "key file readable by its group": mode(daemon.key_file, 0o640),
            "key file of another user": owner(daemon.key_file),
        }

    def put_back(self):
        for path in (self.daemon.config, self.daemon.state):
            aside = path.with_suffix(".aside")
            if aside.exists():
                if path.is_dir() and not path.is_symlink():
                    path.rmdir()
                else:
                    path.unlink(missing_ok=True)
                aside.rename(path)
        for path, bits in (
            (self.daemon.config, 0o600), (self.daemon.run, 0o755), (self.daemon.state, 0o700),
            (self.daemon.anchor, 0o700), (self.daemon.key_file, 0o600),
        ):  # fmt: skip
            os.chown(path, 0, 0)
            path.chmod(bits)

    def test_T50_each_loose_mode_or_foreign_owner_is_refused_with_a_message_of_its_own(self):
        self.prepare()
        told = {}
        for name, (change, words) in self.cases().items():
            with self.subTest(name):
                self.put_back()
                change()
                try:
                    message = self.outcome()
                finally:
                    self.put_back()
                for word in words:
                    self.assertIn(word, message)
                told[name] = re.sub(r"\[\d+\]", "", message)
        self.assertGreaterEqual(len(set(told.values())), 12, told)
        self.assertEqual(len(set(told.values())), len(told), "two of them are told alike")
        self.restart_daemon()
        self.ok("audit", "verify")


class Memory(SystemScenario):
    def setUp(self):
        if sanitizer():
            self.skipTest(sanitizer())
        super().setUp()

    def test_T39_memory_that_cannot_be_locked_is_a_clear_refusal_to_start(self):
        if shutil.which("setpriv") is None:
            self.skipTest("setpriv is not installed")
        self.daemon.stop()
        run = subprocess.run(
            ["setpriv", "--bounding-set", "-ipc_lock", "prlimit", "--memlock=0:0", BUILD / "jetond",
             "--config", self.daemon.config],
            env=ENVIRONMENT, cwd="/", capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        self.assertNotEqual(run.returncode, 0, run)
        self.assertIn("cannot lock memory for secrets", run.stderr)
        self.assertIn("LimitMEMLOCK=", run.stderr)
        self.assertIsNone(self.daemon.health())

    def test_T39_memory_for_secrets_is_locked_and_left_out_of_dumps(self):
        """In each process, with a page on either side that nobody may touch."""
        for name, pid in {"jetond": self.daemon.pid, **self.daemon.helpers()}.items():
            with self.subTest(name), open(f"/proc/{pid}/smaps") as file:
                size, locked = 0, 0
                for line in file:
                    if line.startswith("Size:"):
                        size = int(line.split()[1])
                    if line.startswith("VmFlags:") and {"lo", "dd"} <= set(line.split()):
                        locked += size
                self.assertGreaterEqual(locked, 64, "KiB that are locked (lo) and not dumped (dd)")
                self.assertLessEqual(locked, 8 * 1024, "more than an ordinary limit of locked memory")
