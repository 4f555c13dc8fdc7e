"""Who did what, when: filtered, followed, exported, verified, pruned; and the question that a customer will ask."""

import json
import os
import re
import signal
import subprocess
import time

from harness import BUILD, ENVIRONMENT, wait_until
from people import Person
from system import SystemScenario


class Audited(SystemScenario):
    turns_clock = True

    def setUp(self):
        super().setUp()
        self.worker, self.other, self.developer = (
            Person("www-data", groups=()),
            Person("mail", groups=()),
            Person("news"),
        )
        self.local_environment()
        self.app()
        self.grant("developer", "dispatcher", to=self.developer)

    def bound(self, tenant, *people):
        connection, _ = self.connected(tenant)
        for person in people:
            self.ok("binding", "add", connection, "--user", person.name)
        return connection

    def fetch(self, person, connection):
        return self.assertToken(self.token_of(person, connection=connection))

    def entries(self, *flags):
        return self.ok("audit", "list", *flags)


class Questions(Audited):
    def set_clock(self):
        self.clock.begin_at("2026-02-10T09:00:00Z")

    def test_who_used_the_credentials_of_tenant_x_in_march(self):
        x = self.bound("1234567", self.worker, self.other, self.developer)
        y = self.bound("7654321", self.worker, self.other)
        secret = self.ok("secret", "generate", x)
        self.fetch(self.developer, x)  # in February
        self.clock.advance_to("2026-03-05T12:00:00Z")
        for _ in range(3):
            self.fetch(self.worker, x)
        self.fetch(self.other, y)  # another tenant's
        self.clock.advance_to("2026-03-30T12:00:00Z")
        client_id = self.row(x)["client_id"]
        self.assertToken(
            self.token_of(self.other, "/integration/token", client_id=client_id, client_secret=secret["client_secret"])
        )
        self.clock.advance_to("2026-04-02T12:00:00Z")
        self.fetch(self.developer, x)  # in April
        march = ("--since", "2026-03-01T00:00:00Z", "--until", "2026-04-01T00:00:00Z")
        used = self.entries("--tenant", "1234567@integration", "--event", "token.*", *march)
        who = {(e["actor"]["user"], e["actor"]["uid"], re.sub(r" [0-9a-f]{8}$", " ID", e["via"])) for e in used}
        self.assertEqual(who, {("www-data", 33, "binding ID"), ("mail", 8, f"secret {secret['prefix']}")})
        self.assertEqual({entry["connection"] for entry in used}, {x})
        self.assertEqual({entry["at"][:7] for entry in used}, {"2026-03"})
        self.assertEqual(sum(e["count"] for e in used if e["actor"]["user"] == "www-data"), 3)
        text = self.text("audit", "list", "--tenant", "1234567@integration", "--event", "token.*", *march)
        self.assertIn("www-data", text)
        self.assertNotIn("news", text)

    def test_filters_narrow_by_tenant_connection_user_event_result_and_time(self):
        x, y = self.bound("1234567", self.worker), self.bound("7654321", self.worker)
        self.refused("access", "disable", x, "--yes", by=self.developer)
        self.clock.advance(days=1)
        noon = self.clock.text()
        self.ok("access", "disable", x, "--yes")
        every = self.entries()
        self.assertEqual([entry["sequence"] for entry in every], list(range(1, len(every) + 1)))
        for flags, fits in (
            (("--tenant", "1234567@integration"), lambda e: "1234567@integration" in str(e)),
            (("--connection", y), lambda e: e["connection"] == y),
            (("--user", "news"), lambda e: e["actor"]["user"] == "news"),
            (("--user", "9"), lambda e: e["actor"]["uid"] == 9),
            (("--event", "access.*"), lambda e: e["event"].startswith("access.")),
            (("--event", "binding.added"), lambda e: e["event"] == "binding.added"),
            (("--result", "refused"), lambda e: e["result"] == "refused"),
            (("--result", "done"), lambda e: e["result"] == "done"),
            (("--since", noon), lambda e: e["at"] >= noon),
            (("--since", noon.replace("Z", ".5+00:00")), lambda e: e["at"] >= noon),
            (("--until", noon.lower()), lambda e: e["at"] < noon),
            (("--until", noon), lambda e: e["at"] < noon),
            (("--connection", x, "--result", "refused"), lambda e: e["connection"] == x and e["result"] == "refused"),
        ):
            with self.subTest(flags):
                found = self.entries(*flags)
                self.assertTrue(found)
                if flags[0] == "--tenant":
                    self.assertTrue(all(fits(entry) for entry in found), found)
                else:
                    self.assertEqual(found, [entry for entry in every if fits(entry)])
        self.assertEqual(self.entries("--user", "irc"), [])

    def test_a_limit_gives_the_newest_and_without_one_all_are_listed(self):
        for number in range(430):
            self.api("POST", "/v1/tenants", {"tenant": f"{number}@integration", "name": "N"})
        every = self.entries()
        self.assertGreater(len(every), 430)
        self.assertEqual([entry["sequence"] for entry in every], list(range(1, len(every) + 1)))
        self.assertEqual(self.entries("--limit", 5), every[-5:])
        self.assertEqual(self.entries("--limit", 420), every[-420:])
        self.assertEqual(len(self.entries("--event", "tenant.created")), 430)


