"""A secret is replaced and no program notices; or it is ended at once, and every token with it."""

from people import Person
from system import SystemScenario, path_of


class Secrets(SystemScenario):
    turns_clock = True

    def setUp(self):
        super().setUp()
        self.developer, self.worker = Person("news"), Person("www-data", groups=())
        self.local_environment()
        self.app()
        self.grant("developer", "dispatcher", to=self.developer)
        self.connection, self.client_id = self.connected()
        self.old = self.ok("secret", "generate", self.connection)["client_secret"]

    def rotate(self, *flags):
        return self.ok("secret", "rotate", self.connection, *flags, by=self.developer)

    def fetch(self, secret):
        return self.token_of(self.worker, "/integration/token", client_id=self.client_id, client_secret=secret)

    def works(self, *secrets):
        return [self.assertToken(self.fetch(secret))["access_token"] for secret in secrets]

    def is_dead(self, secret):
        self.assertRefusal(self.fetch(secret), 400, "invalid_client")

    def secrets(self):
        return {one["prefix"]: one for one in self.ok("secret", "list", self.connection)}


class Rotation(Secrets):
    def test_both_work_during_the_overlap_and_then_only_the_new_one(self):
        rotated = self.rotate()
        new = rotated["client_secret"]
        self.assertRegex(new, r"^jcs\.[0-9a-z]{50}$")
        self.assertEqual((rotated["client_id"], rotated["prefix"]), (self.client_id, new[:8]))
        self.assertEqual(rotated["old"]["prefix"], self.old[:8])
        self.assertIn(rotated["old"]["deactivates_at"], [self.clock.text(days=1, seconds=s) for s in range(-5, 2)])
        self.assertTrue(rotated["message"])
        self.works(self.old, new)
        self.clock.advance(hours=23, minutes=59)
        self.works(self.old, new)
        self.clock.advance(minutes=2)
        self.is_dead(self.old)
        self.works(new)
        self.assertEqual([self.secrets()[s[:8]]["state"] for s in (self.old, new)], ["deactivated", "active"])
        self.assertEqual([one["prefix"] for one in self.row(self.connection)["secrets"]], [new[:8]])

    def test_the_overlap_survives_a_restart(self):
        new = self.rotate("--overlap", "2h")["client_secret"]
        self.restart_daemon()
        self.works(self.old, new)
        self.clock.advance(hours=3)
        self.restart_daemon()
        self.is_dead(self.old)
        self.works(new)

    def test_the_overlap_is_what_was_asked_for_within_bounds(self):
        rotated = self.rotate("--overlap", "30d")
        self.assertGreater(rotated["old"]["deactivates_at"], self.clock.text(days=29, hours=23))
        for overlap in (-1, 2592001):
            answer = self.ask(None, "POST", path_of(self.connection, "secrets", "rotate"), {"overlap": overlap})
            self.assertEqual(answer.error, "bad_input", overlap)
        answer = self.ask(None, "POST", path_of(self.connection, "secrets", "rotate"), {"overlap": 60, "now": True})
        self.assertEqual(answer.error, "bad_input", answer)
        self.refused("secret", "rotate", self.connection, "--overlap", "1h", "--now", "--yes", code=2)

    def test_a_third_is_refused_until_the_overlap_is_over(self):
        new = self.rotate()["client_secret"]
        refusal = self.refused("secret", "rotate", self.connection, by=self.developer, error="wrong_state")
        self.assertRegex(refusal["error_description"], r"(?i)only two active secrets are allowed at a time")
        self.assertIn("jeton secret", refusal["next"])
        self.works(self.old, new)
        self.clock.advance(hours=25)
        self.rotate()

    def test_rotating_nothing_generates_the_first(self):
        connection, _ = self.connected("7654321")
        rotated = self.ok("secret", "rotate", connection, by=self.developer)
        self.assertIsNone(rotated["old"])
        self.assertIn("client_secret", rotated)

    def test_now_ends_the_old_secret_and_the_tokens_it_fetched(self):
        self.ok("binding", "add", "--introspect", "integration", "--user", "www-data")
        (token,) = self.works(self.old)
        self.assertTrue(self.ok("introspect", "integration", stdin=token, by=self.worker)["active"])
        self.refused("secret", "rotate", self.connection, "--now", by=self.developer, error="confirmation_required")
        rotated = self.rotate("--now", "--yes")
        self.assertEqual(rotated["old"]["prefix"], self.old[:8])
        self.is_dead(self.old)
        self.assertEqual(self.ok("introspect", "integration", stdin=token, by=self.worker), {"active": False})
        (fresh,) = self.works(rotated["client_secret"])
        self.assertTrue(self.ok("introspect", "integration", stdin=fresh, by=self.worker)["active"])
        self.assertNotEqual(fresh, token)

    def test_an_overlap_leaves_issued_tokens_alone(self):
        self.ok("binding", "add", "--introspect", "integration", "--user", "www-data")
        (token,) = self.works(self.old)
        self.rotate("--overlap", "1h")
        self.assertTrue(self.ok("introspect", "integration", stdin=token, by=self.worker)["active"])

    def test_a_bound_program_notices_no_rotation(self):
        self.ok("binding", "add", self.connection, "--user", "www-data", "--default")
        self.assertToken(self.token_of(self.worker))
        for flags in ((), ("--now", "--yes")):
            if flags:
                self.clock.advance(hours=25)
            self.rotate(*flags)
            self.assertToken(self.token_of(self.worker))

    def test_rollback_restores_the_old_one_and_ends_the_new_one(self):
        new = self.rotate()["client_secret"]
        self.refused("secret", "rollback", self.connection, by=self.developer, error="confirmation_required")
        back = self.ok("secret", "rollback", self.connection, "--yes", by=self.developer)
        self.assertEqual((back["restored"], back["deactivated"]), (self.old[:8], new[:8]))
        self.is_dead(new)
        self.clock.advance(days=40)
        self.works(self.old)
        self.assertIsNone(self.secrets()[self.old[:8]]["deactivates_at"])
        self.refused("secret", "rollback", self.connection, "--yes", by=self.developer, error="wrong_state")

    def test_after_the_overlap_there_is_nothing_to_roll_back_to(self):
        new = self.rotate("--overlap", "1h")["client_secret"]
        self.clock.advance(hours=2)
        self.refused("secret", "rollback", self.connection, "--yes", by=self.developer, error="wrong_state")
        self.works(new)

    def test_who_rotated_is_in_the_audit_and_the_secrets_are_not(self):
        new = self.rotate()["client_secret"]
        (entry,) = self.ok("audit", "list", "--event", "secret.rotated")
        self.assertEqual(
            (entry["actor"]["user"], entry["connection"], entry["via"]), ("news", self.connection, "control")
        )
        exported = self.jeton("audit", "export").out
        self.assertIn(new[:8], exported)
        for secret in (self.old, new):
            self.assertNotIn(secret, exported)

    def test_old_secrets_are_found_and_used_ones_warned_about(self):
        self.clock.advance(days=100)
        new = self.rotate()["client_secret"]
        old = self.ok("secret", "list", "--older-than", "90d")
        self.assertEqual([row["prefix"] for row in old], [self.old[:8]])
        self.works(self.old)
        rows = self.secrets()
        self.assertRegex(rows[self.old[:8]]["warning"], r"^used .* by www-data$")
        self.assertIsNone(rows[new[:8]]["warning"])
        self.assertEqual(rows[new[:8]]["client_id"], self.client_id)
        self.clock.advance(hours=2)
        self.assertIsNone(self.secrets()[self.old[:8]]["warning"])


