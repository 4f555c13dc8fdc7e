"""Pairs from a portal elsewhere: imported, tried, exchanged once, cached; and what happens when that side is ill."""

import datetime
import hashlib
import json
import pathlib
import re
import ssl
import time
import urllib.request

from harness import USER, Scenario, wait_until, wire

COUNT = 200


class Imported(Scenario):
    needs_upstream = True

    def setUp(self):
        super().setUp()
        self.upstream_environment()
        self.app()
        self.connection = self.record("1234567")

    def record(self, tenant, environment="production"):
        """A connection that a tenant has allowed; the pair is not here yet."""
        connection = self.listed(tenant, environment)
        self.allow(connection)
        return connection

    def take(self, connection, client_id, secret, **options):
        return self.ok("secret", "import", connection, "--client-id", client_id, stdin=secret + "\n", **options)

    def bound(self, tenant="1234567"):
        """The pair imported, this user bound to it by default: (client ID, secret)."""
        client_id, secret = self.upstream.add_client(tenant)
        self.take(self.connection, client_id, secret)
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        return client_id, secret

    def fetch(self):
        return self.post("/production/token")

    def forget_cached_token(self):
        """Disable and enable: the connection's own change drops the token that the trial may have left."""
        self.ok("access", "disable", self.connection, "--yes")
        self.ok("access", "enable", self.connection)


