"""The power goes at each write, truncation and sync of a change: between commit, anchor and answer, torn and unsynced.

JETON_ATTACKS=20 sets how many ways there are for each operation in which sectors are lost (default 1).
"""

import mmap
import os
import pathlib
import re
import shutil
import struct

from harness import DONE, INVOICES, Scenario
from kernel import built

WAYS = max(1, int(os.environ.get("JETON_ATTACKS", "3")) // 3)
OPERATIONS_MAX = 200  # a change that takes more is another kind of change


class Power:
    """What the programs that run with `environment()` write gets to the disk until it `goes`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.library = built("power_cut.c", "-shared", "-fPIC")
        self.file = self.directory / "power"
        self.file.write_bytes(bytes(16))
        with open(self.file, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 16)

    def environment(self):
        return {
            "LD_PRELOAD": str(self.library),
            "JETON_POWER_CUT": str(self.file),
            "JETON_POWER_CUT_DIRECTORY": str(self.directory),
        }

    def goes(self, after, seed):
        """At the operation number `after` from now, counted from 1."""
        self.memory[:16] = struct.pack("=4i", after, 0, seed, 0)

    @property
    def went(self):
        return struct.unpack("=4i", self.memory[:16])[3] == 1


class PowerScenario(Scenario):
    starts_daemon = False

    def setUp(self):
        if shutil.which("cc") is None:
            self.skipTest("no C compiler, which builds what takes the power away")
        super().setUp()
        self.power = Power(self.daemon.directory)

    def start(self, state="unsealed"):
        self.daemon.start(state, environment=self.power.environment())


class Changes(PowerScenario):
    def setUp(self):
        super().setUp()
        self.start()
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.acknowledged = []

    def create(self, name):
        """Whether it was acknowledged."""
        run = self.jeton(
            "app", "create", name, "--organization", "Example Ltd", "--homepage", "https://example.com/",
            "--credentials", "developer", "--scope", INVOICES, "--json",
        )  # fmt: skip
        if run.code == DONE:
            self.acknowledged.append(name)
        else:
            self.assertTrue(run.err.strip(), "a refusal says why")
        return run.code == DONE

    def check(self, what):
        """From the disk alone: no false alarm, nothing acknowledged is lost, and nothing is there without its entry."""
        self.daemon.kill_all()
        self.start()  # sealed would be a false alarm
        self.ok("audit", "verify")
        there = {row["app"] for row in self.ok("app", "list")} - {"dispatcher"}
        created = {entry["subject"] for entry in self.ok("audit", "list", "--event", "app.created")} - {"dispatcher"}
        self.assertEqual(there, created, f"{what}: a change without its entry, or the reverse")
        self.assertEqual(set(self.acknowledged) - there, set(), f"{what}: acknowledged, then lost")
        self.assertToken(self.post("/token", client_id=self.client_id, client_secret=self.secret))

    def test_T32_the_power_goes_at_each_write_of_a_change(self):
        cuts = 0
        for way in range(WAYS):
            for operation in range(1, OPERATIONS_MAX):
                self.power.goes(operation, seed=operation * 1009 + way)
                self.create(f"app-{way}-{operation}")
                went = self.power.went
                self.power.goes(0, 0)
                if not went:
                    break
                cuts += 1
                self.check(f"operation {operation}, way {way}")
            else:
                self.fail("the change never came to its end")
            self.assertGreater(operation, 5, "the power went where nothing was written")
        self.check("at the end")
        print(f"# {cuts} power cuts, {len(self.acknowledged)} changes acknowledged")

    def test_T32_what_is_acknowledged_is_guarded_at_once(self):
        """A store from before the last acknowledged change is refused, however soon after it the power goes."""
        self.daemon.stop()
        old = {file: file.read_bytes() for file in self.daemon.state.iterdir() if file.name.startswith("jeton.db")}
        for operation in range(2, OPERATIONS_MAX, 3):
            self.start()
            self.power.goes(operation, seed=operation)
            acknowledged = self.create(f"app-guarded-{operation}")
            went = self.power.went
            self.power.goes(0, 0)
            self.daemon.kill_all()
            if acknowledged:
                for file in self.daemon.state.glob("jeton.db*"):
                    file.unlink()
                for file, content in old.items():
                    file.write_bytes(content)
                    file.chmod(0o600)
                self.start("sealed")
                self.assertRegex(self.jeton("status", "--json").json["reason"], r"(?i)older|rolled back|rollback")
                return
            self.assertTrue(went)
        self.fail("the change never came to its end")

    def test_T32_the_power_goes_while_the_daemon_ends(self):
        """SIGTERM moves everything from the WAL to the main file."""
        for operation in range(1, OPERATIONS_MAX, 4):
            self.create(f"app-end-{operation}")
            self.power.goes(operation, seed=operation * 31)
            self.daemon.stop()
            went = self.power.went
            self.power.goes(0, 0)
            self.start()
            self.check(f"operation {operation} of the end")
            if not went:
                return
        self.fail("it never came to its end")


class Beginning(PowerScenario):
    """The first start makes the key file, the anchor and the database."""

    def test_T32_the_power_goes_while_the_store_is_made(self):
        for operation in range(1, OPERATIONS_MAX):
            with self.subTest(operation=operation):
                for directory in (self.daemon.state, self.daemon.anchor):
                    shutil.rmtree(directory, ignore_errors=True)
                self.power.goes(operation, seed=operation * 17)
                self.daemon.process = self.daemon.spawn(environment=self.power.environment())
                self.daemon.wait_for(("unsealed", "uninitialised", "sealed"))
                went = self.power.went
                self.power.goes(0, 0)
                self.daemon.kill_all()
                self.start()  # it begins again, or goes on: nobody has to repair anything
                self.local_environment(f"environment-{operation}")
                self.ok("audit", "verify")
                self.daemon.stop()
            if not went:
                return
        self.fail("the store was never made")

    def test_T32_a_directory_that_is_made_is_as_durable_as_what_lies_in_it(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        log = self.daemon.directory / "calls"
        self.daemon.start(under=("strace", "-D", "-f", "-y", "-qq", "-e", "trace=mkdir,fsync", "-e", "signal=none", "-o", log))
        calls = log.read_text()
        for directory in (self.daemon.state, self.daemon.anchor):
            made = re.search(rf'^(\d+) +mkdir\("{re.escape(str(directory))}", 0700\) *= 0\n', calls, re.MULTILINE)
            self.assertIsNotNone(made, calls)
            after = [line for line in calls[made.end():].splitlines() if line.startswith(made[1] + " ")]
            self.assertRegex(after[0], rf"fsync\(\d+<{re.escape(str(directory.parent))}>")
