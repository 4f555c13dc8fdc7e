"""Hostile names: refused where they would come in, and harmless where they come in all the same."""

import contextlib
import json
import sqlite3
import unicodedata

from harness import JOBS, Scenario, wire
from people import Person
from system import HEADERS, SystemScenario, path_of
from terminal import on_a_terminal

HOSTILE = {
    "escape": "a\x1b[2Jb",
    "title": "a\x1b]0;owned\x07b",
    "newline": "a\nb",
    "carriage return": "a\rb",
    "nul": "a\x00b",
    "delete": "a\x7fb",
    "C1 control": "a\x9b31mb",
    "right-to-left override": "a\u202eb",
    "isolate": "a\u2066b",
    "line separator": "a\u2028b",
    "zero width": "a\u200bb",
    "byte order mark": "a\ufeffb",
    "tag": "a\U000e0041b",
}
# Bodies that are no JSON text in UTF-8, or a string that is none.
BROKEN = (
    b'{"tenant":"1@integration","name":"a\\ud800b"}',
    b'{"tenant":"1@integration","name":"a\xffb"}',
    b'{"tenant":"1@integration","name":"a\xed\xa0\x80b"}',
    b'{"tenant":"1@integration","name":"a\xc0\x80b"}',
    b'{"tenant":"1@integration","name":"a\x01b"}',
)
# No names: paths, globs, options, other scripts, nothing at all.
NO_NAMES = ("../x", "a/b", ".", "..", "a b", "a%2fb", "-rf", "a@b", "*", "Ａ", "é", "", "A", "x" * 64)
RESERVED = ("connect", "token", "introspect", "revoke", "jwks", "v1", "healthz")


def is_harmless(text):
    """No control or format character but line ends."""
    return all(c in "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs") for c in text)


