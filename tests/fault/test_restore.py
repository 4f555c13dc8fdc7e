"""kill -9 of the vault in the middle of a restore: afterwards the old store is there or the new one, never a half one.

JETON_KILLS=50 sets the number (default 10).
"""

import os
import pathlib
import random
import subprocess
import time

from harness import DONE, Scenario, wait_until
from programs import BUILD, ENVIRONMENT

KILLS = int(os.environ.get("JETON_KILLS", "10"))
TENANTS = 100


class Restore(Scenario):
    def setUp(self):
        super().setUp()
        self.random = random.Random(30_32)
        self.file = pathlib.Path(self.scratch()) / "jeton.backup"
        self.recovery_key = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        self.local_environment()
        self.app()
        _, client_id, secret = self.with_pair()
        self.pair = {"client_id": client_id, "client_secret": secret}
        for number in range(TENANTS):
            self.tenant(f"t{number}")

    def mark(self, number):
        """A row that the backup does not have: whether it is there tells which store this is."""
        self.tenant(f"mark{number}")
        return f"mark{number}@integration"

    def verification(self):
        """Nothing while the front has not noticed yet that its vault was killed."""
        run = self.jeton("audit", "verify", "--json")
        return None if run.code != DONE and run.error["error"] == "temporarily_unavailable" else run

    def test_T30_T32_kill_9_in_a_restore_leaves_the_old_store_or_the_new_one(self):
        self.ok("backup", self.file, stdin=self.recovery_key)
        began = time.monotonic()
        self.ok("restore", self.file, "--yes", stdin=self.recovery_key)
        takes = time.monotonic() - began
        old = new = 0
        for number in range(KILLS):
            mark = self.mark(number)
            restoring = subprocess.Popen(
                [BUILD / "jeton", "restore", self.file, "--yes", "--json"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
            )  # fmt: skip
            restoring.stdin.write(self.recovery_key)
            restoring.stdin.close()
            # Most of the moments that matter lie near the end.
            time.sleep(takes * self.random.uniform(0.3, 1.1))
            self.daemon.kill("jeton-vault")
            restoring.wait(30)
            confirmed = restoring.returncode == DONE
            restoring.stdout.close()
            restoring.stderr.close()
            self.daemon.wait_for("unsealed", 20)
            verified = wait_until(self.verification, 20, what="a vault that answers")
            self.assertEqual(verified.code, DONE, verified)
            self.assertToken(self.post("/integration/token", self.pair))
            is_old = self.jeton("tenant", "show", mark).code == DONE
            self.assertFalse(confirmed and is_old, "a restore that was answered as done is not there")
            old, new = old + is_old, new + (not is_old)
            left = [file.name for file in self.daemon.files() if file.name.endswith((".restoring", ".restored"))]
            self.assertEqual(left, [])
        print(f"# restore: {KILLS} kills, {old} times the old store, {new} times the new one")
        self.daemon.stop()
        self.daemon.start()
        self.ok("audit", "verify")
