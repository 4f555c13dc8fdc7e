"""Local pairs: what a program presents that cannot do without a client secret. Good for one identity, on this host."""

from harness import wire
from people import Person
from system import SystemScenario


class Pairs(SystemScenario):
    turns_clock = True

    def setUp(self):
        super().setUp()
        self.worker, self.other = Person("www-data", groups=()), Person("mail", groups=())
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()

    def create(self, *flags, connection=None):
        return self.ok("pair", "create", connection or self.connection, *flags)

    def present(self, person, pair, target="/integration/token", **more):
        return self.token_of(person, target, client_id=pair["client_id"], client_secret=pair["client_secret"], **more)

    def test_a_pair_has_the_local_shapes_and_is_shown_once(self):
        pair = self.create("--user", "www-data")
        self.assertRegex(pair["client_id"], r"^jid\.[0-9a-z]{25}$")
        self.assertRegex(pair["client_secret"], r"^jcs\.[0-9a-z]{50}$")
        self.assertEqual(pair["prefix"], pair["client_secret"][:8])
        self.assertNotEqual(pair["client_id"], self.client_id)
        for words in (("pair", "list"), ("pair", "list", self.connection), ("connection", "show", self.connection),
                      ("audit", "list"), ("secret", "list"), ("binding", "list")):  # fmt: skip
            for flags in ((), ("--json",)):
                run = self.jeton(*words, *flags)
                self.assertEqual(run.code, 0, run)
                self.assertNotIn(pair["client_secret"], run.out + run.err)
        (row,) = self.ok("pair", "list", self.connection)
        self.assertEqual(
            (row["client_id"], row["user"], row["user_id"], row["state"], row["created_by"], row["last_used_at"]),
            (pair["client_id"], "www-data", self.worker.uid, "active", "root", None),
        )
        self.assertNotIn("client_secret", row)
        text = self.jeton("pair", "create", self.connection, "--user", "mail")
        self.assertRegex(text.out, r"^jcs\.[0-9a-z]{50}\n$")  # in a pipe the secret alone
        self.daemon.stop()
        for file in self.daemon.files():
            self.assertNotIn(pair["client_secret"].encode(), file.read_bytes(), file)

    def test_it_opens_its_connection_for_its_identity_and_for_nobody_else(self):
        neighbour, _ = self.connected("7654321")
        pair = self.create("--user", "www-data")
        self.assertEqual(self.assertToken(self.present(self.worker, pair))["connection"], self.connection)
        basic = {"Authorization": wire.basic(pair["client_id"], pair["client_secret"]),
                 "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip
        body = wire.form({"grant_type": "client_credentials"})
        answer = self.caller(self.worker)(self.daemon.token_socket, "POST", "/token", body, basic)
        self.assertEqual(self.assertToken(answer)["connection"], self.connection)
        self.assertRefusal(self.present(self.other, pair), 400, "invalid_client")
        self.assertRefusal(self.present(Person("root", groups=()), pair), 400, "invalid_client")
        self.assertEqual(self.present(self.worker, pair, connection=neighbour).status, 400)
        wrong = {
            **pair,
            "client_secret": pair["client_secret"][:-1] + ("0" if pair["client_secret"][-1] != "0" else "1"),
        }
        self.assertRefusal(self.present(self.worker, wrong), 400, "invalid_client")
        told = self.ok("audit", "list", "--user", "mail", "--result", "refused")
        self.assertTrue([entry for entry in told if self.connection in str(entry)], told)

    def test_a_pair_of_a_group_is_for_its_members(self):
        pair = self.create("--group", "staff")
        self.assertToken(self.present(Person("mail", groups=("staff",)), pair))
        self.assertRefusal(self.present(self.other, pair), 400, "invalid_client")

    def test_last_use_and_the_audit_name_the_pair(self):
        pair = self.create("--user", "www-data")
        self.assertToken(self.present(self.worker, pair))
        (row,) = self.ok("pair", "list", self.connection)
        self.assertEqual(row["last_used_by"], "www-data")
        self.assertRegex(row["last_used_at"], r"^\d{4}-\d\d-\d\dT")
        fetched = [e for e in self.ok("audit", "list", "--user", "www-data") if e["result"] == "done"]
        self.assertEqual([entry["via"] for entry in fetched], [f"pair {pair['client_id']}"])

    def test_a_revoked_pair_ends_at_once_also_where_it_was_cached(self):
        pair, second = self.create("--user", "www-data"), self.create("--user", "www-data")
        self.assertToken(self.present(self.worker, pair))
        revoked = self.ok("pair", "revoke", pair["client_id"])
        self.assertEqual((revoked["client_id"], revoked["state"]), (pair["client_id"], "revoked"))
        self.assertRefusal(self.present(self.worker, pair), 400, "invalid_client")
        self.assertToken(self.present(self.worker, second))
        self.assertEqual({row["state"] for row in self.ok("pair", "list", self.connection)}, {"active", "revoked"})
        self.refused("pair", "revoke", "jid." + "0" * 25, error="not_found")
        self.ok("pair", "revoke", self.connection, "--user", "www-data")
        self.assertRefusal(self.present(self.worker, second), 400, "invalid_client")

    def test_a_pair_expires_by_itself(self):
        pair = self.create("--user", "www-data", "--expires", "1h")
        self.clock.advance(minutes=59)
        self.assertToken(self.present(self.worker, pair))
        self.clock.advance(minutes=2)
        self.assertRefusal(self.present(self.worker, pair), 400, "invalid_client")
        self.assertEqual([row["state"] for row in self.ok("pair", "list", self.connection)], ["expired"])

    def test_disabling_pauses_its_pairs_and_enabling_restores_them(self):
        pair = self.create("--user", "www-data")
        self.ok("access", "disable", self.connection, "--yes")
        self.assertRefusal(self.present(self.worker, pair), 400, "unauthorized_client")
        self.ok("access", "enable", self.connection)
        self.assertToken(self.present(self.worker, pair))

    def test_a_pair_without_an_identity_or_for_nobody_is_not_made(self):
        self.refused("pair", "create", self.connection, code=2)
        for flags in (("--user", "no-such-user"), ("--user", "65534"), ("--group", "no-such-group")):
            self.refused("pair", "create", self.connection, *flags, error="bad_input")
        self.refused("pair", "create", "dispatcher/9999999@integration", "--user", "mail", error="not_found")
        answer = self.ask(None, "POST", "/v1/connections/dispatcher/1234567%40integration/pairs", {})
        self.assertEqual(answer.error, "bad_input", answer)
        self.assertEqual(self.ok("pair", "list"), [])

    def test_it_outlives_a_rotation_of_the_connections_own_secret(self):
        self.ok("secret", "generate", self.connection)
        pair = self.create("--user", "www-data")
        self.ok("secret", "rotate", self.connection, "--now", "--yes")
        self.assertToken(self.present(self.worker, pair))
        self.restart_daemon()
        self.assertToken(self.present(self.worker, pair))
