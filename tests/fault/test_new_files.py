"""What is written once reaches its file on file systems that know less than ext4."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import BUILD, DONE, ENVIRONMENT, USER, Scenario
from programs import sanitizer


class NewFiles(Scenario):
    def test_a_claimed_pair_reaches_a_file_on_nfs_which_knows_neither_nameless_files_nor_renames_to_a_new_name(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        if sanitizer():
            self.skipTest(sanitizer())
        self.local_environment()
        self.app()
        connection, _ = self.connected()
        ticket = self.ok("secret", "rotate", connection, "--overlap", "1h", "--ticket-for", USER)["ticket"]
        with tempfile.TemporaryDirectory(prefix="jn-", dir="/tmp") as directory:
            file = Path(directory) / "pair.env"
            ran = subprocess.run(
                ["strace", "-qq", "-o", f"{directory}/trace", "-P", directory, "-P", file,
                 "-e", "trace=openat,renameat2", "-e", "inject=openat:error=EOPNOTSUPP", "-e", "inject=renameat2:error=EINVAL",
                 BUILD / "jeton", "ticket", "claim", "--out", file],
                input=ticket, env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}, capture_output=True, text=True,
                timeout=30,
            )  # fmt: skip
            trace = Path(directory, "trace")
            for call in ("openat", "renameat2"):
                self.assertRegex(trace.read_text(), rf"(?m)^{call}\(.*\(INJECTED\)", "the file system was not what it should be")
            trace.unlink()
            self.assertEqual((ran.returncode, ran.stdout.count("jcs.")), (DONE, 0), ran)
            self.assertIn("CLIENT_SECRET=jcs.", file.read_text())
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.assertEqual([path.name for path in Path(directory).iterdir()], ["pair.env"])