class Identify(Secrets):
    def identify(self, value, **options):
        return self.ok("secret", "identify", stdin=value + "\n", **options)

    def test_each_kind_of_value_is_told_what_it_is(self):
        pair = self.ok("pair", "create", self.connection, "--user", "www-data")
        app_key = self.ok("app", "show", "dispatcher")["app_key"]
        ticket = self.ok("secret", "generate", self.connection, "--ticket-for", "www-data")["ticket"]
        for value, kind, connection in (
            (self.old, "client-secret", self.connection),
            (pair["client_secret"], "local-pair-secret", self.connection),
            (self.client_id, "client-id", self.connection),
            (pair["client_id"], "client-id", self.connection),
            (app_key, "app-key", None),
            (ticket, "ticket", self.connection),
            ("correct horse battery staple", "unknown", None),
        ):
            with self.subTest(kind):
                found = self.identify(value)
                self.assertEqual((found["kind"], found["connection"]), (kind, connection))
                self.assertEqual(found["valid_checksum"], None if kind == "unknown" else True)
                self.assertTrue(found["message"])
                for secret in (self.old, pair["client_secret"], ticket):
                    self.assertNotIn(secret, str(found) + self.text("secret", "identify", stdin=value))

    def test_a_found_secret_is_told_whether_it_still_works(self):
        self.works(self.old)
        found = self.identify(f"  {self.old} ")
        self.assertEqual((found["prefix"], found["state"], found["last_used_by"]), (self.old[:8], "active", "www-data"))
        self.rotate("--now", "--yes")
        found = self.identify(self.old)
        self.assertEqual((found["state"], found["connection"]), ("deactivated", self.connection))

    def test_a_mistyped_value_has_a_wrong_checksum_and_an_unknown_good_one_has_not(self):
        mistyped = self.old[:20] + ("0" if self.old[20] != "0" else "1") + self.old[21:]
        found = self.identify(mistyped)
        self.assertEqual((found["valid_checksum"], found["connection"]), (False, None))

    def test_a_developer_learns_of_their_own_apps_only(self):
        stranger = Person("uucp")
        self.app("reports")
        self.grant("developer", "reports", to=stranger)
        self.assertEqual(self.identify(self.old, by=self.developer)["connection"], self.connection)
        foreign = self.identify(self.old, by=stranger)
        self.assertIsNone(foreign["connection"])
        self.assertNotIn("dispatcher", str(foreign))
