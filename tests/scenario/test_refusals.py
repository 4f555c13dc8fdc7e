"""The token socket's refusals, row by row: who is told no, with which status and which word."""

from harness import JOBS, USER, Scenario, wire

FORM = "application/x-www-form-urlencoded"


class Refusals(Scenario):
    """Names of the rows are those of RFC 6749 §5.2, RFC 8707 §2 and RFC 9110."""

    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(JOBS,))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.pair = {"client_id": self.client_id, "client_secret": self.secret}
        self.wrong = "jcs." + "0" * 50

    def bind(self, *flags, connection=None):
        self.ok("binding", "add", connection or self.connection, "--user", USER, *flags)

    def test_S1_without_a_binding_the_peer_gets_401(self):
        for fields in ({}, {"connection": self.connection}, {"client_id": self.client_id}):
            with self.subTest(fields):
                self.assertRefusal(self.post("/token", fields), 401, "invalid_client")

    def test_T_7_a_wrong_basic_pair_gets_401_with_the_challenge(self):
        for client_id, secret in ((self.client_id, self.wrong), ("jid." + "0" * 25, self.secret)):
            answer = self.post("/token", headers={"Authorization": wire.basic(client_id, secret)})
            self.assertRefusal(answer, 401, "invalid_client")
            self.assertRegex(answer.headers["WWW-Authenticate"] or "", r"^Basic\b")

    def test_T_7_a_wrong_form_pair_gets_400(self):
        for pair in (
            {"client_id": self.client_id, "client_secret": self.wrong},
            {"client_id": "jid." + "0" * 25, "client_secret": self.secret},
            {"client_id": self.client_id, "client_secret": self.secret.upper()},
            {"client_id": self.client_id, "client_secret": self.secret[:-1]},
        ):
            answer = self.assertRefusal(self.post("/token", pair), 400, "invalid_client")
            self.assertIsNone(answer.headers["WWW-Authenticate"])

    def test_a_wrong_pair_is_not_saved_by_a_binding(self):
        self.bind("--default")
        self.assertRefusal(self.post("/token", {**self.pair, "client_secret": self.wrong}), 400, "invalid_client")
        lone_secret = self.post("/token", client_secret=self.secret)
        self.assertIn((lone_secret.status, lone_secret.error), ((400, "invalid_client"), (400, "invalid_request")))
        bearer = {"Authorization": "Bearer " + self.secret}
        self.assertIn(self.post("/token", headers=bearer).status, (400, 401))

    def test_S3_a_pair_with_the_name_of_another_tenants_connection_is_refused(self):
        other, _, _ = self.with_pair("7654321")
        answer = self.post("/token", {**self.pair, "connection": other})
        self.assertEqual(answer.status, 400, answer)
        self.assertIn(answer.error, ("invalid_client", "invalid_request"))
        told = [str(entry) for entry in self.audit(result="refused")]
        self.assertTrue(any("1234567" in entry and "7654321" in entry for entry in told), told)

    def test_T_2_credentials_in_the_query_are_refused(self):
        query = wire.form(self.pair)
        self.assertRefusal(self.post(f"/token?{query}"), 400, "invalid_request")
        self.assertRefusal(
            self.post(f"/token?client_secret={self.secret}", client_id=self.client_id), 400, "invalid_request"
        )

    def test_T_1_two_authentications_are_refused(self):
        basic = {"Authorization": wire.basic(self.client_id, self.secret)}
        self.assertRefusal(self.post("/token", self.pair, headers=basic), 400, "invalid_request")

    def test_T_3_a_repeated_parameter_is_refused(self):
        grant = ("grant_type", "client_credentials")
        pair = list(self.pair.items())
        for repeated in (grant, pair[0], pair[1], ("scope", JOBS)):
            with self.subTest(repeated[0]):
                fields = [grant, *pair, ("scope", JOBS), repeated]
                self.assertRefusal(self.post("/token", fields), 400, "invalid_request")

    def test_T_3_an_unknown_parameter_is_ignored(self):
        self.assertToken(self.post("/token", {**self.pair, "tenant": "1234567", "colour": "green"}))

    def test_T_7_grant_type_missing_or_foreign(self):
        self.assertRefusal(self.post("/token", self.pair, grant_type=None), 400, "invalid_request")
        for grant in ("password", "refresh_token", "authorization_code"):
            self.assertRefusal(self.post("/token", self.pair, grant_type=grant), 400, "unsupported_grant_type")

    def test_a_lone_binding_is_never_a_default(self):
        self.bind()
        self.assertRefusal(self.post("/integration/token"), 400, "invalid_request")
        self.assertToken(self.post("/integration/token", connection=self.connection))

    def test_several_bindings_without_a_default_need_a_name(self):
        other, _, _ = self.with_pair("7654321")
        self.bind()
        self.bind(connection=other)
        self.assertRefusal(self.post("/integration/token"), 400, "invalid_request")

    def test_path_and_connection_that_disagree_are_refused(self):
        self.local_environment("production")
        self.bind("--default")
        self.assertRefusal(self.post("/production/token", connection=self.connection), 400, "invalid_request")

    def test_S46_a_disabled_connection_is_unauthorized(self):
        self.bind("--default")
        self.ok("access", "disable", self.connection, "--yes")
        for answer in (self.post("/token", self.pair), self.post("/token")):
            self.assertRefusal(answer, 400, "unauthorized_client")

    def test_T_4_a_scope_beyond_the_accepted_version_is_invalid(self):
        for scope in ("tn.acc.invoices:r", JOBS + " tn.acc.invoices:r", "tn.jpm.jobs:w", "tn.no.such:r", JOBS.upper()):
            self.assertRefusal(self.post("/token", {**self.pair, "scope": scope}), 400, "invalid_scope")
        self.assertEqual(self.assertToken(self.post("/token", {**self.pair, "scope": JOBS}))["scope"], JOBS)

    def test_T_14_an_unknown_resource_is_an_invalid_target(self):
        answer = self.post("/token", {**self.pair, "resource": "https://elsewhere.example/"})
        self.assertRefusal(answer, 400, "invalid_target")

    def test_T_3_only_post_and_only_a_form(self):
        answer = self.get("/integration/token")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"), answer)
        json = self.post("/token", self.pair, headers={"Content-Type": "application/json"})
        self.assertEqual(json.status, 400, json)

    def test_an_unknown_path_is_404(self):
        self.assertEqual(self.get("/no/such/thing").status, 404)

    def test_T17_a_browser_or_a_proxy_is_not_a_peer(self):
        for name, value in (
            ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Forwarded", "for=1.2.3.4"),
            ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Host", "evil.example"), ("Via", "1.1 proxy"),
        ):  # fmt: skip
            with self.subTest(name):
                self.assertEqual(self.post("/token", self.pair, headers={name: value}).status, 403)
        self.assertToken(self.post("/token", self.pair, headers={"Sec-Fetch-Mode": "cors"}))

    def test_T17_the_http_gate(self):
        body = wire.form({"grant_type": "client_credentials", **self.pair})
        post = f"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
        length = f"Content-Length: {len(body)}\r\n"
        cases = {
            "transfer encoding": (
                post + f"Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n0\r\n\r\n",
                501,
            ),
            "both lengths": (post + length + f"Transfer-Encoding: chunked\r\n\r\n{body}", 501),
            "two lengths": (post + length + length + f"\r\n{body}", 400),
            "two hosts": (post + "Host: other\r\n" + length + f"\r\n{body}", 400),
            "no host": (f"POST /token HTTP/1.1\r\nContent-Type: {FORM}\r\n{length}\r\n{body}", 400),
            "absolute form": (post.replace("/token", "http://localhost/token", 1) + length + f"\r\n{body}", 400),
            "HTTP/2.0": (post.replace("HTTP/1.1", "HTTP/2.0", 1) + length + f"\r\n{body}", 505),
            "not HTTP": ("\x16\x03\x01\x02\x00 hello\r\n\r\n", 400),
        }
        for name, (text, status) in cases.items():
            with self.subTest(name):
                received = self.raw(text.encode("latin-1"))
                self.assertEqual(wire.statuses(received), [status], received[:300])

    def test_T18_limits_of_body_and_head(self):
        answer = self.post("/token", {**self.pair, "filler": "x" * (64 * 1024)})
        self.assertEqual(answer.status, 413, answer)
        head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Filler: " + b"x" * 200_000 + b"\r\n\r\n"
        self.assertEqual(wire.statuses(self.raw(head)), [431])

    def test_T26_no_refusal_repeats_what_was_sent(self):
        canary = "canary" + "7" * 40
        for fields in (
            {"client_id": self.client_id, "client_secret": canary}, {**self.pair, "scope": canary},
            {"grant_type": canary, "client_secret": canary}, {**self.pair, "client_secret": f"{canary} "},
        ):  # fmt: skip
            self.assertNotIn(canary.encode(), self.post("/token", fields).body)
        self.assertNotIn(canary, self.daemon.log())
        self.assertNotIn(canary, str(self.ok("audit", "list")))

    def test_healthz_needs_nothing(self):
        answer = self.get("/healthz")
        self.assertEqual((answer.status, answer.json["state"]), (200, "unsealed"))
        self.assertTrue(answer.json["version"])
