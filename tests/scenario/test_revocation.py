"""Tokens that end before their time (RFC 7009), tokens for somebody (RFC 8707), and introspectors that see not all of them."""

import time

from harness import INVOICES, REFUSED, SEALED, USAGE, wire
from people import Person
from system import SystemScenario

HEAD = {"Content-Type": "application/x-www-form-urlencoded"}
API = "https://invoices.example/"
OTHER_API = "https://jobs.example/"


class TokenSocket(SystemScenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.pair = {"client_id": self.client_id, "client_secret": self.secret}
        self.guard, self.worker = Person("mail", groups=()), Person("www-data", groups=())
        self.introspector(self.guard)

    def introspector(self, person, *limits):
        return self.ok("binding", "add", "--introspect", "integration", *limits, "--user", person.name)["id"]

    def token(self, **fields):
        """A new one each time: what has to live for a while longer is not answered from memory."""
        return self.assertToken(self.post("/integration/token", {**self.pair, "min_ttl": 1, **fields}))["access_token"]

    def form_of(self, person, target, fields):
        ask = self.caller(person) if person else wire.request
        return ask(self.daemon.token_socket, "POST", target, wire.form(fields), HEAD)

    def revoke(self, token, by=None, environment="integration", **fields):
        """`by`: a process of that person; else whoever has the pair of the connection."""
        fields = {"token": token, **({} if by else self.pair), **fields}
        fields = {name: value for name, value in fields.items() if value is not None}
        return self.form_of(by, f"/{environment}/revoke", fields)

    def assertDone(self, answer):
        self.assertEqual((answer.status, answer.body), (200, b""), answer)
        self.assertEqual((answer.headers["Cache-Control"], answer.headers["Pragma"]), ("no-store", "no-cache"))

    def introspect(self, token, by=None):
        answer = self.form_of(by or self.guard, "/integration/introspect", {"token": token})
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def told(self, *words, error, **options):
        """What a refusal of the token socket says as `jeton` shows it; OAuth has no member of its own for the next step."""
        run = self.jeton(*words, "--json", **options)
        self.assertEqual((run.code, run.error["error"]), (REFUSED, error), run)
        return run.error["error_description"]

    def assertActive(self, token, by=None):
        self.assertIs(self.introspect(token, by)["active"], True)

    def assertInactive(self, *tokens, by=None):
        for token in tokens:
            self.assertEqual(self.introspect(token, by), {"active": False}, "the word and nothing more")


class Revocation(TokenSocket):
    def test_T_12_a_client_revokes_its_token_however_it_authenticates(self):
        self.ok("binding", "add", self.connection, "--user", self.worker.name)
        basic = {**HEAD, "Authorization": wire.basic(self.client_id, self.secret)}
        ways = {
            "Basic": lambda token: wire.request(
                self.daemon.token_socket, "POST", "/integration/revoke", wire.form({"token": token}), basic),
            "form": self.revoke,
            "process": lambda token: self.revoke(token, by=self.worker),
            "process and client ID": lambda token: self.revoke(token, by=self.worker, client_id=self.client_id),
            "process and connection": lambda token: self.revoke(token, by=self.worker, connection=self.connection),
            "with the right hint": lambda token: self.revoke(token, token_type_hint="access_token"),
            "with a wrong hint": lambda token: self.revoke(token, token_type_hint="refresh_token"),
            "with an unknown hint": lambda token: self.revoke(token, token_type_hint="magic"),
        }  # fmt: skip
        for way, revoke in ways.items():
            with self.subTest(way):
                gone, kept = self.token(), self.token()
                self.assertActive(gone)
                self.assertDone(revoke(gone))
                self.assertInactive(gone)
                self.assertActive(kept)
                self.assertDone(revoke(gone))
        entries = self.audit(event="token.revoked", connection=self.connection)
        self.assertEqual(len(entries), len(ways), "what was revoked already is no act")
        self.assertEqual({entry["via"].split()[0] for entry in entries}, {"secret", "binding"})

    def test_T_12_what_is_no_token_here_is_no_error(self):
        self.local_environment("production")
        _, client_id, secret = self.with_pair("1234567", "production")
        pair = {"client_id": client_id, "client_secret": secret}
        foreign = self.assertToken(self.post("/production/token", pair))["access_token"]
        kept = self.token()
        for token in ("x", "a.b.c", "t" * 5000, foreign, kept[:-4] + "AAAA", f"{kept} "):
            self.assertDone(self.revoke(token))
        self.assertActive(kept)
        self.ok("binding", "add", "--introspect", "production", "--user", self.guard.name)
        self.assertIs(self.form_of(self.guard, "/production/introspect", {"token": foreign}).json["active"], True)
        self.assertEqual(self.audit(event="token.revoked"), [])

    def test_T_12_the_client_is_authenticated_first_and_revokes_nothing_of_another_one(self):
        connection, client_id, secret = self.with_pair("7654321")
        token = self.token()
        theirs = {"client_id": client_id, "client_secret": secret}
        refused = self.assertRefusal(self.revoke(token, **theirs), 400, "unauthorized_client")
        for name in (self.connection, self.client_id):
            self.assertNotIn(name, refused.json["error_description"], "whose it is, is not told")
        for text in (token, "x", None):
            self.assertRefusal(self.revoke(text, client_secret="wrong"), 400, "invalid_client")
            self.assertRefusal(self.revoke(text, by=self.worker), 401, "invalid_client")
            self.assertRefusal(self.revoke(text, by=self.guard), 401, "invalid_client")  # to introspect is not to own
        wrong = {**HEAD, "Authorization": wire.basic(self.client_id, "wrong")}
        answer = wire.request(self.daemon.token_socket, "POST", "/integration/revoke", wire.form({"token": token}), wrong)
        self.assertRefusal(answer, 401, "invalid_client")
        self.assertEqual(answer.headers["WWW-Authenticate"], 'Basic realm="jeton"')
        self.ok("binding", "add", connection, "--user", self.worker.name)
        self.assertRefusal(self.revoke(token, by=self.worker), 400, "unauthorized_client")
        self.assertActive(token)
        self.assertEqual(self.audit(event="token.revoked"), [])

    def test_T_12_T_3_what_is_malformed_is_refused(self):
        token = self.token()
        self.assertRefusal(self.revoke(None), 400, "invalid_request")
        self.assertRefusal(self.revoke(""), 400, "invalid_request")
        twice = [("token", token), ("token", token), *self.pair.items()]
        self.assertRefusal(self.form_of(None, "/integration/revoke", twice), 400, "invalid_request")
        in_query = self.form_of(None, f"/integration/revoke?token={token}", self.pair)
        self.assertRefusal(in_query, 400, "invalid_request")
        basic = {**HEAD, "Authorization": wire.basic(self.client_id, self.secret)}
        both = wire.request(
            self.daemon.token_socket, "POST", "/integration/revoke", wire.form({"token": token, **self.pair}), basic)  # fmt: skip
        self.assertRefusal(both, 400, "invalid_request")
        answer = wire.request(self.daemon.token_socket, "GET", "/integration/revoke")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))
        self.assertActive(token)

    def test_T_12_an_answer_from_memory_is_not_given_out_after_a_revocation(self):
        def fetch():
            answer = self.post("/integration/token", self.pair)
            return self.assertToken(answer)["access_token"], int(answer.headers["Jeton-Epoch"].split()[1])

        (first, epoch), (again, _) = fetch(), fetch()
        self.assertEqual(first, again, "answered from memory")
        self.assertDone(self.revoke(first))
        fresh, later = fetch()
        self.assertNotEqual(fresh, first)
        self.assertGreater(later, epoch)
        self.assertInactive(first)
        self.assertActive(fresh)

    def test_T_12_a_revoked_token_stays_so_after_a_restart_and_after_seal(self):
        token, kept = self.token(), self.token()
        self.assertDone(self.revoke(token))
        self.restart_daemon()
        self.assertInactive(token)
        self.assertActive(kept)
        self.ok("seal", "--yes")
        self.assertRefusal(self.revoke(kept), 503, "temporarily_unavailable")
        self.ok("unseal", stdin="")
        self.assertInactive(token)
        self.assertActive(kept)

    def test_T_2_T_12_guessing_at_the_revocation_endpoint_is_as_slow_as_at_the_token_endpoint(self):
        for number in range(60):
            self.assertRefusal(self.guess(f"/integration/{('token', 'revoke')[number % 2]}", number), 400, "invalid_client")
        answers = [self.guess("/integration/revoke", f"x{number}") for number in range(20)]
        self.assertIn(429, {answer.status for answer in answers})
        self.assertRefusal(next(answer for answer in answers if answer.status == 429), 429, "too_many_requests")
        self.assertDone(self.revoke(self.token()))  # of another user: nobody is shut out

    def test_T25_the_time_of_a_refusal_does_not_tell_whether_the_client_exists(self):
        for target in ("/integration/token", "/integration/revoke"):
            for client_id in (self.client_id, "nobody"):
                times = []
                for number in range(10):
                    began = time.monotonic()
                    answer = self.guess(target, number, client_id)
                    times.append(time.monotonic() - began)
                    self.assertRefusal(answer, 400, "invalid_client")
                self.assertGreaterEqual(min(times), 0.02, (target, client_id))

    def guess(self, target, number, client_id=None):
        fields = {"grant_type": "client_credentials", "token": "x", "client_id": client_id or self.client_id, "client_secret": f"w{number}"}
        return self.form_of(self.worker, target, fields)

    def test_T_12_T_13_the_metadata_name_the_endpoint(self):
        found = self.get("/.well-known/oauth-authorization-server/integration").json
        self.assertEqual(found["revocation_endpoint"], "http://localhost/integration/revoke")
        self.assertEqual(
            found["revocation_endpoint_auth_methods_supported"], found["token_endpoint_auth_methods_supported"]
        )


