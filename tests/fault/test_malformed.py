"""A secret that got into the wrong place of a request: no answer, log line or audit entry repeats it."""

import json

import wire
from harness import INVOICES, USER, Scenario
from test_roles import REQUESTS, Target

CANARY = "jcs.canary" + "7" * 44
HEADERS = {"Jeton-Client": "1", "Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Malformed(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.ok("binding", "add", self.connection, "--user", USER)
        self.asked = 0

    def unrepeated(self, answer, what):
        self.asked += 1
        self.assertNotIn(b"canary", answer.body, what)
        self.assertNotIn("canary", str(answer.headers), what)
        return answer

    def wrong(self, body):
        """The bodies in which one member holds the secret as it must not be, and those that have one more."""
        for name in (*body, "no_such_member"):
            for value in ([CANARY], {"x": CANARY}, CANARY + "\n", CANARY + "\u202e", CANARY * 100, {CANARY: 1}):
                yield f"{name} = {json.dumps(value)[:40]}", json.dumps({**body, name: value})
        yield "a member of that name", json.dumps({**body, CANARY: 1})
        yield "twice", json.dumps(body)[:-1] + (", " if body else "") + f'"a": "{CANARY}", "a": "{CANARY}"}}'
        yield "no object", json.dumps([CANARY])
        yield "cut off", json.dumps({**body, "a": CANARY})[:-2]
        yield "no JSON", CANARY
        yield "behind the end", json.dumps(body) + CANARY

    def requests(self):
        target = Target("dispatcher", "1234567@integration", 1)
        for verb, request in REQUESTS.items():
            if verb in ("store.seal", "store.init", "store.unseal"):
                continue  # the store is open, whatever is said
            method, path, body, socket = request(target)
            if socket == "control" and method in ("POST", "PATCH"):
                yield verb, method, path, body or {}

    def test_T26_a_secret_in_any_member_of_a_malformed_request_is_not_repeated(self):
        for verb, method, path, body in self.requests():
            for what, data in self.wrong(body):
                with self.subTest(verb=verb, what=what):
                    answer = wire.request(self.daemon.control_socket, method, path, data.encode(), HEADERS)
                    self.unrepeated(answer, what)
                    if verb != "secret.identify":  # which takes any text, and says that it knows it not
                        self.assertGreaterEqual(answer.status, 400, answer)
        self.assertGreater(self.asked, 500)
        self.nowhere_else()

    def test_T26_a_secret_in_any_parameter_of_a_token_request_is_not_repeated(self):
        good = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret,
                "scope": INVOICES, "resource": "https://x.example/", "connection": self.connection, "min_ttl": "5",
                "rejected_token": "a.b.c"}  # fmt: skip
        for path in ("/token", "/integration/token", "/connect/token", "/integration/introspect", "/integration/revoke"):
            for name in (*good, "token", "client_assertion", "no_such_parameter"):
                for value in (CANARY, CANARY + "\n", CANARY * 100, f"\x00{CANARY}", f" {CANARY} "):
                    answer = wire.request(self.daemon.token_socket, "POST", path, wire.form({**good, name: value}), FORM)
                    self.unrepeated(answer, (path, name))
            for header in ("Authorization", "Content-Type", "Origin", "X-Forwarded-For", "Transfer-Encoding", "Expect"):
                for value in (CANARY, f"Basic {CANARY}", f"Bearer {CANARY}"):
                    answer = wire.request(self.daemon.token_socket, "POST", path, wire.form(good), {**FORM, header: value})
                    self.unrepeated(answer, (path, header))
            for where in (f"{path}?client_secret={CANARY}", f"{path}/{CANARY}", f"/{CANARY}/token"):
                self.unrepeated(wire.request(self.daemon.token_socket, "POST", where, wire.form(good), FORM), where)
        for line in (
            f"{CANARY} / HTTP/1.1\r\nHost: localhost\r\n\r\n", f"GET /{CANARY} HTTP/3\r\nHost: localhost\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: {CANARY}\r\nHost: {CANARY}\r\n\r\n", f"GET / HTTP/1.1\r\n{CANARY}\r\n\r\n",
            f"GET http://{CANARY}/ HTTP/1.1\r\nHost: x\r\n\r\n",
        ):  # fmt: skip
            self.asked += 1
            self.assertNotIn(b"canary", self.raw(line.encode()))
        self.nowhere_else()

    def nowhere_else(self):
        self.assertNotIn("canary", self.daemon.log())
        self.assertNotIn("canary", self.text("audit", "list", "--json"))
        self.assertNotIn("canary", self.text("audit", "export"))
        print(f"# {self.asked} malformed requests")
