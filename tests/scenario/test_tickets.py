"""A secret is handed over: one user on this host picks it up once, and it is made in that moment."""

import concurrent.futures
import json
import os
import signal
import stat
import subprocess

from people import Caller, Person, client_program
from programs import ENVIRONMENT
from system import HEADERS, SystemScenario, path_of

FIELDS = ["Tenant ID", "Client ID", "Client Secret", "App Key", "Environment"]


class Tickets(SystemScenario):
    turns_clock = True

    def setUp(self):
        super().setUp()
        self.receiver, self.other, self.developer = Person("www-data", groups=()), Person("mail"), Person("news")
        self.local_environment()
        self.app_key = self.app()["app_key"]
        self.connection, self.client_id = self.connected()
        self.grant("developer", "dispatcher", to=self.developer)

    def make(self, *flags, act="generate", by=None):
        return self.ok(
            "secret", act, self.connection, "--ticket-for", self.receiver.name, *flags, by=by or self.developer
        )

    def claim(self, ticket, by=None):
        return self.ok("ticket", "claim", stdin=ticket + "\n", by=by or self.receiver)

    def states(self):
        return [row["state"] for row in self.ok("ticket", "list", self.connection)]

    def test_the_secret_is_made_when_the_ticket_is_claimed(self):
        made = self.make()
        self.assertEqual(
            (made["connection"], made["client_id"], made["for"]), (self.connection, self.client_id, "www-data")
        )
        self.assertNotIn("client_secret", made)
        self.assertEqual(self.row(self.connection)["secrets"], [])
        self.assertEqual(self.states(), ["open"])
        claimed = self.claim(made["ticket"])
        self.assertEqual(set(claimed), {"connection", "tenant", "environment", "client_id", "client_secret", "app_key",
                                        "prefix", "created_at"})  # fmt: skip
        self.assertEqual((claimed["tenant"], claimed["environment"], claimed["client_id"], claimed["app_key"]),
                         ("1234567", "integration", self.client_id, self.app_key))  # fmt: skip
        self.assertEqual(
            [one["prefix"] for one in self.row(self.connection)["secrets"]], [claimed["client_secret"][:8]]
        )
        self.assertToken(
            self.post("/integration/token", client_id=self.client_id, client_secret=claimed["client_secret"])
        )
        (row,) = self.ok("ticket", "list")
        self.assertEqual((row["id"], row["state"], row["act"], row["for"], row["created_by"]),
                         (made["id"], "claimed", "generate", "www-data", "news"))  # fmt: skip
        self.assertNotIn(made["ticket"], self.text("ticket", "list") + str(row) + self.jeton("audit", "list").out)
        who = [(e["actor"]["user"], e["connection"]) for e in self.ok("audit", "list", "--event", "ticket.claimed")]
        self.assertEqual(who, [("www-data", self.connection)])

    def test_S31_only_the_user_it_is_for_can_claim_it_and_a_stranger_does_not_spoil_it(self):
        ticket = self.make()["ticket"]
        for person in (self.other, self.developer, None):
            refusal = self.refused("ticket", "claim", stdin=ticket, by=person)
            self.assertNotIn("www-data", str(refusal))
        refused = [
            e["actor"]["user"] for e in self.ok("audit", "list", "--event", "ticket.claim", "--result", "refused")
        ]
        self.assertEqual(refused, ["mail", "news", "root"])
        self.claim(ticket)

    def test_S31_a_second_claim_is_refused_and_audited(self):
        ticket = self.make()["ticket"]
        self.claim(ticket)
        self.refused("ticket", "claim", stdin=ticket, by=self.receiver)
        (entry,) = self.ok("audit", "list", "--event", "ticket.claim", "--result", "refused")
        self.assertEqual(entry["actor"]["user"], "www-data")
        self.assertRegex(entry["detail"], r"(?i)claimed|again|second|used")
        self.assertEqual(len(self.row(self.connection)["secrets"]), 1)

    def test_S31_of_many_claims_at_once_one_gets_the_pair(self):
        body = json.dumps({"ticket": self.make()["ticket"]})
        callers = [Caller(self.receiver) for _ in range(8)]
        for caller in callers:
            self.addCleanup(caller.close)
        with concurrent.futures.ThreadPoolExecutor(len(callers)) as pool:
            claims = [
                pool.submit(caller, self.daemon.token_socket, "POST", "/v1/tickets/claim", body, HEADERS)
                for caller in callers
            ]
        answers = [claim.result() for claim in claims]
        self.assertEqual(sorted(answer.status < 300 for answer in answers), [False] * 7 + [True])
        (secret,) = self.row(self.connection)["secrets"]
        (claimed,) = [answer.json for answer in answers if answer.status < 300]
        self.assertEqual(secret["prefix"], claimed["prefix"])

    def test_T25_whoever_claims_many_that_are_not_open_waits_and_nobody_else_does(self):
        ticket = self.make()["ticket"]
        guesser = Caller(self.other)
        self.addCleanup(guesser.close)
        body = json.dumps({"ticket": "jtk.none"})
        answers = [guesser(self.daemon.token_socket, "POST", "/v1/tickets/claim", body, HEADERS) for _ in range(80)]
        self.assertEqual({answer.status for answer in answers[:60]}, {403})
        self.assertEqual((answers[-1].status, answers[-1].error), (429, "too_many_requests"))
        self.assertGreaterEqual(int(answers[-1].headers["Retry-After"]), 1)
        self.claim(ticket)

    def test_wrong_spent_and_absent_tickets_are_alike_to_who_has_no_business_with_them(self):
        ticket = self.make()["ticket"]
        absent = ticket[:-1] + ("0" if ticket[-1] != "0" else "1")

        def told(value):
            return self.refused("ticket", "claim", stdin=value, by=self.other)

        first = told(ticket)
        self.assertEqual(first, told(absent))
        self.claim(ticket)
        self.assertEqual(first, told(ticket))

    def test_a_ticket_expires_in_24_hours_or_when_it_was_said(self):
        long, short = self.make()["ticket"], self.make("--expires", "10m")["ticket"]
        self.clock.advance(minutes=11)
        self.refused("ticket", "claim", stdin=short, by=self.receiver)
        self.clock.advance(hours=23)
        self.assertEqual(sorted(self.states()), ["expired", "open"])
        self.clock.advance(hours=1)
        self.refused("ticket", "claim", stdin=long, by=self.receiver)
        self.assertEqual(self.states(), ["expired", "expired"])
        self.assertEqual(self.row(self.connection)["secrets"], [])
        for seconds in (59, 604801):
            body = {"ticket_for": "www-data", "expires_in": seconds}
            self.assertEqual(self.ask(None, "POST", path_of(self.connection, "secrets"), body).error, "bad_input")

    def test_a_revoked_ticket_is_worthless(self):
        made = self.make()
        self.assertEqual(self.ok("ticket", "revoke", made["id"], by=self.developer)["state"], "revoked")
        self.refused("ticket", "claim", stdin=made["ticket"], by=self.receiver)
        self.refused("ticket", "revoke", "0" * 32, error="not_found")
        self.assertEqual(self.states(), ["revoked"])

    def test_what_was_allowed_when_the_ticket_was_made_must_still_be_so(self):
        ticket = self.make()["ticket"]
        self.ok("access", "disable", self.connection, "--yes")
        self.refused("ticket", "claim", stdin=ticket, by=self.receiver)
        self.ok("access", "enable", self.connection)
        self.claim(ticket)
        third = self.make()["ticket"]
        self.ok("secret", "generate", self.connection)
        refusal = self.refused("ticket", "claim", stdin=third, by=self.receiver)
        self.assertRegex(refusal["error_description"], r"(?i)only two active secrets")
        self.assertEqual(len(self.row(self.connection)["secrets"]), 2)

    def test_a_rotation_by_ticket_starts_its_overlap_at_the_claim(self):
        old = self.ok("secret", "generate", self.connection)["client_secret"]
        ticket = self.make(act="rotate")["ticket"]
        self.assertIsNone(self.row(self.connection)["secrets"][0]["deactivates_at"])
        self.clock.advance(hours=20)
        self.claim(ticket)
        by_prefix = {one["prefix"]: one for one in self.row(self.connection)["secrets"]}
        self.assertGreater(by_prefix[old[:8]]["deactivates_at"], self.clock.text(hours=23))
        self.assertEqual(len(by_prefix), 2)

    def test_the_form_goes_to_a_file_of_its_own_once(self):
        directory = self.scratch()
        os.chmod(directory, 0o1777)
        file = f"{directory}/pair"
        ticket = self.make()["ticket"]
        run = self.jeton("ticket", "claim", "--out", file, stdin=ticket, by=self.receiver)
        self.assertEqual(run.code, 0, run)
        found = os.stat(file)
        self.assertEqual((stat.S_IMODE(found.st_mode), found.st_uid), (0o600, self.receiver.uid))
        with open(file) as content:
            fields = dict(line.rstrip("\n").split("=", 1) for line in content)
        self.assertEqual(set(fields), {"TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "APP_KEY", "ENVIRONMENT"})
        secret = fields["CLIENT_SECRET"].strip("'\"")
        self.assertNotIn(secret, run.out + run.err)
        self.assertToken(self.post("/integration/token", client_id=self.client_id, client_secret=secret))

        second = self.make()["ticket"]
        for path in (file, f"{directory}/no/such/place"):
            run = self.jeton("ticket", "claim", "--out", path, stdin=second, by=self.receiver)
            self.assertEqual(run.code, 1, run)
        os.symlink(f"{directory}/elsewhere", f"{directory}/link")
        run = self.jeton("ticket", "claim", "--out", f"{directory}/link", stdin=second, by=self.receiver)
        self.assertEqual(run.code, 1, run)
        self.assertFalse(os.path.exists(f"{directory}/elsewhere"))
        with open(file) as content:
            self.assertIn(secret, content.read())  # never overwritten
        self.assertEqual(list(dict(line.split(": ", 1) for line in self.claim_text(second))), FIELDS)

    def test_a_claim_that_is_interrupted_leaves_no_file_and_can_be_made_again(self):
        directory = self.scratch()
        os.chmod(directory, 0o1777)
        file, ticket = f"{directory}/pair", self.make()["ticket"]
        os.kill(self.daemon.pid, signal.SIGSTOP)
        try:
            with subprocess.Popen(
                [client_program(), "ticket", "claim", "--out", file],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
                env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}, **self.receiver.process_options(),
            ) as process:  # fmt: skip
                with self.assertRaises(subprocess.TimeoutExpired):
                    process.communicate(ticket, timeout=1)
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=10)
        finally:
            os.kill(self.daemon.pid, signal.SIGCONT)
        self.assertNotEqual(process.returncode, 0)
        self.assertEqual(os.listdir(directory), [])
        run = self.jeton("ticket", "claim", "--out", file, stdin=ticket, by=self.receiver)
        self.assertEqual(run.code, 0, run)

    def claim_text(self, ticket):
        return self.text("ticket", "claim", stdin=ticket, by=self.receiver).splitlines()

    def test_nobody_gets_a_ticket_for_a_user_who_is_none(self):
        for user in ("no-such-user", "65534"):
            self.refused("secret", "generate", self.connection, "--ticket-for", user, error="bad_input")
        answer = self.ask(None, "POST", path_of(self.connection, "secrets"), {"ticket_for": "mail", "ticket_for_id": 0})
        self.assertEqual(answer.error, "bad_input")
        self.assertEqual(self.ok("ticket", "list"), [])