class Import(Imported):
    def test_S37_a_pair_is_tried_before_it_is_taken(self):
        client_id, secret = self.upstream.add_client("1234567")
        self.take(self.connection, client_id, secret)
        self.assertGreaterEqual(len(self.upstream.requests(client_id)), 1)
        row = self.row(self.connection)
        self.assertEqual((row["state"], row["client_id"]), ("connected", client_id))
        self.assertEqual([one["prefix"] for one in row["secrets"]], [secret[:8]])

    def test_S37_whitespace_around_a_pasted_pair_is_trimmed(self):
        client_id, secret = self.upstream.add_client("1234567")
        self.ok("secret", "import", self.connection, "--client-id", f" {client_id} ", stdin=f"  {secret} \r\n\n")
        self.assertEqual(self.row(self.connection)["client_id"], client_id)

    def test_S37_a_wrong_secret_is_refused_and_nothing_is_stored(self):
        client_id, secret = self.upstream.add_client("1234567")
        wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
        refusal = self.refused("secret", "import", self.connection, "--client-id", client_id, stdin=wrong)
        self.assertNotIn(wrong, str(refusal))
        self.assertEqual(self.row(self.connection)["secrets"], [])
        self.assertEqual(self.upstream.requests(client_id)[-1]["outcome"], "invalid_client")

    def test_S37_P11_a_pair_of_another_tenant_is_refused_by_its_claims(self):
        client_id, secret = self.upstream.add_client("7654321")
        refusal = self.refused(
            "secret", "import", self.connection, "--client-id", client_id, stdin=secret, error="mismatch"
        )
        self.assertIn("7654321", refusal["error_description"])
        self.assertEqual(self.row(self.connection)["secrets"], [])

    def test_S3_a_client_id_of_one_tenant_is_not_taken_for_another(self):
        client_id, secret = self.bound()
        other = self.record("7654321")
        self.refused("secret", "import", other, "--client-id", client_id, stdin=secret)
        self.assertEqual(self.row(other)["secrets"], [])

    def test_S4_an_integration_pair_is_refused_for_production(self):
        elsewhere = self.new_upstream()
        self.upstream_environment("integration", elsewhere)
        self.record("1234567", "integration")
        client_id, secret = elsewhere.add_client("1234567")
        self.refused("secret", "import", self.connection, "--client-id", client_id, stdin=secret)
        self.assertEqual(self.row(self.connection)["secrets"], [])

    def test_in_an_upstream_environment_what_makes_secrets_points_to_import(self):
        for words in (("generate",), ("rotate",), ("rotate", "--now", "--yes"), ("generate", "--ticket-for", USER)):
            with self.subTest(words):
                refusal = self.refused("secret", words[0], self.connection, *words[1:], error="wrong_state")
                self.assertIn("secret import", refusal["next"])
        row = self.row(self.connection)
        self.assertEqual((row["secrets"], row["client_secret_cell"]), ([], "Import"))
        self.assertEqual(self.ok("ticket", "list"), [])

    def test_what_was_allowed_at_the_portal_is_recorded_with_its_note(self):
        connection = self.listed("7654321", "production")
        record = ("access", "record", connection, "--source", "portal", "--note", "allowed there on 2 March")
        self.refused(*record, "--version", 2, error="wrong_state")
        self.refused(*record, code=2)
        recorded = self.ok(*record, "--version", 1)
        self.assertEqual((recorded["state"], recorded["consent"]["source"]), ("connected", "portal"))
        (entry,) = self.ok("audit", "list", "--connection", connection, "--event", "access.record*", "--result", "done")
        self.assertIn("allowed there on 2 March", entry["detail"])

    def test_a_new_pair_takes_over_with_an_overlap(self):
        (old_id, old), (_, new) = self.upstream.add_client("1234567"), self.upstream.add_client("1234567")
        self.take(self.connection, old_id, old)
        self.upstream.clients[-1]["client_id"] = old_id  # the portal's second secret of the same client ID
        self.upstream.clients = self.upstream.clients[-1:]
        self.upstream.write_clients()
        imported = self.ok(
            "secret", "import", self.connection, "--client-id", old_id, "--overlap", "1h", stdin=new + "\n"
        )
        self.assertEqual(imported["prefix"], new[:8])
        by_prefix = {one["prefix"]: one for one in self.ok("secret", "list", self.connection)}
        self.assertIsNotNone(by_prefix[old[:8]]["deactivates_at"])
        self.assertIsNone(by_prefix[new[:8]]["deactivates_at"])

    def test_deactivating_says_that_it_still_works_at_its_issuer(self):
        client_id, secret = self.bound()
        message = self.ok("secret", "deactivate", self.connection, secret[:8], "--yes")["message"]
        self.assertRegex(message, r"(?i)still works at its issuer")

    def test_disabling_says_until_when_tokens_that_were_handed_out_live(self):
        self.bound()
        exp = wire.claims(self.assertToken(self.fetch())["access_token"])[1]["exp"]
        message = self.ok("access", "disable", self.connection, "--yes")["message"]
        told = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", message)
        self.assertTrue(told, message)
        until = datetime.datetime.fromisoformat(told[0].replace("Z", "+00:00")).timestamp()
        self.assertTrue(exp <= until <= exp + 900, (exp, until))

    def test_an_endpoint_that_is_down_is_not_a_wrong_pair(self):
        client_id, secret = self.upstream.add_client("1234567")
        self.upstream.stop()
        refusal = self.refused("secret", "import", self.connection, "--client-id", client_id, stdin=secret)
        self.assertEqual(refusal["error"], "temporarily_unavailable", refusal)

    def test_a_certificate_of_another_authority_is_refused(self):
        stranger = self.new_upstream()
        self.ok(
            "environment", "create", "other", "--kind", "upstream",
            "--token-endpoint", stranger.token_endpoint, "--ca-file", self.upstream.ca_file,
        )  # fmt: skip
        connection = self.record("1234567", "other")
        client_id, secret = stranger.add_client("1234567")
        self.refused("secret", "import", connection, "--client-id", client_id, stdin=secret)
        self.assertEqual(stranger.requests(), [], "no secret may reach it")

    def test_secret_import_takes_no_secret_from_the_command_line(self):
        client_id, secret = self.upstream.add_client("1234567")
        run = self.jeton("secret", "import", self.connection, "--client-id", client_id, secret)
        self.assertEqual(run.code, 2, run)
        self.assertNotIn(secret, run.out + run.err)