class CommandLine(TokenSocket):
    def test_T_12_revoke_ends_the_token_that_comes_on_stdin(self):
        self.ok("binding", "add", self.connection, "--user", "root", "--default")
        token = self.ok("token")["access_token"]
        self.assertEqual(self.jeton("revoke", "integration", "--json", stdin=token).code, 0)
        self.assertInactive(token)
        self.refused("revoke", "integration", stdin="", error="bad_input")
        self.refused("revoke", stdin=token, code=USAGE)
        self.refused("revoke", "integration", "--connection", self.connection, stdin=token, code=USAGE)
        elsewhere = self.jeton("revoke", "nonesuch", "--json", stdin=token)
        self.assertEqual((elsewhere.code, elsewhere.error["error"]), (REFUSED, "not_found"))

    def test_T_12_revoke_connection_ends_all_that_it_has_got_and_programs_get_fresh_ones(self):
        before, other = [self.token() for _ in range(3)], self.with_pair("7654321")
        kept = self.assertToken(self.post("/integration/token", client_id=other[1], client_secret=other[2]))["access_token"]
        done = self.ok("revoke", "--connection", self.connection)
        self.assertEqual((done["connection"], done["kind"]), (self.connection, "local"))
        self.assertIn(done["still_accepted_until"], done["message"])
        self.assertInactive(*before)
        self.assertActive(kept)
        self.assertActive(self.token())
        (entry,) = self.audit(event="token.revoked")
        self.assertEqual((entry["connection"], entry["actor"]["user"]), (self.connection, "root"))

    def test_T_12_S5_developer_and_tenant_admin_may_revoke_all_of_their_connection_and_nobody_else(self):
        developer, admin, stranger = Person("daemon"), Person("bin"), Person("sys")
        self.app("planner", scopes=(INVOICES,))
        self.grant("developer", "planner", to=stranger)
        self.grant("developer", "dispatcher", to=developer)
        self.grant("tenant-admin", "1234567@integration", to=admin)
        for person in (developer, admin):
            token = self.token()
            self.ok("revoke", "--connection", self.connection, by=person)
            self.assertInactive(token)
        token = self.token()
        self.refused("revoke", "--connection", self.connection, by=stranger, error="not_found")
        self.assertActive(token)


