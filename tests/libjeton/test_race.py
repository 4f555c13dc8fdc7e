"""A disable races eight threads and eight children at jeton_token_get(): after its answer nobody gets a token.

JETON_ROUNDS=1000000 runs the large number: an hour on two idle cores.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import library
import wire
from harness import USER, Scenario
from library import REPOSITORY

ROUNDS = int(os.environ.get("JETON_ROUNDS", "400"))
ROUNDS_OF_A_DAEMON = 10_000  # then a new one: each round leaves two entries in the audit
CONNECTIONS = 16
SOURCE = pathlib.Path(__file__).with_name("race.cpp")
MEMORY = "/dev/shm"  # a commit that waits for a disk races less, not more


class Race(Scenario):
    starts_daemon = False

    def setUp(self):
        if reason := library.missing():
            self.skipTest(reason)
        if shutil.which("c++") is None:
            self.skipTest("no C++ compiler")
        self.logs = []
        self.program = library.compiled(
            SOURCE, pathlib.Path(self.scratch()) / "race",
            ["-std=c++20", "-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", "-pthread", "-I", REPOSITORY], "c++",
        )  # fmt: skip

    def connections(self):
        """Of a new daemon, made by way of its control socket: quicker than by sixty commands."""
        place = MEMORY if os.access(MEMORY, os.W_OK) else None
        self.daemon = self.new_daemon(directory=tempfile.mkdtemp(prefix="jr-", dir=place))
        self.start_daemon()
        self.local_environment()
        self.app()
        self.ok("binding", "add", "dispatcher/*@integration", "--user", USER)
        for tenant in (f"t{number}@integration" for number in range(CONNECTIONS)):
            self.change("/v1/tenants", tenant=tenant, name="Acme Heating")
            self.change("/v1/apps/dispatcher/tenants", tenant=tenant)
            self.change(f"/v1/connections/dispatcher/{tenant.replace('@', '%40')}/allow", version=1)
            yield f"dispatcher/{tenant}"

    def change(self, target, **members):
        headers = {"Jeton-Client": "1", "Content-Type": "application/json"}
        answer = wire.request(self.daemon.control_socket, "POST", target, json.dumps(members), headers)
        self.assertIn(answer.status, (200, 201), answer)

    def race(self, rounds, late="-"):
        """(what it counted, exit code)"""
        connections = list(self.connections())
        run = subprocess.run(
            [self.program, self.daemon.run, str(rounds), late, *connections],
            capture_output=True, text=True, cwd="/", env=library.ENVIRONMENT,
        )  # fmt: skip
        self.assertIn(run.returncode, (0, 1), run)
        self.assertEqual(run.stderr, "")
        self.assertNotIn("missed", run.stdout)
        counted = dict(line.split(" ") for line in run.stdout.splitlines())
        return {name: float(value) for name, value in counted.items()}, run.returncode

    def test_no_token_after_the_answer_to_a_disable(self):
        done = in_flight = seen_early = 0
        # On a host that is busy readers may be late each time: then some more, so that the race was one.
        while done < ROUNDS or ((seen_early == 0 or in_flight <= ROUNDS / 10) and done < 10 * ROUNDS):
            rounds = min(ROUNDS_OF_A_DAEMON, ROUNDS - done if done < ROUNDS else ROUNDS)
            counted, code = self.race(rounds)
            self.assertEqual((code, counted["stale"], counted["rounds"]), (0, 0, rounds), counted)
            self.assertGreaterEqual(counted["calls_after"], 16 * rounds, counted)
            done += rounds
            in_flight += counted["tokens_in_flight"]
            seen_early += counted["seen_early"]
            if ROUNDS > ROUNDS_OF_A_DAEMON:
                print(f"{done} rounds of {ROUNDS}: {counted}", file=sys.stderr, flush=True)
            self.daemon.destroy()
        self.assertGreater(in_flight, ROUNDS / 10, "too few looked while a disable was on its way")
        self.assertGreater(seen_early, 0, "nobody saw a disable before its answer was read")

    def test_a_page_that_is_written_after_the_answer_is_caught(self):
        counted, code = self.race(100, late=self.scratch())
        self.assertEqual(code, 1, counted)
        self.assertGreater(counted["stale"], 0)
        self.assertLessEqual(counted["first_stale_round"], 3)
