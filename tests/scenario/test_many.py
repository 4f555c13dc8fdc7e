"""A vendor with hundreds of tenants: each has a pair of its own, and no listing, binding or pause loses one."""

import time

from harness import INVOICES, JOBS, wire
from people import Person
from system import SystemScenario, path_of

WHY = {"on_behalf_of": "Pat, office manager", "reason": "signed contract"}


class Many(SystemScenario):
    def setUp(self):
        super().setUp()
        self.worker = Person("www-data", groups=())
        self.environments = ("integration", "production")
        for environment in self.environments:
            self.local_environment(environment)
        self.app()

    def connect(self, tenant, environment="integration", app="dispatcher"):
        """(connection, client ID) of a new tenant that has allowed the app; as quick as it goes."""
        self.api("POST", "/v1/tenants", {"tenant": f"{tenant}@{environment}", "name": f"Customer {tenant}"})
        return self.allowed(tenant, environment, app)

    def allowed(self, tenant, environment="integration", app="dispatcher"):
        """The same for a tenant that is there."""
        connection = f"{app}/{tenant}@{environment}"
        self.api("POST", f"/v1/apps/{app}/tenants", {"tenant": f"{tenant}@{environment}"})
        return connection, self.api("POST", path_of(connection, "allow"), {"version": 1, **WHY})["client_id"]

    def generate(self, connection):
        return self.api("POST", path_of(connection, "secrets"), {})["client_secret"]

    def token(self, connection, client_id, secret):
        environment = connection.split("@")[1]
        return self.post(f"/{environment}/token", client_id=client_id, client_secret=secret)


class Pairs(Many):
    def test_S34_50_tenants_in_2_environments_are_100_pairs_and_the_missing_ones_are_named(self):
        pairs = {}
        for environment in self.environments:
            for number in range(50):
                connection, client_id = self.connect(f"{1000000 + number}", environment)
                pairs[connection] = [client_id, None]
        missing = list(pairs)[7::30]
        for connection in pairs:
            if connection not in missing:
                pairs[connection][1] = self.generate(connection)
        reported = [row["connection"] for row in self.ok("connection", "list", "--missing-secret")]
        self.assertEqual(reported, sorted(missing))
        for connection in missing:
            pairs[connection][1] = self.generate(connection)
        self.assertEqual(self.ok("connection", "list", "--missing-secret"), [])
        self.assertEqual(len({client_id for client_id, _ in pairs.values()}), 100)
        self.assertEqual(len({secret for _, secret in pairs.values()}), 100)
        tokens = {connection: self.assertToken(self.token(connection, *pair)) for connection, pair in pairs.items()}
        self.assertEqual({name: token["connection"] for name, token in tokens.items()}, {name: name for name in pairs})
        self.assertEqual(len({token["access_token"] for token in tokens.values()}), 100)

        paused = list(pairs)[60]
        self.ok("access", "disable", paused, "--reason", "unpaid", "--yes")
        for connection, pair in pairs.items():
            answer = self.token(connection, *pair)
            if connection == paused:
                self.assertRefusal(answer, 400, "unauthorized_client")
            else:
                self.assertToken(answer)
        self.assertEqual([row["connection"] for row in self.ok("connection", "list", "--state", "disabled")], [paused])
        self.assertEqual(len(self.ok("connection", "list", "--environment", "production", "--state", "connected")), 49)

    def test_S3_no_pair_opens_the_connection_of_another_of_20_tenants(self):
        pairs = []
        for number in range(20):
            connection, client_id = self.connect(f"{2000000 + number}")
            pairs.append((connection, client_id, self.generate(connection)))
        for mine, theirs in zip(pairs, pairs[1:] + pairs[:1]):
            crossed = self.token(mine[0], mine[1], theirs[2])
            self.assertRefusal(crossed, 400, "invalid_client")
            named = self.post("/integration/token", client_id=mine[1], client_secret=mine[2], connection=theirs[0])
            self.assertEqual(named.status, 400, named)


class Pattern(Many):
    def test_one_binding_serves_300_tenants_and_the_next_one_without_a_change(self):
        self.ok("binding", "add", "dispatcher/*@integration", "--user", self.worker.name)
        for number in range(300):
            self.connect(f"{3000000 + number}")
        self.connect("3000000", "production")
        self.assertEqual(len(self.ok("binding", "list")), 1)
        for number in range(300):
            connection = f"dispatcher/{3000000 + number}@integration"
            token = self.assertToken(self.token_of(self.worker, connection=connection))
            self.assertEqual(token["connection"], connection)
            self.assertEqual(wire.claims(token["access_token"])[1]["tenant"], str(3000000 + number))
        new, _ = self.connect("3999999")
        self.assertEqual(self.assertToken(self.token_of(self.worker, connection=new))["connection"], new)
        self.assertEqual(len(self.ok("binding", "list")), 1)
        # A pattern is no default, and ends at its environment and its app.
        self.assertRefusal(self.token_of(self.worker, "/integration/token"), 400, "invalid_request")
        foreign = self.token_of(self.worker, connection="dispatcher/3000000@production")
        self.assertRefusal(foreign, 401, "invalid_client")
        self.app("reports")
        other, _ = self.allowed("3999999", app="reports")
        self.assertRefusal(self.token_of(self.worker, connection=other), 401, "invalid_client")
        self.refused("binding", "add", "dispatcher/*@integration", "--user", self.worker.name, "--default")