class AsTyped(TokenSocket):
    """`jeton introspect` and `jeton revoke` where they cannot do what is asked: what is wrong, and what to do."""

    def test_where_the_store_is_sealed_it_is_exit_4_and_what_opens_it(self):
        token = self.token()
        self.ok("seal", "--yes")
        for words in (("introspect", "integration"), ("revoke", "integration"), ("token", self.connection)):
            with self.subTest(words):
                refused = self.refused(*words, stdin=token, code=SEALED, error="temporarily_unavailable")
                self.assertEqual(refused["next"], "jeton unseal")

    def test_a_misspelled_environment_is_named_with_the_nearest_to_whoever_may_list_them(self):
        for verb in ("introspect", "revoke"):
            with self.subTest(verb):
                refused = self.refused(verb, "integraton", stdin=self.token(), error="not_found")
                self.assertEqual(refused["error_description"], "no environment integraton")
                self.assertIn("did you mean integration?", refused["next"])
                told = self.told(verb, "integraton", stdin=self.token(), by=self.worker, error="invalid_client")
                self.assertNotIn("integration", told, "a stranger learns nothing of what exists")
        app, tenant = self.connection.split("@")[0].split("/")
        for words in (("connection", "key", "list"), ("connection", "show"), ("access", "review")):
            refused = self.refused(*words, f"{app}/{tenant}@integraton", error="not_found")
            self.assertIn("did you mean integration?", refused["next"], words)
        self.assertEqual(self.refused("environment", "show", "elsewhere")["next"], "jeton environment list")

    def test_without_a_binding_it_says_which_is_missing(self):
        told = self.told("introspect", "integration", stdin=self.token(), error="invalid_client")
        self.assertIn("no binding lets root (uid 0) introspect", told)
        self.assertIn("jeton binding add --introspect integration --user root", told)
        told = self.told("revoke", "integration", stdin=self.token(), error="invalid_client")
        self.assertIn("no binding lets root (uid 0) get tokens of this environment", told)
        self.assertIn("jeton revoke --connection", told)

    def test_where_tokens_are_issued_elsewhere_only_their_issuer_knows(self):
        endpoint = "--token-endpoint", "https://auth.example/token"
        self.ok("environment", "create", "production", "--kind", "upstream", *endpoint)
        refused = self.refused("introspect", "production", stdin=self.token(), error="unsupported_token_type")
        self.assertIn("issued elsewhere", refused["error_description"])
        self.assertIn("jeton environment show production", refused["next"])


