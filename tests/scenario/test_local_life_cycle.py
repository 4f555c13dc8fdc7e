"""An app, its tenants and their pairs in a `local` environment, from the first command to the token and the pause."""

import subprocess
import tempfile
import time

from harness import INVOICES, JOBS, USER, Scenario, wire


class Consent(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()

    def test_S9_app_create_answers_with_version_1_and_an_app_key(self):
        app = self.app("billing", scopes=(INVOICES,))
        self.assertEqual((app["app"], app["version"], app["scopes"]), ("billing", 1, [INVOICES]))
        self.assertEqual(app["credentials"], "developer")
        self.assertRegex(app["app_key"], r"^jak\.[0-9a-z]+$")

    def test_S14_S19_S20_a_listed_tenant_is_not_connected_yet_and_the_hint_says_whom_to_ask(self):
        connection = self.listed()
        row = self.row(connection)
        self.assertEqual((row["state"], row["client_id"], row["allowed"]), ("not-connected", None, False))
        self.assertEqual(row["secrets"], [])
        text = self.text("app", "connections", "dispatcher")
        self.assertIn("Not Connected Yet", text)
        self.assertRegex(text, r"(?i)contact your tenant admin")

    def test_S6_generate_before_allow_is_refused_and_leaves_no_secret(self):
        connection = self.listed()
        refusal = self.refused("secret", "generate", connection, error="wrong_state")
        self.assertIn("Not Connected Yet", refusal["error_description"] + refusal["next"])
        self.assertEqual(self.row(connection)["secrets"], [])

    def test_S27_an_app_that_does_not_list_the_tenant_looks_like_one_that_does_not_exist(self):
        self.tenant("7654321")
        hidden = self.refused("access", "review", "dispatcher/7654321@integration", error="not_found")
        absent = self.refused("access", "review", "no-such-app/7654321@integration", error="not_found")
        self.assertEqual(hidden["next"].replace("dispatcher", "no-such-app"), absent["next"])
        self.assertEqual(hidden["error_description"].replace("dispatcher", "no-such-app"), absent["error_description"])

    def test_S29_S33_review_shows_every_scope_and_the_statement_before_the_decision(self):
        review = self.ok("access", "review", self.listed())
        self.assertEqual(review["state"], "not-connected")
        self.assertEqual((review["accepted_version"], review["offered_version"]), (None, 1))
        scopes = {scope["name"] for scope in review["scopes"]}
        self.assertEqual(scopes, {INVOICES, JOBS})
        for scope in review["scopes"]:
            self.assertTrue(scope["group"] and scope["display_name"], scope)
            self.assertTrue(scope["name"].endswith(":" + scope["access"]), scope)
        self.assertIn("granting access", review["statement"])
        self.assertEqual(review["app"]["app"], "dispatcher")

    def test_S29_a_decision_must_quote_the_version_that_was_shown(self):
        connection = self.listed()
        self.refused("access", "allow", connection, code=2)
        self.refused("access", "allow", connection, "--version", 2)
        self.assertEqual(self.row(connection)["state"], "not-connected")

    def test_S30_allow_creates_the_client_id_and_in_developer_mode_no_secret(self):
        connection = self.listed()
        allowed = self.allow(connection)
        self.assertEqual((allowed["connection"], allowed["state"], allowed["version"]), (connection, "connected", 1))
        self.assertRegex(allowed["client_id"], r"^jid\.[0-9a-z]{25}$")
        self.assertNotIn("client_secret", allowed)
        self.assertEqual(allowed["consent"]["by"], USER)
        row = self.row(connection)
        self.assertEqual((row["state"], row["client_id"], row["secrets"]), ("connected", allowed["client_id"], []))

    def test_S30_allow_in_tenant_mode_gives_the_first_secret_to_the_tenant(self):
        self.app("zapier", credentials="tenant")
        allowed = self.allow(self.listed(app="zapier"))
        self.assertRegex(allowed["client_secret"], r"^jcs\.[0-9a-z]{50}$")
        self.assertToken(
            self.post("/integration/token", client_id=allowed["client_id"], client_secret=allowed["client_secret"])
        )

    def test_S29_decline_creates_nothing_and_the_state_stays(self):
        connection = self.listed()
        self.ok("access", "review", connection)
        self.ok("access", "decline", connection)
        row = self.row(connection)
        self.assertEqual((row["state"], row["client_id"], row["secrets"]), ("not-connected", None, []))
        self.assertIn("Not Connected Yet", self.text("app", "connections", "dispatcher"))
        self.refused("secret", "generate", connection)

    def test_S33_the_grant_is_in_the_audit_with_who_and_which_version(self):
        connection, _ = self.connected()
        entries = [entry for entry in self.audit(connection=connection) if entry["event"].startswith("access.allow")]
        self.assertEqual(len(entries), 1, self.audit())
        self.assertEqual((entries[0]["actor"]["user"], entries[0]["result"]), (USER, "done"))
        self.ok("audit", "verify")


class Secrets(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()

    def test_S17_a_secret_is_shown_once_and_found_nowhere_afterwards(self):
        connection, client_id = self.connected()
        made = self.ok("secret", "generate", connection)
        secret = made["client_secret"]
        self.assertRegex(secret, r"^jcs\.[0-9a-z]{50}$")
        self.assertEqual((made["client_id"], made["prefix"]), (client_id, secret[:8]))
        self.assertToken(self.post("/integration/token", client_id=client_id, client_secret=secret))
        for listing in (
            ("secret", "list", connection), ("app", "connections", "dispatcher"), ("audit", "list"), ("status",),
            ("access", "review", connection), ("binding", "list"),
        ):  # fmt: skip
            for flags in ((), ("--json",)):
                run = self.jeton(*listing, *flags)
                self.assertNotIn(secret, run.out + run.err, listing)
        self.assertIn(secret[:8], self.text("secret", "list", connection))
        self.daemon.stop()
        searched = self.daemon.files()
        self.assertIn(self.daemon.database, searched)
        for file in searched:
            self.assertNotIn(secret.encode(), file.read_bytes(), file)

    def test_S17_two_secrets_work_side_by_side_and_a_third_is_refused(self):
        connection, client_id, first = self.with_pair()
        second = self.ok("secret", "generate", connection)["client_secret"]
        self.assertNotEqual(first, second)
        refusal = self.refused("secret", "generate", connection, error="wrong_state")
        self.assertRegex(refusal["error_description"], r"(?i)only two active secrets are allowed at a time")
        for secret in (first, second):
            self.assertToken(self.post("/integration/token", client_id=client_id, client_secret=secret))

    def test_S17_a_deactivated_secret_stops_at_once_and_the_other_goes_on(self):
        connection, client_id, first = self.with_pair()
        second = self.ok("secret", "generate", connection)["client_secret"]
        self.assertToken(self.post("/integration/token", client_id=client_id, client_secret=first))
        prefix = next(one["prefix"] for one in self.ok("secret", "list", connection) if first.startswith(one["prefix"]))
        self.ok("secret", "deactivate", connection, f"{prefix}...", "--yes")
        self.assertRefusal(
            self.post("/integration/token", client_id=client_id, client_secret=first), 400, "invalid_client"
        )
        self.assertToken(self.post("/integration/token", client_id=client_id, client_secret=second))
        self.assertEqual(
            sorted(one["state"] for one in self.ok("secret", "list", connection)), ["active", "deactivated"]
        )
        self.ok("secret", "generate", connection)  # there is room again

    def test_S18_the_client_id_stays_the_same_through_everything(self):
        connection, client_id = self.connected()
        self.ok("secret", "generate", connection)
        self.ok("access", "disable", connection, "--yes")
        self.ok("access", "enable", connection)
        self.assertEqual(self.row(connection)["client_id"], client_id)

    def test_S3_two_tenants_have_two_ids_and_two_secrets(self):
        one, two = self.with_pair("1111111"), self.with_pair("2222222")
        self.assertNotEqual(one[1], two[1])
        self.assertNotEqual(one[2], two[2])
        crossed = self.post("/integration/token", client_id=one[1], client_secret=two[2])
        self.assertRefusal(crossed, 400, "invalid_client")

    def test_S4_environments_share_nothing(self):
        self.local_environment("production")
        here, there = self.with_pair("1111111", "integration"), self.with_pair("1111111", "production")
        self.assertNotEqual(here[1], there[1])
        own = self.assertToken(self.post("/integration/token", client_id=here[1], client_secret=here[2]))
        self.assertRefusal(
            self.post("/production/token", client_id=here[1], client_secret=here[2]), 400, "invalid_client"
        )
        keys = [self.get(f"/{name}/jwks").json["keys"] for name in ("integration", "production")]
        self.assertFalse({key["x"] for key in keys[0]} & {key["x"] for key in keys[1]})
        head, payload = wire.claims(own["access_token"])
        self.assertIn(head["kid"], [key["kid"] for key in keys[0]])
        self.assertIn("integration", payload["iss"])

    def test_S4_S23_why_a_foreign_pair_was_refused_is_told_to_the_operator_only(self):
        self.local_environment("production")
        self.connected("1111111", "production")
        _, client_id, secret = self.with_pair("2222222", "integration")
        answer = self.post("/production/token", client_id=client_id, client_secret=secret)
        self.assertRefusal(answer, 400, "invalid_client")
        self.assertNotIn(b"integration", answer.body)
        told = [str(entry) for entry in self.audit(result="refused")]
        self.assertTrue(any("integration" in entry and "production" in entry for entry in told), told)


class Tokens(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id, self.secret = self.with_pair()
        self.pair = {"client_id": self.client_id, "client_secret": self.secret}

    def test_form_pair_basic_and_peer_get_a_token_on_every_route(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        basic = {"Authorization": wire.basic(self.client_id, self.secret)}
        for target in ("/token", "/connect/token", "/integration/token", "/integration/connect/token"):
            with self.subTest(target):
                for answer in (self.post(target, self.pair), self.post(target, headers=basic), self.post(target)):
                    document = self.assertToken(answer)
                    self.assertEqual(document["connection"], self.connection)
                    self.assertEqual(set(document["scope"].split()), {INVOICES, JOBS})

    def test_a_token_has_the_claims_of_its_connection_and_the_published_key_verifies_it(self):
        document = self.assertToken(self.post("/integration/token", self.pair))
        head, payload = wire.claims(document["access_token"])
        self.assertEqual((head["typ"], head["alg"]), ("at+jwt", "EdDSA"))
        self.assertEqual((payload["client_id"], payload["tenant"]), (self.client_id, "1234567"))
        for claim in ("iss", "exp", "aud", "sub", "client_id", "iat", "jti"):
            self.assertIn(claim, payload)
        self.assertEqual(payload["iss"], "http://localhost/integration")
        self.assertTrue(0 < document["expires_in"] <= payload["exp"] - payload["iat"])
        self.assertSignature(document["access_token"], head["kid"])

    def assertSignature(self, token, kid):
        keys = {key["kid"]: key for key in self.get("/integration/jwks").json["keys"]}
        self.assertNotIn("d", keys[kid])
        signed, signature = token.rsplit(".", 1)
        spki = bytes.fromhex("302a300506032b6570032100") + wire.unpadded(keys[kid]["x"])  # RFC 8410 §4
        temporary = tempfile.NamedTemporaryFile
        with temporary() as key, temporary() as text, temporary() as sig:
            for file, content in ((key, spki), (text, signed.encode()), (sig, wire.unpadded(signature))):
                file.write(content)
                file.flush()
            subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key.name, "-rawin",
                 "-in", text.name, "-sigfile", sig.name],
                check=True, capture_output=True,
            )  # fmt: skip

    def test_T_13_metadata_names_issuer_endpoints_and_the_peer_method(self):
        metadata = self.get("/.well-known/oauth-authorization-server/integration").json
        self.assertEqual(metadata["issuer"], "http://localhost/integration")
        self.assertEqual(metadata["grant_types_supported"], ["client_credentials"])
        methods = metadata["token_endpoint_auth_methods_supported"]
        self.assertIn("urn:jeton:client-auth:peer", methods)
        self.assertNotIn("none", methods)
        path = metadata["token_endpoint"].removeprefix("http://localhost")
        self.assertToken(self.post(path, self.pair))

    def test_jeton_token_prints_the_token_by_binding_and_by_name(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        token = self.text("token").strip()
        self.assertEqual(wire.claims(token)[1]["client_id"], self.client_id)
        self.assertEqual(self.ok("token", self.connection)["connection"], self.connection)
        self.assertEqual(
            self.text("token", self.connection, "--header").strip().split()[:2], ["Authorization:", "Bearer"]
        )
        self.assertEqual(self.ok("token", self.connection, "--scope", JOBS)["scope"], JOBS)

    def test_the_connection_can_be_named_where_several_are_bound(self):
        other, _, _ = self.with_pair("7654321")
        for connection in (self.connection, other):
            self.ok("binding", "add", connection, "--user", USER)
        for connection in (self.connection, other):
            document = self.assertToken(self.post("/integration/token", connection=connection))
            self.assertEqual(document["connection"], connection)
            self.assertIn(wire.claims(document["access_token"])[1]["tenant"], connection)

    def test_a_lone_client_id_selects_the_bound_connection_of_that_id(self):
        other, other_id, _ = self.with_pair("7654321")
        for connection in (self.connection, other):
            self.ok("binding", "add", connection, "--user", USER)
        for lone in ({"client_id": other_id}, {"client_id": other_id, "client_secret": ""}):
            self.assertEqual(self.assertToken(self.post("/token", lone))["connection"], other)

    def test_P5_expires_in_is_what_is_left(self):
        first = self.assertToken(self.post("/token", self.pair))
        time.sleep(2.1)
        second = self.assertToken(self.post("/token", self.pair))
        left = wire.claims(second["access_token"])[1]["exp"] - time.time()
        self.assertLessEqual(second["expires_in"], left + 1)
        if second["access_token"] == first["access_token"]:
            self.assertLessEqual(second["expires_in"], first["expires_in"] - 2)

    def test_the_answer_says_at_which_epoch_it_was_decided(self):
        answer = self.post("/token", self.pair)
        instance, epoch, seconds = answer.headers["Jeton-Epoch"].split()
        self.assertTrue(instance and epoch.isdigit() and seconds.isdigit(), answer.headers["Jeton-Epoch"])
        self.connected("7654321")  # something that changes what is allowed
        later = self.post("/token", self.pair).headers["Jeton-Epoch"].split()
        self.assertEqual(later[0], instance)
        self.assertGreater(int(later[1]), int(epoch))

    def test_S46_S47_S48_disable_stops_tokens_at_once_and_enable_restores_the_same_pair(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.assertToken(self.post("/token", self.pair))
        self.assertToken(self.post("/token"))
        self.ok("access", "disable", self.connection, "--yes")
        self.assertRefusal(self.post("/token", self.pair), 400, "unauthorized_client")
        self.assertRefusal(self.post("/token"), 400, "unauthorized_client")
        self.assertEqual(self.jeton("token", self.connection).code, 1)
        self.assertEqual(self.row(self.connection)["state"], "disabled")
        self.ok("access", "enable", self.connection)
        row = self.row(self.connection)
        self.assertEqual((row["state"], row["client_id"]), ("connected", self.client_id))
        self.assertEqual([one["prefix"] for one in row["secrets"]], [self.secret[:8]])
        self.assertToken(self.post("/token", self.pair))
        self.assertToken(self.post("/token"))

    def test_S49_disable_leaves_the_neighbour_alone(self):
        _, client_id, secret = self.with_pair("7654321")
        self.ok("access", "disable", self.connection, "--yes")
        self.assertToken(self.post("/token", client_id=client_id, client_secret=secret))

    def test_everything_is_there_after_a_restart(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        before = self.row(self.connection)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        after = self.row(self.connection)
        for member in ("client_id", "state", "version"):
            self.assertEqual(before[member], after[member])
        self.assertToken(self.post("/token", self.pair))
        self.assertToken(self.post("/token"))
        self.ok("audit", "verify")