class Rebinding(Many):
    def test_a_program_bound_to_another_tenant_gets_an_error_and_never_the_others_token(self):
        a, _ = self.connect("1111111")
        b, _ = self.connect("2222222")
        first = self.ok("binding", "add", a, "--user", self.worker.name)
        for fields in ({"connection": a}, {"connection": a, "scope": INVOICES}):
            self.assertEqual(self.assertToken(self.token_of(self.worker, **fields))["connection"], a)
        removed = self.ok("binding", "remove", first["id"])
        self.assertEqual(removed["id"], first["id"])
        self.ok("binding", "add", b, "--user", self.worker.name, "--default")
        until = time.monotonic() + 1  # whatever is cached anywhere
        while time.monotonic() < until:
            for fields in ({"connection": a}, {"connection": a, "scope": INVOICES}):
                answer = self.token_of(self.worker, **fields)
                self.assertRefusal(answer, 401, "invalid_client")
        self.assertEqual(self.assertToken(self.token_of(self.worker, connection=b))["connection"], b)
        self.assertEqual(self.assertToken(self.token_of(self.worker))["connection"], b)

    def test_a_program_that_names_nothing_is_told_so_when_its_default_goes(self):
        a, _ = self.connect("1111111")
        b, _ = self.connect("2222222")
        first = self.ok("binding", "add", a, "--user", self.worker.name, "--default")
        self.assertEqual(self.assertToken(self.token_of(self.worker))["connection"], a)
        self.ok("binding", "remove", first["id"])
        self.assertRefusal(self.token_of(self.worker), 401, "invalid_client")
        self.ok("binding", "add", b, "--user", self.worker.name)
        self.assertRefusal(self.token_of(self.worker), 400, "invalid_request")  # a lone binding is never a default


class Paging(Many):
    def tenants(self, count):
        for number in range(count):
            body = {"tenant": f"{4000000 + number}@integration", "name": "N"}
            self.api("POST", "/v1/tenants", body)
            self.api("POST", "/v1/apps/dispatcher/tenants", {"tenant": body["tenant"]})

    def test_a_listing_of_450_tenants_is_one_array_in_order_and_complete(self):
        self.tenants(450)
        expected = [f"{4000000 + number}" for number in range(450)]
        self.assertEqual([row["tenant"] for row in self.ok("tenant", "list")], expected)
        self.assertEqual([row["tenant"] for row in self.ok("app", "connections", "dispatcher")], expected)
        self.assertEqual([row["tenant"] for row in self.ok("connection", "list")], expected)
        self.assertEqual([row["tenant"] for row in self.ok("connection", "list", "--limit", 430)], expected[:430])
        self.assertEqual(
            len([line for line in self.text("tenant", "list").splitlines() if "@integration" in line]), 450
        )

    def test_pages_say_where_the_next_one_is_until_there_is_none(self):
        self.tenants(25)
        for path in (
            "/v1/tenants",
            "/v1/connections?app=dispatcher",
            "/v1/apps/dispatcher/connections",
            "/v1/audit?after=0",
        ):
            with self.subTest(path):
                whole = self.api("GET", path)
                sign = "&" if "?" in path else "?"
                target, rows, pages = f"{path}{sign}limit=10", [], 0
                while target:
                    answer = self.ask(None, "GET", target)
                    self.assertEqual(answer.status, 200, answer)
                    self.assertLessEqual(len(answer.json), 10)
                    rows += answer.json
                    pages += 1
                    self.assertLess(pages, 30, "it does not end")
                    link = answer.headers["Link"]
                    target = None
                    if link:
                        self.assertRegex(link, r'^</v1/[^>]*after=[^>]*>; rel="next"$')
                        target = link[1 : link.index(">")]
                self.assertGreater(pages, 2)
                self.assertEqual(rows[: len(whole)], whole)
        for limit in ("0", "1001", "-1", "x"):
            self.assertEqual(self.ask(None, "GET", f"/v1/tenants?limit={limit}").error, "bad_input", limit)
        self.assertEqual(self.ask(None, "GET", "/v1/tenants?after=nonsense%00").status in (200, 400), True)

    def test_a_page_goes_on_behind_what_was_seen_although_rows_come_and_go(self):
        self.tenants(12)
        first = self.ask(None, "GET", "/v1/connections?limit=6")
        self.api("POST", "/v1/tenants", {"tenant": "4000000-early@integration", "name": "N"})
        self.api("POST", "/v1/apps/dispatcher/tenants", {"tenant": "4000000-early@integration"})
        self.api("DELETE", "/v1/apps/dispatcher/tenants/4000005%40integration")
        link = first.headers["Link"]
        second = self.ask(None, "GET", link[1 : link.index(">")])
        seen = [row["tenant"] for row in first.json + second.json]
        self.assertEqual(seen, [f"{4000000 + number}" for number in range(12)])


class Scopes(Many):
    def test_hundreds_of_scopes_are_imported_at_once_or_not_at_all(self):
        many = [
            {"name": f"tn.bulk.r{number}", "group": "CRM", "display_name": f"Bulk {number}"} for number in range(450)
        ]
        body = {"scopes": [*many, {"name": "no scope", "group": "CRM", "display_name": "x"}]}
        before = self.api("GET", "/v1/scopes")
        self.assertEqual(self.ask(None, "POST", "/v1/scopes/import", body).error, "bad_input")
        self.assertEqual(self.api("GET", "/v1/scopes"), before)
        self.assertEqual(self.api("POST", "/v1/scopes/import", {"scopes": many}), {"added": 450, "unchanged": 0})
        self.assertEqual(len(self.api("GET", "/v1/scopes?limit=1000")), len(before) + 450)
        self.ok("app", "publish", "dispatcher", "--add", "tn.bulk.r7:w", "--remove", JOBS)