class AtTheDoor(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.tenant()
        self.app()

    def ask(self, method, target, body):
        """`body`: an object, or bytes as they stand."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return wire.request(self.daemon.control_socket, method, target, data, HEADERS)

    def listings(self):
        return [
            self.ok(*words)
            for words in (
                ("app", "list"),
                ("tenant", "list"),
                ("environment", "list"),
                ("scope", "list"),
                ("connection", "list"),
            )
        ]

    def forms(self, text):
        """Every place where a name or a free text comes in."""
        app = {
            "app": "fresh",
            "organization": "O",
            "homepage": "https://example.com/",
            "credentials": "developer",
            "scopes": [JOBS],
        }
        yield "POST", "/v1/apps", {**app, "app": text}
        yield "POST", "/v1/apps", {**app, "organization": text}
        yield "POST", "/v1/apps", {**app, "homepage": f"https://example.com/{text}"}
        yield "POST", "/v1/apps", {**app, "scopes": [text]}
        yield "PATCH", "/v1/apps/dispatcher", {"organization": text}
        yield "POST", "/v1/tenants", {"tenant": f"{text}@integration", "name": "N"}
        yield "POST", "/v1/tenants", {"tenant": f"1@{text}", "name": "N"}
        yield "POST", "/v1/tenants", {"tenant": "1@integration", "name": text}
        yield "PATCH", "/v1/tenants/1234567%40integration", {"name": text}
        yield "POST", "/v1/environments", {"environment": text, "kind": "local"}
        yield "POST", "/v1/scopes", {"name": text, "group": "CRM", "display_name": "D"}
        yield "POST", "/v1/scopes", {"name": "tn.x.y", "group": text, "display_name": "D"}
        yield "POST", "/v1/scopes", {"name": "tn.x.y", "group": "CRM", "display_name": text}
        yield "POST", "/v1/apps/dispatcher/tenants", {"tenant": "1234567@integration", "note": text}
        yield "POST", "/v1/roles", {"role": text, "user": "mail"}
        yield "POST", "/v1/roles", {"role": "auditor", "user": text}
        yield "POST", "/v1/bindings", {"connection": text, "user": "mail"}
        yield "POST", "/v1/bindings", {"connection": "dispatcher/1234567@integration", "unit": f"{text}.service"}
        yield "POST", path_of("dispatcher/1234567@integration", "disable"), {"reason": text}

    def test_what_does_not_print_is_refused_everywhere_and_stored_nowhere(self):
        before = self.listings()
        tried = 0
        for title, text in HOSTILE.items():
            for method, target, body in self.forms(text):
                with self.subTest(f"{title}: {method} {target} {sorted(body)}"):
                    answer = self.ask(method, target, body)
                    self.assertIn(answer.error, ("bad_input", "not_found", "wrong_state"), answer)
                    self.assertNotEqual(answer.status, 500)
                    shown = answer.json["error_description"] + answer.json["next"]
                    self.assertTrue(is_harmless(shown), repr(shown))
                    self.assertTrue(answer.body.decode().strip().isprintable(), answer.body)
                    tried += 1
        self.assertEqual(self.listings(), before)
        self.assertGreater(tried, 200)
        for body in BROKEN:
            self.assertEqual(self.ask("POST", "/v1/tenants", body).error, "bad_input", body)
        self.assertEqual(self.listings(), before)

    def test_what_is_no_name_or_a_word_of_ours_is_refused(self):
        before = self.listings()
        app = {"organization": "O", "homepage": "https://example.com/", "credentials": "developer", "scopes": [JOBS]}
        for text in (*NO_NAMES, *RESERVED):
            for method, target, body in (
                ("POST", "/v1/apps", {"app": text, **app}),
                ("POST", "/v1/environments", {"environment": text, "kind": "local"}),
                ("POST", "/v1/scopes", {"name": text, "group": "CRM", "display_name": "D"}),
                ("POST", "/v1/scopes", {"name": f"tn.{text}:r", "group": "CRM", "display_name": "D"}),
                ("POST", "/v1/roles", {"role": text, "user": "mail"}),
                ("POST", "/v1/bindings", {"connection": f"{text}/1234567@integration", "user": "mail"}),
                ("POST", "/v1/bindings", {"connection": f"dispatcher/1234567@{text}", "user": "mail"}),
            ):
                with self.subTest(f"{text!r}: {target} {body}"):
                    answer = self.ask(method, target, body)
                    self.assertIn(answer.error, ("bad_input", "not_found"), answer)
        for text in ("../x", "a/b", "a b", "a%2fb", "a@b", "*", "Ａ", "é", "", "x" * 121):
            with self.subTest(f"tenant {text!r}"):
                answer = self.ask("POST", "/v1/tenants", {"tenant": f"{text}@integration", "name": "N"})
                self.assertEqual(answer.error, "bad_input", answer)
        self.assertEqual(self.listings(), before)

    def test_free_text_may_be_of_any_script(self):
        """The control: what is refused above is refused for what it is."""
        for name in ("Ångström & Söhne", "東京ガス", "مثال", 'O\'Neil "Pipes" <HVAC>', "👷 Plumbing"):
            self.assertEqual(self.ok("tenant", "edit", "1234567@integration", "--name", name)["name"], name)
            self.assertIn(name, self.text("tenant", "show", "1234567@integration"))

    def test_the_command_line_shows_no_control_character_it_was_given(self):
        for title, text in HOSTILE.items():
            if "\x00" in text:
                continue
            for words in (
                ("app", "show", text),
                ("connection", "show", f"{text}/1@integration"),
                ("tenant", "show", text),
                ("binding", "remove", text),
                ("tenant", "create", "1@integration", "--name", text),
            ):
                with self.subTest(f"{title}: {words[:2]}"):
                    run = self.jeton(*words)
                    self.assertNotEqual(run.code, 0)
                    self.assertTrue(is_harmless(run.out + run.err), repr(run.err))


class Inside(SystemScenario):
    """They are in the store by some other way: a program's own name, or an edited database."""

    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, _ = self.connected()

    def assertHarmless(self, *words):
        _, shown = on_a_terminal(self.daemon.run, *words, "--color=never")
        self.assertTrue(is_harmless(shown.replace("\r\n", "\n")), repr(shown))
        piped = self.jeton(*words)
        self.assertTrue(is_harmless(piped.out + piped.err), repr(piped.out))
        _, document = on_a_terminal(self.daemon.run, *words, "--json")
        self.assertTrue(is_harmless(document.replace("\r\n", "\n")), repr(document))
        return shown + piped.out

    def test_a_programs_own_name_is_shown_escaped_in_the_audit(self):
        """/proc/PID/comm is the program's to choose."""
        person = Person("mail")
        name = b"a\x1b[2J\nb\xff"
        caller = self.caller(_Renamed(person, name))
        answer = caller(self.daemon.token_socket, "POST", "/token", "grant_type=client_credentials",
                        {"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
        self.assertRefusal(answer, 401, "invalid_client")
        caller(self.daemon.control_socket, "GET", "/v1/apps", None, {"Jeton-Client": "1"})
        shown = self.assertHarmless("audit", "list", "--user", "mail")
        entries = self.ok("audit", "list", "--user", "mail")
        self.assertTrue(entries)
        for entry in entries:
            self.assertTrue(is_harmless(entry["actor"]["command"]) and "[2J" in entry["actor"]["command"], entry)
        self.assertIn("mail", shown)

    def test_an_edited_audit_is_shown_escaped_and_found(self):
        self.daemon.stop()
        with contextlib.closing(sqlite3.connect(self.daemon.database, isolation_level=None)) as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(audit)")]
            column = next(name for name in ("detail", "subject") if name in columns)
            changed = database.execute(f"UPDATE audit SET {column} = ? WHERE rowid = 2", ("a\x1b[2J\u202eb",)).rowcount
            self.assertEqual(changed, 1)
        self.daemon.start(state=("sealed", "unsealed"))
        if self.daemon.health() == "unsealed":
            self.assertNotEqual(self.jeton("audit", "verify").code, 0)
            self.assertHarmless("audit", "list")
        self.assertHarmless("status")
        self.assertTrue(is_harmless(self.daemon.log()))


class _Renamed(Person):
    """The person's program gives itself another name before it speaks."""

    def __init__(self, person, name):
        vars(self).update(vars(person))
        self.command = name

    @property
    def key(self):
        return *super().key, self.command

    def become(self):
        with open("/proc/self/comm", "wb") as comm:
            comm.write(self.command)
        super().become()
