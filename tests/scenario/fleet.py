"""A host with many connections of one upstream environment, and the programs that ask for their tokens.

The clock is the test's: half an hour passes while the programs ask as often as they would in half an hour.
"""

import collections
import json
import multiprocessing
import time

import clocks
import wire
from harness import INVOICES, JOBS, USER, Scenario, wait_until

HEADERS = {"Jeton-Client": "1", "Content-Type": "application/json"}
LIFE = 900  # seconds of a token of the portal
AHEAD = 300  # seconds that are left of it when it is replaced

Got = collections.namedtuple("Got", "connection status token expires_in words retry_after seconds")


class Program:
    """A process of its own with one session that stays open. It asks for the tokens of all the connections it is told."""

    def __init__(self, socket, target="/production/token"):
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=self._serve, args=(theirs, self.pipe, str(socket), target), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, connections, **fields):
        """Sends the order; `answers()` is what came back."""
        self.pipe.send((connections, fields))

    def answers(self, seconds=300):
        if not self.pipe.poll(seconds):
            raise AssertionError(f"a program got no answers within {seconds} s")
        got = self.pipe.recv()
        if isinstance(got, Exception):
            raise got
        return [Got(*one) for one in got]

    def close(self):
        self.pipe.close()
        self.process.join(10)

    @staticmethod
    def _serve(pipe, theirs, socket, target):
        theirs.close()  # else we would not see its end
        session = wire.UnixConnection(socket, timeout=60)
        while True:
            try:
                connections, fields = pipe.recv()
            except EOFError:
                return
            try:
                pipe.send([Program._fetch(session, target, name, fields) for name in connections])
            except Exception as problem:  # the parent shall see it, whatever it is
                pipe.send(problem)

    @staticmethod
    def _fetch(session, target, connection, fields):
        body = wire.form({"grant_type": "client_credentials", "connection": connection, **fields})
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        for attempt in (1, 2):
            try:
                session.request("POST", target, body, head)
                answer = session.getresponse()
                break
            except (ConnectionError, wire.http.client.HTTPException):
                session.close()  # the session had been idle for long, or the daemon is another one
                if attempt == 2:
                    raise
        document = json.loads(answer.read())
        took = time.perf_counter() - began
        wait = answer.headers["Retry-After"]
        return (connection, answer.status, document.get("access_token"), document.get("expires_in", 0),
                document.get("error_description", ""), None if wait is None else int(wait), took)  # fmt: skip


class Fleet(Scenario):
    """`self.fleet(40)` makes the connections; `self.clock` turns the daemon's time."""

    needs_upstream = True
    starts_daemon = False
    extra_config = ""

    def setUp(self):
        if reason := clocks.missing():
            self.skipTest(reason)
        super().setUp()
        self.clock = clocks.TurnedClock(self.daemon.directory)
        self.start()
        self.upstream_environment()
        self.app()

    def start(self):
        return self.daemon.start(environment=self.clock.environment(), seconds=60)

    def api(self, method, target, body=None):
        data = None if body is None else json.dumps(body)
        answer = wire.request(self.daemon.control_socket, method, target, data, HEADERS, timeout=60)
        self.assertLess(answer.status, 300, f"{method} {target}: {answer}")
        return answer.json

    def fleet(self, count, first=1000000):
        """Connected, each with its pair, all open to this user: connection → client ID."""
        tenants = [str(first + number) for number in range(count)]
        pairs = self.upstream.add_clients(tenants)
        made = {}
        for tenant, (client_id, secret) in zip(tenants, pairs):
            name = f"{tenant}@production"
            connection = f"/v1/connections/dispatcher/{tenant}%40production"
            self.api("POST", "/v1/tenants", {"tenant": name, "name": f"Customer {tenant}"})
            self.api("POST", "/v1/apps/dispatcher/tenants", {"tenant": name})
            self.api("POST", f"{connection}/allow", {"version": 1})
            self.api("POST", f"{connection}/secrets/import", {"client_id": client_id, "client_secret": secret})
            made[f"dispatcher/{name}"] = client_id
        if not self.ok("binding", "list"):
            self.ok("binding", "add", "dispatcher/*@production", "--user", USER)
        return made

    def turn(self, seconds):
        """Time passes; not while a request is under way, which would seem to have taken as long."""
        wait_until(lambda: len(self.upstream.requests()) == self.upstream.arrivals(), 20, 0.01, "the upstream's answers")
        self.ok("status")  # whatever had arrived at the vault before is judged by now
        self.clock.advance(seconds=seconds)

    def program(self, target="/production/token"):
        program = Program(self.daemon.token_socket, target)
        self.addCleanup(program.close)
        return program

    def everybody(self, programs, connections, **fields):
        """All programs ask at once for all the connections; every answer."""
        for program in programs:
            program.ask(list(connections), **fields)
        return [got for program in programs for got in program.answers()]

    def tokens(self, program, connections, **fields):
        """connection → Got; each must be a token."""
        program.ask(list(connections), **fields)
        answers = program.answers()
        self.assertServed(answers)
        return {got.connection: got for got in answers}

    def assertServed(self, answers):
        refused = [got for got in answers if got.status != 200]
        self.assertEqual(refused[:3], [], f"{len(refused)} of {len(answers)} callers were refused")

    def assertNotAsked(self, before, why):
        """`before`: what `self.upstream.arrivals_by_client()` said."""
        fresh = self.upstream.arrivals_by_client() - before
        self.assertEqual(fresh, collections.Counter(), f"the upstream was asked {fresh.total()} times {why}")


__all__ = ["AHEAD", "INVOICES", "JOBS", "LIFE", "Fleet", "Got", "Program"]
