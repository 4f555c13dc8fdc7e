"""A daemon that is busy is backed up; an empty second host has all of it by the recovery key alone."""

import pathlib
import threading

import manual
import wire
from client_key import ClientKey
from people import Person
from system import SystemScenario, path_of

TENANTS = 30
ASKERS = 3  # programs that fetch tokens all the while
FETCHED = 50  # before the backup begins
# What a backup leaves out, as docs/backup-format.md says: when a secret was last used, and a host's own key slots.
USE = ("last_used_at", "last_used_by")


class Asker(threading.Thread):
    """Fetches token after token with a pair, each by a session of its own, until it is told to end."""

    def __init__(self, socket, pair):
        super().__init__(daemon=True)
        self.socket, self.form = socket, wire.form({"grant_type": "client_credentials", "min_ttl": "1", **pair})
        self.end, self.fetched, self.others = threading.Event(), 0, []

    def run(self):
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        while not self.end.is_set():
            answer = wire.request(self.socket, "POST", "/integration/token", self.form, head)
            if answer.status == 200:
                self.fetched += 1
            else:
                self.others.append(answer)


def tells_of_use(value):
    """A warning before a secret is deactivated that somebody uses."""
    return value is None or isinstance(value, str) and value.startswith("used ")


def without_use(value):
    if isinstance(value, list):
        return [without_use(one) for one in value]
    if isinstance(value, dict):
        return {name: without_use(one) for name, one in value.items() if name not in USE and not tells_of_use(one)}
    return value


class SecondHost(SystemScenario):
    needs_upstream = True

    def fill(self):
        self.local_environment()
        self.upstream_environment()
        self.app()
        self.app("reports", credentials="tenant")
        client_id, secret = self.upstream.add_client("1234567")
        self.ok("tenant", "create", "1234567@production", "--name", "Elsewhere")
        self.ok("app", "tenant", "add", "dispatcher", "1234567@production", "--note", "a note")
        self.allow("dispatcher/1234567@production")
        self.ok("secret", "import", "dispatcher/1234567@production", "--client-id", client_id, stdin=secret)
        self.pairs = {}
        for number in range(TENANTS):
            tenant = f"{1000000 + number}@integration"
            connection = f"dispatcher/{tenant}"
            self.api("POST", "/v1/tenants", {"tenant": tenant, "name": f"Customer {number}"})
            self.api("POST", "/v1/apps/dispatcher/tenants", {"tenant": tenant})
            word = {"version": 1, "on_behalf_of": "Pat, office manager", "reason": "asked on the phone"}
            allowed = self.api("POST", path_of(connection, "allow"), word)
            made = self.api("POST", path_of(connection, "secrets"), {})
            self.pairs[connection] = {"client_id": allowed["client_id"], "client_secret": made["client_secret"]}
        self.connection, self.other, self.paused, *_ = self.pairs
        self.old = self.pairs[self.other]
        rotated = self.ok("secret", "rotate", self.other, "--overlap", "24h")
        self.pairs[self.other] = {**self.old, "client_secret": rotated["client_secret"]}
        self.ok("access", "disable", self.paused, "--yes", "--reason", "for the audit")
        self.ok("app", "publish", "dispatcher", "--add", "tn.crm.customers:w")
        self.ok("binding", "add", self.connection, "--user", "www-data", "--default")
        self.ok("binding", "add", "dispatcher/1234567@production", "--user", "www-data", "--expires", "30d")
        self.ok("binding", "add", "--introspect", "integration", "--user", "www-data")
        self.ok("pair", "create", self.connection, "--user", "mail")
        self.ok("connection", "key", "add", self.connection, stdin=ClientKey(self.scratch()).public)
        self.ok("role", "grant", "developer", "dispatcher", "--user", "news")
        self.ok("role", "grant", "auditor", "--user", "backup", "--expires", "30d")
        self.ok("scope", "add", "tn.own.things", "--group", "Own", "--display-name", "Things")

    def listings(self):
        """Each listing there is, by what is typed."""
        connections = [self.connection, self.other, self.paused, "dispatcher/1234567@production"]
        typed = [
            ("environment", "list"), ("tenant", "list"), ("app", "list"), ("connection", "list"), ("access", "list"),
            ("secret", "list"), ("pair", "list"), ("binding", "list"), ("role", "list"), ("scope", "list"),
            *[("app", verb, app) for app in ("dispatcher", "reports") for verb in ("show", "versions", "connections")],
            *[("environment", "show", name) for name in ("integration", "production")],
            *[("connection", "show", name) for name in connections],
            ("connection", "key", "list", self.connection),
        ]  # fmt: skip
        self.typed = {words[0] for words in typed}
        return {words: without_use(self.ok(*words)) for words in typed}

    def nouns_that_list(self):
        return {verb.words[0] for verb in manual.grammar() if verb.words and verb.words[-1] == "list"}

    def test_a_busy_daemon_is_backed_up_and_an_empty_second_host_equals_it_in_every_listing(self):
        self.fill()
        recovery_key = self.initialised["recovery_key"]
        askers = [Asker(self.daemon.token_socket, self.pairs[name]) for name in list(self.pairs)[3 : 3 + ASKERS]]
        for asker in askers:
            asker.start()
        try:
            while sum(asker.fetched for asker in askers) < FETCHED:
                self.assertEqual([asker.others for asker in askers], [[]] * ASKERS)
            before = sum(asker.fetched for asker in askers)
            file = pathlib.Path(self.scratch(), "jeton.backup")
            self.ok("backup", file, stdin=recovery_key)
            self.assertGreater(sum(asker.fetched for asker in askers), before, "nobody was served meanwhile")
        finally:
            for asker in askers:
                asker.end.set()
        for asker in askers:
            asker.join(10)
        self.assertEqual([asker.others for asker in askers], [[]] * ASKERS)
        there, entries = self.listings(), self.ok("audit", "list")
        self.assertEqual(self.typed | {"ticket", "key", "audit"}, self.nouns_that_list())
        portable = [slot for slot in self.ok("key", "slot", "list") if slot["kind"] == "recovery"]

        first, self.daemon = self.daemon, self.new_daemon()
        self.daemon.start("uninitialised")
        restored = self.ok("restore", file, "--yes", stdin=recovery_key)
        self.assertTrue(restored["restored"])
        here = self.listings()
        self.maxDiff = 4000
        for words, listing in there.items():
            with self.subTest(" ".join(words)):
                self.assertEqual(here[words], listing)
        self.assertEqual([one for one in self.ok("key", "slot", "list") if one["kind"] == "recovery"], portable)
        self.ok("audit", "verify")
        kept = self.ok("audit", "list")
        until = next(i for i, entry in enumerate(kept) if entry["event"] == "store.restored")
        self.assertGreater(until, 3 * TENANTS)
        self.assertEqual(kept[:until], entries[:until])

        for name, pair in self.pairs.items():
            answer = self.post("/integration/token", pair)
            if name == self.paused:
                self.assertRefusal(answer, 400, "unauthorized_client")
            else:
                self.assertToken(answer)
        self.assertToken(self.post("/integration/token", self.old))  # its overlap goes on
        program = Person("www-data", groups=())
        self.assertToken(self.token_of(program))
        self.assertToken(self.token_of(program, connection="dispatcher/1234567@production"))

        # the next start needs nobody, and the first host knows nothing of all this
        self.restart_daemon()
        self.ok("audit", "verify")
        self.assertToken(self.token_of(program))
        self.daemon = first
        self.assertToken(self.token_of(program))
