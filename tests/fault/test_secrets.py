"""Many known secrets through the whole life cycle: not one is left in clear, nor a piece of one.

JETON_SECRETS=1000 sets how many (default 100).
"""

import os
import pathlib
import tempfile

from harness import INVOICES, JOBS, USER, Scenario, wire
from programs import sanitizer
from searching import Search
from system import path_of

SECRETS = int(os.environ.get("JETON_SECRETS", "100"))
HEADERS = {"Jeton-Client": "1", "Content-Type": "application/json"}


class Secrets(Scenario):
    needs_upstream = True

    def setUp(self):
        if sanitizer():
            self.skipTest(sanitizer())
        if os.geteuid() != 0:
            self.skipTest("needs root to read the memory of processes that are not dumpable")
        super().setUp()
        self.known, self.answers = {}, []
        self.place = tempfile.TemporaryDirectory(prefix="js-", dir="/tmp")
        self.addCleanup(self.place.cleanup)
        self.local_environment("integration")
        self.upstream_environment("production")
        self.app(scopes=(INVOICES, JOBS))
        self.life_cycle()

    # what is known

    def remember(self, kind, value):
        self.known[f"{kind}-{len(self.known)}"] = value.encode()
        return value

    def api(self, method, target, body=None, wanted=(200, 201)):
        data = None if body is None else wire.json.dumps(body)
        answer = wire.request(self.daemon.control_socket, method, target, data, HEADERS)
        if answer.status >= 400:
            self.answers.append(answer.body)
        self.assertIn(answer.status, wanted, answer)
        return answer.json

    def presented(self, client_id, secret, environment="integration"):
        """In every way in which a program may, right and wrong."""
        other = "production" if environment == "integration" else "integration"
        pair = {"client_id": client_id, "client_secret": secret}
        basic = {"Authorization": wire.basic(client_id, secret)}
        right = [self.post(f"/{environment}/token", pair), self.post(f"/{environment}/token", headers=basic)]
        wrong = [
            self.post(f"/{other}/token", pair), self.post(f"/{other}/token", headers=basic),
            self.post("/token", [("client_secret", secret), ("client_secret", secret)]),
            self.post("/token", {**pair, "client_id": secret}), self.post("/token", {"scope": secret}),
            self.post(f"/token?client_secret={secret}"), self.post("/token", {**pair, "client_secret": secret + "0"}),
            self.post("/token", headers={"Authorization": "Bearer " + secret}),
            self.get(f"/{secret}"), self.post("/token", {"connection": secret}), self.post("/token", {secret: "1"}),
        ]  # fmt: skip
        self.answers += [answer.body for answer in wrong]
        return right

    def life_cycle(self):
        third = max(4, SECRETS // 4)
        self.local(third)
        self.pairs(third)
        self.tickets(max(4, SECRETS // 8))
        self.imported(SECRETS - len(self.known) if SECRETS > len(self.known) + 4 else 4)
        self.refusals()

    def local(self, count):
        connection, client_id, secret = self.with_pair("1000000")
        self.remember("local", secret)
        for number in range(count):
            body = {"now": True} if number % 2 else {"overlap": 0}
            made = self.api("POST", path_of(connection, "secrets/rotate"), body)
            secret = self.remember("local", made["client_secret"])
            if number % 10 == 0:
                for answer in self.presented(client_id, secret):
                    self.assertToken(answer)
                self.api("POST", "/v1/secrets/identify", {"value": secret})
        self.connection = connection

    def pairs(self, count):
        for number in range(count):
            made = self.api("POST", path_of(self.connection, "pairs"), {"user": USER})
            self.remember("pair", made["client_secret"])
            if number % 10 == 0:
                self.assertToken(self.presented(made["client_id"], made["client_secret"])[0])
            if number % 2:
                self.api("DELETE", f"/v1/pairs/{made['client_id']}")

    def tickets(self, count):
        for _ in range(count):
            made = self.api("POST", path_of(self.connection, "secrets/rotate"), {"overlap": 0, "ticket_for": USER})
            ticket = self.remember("ticket", made["ticket"])
            answer = wire.request(
                self.daemon.token_socket, "POST", "/v1/tickets/claim", wire.json.dumps({"ticket": ticket}), HEADERS
            )
            self.assertEqual(answer.status, 200, answer)
            self.remember("claimed", answer.json["client_secret"])

    def imported(self, count):
        connection = self.listed("2000000", "production")
        self.allow(connection)
        client_id, secret = self.upstream.add_client("2000000")
        for number in range(count):
            if number:
                _, secret = self.upstream.add_client("2000000")
                self.upstream.clients[-1]["client_id"] = client_id
                del self.upstream.clients[-2]
                self.upstream.write_clients()
            self.remember("upstream", secret)
            self.api("POST", path_of(connection, "secrets/import"),
                     {"client_id": client_id, "client_secret": secret, "now": True})  # fmt: skip
            if number % 10 == 0:
                self.presented(client_id, secret, "production")
        self.ok("binding", "add", connection, "--user", USER)
        self.token = self.assertToken(self.post("/production/token", connection=connection))["access_token"]

    def refusals(self):
        """A secret where it does not belong, on the control socket."""
        secret = next(iter(self.known.values())).decode()
        for method, target, body in (
            ("POST", "/v1/apps", {"app": secret}), ("POST", "/v1/apps", {secret: 1}),
            ("POST", "/v1/tenants", {"tenant": [secret], "name": secret}), ("GET", f"/v1/apps/{secret}", None),
            ("POST", path_of(self.connection, "secrets/import"), {"client_id": secret, "client_secret": [secret]}),
            ("POST", "/v1/bindings", {"connection": secret, "user": secret}),
            ("POST", path_of(self.connection, "pairs"), {"user": secret}),
            ("POST", path_of(self.connection, "secrets", secret, "deactivate"), {}),
        ):  # fmt: skip
            answer = wire.request(
                self.daemon.control_socket, method, target, None if body is None else wire.json.dumps(body), HEADERS
            )
            self.assertGreaterEqual(answer.status, 400, answer)
            self.answers.append(answer.body)

    # where it is looked for

    def search(self, secrets=None):
        return Search(pathlib.Path(self.place.name), secrets or self.known)

    def file(self, name, content):
        path = pathlib.Path(self.place.name) / name
        path.write_bytes(content)
        return path

    def memory(self, *names):
        helpers = self.daemon.helpers()
        return [f"pid:{self.daemon.pid if name == 'jetond' else helpers[name]}" for name in names]

    def assertClean(self, found):
        kinds = sorted({(place, name.split("-")[0]) for place, name in found})
        self.assertEqual(len(found), 0, f"{len(found)} of {len(self.known)} were found: {kinds}")

    def test_T41_of_many_secrets_none_is_left_anywhere(self):
        search = self.search()
        print(f"# {len(self.known)} secrets")
        with self.subTest("the search finds what is there"):
            token = {"token": self.token.encode()}
            self.assertTrue(self.search(token).found_in(*self.memory("jetond")), "a cached token is there by design")
            planted = self.file("planted", b"x" * 99 + next(iter(self.known.values()))[3:22] + b"y")
            self.assertTrue(self.search().found_in(planted))
        with self.subTest("answers to what is refused"):
            self.assertClean(search.found_in(self.file("answers", b"\n".join(self.answers))))
        with self.subTest("the audit, as it is exported"):
            exported = self.text("audit", "export") + self.text("audit", "list", "--json")
            self.assertClean(search.found_in(self.file("audit", exported.encode())))
        with self.subTest("database, WAL, anchor, log"):
            self.assertClean(search.found_in(*self.daemon.files()))
        with self.subTest("memory of the front"):
            self.assertClean(search.found_in(*self.memory("jetond")))
        with self.subTest("memory of the exchange"):
            self.assertClean(search.found_in(*self.memory("jeton-exchange")))
        self.ok("seal", "--yes")
        with self.subTest("memory of all, sealed"):
            self.assertClean(search.found_in(*self.memory("jetond", "jeton-vault", "jeton-exchange")))
        self.daemon.stop()
        with self.subTest("files after the end"):
            self.assertClean(search.found_in(*self.daemon.files()))