class Moved(Imported):
    """The environment gets another token endpoint: what was imported for the old one is not sent to the new one."""

    def setUp(self):
        super().setUp()
        self.old_id, self.old_secret = self.bound()
        self.assertToken(self.fetch())
        self.elsewhere = self.new_upstream()

    def move(self, upstream, *more):
        return self.jeton(
            "environment", "edit", "production", "--json",
            "--token-endpoint", upstream.token_endpoint, "--ca-file", upstream.ca_file, *more,
        )  # fmt: skip

    def test_it_is_refused_until_somebody_says_that_the_pairs_are_imported_anew(self):
        refusal = self.move(self.elsewhere).error
        self.assertEqual(refusal["error"], "wrong_state")
        self.assertIn("1 connection of production", refusal["error_description"])
        self.assertIn("--import-anew", refusal["next"])
        self.forget_cached_token()
        self.assertToken(self.fetch())
        self.assertEqual(self.elsewhere.requests(), [])

    def test_the_old_secret_goes_nowhere_until_the_pair_is_imported_anew(self):
        self.assertEqual(self.move(self.elsewhere, "--import-anew").json["need_import"], 1)
        asked = len(self.upstream.requests())
        refusal = self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.assertIn("secret import", str(refusal.json))
        self.assertEqual((self.elsewhere.requests(), len(self.upstream.requests())), ([], asked))
        # Where operators look, they see it, and what to do.
        self.assertEqual(self.ok("status")["environments"][0]["need_import"], 1)
        self.assertIn("imported anew", self.text("status"))
        row = self.ok("connection", "show", self.connection)
        self.assertEqual(row["client_secret_cell"], "Import")
        self.assertIn(f"jeton secret import {self.connection} --client-id {self.old_id}", row["hint"])
        self.assertIn("import the pair anew", self.ok("secret", "list", self.connection)[0]["problem"])
        listing = self.text("secret", "list", self.connection)
        self.assertRegex(listing, r"active, not used")
        # The new pair is sent to the new endpoint, and the old secret ends.
        client_id, secret = self.elsewhere.add_client("1234567")
        self.take(self.connection, client_id, secret)
        self.forget_cached_token()
        before = len(self.elsewhere.requests(client_id))
        document = self.assertToken(self.fetch())
        self.assertEqual(wire.claims(document["access_token"])[1]["iss"], self.elsewhere.issuer)
        self.assertEqual(len(self.elsewhere.requests(client_id)), before + 1)
        self.assertEqual(len(self.upstream.requests()), asked)
        states = {one["prefix"]: one["state"] for one in self.ok("secret", "list", self.connection)}
        self.assertEqual(states, {self.old_secret[:8]: "deactivated", secret[:8]: "active"})
        self.assertEqual(self.ok("status")["environments"][0]["need_import"], 0)

    def test_taken_back_it_has_cost_nothing(self):
        self.move(self.elsewhere, "--import-anew")
        self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.assertEqual(self.move(self.upstream).json["need_import"], 0)
        self.assertToken(self.fetch())

    def test_T50_a_ca_file_that_others_may_write_vouches_for_nobody(self):
        loose = pathlib.Path(self.scratch()) / "ca.pem"
        loose.write_bytes(pathlib.Path(self.upstream.ca_file).read_bytes())
        loose.chmod(0o666)
        self.ok("environment", "edit", "production", "--ca-file", loose, "--import-anew")
        asked = len(self.upstream.requests())
        refusal = self.refused(
            "secret", "import", self.connection, "--client-id", self.old_id, stdin=self.old_secret + "\n"
        )
        self.assertIn("0666", refusal["error_description"])
        self.assertEqual(len(self.upstream.requests()), asked)


