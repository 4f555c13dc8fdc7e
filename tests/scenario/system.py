"""A daemon in system mode, as root runs it, and the people who come to it with a role each.

`self.ok("app", "list", by=self.developer)` is what the developer types; without `by` it is root, the operator.
"""

import json
import urllib.parse

import clocks
import people
import wire
from harness import Scenario
from people import CONTROL_GROUP, Caller, Person
from programs import Daemon

HEADERS = {"Jeton-Client": "1", "Content-Type": "application/json"}


class SystemScenario(Scenario):
    """Initialised with a key file, so that a restart opens it again. Nobody has a role but root, who is operator."""

    turns_clock = False  # `self.clock` is then the daemon's

    def setUp(self):
        if reason := people.missing() or (self.turns_clock and clocks.missing()):
            self.skipTest(reason)
        self.callers = {}
        super().setUp()

    def new_daemon(self, extra=""):
        daemon = Daemon(extra=extra, mode="system", control_group=CONTROL_GROUP)
        self.addCleanup(daemon.destroy)
        self.addCleanup(lambda: self.logs.append(daemon.log()))
        return daemon

    def start_daemon(self):
        self.clock = clocks.TurnedClock(self.daemon.directory) if self.turns_clock else None
        self.set_clock()
        self.restart_daemon(state="uninitialised")
        self.initialised = self.ok("init", "--slot", "key-file", self.daemon.key_file)

    def set_clock(self):
        """For a scenario of another day: `self.clock.begin_at(…)`."""

    def restart_daemon(self, state="unsealed"):
        self.daemon.stop()
        self.daemon.start(state, environment=self.clock.environment() if self.clock else None)

    # people

    def grant(self, role, *of, to):
        self.ok("role", "grant", role, *of, "--user", to.name)

    def allow(self, connection, by=None):
        """By an admin of the tenant, or by root on its behalf; returns the answer of `access allow`."""
        offered = self.ok("access", "review", connection, by=by)["offered_version"]
        why = () if by else ("--on-behalf-of", "Pat, office manager", "--reason", "asked on the phone")
        return self.ok("access", "allow", connection, "--version", offered, *why, by=by)

    # the API, without the CLI between

    def caller(self, person):
        key = (person.name, *person.groups)
        if key not in self.callers:
            self.callers[key] = Caller(person)
            self.addCleanup(self.callers[key].close)
        return self.callers[key]

    def ask(self, person, method, target, body=None, socket=None):
        """The answer to one request on the control socket; `person` None: root."""
        data = None if body is None else json.dumps(body)
        ask = self.caller(person) if person else wire.request
        return ask(socket or self.daemon.control_socket, method, target, data, HEADERS)

    def api(self, method, target, body=None, by=None):
        """The JSON of an answer that must be a success."""
        answer = self.ask(by, method, target, body)
        self.assertLess(answer.status, 300, f"{method} {target}: {answer}")
        return answer.json

    def token_of(self, person, target="/token", **fields):
        """A token request of a program that `person` runs."""
        fields = {"grant_type": "client_credentials", **fields}
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.caller(person)(self.daemon.token_socket, "POST", target, wire.form(fields), head)


def path_of(connection, *more):
    """/v1/connections/APP/TENANT%40ENVIRONMENT…"""
    app, tenant = connection.split("/")
    return "/".join(["/v1/connections", app, urllib.parse.quote(tenant, safe=""), *more])
