"""How the main listings look, on a terminal, in a pipe and as JSON: held against tests/scenario/golden/.

What differs from run to run stands there as a placeholder of the same width. After a change that is meant:
JETON_WRITE_GOLDEN=1 tests/scenario/run test_golden writes the files anew; read the difference before you keep it.
"""

import json
import os
import pathlib
import re

from harness import INVOICES, JOBS
from people import Person
from system import SystemScenario
from terminal import on_a_terminal

FOLDER = pathlib.Path(__file__).with_name("golden")
TENANT = "1234567@integration"
LISTINGS = {
    "status": ("status",),
    "role-list": ("role", "list"),
    "environment-list": ("environment", "list"),
    "scope-list": ("scope", "list", "--group", "CRM"),
    "tenant-list": ("tenant", "list"),
    "app-list": ("app", "list"),
    "app-show": ("app", "show", "dispatcher"),
    "app-versions": ("app", "versions", "dispatcher"),
    "app-connections": ("app", "connections", "dispatcher"),
    "connection-list": ("connection", "list"),
    "connection-show": ("connection", "show", f"dispatcher/{TENANT}"),
    "access-list": ("access", "list"),
    "access-list-pending": ("access", "list", "--pending"),
    "access-review-S41": ("access", "review", f"dispatcher/{TENANT}"),
    "secret-list": ("secret", "list"),
    "ticket-list": ("ticket", "list"),
    "pair-list": ("pair", "list"),
    "binding-list": ("binding", "list"),
    "explain": ("explain", f"dispatcher/{TENANT}", "--user", "mail"),
}
AS_JSON = {**LISTINGS, "audit-list": ("audit", "list", "--event", "access.*")}  # in a table the host's units show
# Pattern and what stands for it; the width stays, so that columns do.
VOLATILE = (
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "YYYY-MM-DDThh:mm:ssZ"),
    (r"\b(jid|jak)\.[0-9a-z]{25}", lambda found: f"{found[1]}.{'x' * 25}"),
    (r"\bjcs\.[0-9a-z]{4}", "jcs.xxxx"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "gggggggg-gggg-gggg-gggg-gggggggggggg"),
    (r"\b[0-9a-f]{64}\b", "h" * 64),
    (r"\b[0-9a-f]{32}\b", "i" * 32),
    (r"\b[0-9a-f]{8}\b", "i" * 8),  # tenants and versions here have other lengths
    (r'("pid": )\d+', r"\1 0"),
    (r'("host": )"[^"]*"', r'\1"HOST"'),
    (r'("unit": )"[^"]*"', r"\1null"),
    (r"/tmp/jt-[0-9a-z_]{8}", "/tmp/jt-DIRECTOR"),
    (r"\b0\.\d+\.\d+\b", "VERSION"),
)


def steady(text):
    return "".join(without_volatile(piece) for piece in re.split(r"(\x1b\[[0-9;]*m)", text))


def without_volatile(text):
    for pattern, placeholder in VOLATILE:
        text = re.sub(pattern, placeholder, text)
    return text


class Golden(SystemScenario):
    turns_clock = True

    def set_clock(self):
        self.clock.begin_at("2026-03-02T09:00:00Z")

    def setUp(self):
        super().setUp()
        developer, admin = Person("news"), Person("backup")
        self.local_environment()
        self.ok(
            "environment", "create", "production", "--kind", "upstream",
            "--token-endpoint", "https://auth.example.com/connect/token",
        )  # fmt: skip
        self.ok("scope", "add", "tn.crm.surveys", "--group", "CRM", "--display-name", "Surveys")
        self.app()
        self.app("zapier", scopes=(INVOICES,), credentials="tenant")
        for tenant, name in (
            (TENANT, "Acme Heating"),
            ("7654321@integration", "Ångström & Söhne, a name that is longer than most"),
            ("1234567@production", "Acme Heating"),
        ):
            self.ok("tenant", "create", tenant, "--name", name)
        self.ok("role", "grant", "developer", "dispatcher", "--user", developer.name)
        self.ok("role", "grant", "tenant-admin", TENANT, "--user", admin.name, "--expires", "90d")
        self.ok("role", "grant", "auditor", "--group", "staff")
        for tenant in (TENANT, "7654321@integration", "1234567@production"):
            self.ok("app", "tenant", "add", "dispatcher", tenant, "--note", "pilot customer")
        self.ok("app", "tenant", "add", "zapier", TENANT)
        self.connection = f"dispatcher/{TENANT}"
        self.allow(self.connection, by=admin)
        self.ok(
            "access", "record", "dispatcher/1234567@production", "--version", 1, "--source", "portal", "--note", "seen"
        )
        self.ok("secret", "generate", self.connection, by=developer)
        self.ok("secret", "generate", self.connection, "--ticket-for", "mail", by=developer)
        self.ok("pair", "create", self.connection, "--user", "www-data", "--expires", "30d")
        self.ok("binding", "add", self.connection, "--user", "www-data", "--default")
        self.ok("binding", "add", "dispatcher/*@integration", "--group", "staff")
        self.ok("app", "publish", "dispatcher", "--add", "tn.crm.surveys:w", "--remove", JOBS, by=developer)
        self.ok("access", "disable", self.connection, "--reason", "holidays", "--yes", by=admin)
        self.ok("access", "enable", self.connection, by=admin)
        self.assertToken(self.token_of(Person("www-data", groups=())))

    def compare(self, name, shown):
        file = FOLDER / name
        shown = steady(shown)
        if os.environ.get("JETON_WRITE_GOLDEN"):
            FOLDER.mkdir(exist_ok=True)
            file.write_text(shown)
        self.assertEqual(file.read_text(), shown, f"{file}: JETON_WRITE_GOLDEN=1 writes it anew")

    def test_S41_listings_on_a_terminal(self):
        for name, words in LISTINGS.items():
            with self.subTest(name):
                code, shown = on_a_terminal(self.daemon.run, *words, width=200)
                self.assertEqual(code, 0, shown)
                self.assertNotIn("…", shown, "a piece of what differs would have no placeholder")
                self.compare(f"{name}.terminal", shown.replace("\r\n", "\n"))

    def test_S41_listings_in_a_pipe(self):
        for name, words in LISTINGS.items():
            with self.subTest(name):
                run = self.jeton(*words)
                self.assertEqual(run.code, 0, run)
                self.compare(f"{name}.pipe", run.out + (f"--- stderr\n{run.err}" if run.err else ""))

    def test_S41_listings_as_json(self):
        for name, words in AS_JSON.items():
            with self.subTest(name):
                document = self.ok(*words)
                self.compare(f"{name}.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    def test_placeholders_hide_only_what_differs(self):
        self.assertEqual(steady("1234567@integration jcs.4k2p... 2026-03-02T09:00:00Z ABC"),
                         "1234567@integration jcs.xxxx... YYYY-MM-DDThh:mm:ssZ ABC")  # fmt: skip
        self.assertEqual(steady("\x1b[1m3f2a9c01\x1b[0m of 1234567"), "\x1b[1miiiiiiii\x1b[0m of 1234567")
