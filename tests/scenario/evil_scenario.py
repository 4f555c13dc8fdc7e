"""Scenarios with a token endpoint that behaves as it is told (tests/upstream/evil.py)."""

import sys

import programs
from harness import Scenario

sys.path.insert(0, str(programs.UPSTREAM))
from evil import Evil, Listener  # noqa: E402, F401  (their place is known only now)

SECRET = "cs1." + "s" * 50


class EvilScenario(Scenario):
    def new_evil(self):
        evil = Evil(self.scratch())
        self.addCleanup(evil.close)
        return evil

    def environment_at(self, evil, way="good", *options, name="production"):
        """An environment whose endpoint behaves like that, and a connection in it that a tenant has allowed."""
        self.ok(
            "environment", "create", name, "--kind", "upstream", "--token-endpoint", evil.endpoint(way),
            "--ca-file", evil.ca_file, *options,
        )  # fmt: skip
        connection = self.listed("1234567", name)
        self.allow(connection)
        return connection