class Limited(TokenSocket):
    def setUp(self):
        super().setUp()
        self.ok("environment", "edit", "integration", "--resource", API, "--resource", OTHER_API)

    def test_T_14_a_token_is_for_the_resources_that_were_asked_for(self):
        for asked, audience in (
            ((), "http://localhost/integration"),
            ((API,), API),
            ((OTHER_API, API), [OTHER_API, API]),
            (("http://localhost/integration",), "http://localhost/integration"),
        ):
            token = self.token_for(*asked)
            self.assertEqual(wire.claims(token)[1]["aud"], audience)
            self.assertEqual(self.introspect(token)["aud"], audience)
        for wrong in (API[:-1], API.upper(), "/invoices", API + "#part", "x"):
            for asked in ((wrong,), (API, wrong)):
                answer = self.post("/integration/token", self.form_for(*asked))
                self.assertRefusal(answer, 400, "invalid_target")
        edited = self.ok("environment", "edit", "integration", "--resource", API)
        self.assertEqual(len(edited["warnings"]), 1, edited)
        self.assertTrue(edited["warnings"][0].startswith(f"{OTHER_API} is gone"), "a list is given whole")
        self.assertRefusal(self.post("/integration/token", self.form_for(OTHER_API)), 400, "invalid_target")
        self.assertEqual(self.ok("environment", "edit", "integration", "--resource", API, "--resource", OTHER_API)["warnings"], [])

    def test_T_14_a_token_for_a_resource_as_it_is_typed(self):
        self.ok("binding", "add", self.connection, "--user", "root")
        token = self.ok("token", self.connection, "--resource", API, "--resource", OTHER_API)["access_token"]
        self.assertEqual(wire.claims(token)[1]["aud"], [API, OTHER_API])
        self.told("token", self.connection, "--resource", "https://elsewhere.example/", error="invalid_target")

    def test_what_can_be_no_resource_is_refused_with_the_reason(self):
        for resource, why in (("http://", "names no host"), (f"{API},{OTHER_API}", "comma"), ("invoices", "no absolute URI")):
            refused = self.refused("environment", "edit", "integration", "--resource", resource, error="bad_input")
            self.assertIn(why, refused["error_description"])
        self.assertEqual(self.ok("environment", "show", "integration")["resources"], [API, OTHER_API])

    def form_for(self, *resources):
        return [("grant_type", "client_credentials"), *self.pair.items(), *(("resource", one) for one in resources)]

    def token_for(self, *resources):
        return self.assertToken(self.post("/integration/token", self.form_for(*resources)))["access_token"]

    def test_T_11_T_14_an_introspector_of_one_resource_or_app_is_told_of_nothing_else(self):
        self.app("planner", scopes=(INVOICES,))
        _, client_id, secret = self.with_pair("7654321", app="planner")
        plain, ours, both = self.token(), self.token_for(API), self.token_for(API, OTHER_API)
        self.pair = {"client_id": client_id, "client_secret": secret}
        planners = self.token_for(API)
        people = [Person(name, groups=()) for name in ("daemon", "bin", "sys")]
        for person, limits, shown, hidden in zip(
            people,
            (("--resource", API), ("--app", "dispatcher"), ("--app", "dispatcher", "--resource", OTHER_API)),
            ((ours, both, planners), (plain, ours, both), (both,)),
            ((plain,), (planners,), (plain, ours, planners)),
            strict=True,
        ):
            with self.subTest(limits):
                self.introspector(person, *limits)
                for token in shown:
                    self.assertActive(token, by=person)
                self.assertInactive(*hidden, "a.b.c", by=person)
        for token in (plain, ours, both, planners):
            self.assertActive(token)  # for who is not limited

    def test_T_11_a_limit_that_nothing_meets_is_refused_when_it_is_given(self):
        add = ("binding", "add", "--introspect", "integration", "--user", self.worker.name)
        self.refused(*add, "--resource", API[:-1], error="bad_input")
        self.refused(*add, "--app", "nonesuch", error="not_found")
        self.refused("binding", "add", self.connection, "--app", "dispatcher", "--user", "mail", code=USAGE)
        self.assertEqual(self.form_of(self.worker, "/integration/introspect", {"token": "x"}).status, 401)

    def test_T_11_bindings_show_their_limits(self):
        self.introspector(self.worker, "--app", "dispatcher", "--resource", API)
        row = next(row for row in self.ok("binding", "list") if row["user"] == self.worker.name)
        self.assertEqual((row["kind"], row["app"], row["resource"]), ("introspection", "dispatcher", API))
        self.assertIn(f"introspect integration of app dispatcher for {API}", self.text("binding", "list"))
        self.assertEqual(self.ok("environment", "show", "integration")["resources"], [API, OTHER_API])
