"""What a token says of itself, and what is sent for it: issuers, scopes, form fields, the endpoint's clock."""

import urllib.parse

from evil_scenario import SECRET, EvilScenario
from harness import INVOICES, JOBS, USER

ISSUER = "https://auth.example"


class Judged(EvilScenario):
    def setUp(self):
        super().setUp()
        self.endpoint = self.new_evil()
        self.app()
        self.connection = self.environment_at(self.endpoint)

    def take(self, *more):
        return self.jeton(
            "secret", "import", self.connection, "--client-id", "cid.a", "--json", *more, stdin=SECRET + "\n"
        )

    def bound(self):
        self.assertEqual(self.take().code, 0)
        self.ok("binding", "add", self.connection, "--user", USER, "--default")

    def fetch(self):
        """A token that was asked for now: what was held is dropped."""
        self.ok("access", "disable", self.connection, "--yes")
        self.ok("access", "enable", self.connection)
        return self.post("/production/token")

    def alarms(self):
        return self.ok("audit", "list", "--event", "upstream.mismatch")

    def shown(self):
        return self.ok("connection", "show", self.connection)


class Issuers(Judged):
    def test_P10_the_first_token_names_the_issuer_and_another_one_is_refused_until_it_is_forgotten(self):
        self.endpoint.claims = {"iss": ISSUER}
        self.bound()
        self.assertEqual(self.ok("environment", "show", "production")["issuer"], ISSUER)
        (learned,) = self.ok("audit", "list", "--event", "environment.issuer_learned")
        self.assertEqual((learned["subject"], learned["via"]), ("production", "vault"))
        self.assertToken(self.fetch())

        self.endpoint.claims = {"iss": "https://auth-integration.example"}
        answer = self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.assertNotIn("auth-integration", str(answer.json))
        alarm = self.alarms()[-1]
        self.assertEqual((alarm["connection"], alarm["result"]), (self.connection, "refused"))
        self.assertIn("https://auth-integration.example, not " + ISSUER, alarm["detail"])
        self.assertIn("--forget-issuer", alarm["detail"])

        self.ok("environment", "edit", "production", "--forget-issuer")
        self.assertIsNone(self.ok("environment", "show", "production")["issuer"])
        self.assertToken(self.post("/production/token"))
        self.assertEqual(self.ok("environment", "show", "production")["issuer"], "https://auth-integration.example")

    def test_the_issuer_survives_a_restart(self):
        self.endpoint.claims = {"iss": ISSUER}
        self.bound()
        self.daemon.stop()
        self.start_daemon()
        self.endpoint.claims = {}
        refusal = self.take("--now", "--yes").error
        self.assertEqual(refusal["error"], "mismatch")
        self.assertIn("issuer is missing", refusal["error_description"])


class Scopes(Judged):
    def test_scopes_beyond_the_accepted_version_are_refused_and_an_alarm(self):
        self.bound()
        self.endpoint.members = {"scope": f"{INVOICES} tn.crm.customers:w"}
        self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.assertIn("tn.crm.customers:w", self.alarms()[-1]["detail"])
        self.endpoint.members, self.endpoint.claims = {}, {"scope": [INVOICES, "tn.acc.invoices:w"]}
        refusal = self.take("--now", "--yes").error
        self.assertEqual(refusal["error"], "mismatch")
        self.assertIn("tn.acc.invoices:w", refusal["error_description"])

    def test_fewer_scopes_are_served_and_shown(self):
        self.bound()
        self.assertIsNone(self.shown()["granted_scopes"])
        self.endpoint.claims = {"scope": [INVOICES]}
        self.assertEqual(self.assertToken(self.fetch())["scope"], INVOICES)
        self.assertEqual(self.shown()["granted_scopes"], [INVOICES])
        self.assertRegex(self.text("connection", "show", self.connection), rf"granted upstream +only {INVOICES}")
        self.endpoint.claims = {"scope": [INVOICES, JOBS]}
        self.assertToken(self.fetch())
        self.assertIsNone(self.shown()["granted_scopes"])


class FormFields(Judged):
    def sent(self):
        return urllib.parse.parse_qs(self.endpoint.seen[-1]["form"], strict_parsing=True)

    def test_they_are_sent_with_the_pair_from_its_trial_on(self):
        self.assertEqual(self.take("--form-field", "tenant=98 57&9").code, 0)
        self.assertEqual(self.sent()["tenant"], ["98 57&9"])
        self.assertEqual(self.shown()["form_fields"], {"tenant": "98 57&9"})
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.assertToken(self.fetch())
        self.assertEqual(self.sent()["tenant"], ["98 57&9"])

        asked = len(self.endpoint.seen)
        self.ok("connection", "edit", self.connection, "--form-field", "tenant=1", "--form-field", "audience=api")
        self.assertToken(self.post("/production/token"))
        self.assertEqual(len(self.endpoint.seen), asked + 1, "what was held was for the fields of before")
        self.assertEqual({name: self.sent()[name] for name in ("tenant", "audience")}, {"tenant": ["1"], "audience": ["api"]})
        self.assertIn("audience=api, tenant=1", self.text("connection", "show", self.connection))
        self.ok("connection", "edit", self.connection, "--form-field", "")
        self.assertToken(self.fetch())
        self.assertEqual(set(self.sent()), {"grant_type", "client_id", "client_secret"})

    def test_what_jeton_sends_itself_is_refused_before_anything_is_asked(self):
        for field in ("scope=x", "client_secret=x", "grant_type=x", "resource=x", "tenant="):
            with self.subTest(field):
                refusal = self.take("--form-field", field).error
                self.assertEqual(refusal["error"], "bad_input")
                self.refused("connection", "edit", self.connection, "--form-field", field, error="bad_input")
        self.refused("connection", "edit", self.connection, "--form-field", "tenant", code=2)
        self.assertEqual(self.endpoint.seen, [])
        self.assertEqual(self.shown()["form_fields"], {})