class Handed(Imported):
    def test_the_upstreams_token_is_handed_over_untouched(self):
        client_id, _ = self.bound()
        document = self.assertToken(self.fetch())
        head, payload = wire.claims(document["access_token"])
        self.assertEqual((payload["client_id"], payload["tenant"]), (client_id, "1234567"))
        self.assertEqual(payload["iss"], self.upstream.issuer)
        self.assertIsInstance(payload["scope"], list)
        self.assertRsaSignature(document["access_token"], head["kid"])

    def assertRsaSignature(self, token, kid):
        """RFC 8017 §8.2.2 by hand: what the upstream signed is what we hold, to the last bit."""
        context = ssl.create_default_context(cafile=self.upstream.ca_file)
        keys = json.load(
            urllib.request.urlopen(self.upstream.issuer.replace("localhost", "127.0.0.1") + "/jwks", context=context)
        )["keys"]
        key = next(key for key in keys if key["kid"] == kid)
        n, e = (int.from_bytes(wire.unpadded(key[part]), "big") for part in "ne")
        signed, signature = token.rsplit(".", 1)
        opened = pow(int.from_bytes(wire.unpadded(signature), "big"), e, n)
        digest_info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(signed.encode()).digest()
        self.assertEqual(
            opened.to_bytes(256, "big"), b"\x00\x01" + b"\xff" * (253 - len(digest_info)) + b"\x00" + digest_info
        )

    def test_P3_a_second_request_is_served_from_the_cache(self):
        client_id, _ = self.bound()
        first = self.assertToken(self.fetch())
        asked = len(self.upstream.requests(client_id))
        again = [self.assertToken(self.fetch())["access_token"] for _ in range(10)]
        self.assertEqual(set(again), {first["access_token"]})
        self.assertEqual(len(self.upstream.requests(client_id)), asked)
        self.assertEqual(self.ok("token", self.connection)["access_token"], first["access_token"])

    def test_P5_expires_in_is_what_is_left_not_what_the_upstream_said(self):
        self.bound()
        first = self.assertToken(self.fetch())
        self.assertTrue(0 < first["expires_in"] <= 900)
        time.sleep(2.1)
        second = self.assertToken(self.fetch())
        self.assertEqual(first["access_token"], second["access_token"])
        self.assertLessEqual(second["expires_in"], first["expires_in"] - 2)
        exp = wire.claims(second["access_token"])[1]["exp"]
        self.assertLessEqual(second["expires_in"], exp - time.time() + 1)

    def test_S46_S47_disable_ends_it_and_the_upstream_is_not_asked_any_more(self):
        client_id, _ = self.bound()
        self.assertToken(self.fetch())
        self.ok("access", "disable", self.connection, "--yes")
        asked = len(self.upstream.requests(client_id))
        self.assertRefusal(self.fetch(), 400, "unauthorized_client")
        self.assertEqual(len(self.upstream.requests(client_id)), asked)
        self.ok("access", "enable", self.connection)
        self.assertToken(self.fetch())

    def test_S3_S4_a_foreign_pair_is_invalid_client_and_the_audit_says_why(self):
        elsewhere = self.new_upstream()
        self.upstream_environment("integration", elsewhere)
        here_id, here_secret = self.bound()
        there = self.record("1234567", "integration")
        there_id, there_secret = elsewhere.add_client("1234567")
        self.take(there, there_id, there_secret)
        tenant_b = self.record("7654321")
        b_id, b_secret = self.upstream.add_client("7654321")
        self.take(tenant_b, b_id, b_secret)
        cases = {
            "integration pair at production": ("/production/token", there_id, there_secret, {}, "integration"),
            "tenant A's pair for tenant B": (
                "/production/token",
                here_id,
                here_secret,
                {"connection": tenant_b},
                "1234567",
            ),
            "A's id with B's secret": ("/production/token", here_id, b_secret, {}, "1234567"),
        }
        for name, (target, client_id, secret, more, told) in cases.items():
            with self.subTest(name):
                before = len(self.audit(result="refused"))
                self.assertRefusal(
                    self.post(target, client_id=client_id, client_secret=secret, **more), 400, "invalid_client"
                )
                fresh = self.audit(result="refused")
                self.assertTrue(len(fresh) > before or any(entry.get("count") for entry in fresh), fresh)
                self.assertTrue(any(told in str(entry) for entry in fresh), fresh)


