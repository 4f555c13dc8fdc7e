"""Each command of docs/runbook.md, in the situation that its section is about (S51)."""

import re
import shutil
import subprocess

from pages import Page, typed_of
from people import Person
from programs import REPOSITORY, pair
from system import SystemScenario

CONNECTION = "dispatcher/1234567@integration"
LIVE = "dispatcher/1234567@production"
ANY_STATE = ("unsealed", "sealed", "uninitialised")
SECTIONS = (
    "First install", "Unseal after boot", "A secret has leaked", "Rotate all", "A way into the store is known",
    "The host is lost", "Restore", "An older store was put back", "Upgrade", "Somebody leaves", "An audit request",
)  # fmt: skip


def openssl(*arguments, stdin=""):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, text=True, check=True).stdout


class Runbook(Page, SystemScenario):
    starts_daemon = False  # the page does

    def setUp(self):
        super().setUp()
        self.clock = None
        self.prepare()
        self.leaver, self.auditor, self.worker = Person("news"), Person("backup"), "www-data"
        self.places = {
            **self.places,
            "SECOND-RECOVERY-KEY": "second-recovery-key", "RECOVERY-KEY": "recovery-key",
            "BACKUP-AFTERWARDS": "afterwards.backup", "BACKUP-BEFORE-UPGRADE": "before.backup", "BACKUP": "first.backup",
            "LEAVER": self.leaver.name, "AUDITOR": self.auditor.name, "WORKER": self.worker, "FOUND": "found",
        }  # fmt: skip
        self.second_host = self.new_daemon()

    def test_S51_every_command_of_the_runbook_runs_in_its_situation(self):
        page = (REPOSITORY / "docs" / "runbook.md").read_text()
        self.assertEqual(tuple(re.findall(r"^## (.*)$", page, re.MULTILINE)), SECTIONS)
        typed = 0
        for title in SECTIONS:
            self.situation(title)
            for command in typed_of("docs/runbook.md", title):
                self.do(command)
                typed += 1
        self.assertEqual(typed, len(typed_of("docs/runbook.md")))
        self.assertGreater(typed, 80)
        for name in ("recovery-key", "new-secret", "second-recovery-key", "secret-of-dispatcher-7654321@integration"):
            self.assertEqual((self.work / name).stat().st_mode & 0o777, 0o600, name)
        self.assertIn("access.allowed", (self.work / "consent.json").read_text())
        self.assertIn("token.issued", (self.work / "usage.json").read_text())

    def do(self, command):
        who = {"as operator": None, "as operator of the new host": None, "as auditor": self.auditor}
        self.assertIn(command.who, who, command.text)
        daemon = self.second_host if command.who == "as operator of the new host" else self.daemon
        if command.text == "START-JETOND":
            daemon.start(ANY_STATE)
        elif command.text == "STOP-JETOND":
            self.assertEqual(daemon.stop(), 0)
        else:
            self.places["CONFIG"] = daemon.config
            self.type_it(command, who[command.who], daemon)

    def situation(self, title):
        """What has happened before somebody turns to this section."""
        happened = {
            "Unseal after boot": self.the_key_file_was_away, "A secret has leaked": self.a_secret_is_found,
            "Rotate all": self.everything_is_old, "An older store was put back": self.an_older_store_is_there,
            "Somebody leaves": self.somebody_has_much, "An audit request": self.programs_ran,
        }.get(title)  # fmt: skip
        if happened:
            happened()

    def the_key_file_was_away(self):
        self.daemon.stop()
        away = self.daemon.key_file.with_suffix(".away")
        self.daemon.key_file.rename(away)
        self.daemon.start("sealed")
        away.rename(self.daemon.key_file)  # the disk is mounted now

    def a_secret_is_found(self):
        self.local_environment()
        self.ok("environment", "create", "production", "--kind", "upstream", "--developer-access", "yes",
                "--token-endpoint", self.upstream.token_endpoint, "--ca-file", self.upstream.ca_file)  # fmt: skip
        self.ok("app", "create", "dispatcher", "--organization", "O", "--homepage", "https://example.com",
                "--credentials", "developer", "--scope", "tn.crm.customers:r")  # fmt: skip
        for tenant in ("1234567@integration", "7654321@integration", "1234567@production"):
            self.ok("tenant", "create", tenant, "--name", "N")
            self.ok("app", "tenant", "add", "dispatcher", tenant)
            self.allow(f"dispatcher/{tenant}")
        (self.work / "found").write_text(self.ok("secret", "generate", CONNECTION)["client_secret"] + "\n")
        self.a_key_is_added()
        ticket = self.ok("secret", "generate", "dispatcher/7654321@integration", "--ticket-for", self.worker)
        self.places["TICKET-ID"] = self.ok("ticket", "list")[0]["id"][:8]
        self.assertTrue(ticket)
        self.ok("secret", "import", LIVE, "--client-id", self.places["CLIENT-ID"],
                stdin=(self.work / "secret-of-the-portal").read_text())  # fmt: skip
        (self.work / "secret-of-the-portal").write_text(self.new_secret_at_the_portal() + "\n")

    def a_key_is_added(self, by=None):
        public = openssl("pkey", "-pubout", stdin=openssl("genpkey", "-algorithm", "ed25519"))
        self.places["KID"] = self.ok("connection", "key", "add", CONNECTION, stdin=public, by=by)["kid"]

    def everything_is_old(self):
        for tenant in ("1234567", "7654321"):
            self.ok("secret", "generate", f"dispatcher/{tenant}@integration")
        row = f"1234567,{self.places['CLIENT-ID']},{self.new_secret_at_the_portal()}"
        (self.work / "pairs.csv").write_text(f"tenant,client_id,client_secret\n{row}\n")

    def new_secret_at_the_portal(self):
        """The client is the same; the secret before it is worth nothing any more."""
        client = next(one for one in self.upstream.clients if one["client_id"] == self.places["CLIENT-ID"])
        client["client_secret"] = pair()[1]
        self.upstream.write_clients()
        return client["client_secret"]

    def an_older_store_is_there(self):
        self.daemon.stop()
        kept = self.daemon.directory / "kept"
        shutil.copytree(self.daemon.state, kept)
        self.daemon.start()
        self.ok("role", "grant", "auditor", "--user", "irc")
        self.daemon.stop()
        shutil.rmtree(self.daemon.state)
        kept.rename(self.daemon.state)
        self.daemon.start("sealed")

    def somebody_has_much(self):
        self.ok("role", "grant", "developer", "dispatcher", "--user", self.leaver.name)
        self.places["BINDING-ID"] = self.ok("binding", "add", CONNECTION, "--user", self.leaver.name)["id"][:8]
        self.ok("pair", "create", CONNECTION, "--user", self.leaver.name)
        self.ok("secret", "list", CONNECTION, by=self.leaver)
        self.a_key_is_added(by=self.leaver)

    def programs_ran(self):
        self.ok("binding", "add", CONNECTION, "--user", self.worker)
        self.assertToken(self.token_of(Person(self.worker, groups=()), connection=CONNECTION))