class Following(Audited):
    def test_follow_prints_what_comes_until_it_is_interrupted(self):
        follower = subprocess.Popen(
            [
                BUILD / "jeton",
                "audit",
                "list",
                "--follow",
                "--json",
                "--since",
                self.clock.text(seconds=-1),
                "--event",
                "tenant.*",
            ],
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
            cwd="/",
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.stderr.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        os.set_blocking(follower.stdout.fileno(), False)
        lines = []

        def arrived(count):
            lines.extend(line for line in iter(follower.stdout.readline, "") if line)
            return len(lines) >= count

        for number in range(1, 4):
            self.ok("tenant", "create", f"{number}@integration", "--name", "N")
            wait_until(lambda: arrived(number), 10, 0.05, f"entry {number}")
        self.restart_daemon()
        self.ok("tenant", "create", "4@integration", "--name", "N")
        wait_until(lambda: arrived(4), 10, 0.05, "the entry after a restart")
        time.sleep(0.5)
        arrived(9)
        self.assertEqual(
            [json.loads(line)["subject"] for line in lines], [f"{number}@integration" for number in range(1, 5)]
        )
        follower.send_signal(signal.SIGINT)
        self.assertIn(follower.wait(5), (0, 130))


class EachToken(Audited):
    """`tokens = "every"`: each token that was handed out has an entry of its own, on disk before the answer."""

    extra_config = '[audit]\ntokens = "every"\n'

    def issued(self, connection):
        """Each use that has an entry: by whom, by what, how many it stands for."""
        found = self.entries("--connection", connection, "--event", "token.issued")
        return [(entry["actor"]["user"], entry["actor"]["command"], entry["via"].split()[0], entry["count"]) for entry in found]

    def test_each_answer_has_its_entry_when_all_dies_right_behind_it(self):
        connection = self.bound("1234567", self.worker, self.other)
        people = [self.worker, self.worker, self.other, self.worker]
        answers = [self.token_of(person, connection=connection) for person in people]
        self.daemon.kill_all()
        self.restart_daemon()
        self.assertEqual([use[0] for use in self.issued(connection)], [person.name for person in people])
        self.assertEqual({use[2:] for use in self.issued(connection)}, {("binding", 1)})
        self.ok("audit", "verify")
        # The same token again, as long as it is good: but nobody keeps it who could use it unseen.
        tokens = [self.assertToken(answer)["access_token"] for answer in answers]
        self.assertEqual((len(set(tokens)), tokens[0]), (2, tokens[1]))
        self.assertEqual({answer.headers["Jeton-Epoch"].split()[2] for answer in answers}, {"0"})

    def test_what_is_no_longer_allowed_has_neither_token_nor_entry(self):
        connection = self.bound("1234567", self.worker)
        for _ in range(2):
            self.fetch(self.worker, connection)
        self.ok("access", "disable", connection, "--yes")
        self.assertRefusal(self.token_of(self.worker, connection=connection), 400, "unauthorized_client")
        self.ok("access", "enable", connection)
        self.assertEqual(len(self.issued(connection)), 2)
        self.fetch(self.worker, connection)
        self.assertEqual(len(self.issued(connection)), 3)


class EachTokenFromNowOn(Audited):
    def test_a_reload_counts_for_what_was_decided_before_it_too(self):
        connection = self.bound("1234567", self.worker)
        self.fetch(self.worker, connection)
        issued = ("--connection", connection, "--event", "token.issued")
        before = len(self.entries(*issued))
        self.daemon.config.write_text(self.daemon.config.read_text() + '[audit]\ntokens = "every"\n')
        os.kill(self.daemon.helpers()["jeton-vault"], signal.SIGHUP)
        wait_until(lambda: "the configuration was read again" in self.daemon.log(), 10, 0.05, "the reload")
        self.ok("status")  # what it answers is behind what the vault has told the front
        answers = [self.token_of(self.worker, connection=connection) for _ in range(2)]
        self.assertEqual({answer.headers["Jeton-Epoch"].split()[2] for answer in answers}, {"0"})
        self.assertEqual(len(self.entries(*issued)), before + 2)
        told = self.entries("--event", "audit.tokens")
        self.assertEqual([entry["detail"] for entry in told], ["an entry for each token"])
        self.ok("audit", "verify")


class Chain(Audited):
    def test_it_verifies_and_names_its_signed_head(self):
        verified = self.ok("audit", "verify")
        self.assertEqual((verified["verified"], verified["checkpoint"]), (True, None))
        last = self.entries()[-1]
        self.assertEqual((verified["head"]["sequence"], verified["entries"]), (last["sequence"], last["sequence"]))
        self.assertRegex(verified["head"]["hash"], r"^[0-9a-f]{64}$")
        self.assertSigned(verified["head"])
        self.ok("tenant", "create", "1@integration", "--name", "N")
        later = self.ok("audit", "verify")["head"]
        self.assertNotEqual(later["hash"], verified["head"]["hash"])
        self.assertEqual(later["public_key"], verified["head"]["public_key"])
        self.restart_daemon()
        self.assertEqual(self.ok("audit", "verify")["head"]["public_key"], later["public_key"])

    def assertSigned(self, head):
        """With nothing of ours: openssl, the public key and the text."""
        directory = self.scratch()
        spki = bytes.fromhex("302a300506032b6570032100" + head["public_key"])  # RFC 8410 §4
        text = f"jeton audit head {head['sequence']} {head['hash']}".encode()
        for name, content in (("key", spki), ("text", text), ("signature", bytes.fromhex(head["signature"]))):
            with open(f"{directory}/{name}", "wb") as file:
                file.write(content)
        subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", f"{directory}/key", "-rawin",
             "-in", f"{directory}/text", "-sigfile", f"{directory}/signature"],
            check=True, capture_output=True,
        )  # fmt: skip

    def test_an_export_is_json_lines_with_hashes_and_ends_with_the_head(self):
        self.refused("app", "list", by=self.worker_with_control())
        *lines, last = [json.loads(line) for line in self.text("audit", "export").splitlines()]
        self.assertEqual(set(last), {"head"})
        self.assertSigned(last["head"])
        self.assertEqual(lines[-1]["hash"], last["head"]["hash"])
        self.assertEqual([{k: v for k, v in line.items() if k != "hash"} for line in lines], self.entries())
        self.assertEqual(len({line["hash"] for line in lines}), len(lines))
        self.clock.advance(days=2)
        self.ok("tenant", "create", "1@integration", "--name", "N")
        *some, head = self.text("audit", "export", "--since", self.clock.text(days=-1)).splitlines()
        self.assertEqual([json.loads(line)["subject"] for line in some], ["1@integration"])
        self.assertIn("head", json.loads(head))

    def worker_with_control(self):
        return Person("lp")

    def test_pruning_removes_the_old_keeps_the_chain_and_is_itself_an_entry(self):
        for number in range(5):
            self.ok("tenant", "create", f"{number}@integration", "--name", "N")
        before = self.ok("audit", "verify")
        self.clock.advance(days=400)
        self.ok("tenant", "create", "late@integration", "--name", "N")
        limit = self.clock.text(days=-365)
        self.refused("audit", "prune", "--before", limit, error="confirmation_required")
        self.assertEqual(len(self.entries()), before["entries"] + 1)
        pruned = self.ok("audit", "prune", "--before", limit, "--yes")
        self.assertEqual(pruned["pruned"], before["entries"])
        self.assertEqual(pruned["checkpoint"]["hash"], before["head"]["hash"])
        self.assertEqual(
            (pruned["checkpoint"]["sequence"], pruned["checkpoint"]["by"]), (before["head"]["sequence"], "root")
        )
        left = self.entries()
        self.assertEqual([entry["event"] for entry in left], ["tenant.created", "audit.pruned"])
        verified = self.ok("audit", "verify")
        self.assertEqual(verified["checkpoint"]["hash"], before["head"]["hash"])
        self.assertEqual(verified["entries"], 2)
        self.restart_daemon()
        self.ok("audit", "verify")
        self.assertEqual([entry["sequence"] for entry in self.entries()], [entry["sequence"] for entry in left])

    def test_only_operators_prune_and_auditors_read(self):
        auditor = Person("proxy")
        self.grant("auditor", to=auditor)
        for words in (("audit", "list"), ("audit", "verify"), ("role", "list"), ("connection", "list")):
            self.assertIsNotNone(self.ok(*words, by=auditor))
        self.refused("audit", "prune", "--before", "2000-01-01T00:00:00Z", "--yes", by=auditor, error="forbidden")
        self.refused("audit", "list", by=self.developer, error="forbidden")

    def test_entries_name_the_act_its_subject_and_how_it_came(self):
        self.assertEqual({entry["via"] for entry in self.entries("--user", "root")} - {"control", "vault"}, set())
        for entry in self.entries():
            self.assertRegex(entry["event"], r"^[a-z_]+(\.[a-z_]+)+$")
            self.assertTrue(entry["subject"])
            self.assertEqual(set(entry["actor"]), {"uid", "user", "pid", "command", "unit"})
            self.assertIn(entry["result"], ("done", "refused"))
        created = self.entries("--event", "app.created")[0]
        self.assertEqual(
            (created["actor"]["user"], created["actor"]["command"], created["subject"]), ("root", "jeton", "dispatcher")
        )

    def test_a_refused_secret_is_found_by_its_connection_and_listed_with_its_reason(self):
        connection, client_id, _ = self.with_pair("1234567")
        elsewhere = self.bound("7654321", self.worker)
        wrong = "jcs." + "a" * 50
        self.assertRefusal(self.post("/integration/token", client_id=client_id, client_secret=wrong), 400, "invalid_client")
        refused = self.entries("--connection", connection, "--result", "refused")
        self.assertEqual([(one["event"], one["connection"]) for one in refused], [("token.issue", connection)])
        self.assertIn("invalid_client: ", refused[0]["detail"])
        self.assertNotIn(wrong[4:], json.dumps(refused))
        self.assertEqual(self.entries("--connection", elsewhere, "--result", "refused"), [])
        line = self.text("audit", "list", "--connection", connection, "--result", "refused").splitlines()[1]
        self.assertTrue(line.endswith(f"refused: {refused[0]['detail']}"), line)