class Crowd(Imported):
    """Everything at once, and the exchange killed in the middle of it."""

    def crowd(self):
        return wire.simultaneous(
            self.daemon.token_socket, "/production/token", {"grant_type": "client_credentials"}, COUNT
        )

    def read(self, sessions):
        answers = []
        for session in sessions:
            with session:
                answers.append(wire.receive_answer(session))
        return answers

    def test_P1_200_simultaneous_first_requests_are_one_upstream_request(self):
        client_id, _ = self.bound()
        before = len(self.upstream.requests(client_id))  # the trial at import
        arrived = self.upstream.arrivals()
        self.forget_cached_token()
        self.upstream.fault(delay=700)
        answers = self.read(self.crowd())
        tokens = {self.assertToken(answer)["access_token"] for answer in answers}
        self.assertEqual((len(answers), len(tokens)), (COUNT, 1))
        self.assertEqual(len(self.upstream.requests(client_id)), before + 1)
        self.assertEqual(self.upstream.arrivals(), arrived + 1)

    def test_kill_9_of_the_exchange_in_flight_is_a_clear_503_and_then_it_recovers(self):
        self.bound()
        self.forget_cached_token()
        self.upstream.fault(delay=15_000)
        arrived = self.upstream.arrivals()
        sessions = self.crowd()
        wait_until(lambda: self.upstream.arrivals() > arrived, 5, what="the request to reach the upstream")
        wait_until(lambda: all(map(wire.is_read, sessions)), 15, what="the front to read all of them")
        self.ok("status")  # came after them: by its answer they wait in the vault, too
        began = time.monotonic()
        self.daemon.kill("jeton-exchange")
        answers = self.read(sessions)
        self.assertLess(time.monotonic() - began, 10, "waiters learn of it at once, not by a time-out")
        for answer in answers:
            self.assertRefusal(answer, 503, "temporarily_unavailable")
        self.upstream.fault()
        wait = int(answers[0].headers["Retry-After"])
        self.assertLessEqual(wait, 60)
        wait_until(lambda: self.fetch().status == 200, wait + 15, 0.2, "a token again")
        self.assertToken(self.fetch())


class Trouble(Imported):
    def test_P17_upstream_down_is_503_with_retry_after(self):
        self.bound()
        self.forget_cached_token()
        self.upstream.stop()
        self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.assertEqual(self.daemon.health(), "unsealed")

    def test_P17_a_still_valid_token_is_served_while_the_upstream_is_down(self):
        self.bound()
        token = self.assertToken(self.fetch())["access_token"]
        self.upstream.stop()
        self.assertEqual(self.assertToken(self.fetch())["access_token"], token)

    def test_P4_after_a_429_the_upstream_is_left_alone_for_retry_after(self):
        client_id, _ = self.bound()
        self.forget_cached_token()
        self.upstream.fault(status=429, retry_after=30)
        first = self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.assertTrue(20 <= int(first.headers["Retry-After"]) <= 60, first.headers["Retry-After"])
        asked = self.upstream.arrivals()
        for _ in range(5):
            self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.assertEqual(self.upstream.arrivals(), asked)

    def test_a_secret_that_died_upstream_is_told_to_the_caller_and_the_operator(self):
        client_id, _ = self.bound()
        self.forget_cached_token()
        self.upstream.clients = [one for one in self.upstream.clients if one["client_id"] != client_id]
        self.upstream.write_clients()
        answer = self.fetch()
        self.assertIn(answer.status, (400, 401, 503), answer)
        self.assertTrue(any("invalid_client" in str(entry) for entry in self.ok("audit", "list")))
