"""oidc-provider on a Unix socket of its own (tests/upstream/reference.mjs): what jeton's answers are compared with."""

import json
import pathlib
import subprocess
import tempfile

from programs import UPSTREAM

VERSION = json.loads((UPSTREAM / "package.json").read_text())["dependencies"]["oidc-provider"]


class Reference:
    def __init__(self, **settings):
        self.directory = tempfile.TemporaryDirectory(prefix="jr-", dir="/tmp")
        self.socket = pathlib.Path(self.directory.name) / "reference.sock"
        self.process = subprocess.Popen(
            ["node", "--no-warnings", UPSTREAM / "reference.mjs"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.process.stdin.write(json.dumps({**settings, "socket": str(self.socket)}) + "\n")
        self.process.stdin.flush()
        if (ready := self.process.stdout.readline().strip()) != "ready":
            raise AssertionError(f"the reference server did not start: {ready}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        self.directory.cleanup()
