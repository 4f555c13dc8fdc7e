"""The table of roles, cell by cell: for every verb, role and state of a connection it holds.

The tests derive each cell's verdict from the printed table and compare it with what a person of that role is told on
the control socket. REQUESTS says how a verb is asked for; a verb that is missing there fails the first test.
"""

import base64
import itertools
import json
import urllib.parse

import wire
from harness import INVOICES, JOBS
from people import Person
from programs import REPOSITORY
from system import SystemScenario, path_of

CONNECTED, DISABLED, NOT_CONNECTED = "connected", "disabled", "not-connected"
STATES = (NOT_CONNECTED, CONNECTED, DISABLED)
MODES = ("developer", "tenant")
TENANT_OF = {NOT_CONNECTED: "1000001@integration", CONNECTED: "1000002@integration", DISABLED: "1000003@integration"}
APP_OF = {"developer": "dispatcher", "tenant": "zapier"}  # by who configures the credentials
ABSENT_APP = "surveyors0"  # as long as "dispatcher": bodies are compared byte by byte

# Which of developer and tenant admin configures credentials is the app's to say (S5).
CONFIGURE = {
    "connection.edit", "secret.generate", "secret.rotate", "secret.rollback", "secret.import", "secret.deactivate",
    "client_key.add", "client_key.remove",
}  # fmt: skip
# Public keys of RFC 8032 §7.1; the first has the thumbprint of RFC 8037 §A.3.
KEYS = [
    json.dumps({"kty": "OKP", "crv": "Ed25519", "x": x})
    for x in ("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw")
]
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
# Verbs that change nothing: the only ones an auditor may have.
READING = {"GET"}
ASKING = {"binding.explain", "secret.identify", "audit.compare", "key_slot.test"}  # questions that are POSTs
# What belongs to the front alone has no request of its own.
UNASKED = {"token.repeat", "usage.report"}
# Who may ask is not all: a ticket says for whom it is, a proof is what nobody has here, and what an imported row needs beside its
# secret (a consent that was given elsewhere) is an operator's to record.
OWN_WORD = {
    "ticket.claim", "key_slot.add", "key_slot.remove", "key.rotate", "key.rotate_root", "backup.begin", "import.row",
}  # fmt: skip
# What cannot succeed here: the store is there already, nobody proves to hold a key (of another slot, of a backup), a local environment has no portal (see Recorded),
# and who asks for a token, or to end one, is bound to nothing.
NEVER_DONE = {
    "key_slot.add",
    "key.rotate",
    "key.rotate_root",
    "backup.begin",
    "restore.begin",
    "key_slot.remove",
    "store.init",
    "store.unseal",
    "store.seal",
    "access.record",
    "secret.import",
    "connection.edit",
    "import.row",
    "ticket.claim",
    "token.issue",
    "token.introspect",
    "token.revoke",
}
# Allowed in this state, of which it makes nothing else: an admin's own pause cannot be set twice.
ALREADY_SO = {DISABLED: {"access.disable"}}


def quoted(text):
    return urllib.parse.quote(text, safe="")


class Target:
    """What a request is about."""

    def __init__(self, app, tenant, number, operator=False, prefix="jcs.none", ticket="0" * 32, pair="jid." + "0" * 25,
                 binding="0" * 32):  # fmt: skip
        self.app, self.tenant, self.number = app, tenant, number
        self.connection = f"{app}/{tenant}"
        self.prefix, self.ticket, self.pair, self.binding = prefix, ticket, pair, binding
        # An operator decides for a tenant on its behalf, and says so.
        self.why = {"on_behalf_of": "Pat, office manager", "reason": "asked on the phone"} if operator else {}

    def at(self, *more):
        return path_of(self.connection, *more)


def on_token_socket(method, target, fields=None):
    return lambda t: (method, target, fields or {}, "token")


def control(method, target, body=None):
    def request(t):
        where = target(t) if callable(target) else target
        return method, where, body(t) if callable(body) else body, "control"

    return request


REQUESTS = {
    "token.issue": on_token_socket("POST", "/integration/token", {"grant_type": "client_credentials"}),
    "token.introspect": on_token_socket("POST", "/integration/introspect", {"token": "a.b.c"}),
    "token.revoke": on_token_socket("POST", "/integration/revoke", {"token": "a.b.c"}),
    "token.revoke_all": control("POST", lambda t: t.at("revoke"), {}),
    "jwks.show": on_token_socket("GET", "/integration/jwks"),
    "metadata.show": on_token_socket("GET", "/.well-known/oauth-authorization-server/integration"),
    "ticket.claim": control("POST", "/v1/tickets/claim", {"ticket": "jtk.none"}),
    "whoami.show": control("GET", "/v1/whoami"),
    "status.show": control("GET", "/v1/status"),
    "doctor.show": control("GET", "/v1/doctor"),
    "store.init": control("POST", "/v1/init", {"slot": "key-file", "path": "/nowhere/key"}),
    "store.seal": control("POST", "/v1/seal", {}),
    "store.unseal": control("POST", "/v1/unseal", {"secret": ""}),
    "key_slot.list": control("GET", "/v1/key-slots"),
    "key_slot.add": control("POST", "/v1/key-slots", {"kind": "recovery"}),
    "key_slot.remove": control("POST", "/v1/key-slots/none/remove", {}),
    "key_slot.test": control("POST", "/v1/key-slots/test", {}),
    "key.rotate": control("POST", "/v1/environments/integration/key/rotate", {"proof": ""}),
    "key.rotate_root": control("POST", "/v1/root-key/rotate", {"proof": ""}),
    "role.grant": control("POST", "/v1/roles", {"role": "auditor", "user": "irc"}),
    "role.revoke": control("POST", "/v1/roles/revoke", {"role": "auditor", "user": "irc"}),
    "role.list": control("GET", "/v1/roles"),
    "role.matrix": control("GET", "/v1/roles/matrix"),
    "environment.create": control(
        "POST", "/v1/environments", lambda t: {"environment": f"e{t.number}", "kind": "local"}
    ),
    "environment.edit": control("PATCH", "/v1/environments/integration", {"developer_access": True}),
    "environment.delete": control("DELETE", lambda t: f"/v1/environments/gone{t.number}"),
    "environment.list": control("GET", "/v1/environments"),
    "environment.show": control("GET", "/v1/environments/integration"),
    "scope.list": control("GET", "/v1/scopes"),
    "scope.add": control(
        "POST", "/v1/scopes", lambda t: {"name": f"tn.x.y{t.number}", "group": "CRM", "display_name": "Y"}
    ),
    "scope.import": control(
        "POST",
        "/v1/scopes/import",
        lambda t: {"scopes": [{"name": f"tn.x.z{t.number}", "group": "CRM", "display_name": "Z"}]},
    ),
    "tenant.create": control("POST", "/v1/tenants", lambda t: {"tenant": f"t{t.number}@integration", "name": "N"}),
    "tenant.edit": control("PATCH", lambda t: f"/v1/tenants/{quoted(t.tenant)}", lambda t: {"name": f"N{t.number}"}),
    "tenant.list": control("GET", "/v1/tenants"),
    "tenant.show": control("GET", lambda t: f"/v1/tenants/{quoted(t.tenant)}"),
    "binding.add": control("POST", "/v1/bindings", lambda t: {"connection": t.connection, "user": "irc"}),
    "binding.remove": control("DELETE", lambda t: f"/v1/bindings/{t.binding}"),
    "binding.list": control("GET", "/v1/bindings"),
    "binding.explain": control("POST", lambda t: t.at("explain"), {}),
    "pair.create": control("POST", lambda t: t.at("pairs"), {"user": "irc"}),
    "pair.revoke": control("DELETE", lambda t: f"/v1/pairs/{t.pair}"),
    "pair.list": control("GET", "/v1/pairs"),
    "app.create": control(
        "POST",
        "/v1/apps",
        lambda t: {
            "app": f"n{t.number}",
            "organization": "O",
            "homepage": "https://example.com/",
            "credentials": "developer",
            "scopes": [JOBS],
        },
    ),
    "app.list": control("GET", "/v1/apps"),
    "app.show": control("GET", lambda t: f"/v1/apps/{t.app}"),
    "app.edit": control("PATCH", lambda t: f"/v1/apps/{t.app}", lambda t: {"organization": f"O{t.number}"}),
    "app.delete": control("DELETE", lambda t: f"/v1/apps/{t.app}"),
    "import.row": control(
        "POST",
        "/v1/imports",
        lambda t: {"app": t.app, "tenant": "9", "environment": "integration", "origin": "file:1", "client_id": "cid.1",
                   "client_secret": "cs1.1"},
    ),
    "app.versions": control("GET", lambda t: f"/v1/apps/{t.app}/versions"),
    "app.publish": control("POST", lambda t: f"/v1/apps/{t.app}/versions", {"add": ["tn.tsm.tasks:r"], "remove": []}),
    "app.tenant.add": control("POST", lambda t: f"/v1/apps/{t.app}/tenants", {"tenant": "1000009@integration"}),
    "app.tenant.remove": control("DELETE", lambda t: f"/v1/apps/{t.app}/tenants/{quoted(t.tenant)}"),
    "app.connections": control("GET", lambda t: f"/v1/apps/{t.app}/connections"),
    "connection.list": control("GET", "/v1/connections"),
    "connection.show": control("GET", lambda t: t.at()),
    "connection.edit": control("PATCH", lambda t: t.at(), {"form_fields": {}}),
    "access.list": control("GET", "/v1/access"),
    "access.review": control("GET", lambda t: t.at("review")),
    "access.allow": control("POST", lambda t: t.at("allow"), lambda t: {"version": 1, **t.why}),
    "access.decline": control("POST", lambda t: t.at("decline"), lambda t: t.why),
    "access.record": control(
        "POST", lambda t: t.at("record"), {"version": 1, "source": "portal", "note": "seen there"}
    ),
    "access.disable": control("POST", lambda t: t.at("disable"), lambda t: t.why),
    "access.enable": control("POST", lambda t: t.at("enable"), lambda t: t.why),
    "access.disable_selected": control(
        "POST", "/v1/access/disable", lambda t: {"app": t.app, "tenant": t.tenant, "dry_run": True, **t.why}
    ),
    "access.enable_selected": control(
        "POST", "/v1/access/enable", lambda t: {"app": t.app, "tenant": t.tenant, "dry_run": True, **t.why}
    ),
    "secret.generate": control("POST", lambda t: t.at("secrets"), {}),
    "secret.rotate": control("POST", lambda t: t.at("secrets", "rotate"), {}),
    "secret.rollback": control("POST", lambda t: t.at("secrets", "rollback"), {}),
    "secret.import": control(
        "POST", lambda t: t.at("secrets", "import"), {"client_id": "cid.x", "client_secret": "cs1.x"}
    ),
    "client_key.add": control("POST", lambda t: t.at("keys"), {"key": KEYS[1]}),
    "client_key.remove": control("DELETE", lambda t: t.at("keys", KID)),
    "client_key.list": control("GET", lambda t: t.at("keys")),
    "secret.deactivate": control("POST", lambda t: t.at("secrets", t.prefix, "deactivate"), {}),
    "secret.list": control("GET", "/v1/secrets"),
    "secret.identify": control("POST", "/v1/secrets/identify", {"value": "jcs." + "0" * 50}),
    "ticket.list": control("GET", "/v1/tickets"),
    "ticket.revoke": control("DELETE", lambda t: f"/v1/tickets/{t.ticket}"),
    "audit.list": control("GET", "/v1/audit"),
    "audit.verify": control("GET", "/v1/audit/verify"),
    "audit.compare": control(
        "POST", "/v1/audit/compare", {"entries": [{"sequence": 1, "hash": "0" * 64, "signature": "0"}]}
    ),
    "audit.export": control("GET", "/v1/audit/export"),
    "audit.prune": control("POST", "/v1/audit/prune", {"before": "2001-01-01T00:00:00Z"}),
    "backup.begin": control("POST", "/v1/backups", {}),
    "restore.begin": control("POST", "/v1/restores", {"data": "", "proof": "none"}),
}


class Caller:
    """A person and what they were granted, as the test knows it."""

    def __init__(self, title, person, *roles, apps=(), tenants=()):
        self.title, self.person, self.roles = title, person, set(roles)
        self.apps, self.tenants = set(apps), set(tenants)

    @property
    def sees_everything(self):
        return bool(self.roles & {"operator", "auditor"})

    def sees(self, app=None, tenant=None):
        return self.sees_everything or app in self.apps or tenant in self.tenants


class Matrix(SystemScenario):
    def setUp(self):
        super().setUp()
        self.number = 0
        self.local_environment()
        apps, tenants = set(APP_OF.values()), set(TENANT_OF.values())
        self.callers_of_all = [
            Caller("none", Person("lp")),
            Caller("auditor", Person("proxy"), "auditor"),
            Caller("developer", Person("news"), "developer", apps=apps),
            Caller("other developer", Person("uucp"), "developer", apps={"reports"}),
            Caller("tenant admin", Person("backup"), "tenant-admin", tenants=tenants),
            Caller("other admin", Person("list"), "tenant-admin", tenants={"7654321@integration"}),
            Caller("operator", Person("man"), "operator"),
        ]
        people = {caller.title: caller.person for caller in self.callers_of_all}
        for tenant in [*tenants, "7654321@integration", "1000009@integration"]:
            self.api("POST", "/v1/tenants", {"tenant": tenant, "name": "N"})
        for role, title in (
            ("auditor", "auditor"),
            ("operator", "operator"),
            ("developer", "developer"),
            ("developer", "other developer"),
        ):
            self.api("POST", "/v1/roles", {"role": role, "user": people[title].name})
        for tenant, title in [
            *((tenant, "tenant admin") for tenant in tenants),
            ("7654321@integration", "other admin"),
        ]:
            self.api("POST", "/v1/roles", {"role": "tenant-admin", "tenant": tenant, "user": people[title].name})
        self.api("POST", "/v1/roles", {"role": "operator", "user": "sys"})  # "operator" is not the last one
        self.new_app("reports", "developer", people["other developer"])
        for mode, app in APP_OF.items():
            self.new_app(app, mode, people["developer"])
            for state, tenant in TENANT_OF.items():
                self.put_in(state, app, tenant)
        self.table = self.api("GET", "/v1/roles/matrix")
        self.rows = {row["verb"]: row for row in self.table}

    # what the requests are about

    def new_app(self, app, mode, developer):
        body = {
            "app": app,
            "organization": "O",
            "homepage": "https://example.com/",
            "credentials": mode,
            "scopes": [INVOICES, JOBS],
        }
        self.api("POST", "/v1/apps", body, by=developer)

    def put_in(self, state, app, tenant):
        """The connection, brought into that state, with a secret and a key where it can have them: the secret's prefix."""
        connection = f"{app}/{tenant}"
        self.api("POST", f"/v1/apps/{app}/tenants", {"tenant": tenant})
        if state == NOT_CONNECTED:
            return None
        why = {"on_behalf_of": "Pat", "reason": "asked"}
        allowed = self.api("POST", path_of(connection, "allow"), {"version": 1, **why})
        self.api("POST", path_of(connection, "keys"), {"key": KEYS[0]})
        value = allowed.get("client_secret") or self.api("POST", path_of(connection, "secrets"), {})["client_secret"]
        if state == DISABLED:
            self.api("POST", path_of(connection, "disable"), why)
        return value[:8]

    def fresh(self, state, mode, operator=False):
        """A new app of the developer's with a connection in that state, for a request that may change it."""
        self.number += 1
        app = f"{mode[0]}{self.number:05}"
        developer = next(caller for caller in self.callers_of_all if caller.title == "developer")
        self.new_app(app, mode, developer.person)
        developer.apps.add(app)
        # An admin lifts the pauses of admins; those of an operator are not the admin's to lift.
        prefix = self.put_in(CONNECTED if state == DISABLED else state, app, TENANT_OF[NOT_CONNECTED])
        target = Target(app, TENANT_OF[NOT_CONNECTED], self.number, operator, prefix=prefix or "jcs.none")
        if state == DISABLED:
            admin = next(caller for caller in self.callers_of_all if caller.title == "tenant admin")
            self.api("POST", target.at("disable"), {}, by=admin.person)
        return target

    def shared(self, state, mode, operator=False):
        self.number += 1
        return Target(APP_OF[mode], TENANT_OF[state], self.number, operator)

    # what the table says

    def verdict(self, row, caller, state, mode):
        """allowed, forbidden, hidden or wrong_state: from the printed table and what it is about."""
        roles, target = set(row["roles"]), self.shared(state, mode)
        if "anyone" in roles:
            return {"allowed"}
        if not roles & caller.roles:
            return {"forbidden"}
        if row["about"] == "host":
            return {"allowed"}
        if row["about"] == "tenant":
            listing = caller.apps if target.tenant in TENANT_OF.values() else set()
            return {"allowed"} if caller.sees(tenant=target.tenant) or listing & set(APP_OF.values()) else {"hidden"}
        tenant = target.tenant if row["about"] == "connection" else None
        covered = (
            bool(roles & caller.roles & {"operator", "auditor"})
            or ("developer" in roles and target.app in caller.apps)
            or ("tenant-admin" in roles and tenant in caller.tenants)
        )
        if not covered:
            return {"forbidden"} if caller.sees(target.app, tenant) else {"hidden"}
        verdicts = set()
        if row["states"] is not None and state not in row["states"]:
            verdicts.add("wrong_state")
        configures = {"developer": "developer", "tenant": "tenant-admin"}[mode]
        if row["verb"] in CONFIGURE and not caller.roles & {"operator", configures}:
            verdicts.add("forbidden")
        return verdicts or {"allowed"}

    def cells(self):
        """(row of the table, caller, state, mode): states where the verb is about a connection, else one of them."""
        for row, caller in itertools.product(self.table, self.callers_of_all):
            states = STATES if row["about"] == "connection" else STATES[1:2]
            modes = MODES if row["verb"] in CONFIGURE else MODES[:1]
            for state, mode in itertools.product(states, modes):
                yield row, caller, state, mode

    def send(self, caller, verb, target):
        method, path, body, socket = REQUESTS[verb](target)
        if socket == "control":
            return self.ask(caller.person, method, path, None if method == "GET" else body)
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        data = wire.form(body) if method == "POST" else None
        return self.caller(caller.person)(self.daemon.token_socket, method, path, data, head)

    def snapshot(self):
        """Everything there is, as root sees it."""
        paths = [
            "apps",
            "connections",
            "secrets",
            "tickets",
            "pairs",
            "bindings",
            "roles",
            "tenants",
            "environments",
            "scopes",
            "key-slots",
            "access",
            *(f"apps/{app}/versions" for app in (*APP_OF.values(), "reports")),
        ]
        return {path: self.api("GET", f"/v1/{path}") for path in paths}

    def head_of_audit(self):
        return self.api("GET", "/v1/audit/verify")["head"]["sequence"]


class Cells(Matrix):
    def test_every_verb_of_the_table_is_asked_for_here_and_none_that_is_not_there(self):
        verbs = set(self.rows)
        self.assertEqual(verbs - set(REQUESTS) - UNASKED, set(), "no request is known for these")
        unlisted = {verb for verb in set(REQUESTS) - verbs if not verb.startswith(("jwks.", "metadata."))}
        self.assertEqual(unlisted, set(), "the table has no such verbs")
        for row in self.table:
            self.assertEqual(set(row) >= {"verb", "command", "roles", "states", "about"}, True, row)
            self.assertTrue(row["roles"], row)
            self.assertLessEqual(set(row["roles"]), {"anyone", "operator", "auditor", "developer", "tenant-admin"})
            self.assertIn(row["about"], ("connection", "app", "tenant", "host"))
            self.assertTrue(row["states"] is None or row["about"] == "connection", row)

    def test_S5_S7_S15_the_table_itself_keeps_the_duties_apart(self):
        for row in self.table:
            method = REQUESTS[row["verb"]](self.shared(CONNECTED, "developer"))[0]
            changes = method not in READING and row["verb"] not in ASKING
            with self.subTest(row["verb"]):
                if changes:
                    self.assertNotIn("auditor", row["roles"])
                if (
                    row["verb"].split(".")[0]
                    in ("store", "key_slot", "key", "role", "environment", "binding", "pair", "audit", "backup", "restore")
                    and changes
                ):
                    self.assertEqual(row["roles"], ["operator"])
                if row["verb"] in ("access.allow", "access.decline"):
                    self.assertEqual(set(row["roles"]), {"operator", "tenant-admin"})
                if row["verb"] in ("app.create", "app.edit", "app.publish", "app.delete"):
                    self.assertEqual(set(row["roles"]), {"operator", "developer"})

    def test_nothing_is_managed_on_the_token_socket(self):
        """Root itself gets nothing there but what programs need."""
        both = {"whoami.show", "ticket.claim"}
        for verb, request in REQUESTS.items():
            method, path, body, socket = request(self.shared(CONNECTED, "developer", operator=True))
            if socket != "control" or verb in both:
                continue
            with self.subTest(verb):
                answer = self.ask(None, method, path, None if method == "GET" else body, self.daemon.token_socket)
                self.assertIn(answer.status, (404, 405), answer)
        self.assertEqual(self.ask(None, "GET", "/v1/whoami", socket=self.daemon.token_socket).status, 200)

    def test_what_the_table_refuses_is_refused_changes_nothing_and_is_audited(self):
        before, seen, refused = self.snapshot(), self.head_of_audit(), []
        done = f"/v1/audit?result=done&after={seen}"
        for row, caller, state, mode in self.cells():
            verdicts = self.verdict(row, caller, state, mode)
            if "allowed" in verdicts or row["verb"] in UNASKED:
                continue
            with self.subTest(f"{row['verb']} by {caller.title}, {state}, {mode} configures"):
                target = self.shared(state, mode, "operator" in caller.roles)
                answer = self.send(caller, row["verb"], target)
                words = {"hidden": "not_found"}
                self.assertIn(answer.error, {words.get(verdict, verdict) for verdict in verdicts}, answer)
                self.assertGreaterEqual(answer.status, 400)
                for member in ("error", "error_description", "next"):
                    self.assertTrue(answer.json.get(member), answer)
                self.assertEqual(self.api("GET", done), [], "something was changed")
                refused.append(
                    (caller.person.name, row["verb"], target.connection if row["about"] == "connection" else None)
                )
        self.assertGreater(len(refused), 300)
        self.assertEqual(self.snapshot(), before)
        entries, after = [], seen
        while page := self.api("GET", f"/v1/audit?result=refused&limit=1000&after={after}"):
            entries += page
            after = page[-1]["sequence"]
        by_verb = {(entry["actor"]["user"], entry["event"]) for entry in entries}
        by_connection = {(entry["actor"]["user"], entry["event"], entry["connection"]) for entry in entries}
        unseen = {cell for cell in refused if cell[:2] not in by_verb or (cell[2] and cell not in by_connection)}
        self.assertEqual(unseen, set(), "refused, and nobody will ever know")

    def test_what_the_table_allows_is_never_forbidden(self):
        done = set()
        rows = [cell for cell in self.cells() if self.verdict(*cell) == {"allowed"}]
        for row, caller, state, mode in rows:
            if row["verb"] in UNASKED or row["verb"] == "store.seal":
                continue
            with self.subTest(f"{row['verb']} by {caller.title}, {state}, {mode} configures"):
                operator = "operator" in caller.roles
                reads = REQUESTS[row["verb"]](self.shared(state, mode))[0] in READING
                needs_own = row["about"] != "host" and not reads
                target = self.fresh(state, mode, operator) if needs_own else self.shared(state, mode, operator)
                if row["about"] == "tenant":
                    target = self.shared(state, mode, operator)
                self.prepare(row["verb"], target, caller)
                answer = self.send(caller, row["verb"], target)
                if row["verb"] not in OWN_WORD:
                    self.assertNotEqual(answer.error if answer.status >= 400 else None, "forbidden", answer)
                if row["about"] != "host":
                    self.assertNotIn(answer.error if answer.status >= 400 else None, ("not_found",), answer)
                if row["states"] is not None and row["verb"] not in NEVER_DONE | ALREADY_SO.get(state, set()):
                    self.assertLess(answer.status, 300, answer)
                if answer.status < 300:
                    done.add(row["verb"])
        undone = set(self.rows) - done - NEVER_DONE - UNASKED
        self.assertEqual(undone, set(), "allowed, and yet nobody could do it: the request of the test is wrong")
        operator = next(caller for caller in self.callers_of_all if caller.title == "operator")
        sealed = self.send(operator, "store.seal", self.shared(CONNECTED, "developer"))
        self.assertEqual((sealed.status, sealed.json.get("state")), (200, "sealed"), sealed)

    def prepare(self, verb, target, caller):
        """What must be there before `verb` can succeed."""
        if verb == "role.revoke":
            self.api("POST", "/v1/roles", {"role": "auditor", "user": "irc"})
        elif verb == "environment.delete":
            self.api("POST", "/v1/environments", {"environment": f"gone{target.number}", "kind": "local"})
        elif verb == "binding.remove":
            body = {"connection": f"{APP_OF['developer']}/{TENANT_OF[CONNECTED]}", "user": "sys"}
            target.binding = self.api("POST", "/v1/bindings", body)["id"]
        elif verb == "pair.revoke":
            made = self.api("POST", path_of(f"{APP_OF['developer']}/{TENANT_OF[CONNECTED]}", "pairs"), {"user": "irc"})
            target.pair = made["client_id"]
        elif verb == "secret.rollback":
            self.api("POST", target.at("secrets", "rotate"), {})
        elif verb == "ticket.revoke":
            fresh = self.fresh(CONNECTED, "tenant" if "tenant-admin" in caller.roles else "developer")
            target.ticket = self.api("POST", fresh.at("secrets"), {"ticket_for": "irc"})["id"]


class Hostile(Matrix):
    """A front that claims to be root: the vault believes it, and gives it nothing that it keeps."""

    needs_upstream = True

    def upstream_secret(self, connection):
        self.upstream_environment("production")
        tenant = connection.split("/")[1]
        self.api("POST", "/v1/tenants", {"tenant": tenant, "name": "N"})
        self.api("POST", "/v1/apps/dispatcher/tenants", {"tenant": tenant})
        self.allow(connection)
        client_id, secret = self.upstream.add_client(tenant.split("@")[0])
        self.api("POST", path_of(connection, "secrets", "import"), {"client_id": client_id, "client_secret": secret})
        return secret

    def test_T43_whatever_root_asks_no_answer_holds_a_stored_secret_or_key(self):
        local, elsewhere = f"dispatcher/{TENANT_OF[CONNECTED]}", "dispatcher/7000001@production"
        key = self.daemon.key_file.read_bytes()
        kept = {
            "an upstream secret": self.upstream_secret(elsewhere),
            "a local secret": self.api("POST", path_of(local, "secrets"), {})["client_secret"],
            "a local pair's secret": self.api("POST", path_of(local, "pairs"), {"user": "irc"})["client_secret"],
            "a ticket": self.api("POST", path_of(local, "secrets", "rotate"), {"now": True, "ticket_for": "irc"})[
                "ticket"
            ],
            "the recovery key": self.initialised["recovery_key"],
            "the key file": key.decode(errors="replace").strip(),
            "the key file in hexadecimal": key.hex(),
            "the key file in base64": base64.b64encode(key).decode(),
        }
        # What ends things comes last: there must be something to give away.
        ending = ("delete", "remove", "revoke", "deactivate", "seal")
        order = sorted(REQUESTS, key=lambda verb: (verb.endswith("seal"), verb.split(".")[1] in ending))
        answered = 0
        for verb, connection in itertools.product(order, (local, elsewhere)):
            app, tenant = connection.split("/")
            self.number += 1
            method, path, body, socket = REQUESTS[verb](Target(app, tenant, self.number, operator=True))
            if socket != "control":
                continue
            answer = self.ask(None, method, path, None if method == "GET" else body)
            answered += answer.status < 300
            for name, value in kept.items():
                self.assertNotIn(value.encode(), answer.body, f"{verb} gives away {name}")
        self.assertGreater(answered, 40)


class Recorded(Matrix):
    """What needs an upstream environment, none of which is asked."""

    def test_only_an_operator_records_what_was_allowed_at_the_portal(self):
        self.ok("environment", "create", "live", "--kind", "upstream", "--token-endpoint", "https://example.com/token")
        self.api("POST", "/v1/tenants", {"tenant": "1000001@live", "name": "N"})
        self.api("POST", "/v1/apps/dispatcher/tenants", {"tenant": "1000001@live"})
        admin = Person("irc")
        self.grant("tenant-admin", "1000001@live", to=admin)
        record = ("access", "record", "dispatcher/1000001@live", "--version", 1, "--source", "portal", "--note", "seen")
        self.refused(*record, by=admin, error="forbidden")
        self.refused(*record, by=Person("news"), error="forbidden")
        recorded = self.ok(*record, by=Person("man"))
        self.assertEqual((recorded["state"], recorded["consent"]["source"]), (CONNECTED, "portal"))
        self.refused("access", "record", f"dispatcher/{TENANT_OF[NOT_CONNECTED]}", *record[3:], error="wrong_state")


class Hidden(Matrix):
    """What you may not see answers exactly like what does not exist."""

    def strangers(self):
        return [caller for caller in self.callers_of_all if caller.title.startswith("other ")]

    def bodies(self, caller, verb, app, tenant):
        """Status and body with the names taken out."""
        target = Target(app, tenant, 1)
        answer = self.send(caller, verb, target)
        return answer.status, answer.body.replace(app.encode(), b"APP").replace(tenant.encode(), b"TENANT")

    def test_S27_hidden_and_absent_are_alike_to_the_byte(self):
        compared = 0
        for row, caller in itertools.product(self.table, self.strangers()):
            if row["about"] == "host" or "anyone" in row["roles"]:
                continue
            for state in STATES:
                hidden = self.bodies(caller, row["verb"], "dispatcher", TENANT_OF[state])
                for app, tenant in ((ABSENT_APP, TENANT_OF[state]), ("dispatcher", "9999999@integration"),
                                    (ABSENT_APP, "9999999@integration")):  # fmt: skip
                    with self.subTest(f"{row['verb']} by {caller.title}: {app}/{tenant}"):
                        self.assertEqual(hidden, self.bodies(caller, row["verb"], app, tenant))
                        compared += 1
                self.assertIn(json.loads(hidden[1])["error"], ("not_found", "forbidden"))
        self.assertGreater(compared, 200)

    def test_S27_a_listing_narrowed_to_what_is_hidden_is_like_one_narrowed_to_what_is_absent(self):
        asked = {
            "/v1/connections?app=%s": ("dispatcher", ABSENT_APP),
            "/v1/connections?tenant=%s": (TENANT_OF[CONNECTED], "9999999@integration"),
            "/v1/access?tenant=%s": (TENANT_OF[CONNECTED], "9999999@integration"),
            "/v1/access?pending=true&tenant=%s": (TENANT_OF[NOT_CONNECTED], "9999999@integration"),
            "/v1/tickets?connection=%s": (f"dispatcher/{TENANT_OF[CONNECTED]}", f"{ABSENT_APP}/{TENANT_OF[CONNECTED]}"),
        }
        for (pattern, (hidden, absent)), caller in itertools.product(asked.items(), self.strangers()):
            with self.subTest(f"{pattern} by {caller.title}"):
                answers = []
                for name in (hidden, absent):
                    answer = self.ask(caller.person, "GET", pattern % quoted(name))
                    body = answer.body.replace(name.encode(), b"NAME").replace(name.split("/")[0].encode(), b"APP")
                    answers.append((answer.status, body))
                self.assertEqual(*answers)

    def test_listings_show_each_caller_what_is_theirs_and_nothing_else(self):
        visible = {
            "auditor": ({"dispatcher", "reports", "zapier"}, 6),
            "developer": ({"dispatcher", "zapier"}, 6),
            "other developer": ({"reports"}, 0),
            "operator": ({"dispatcher", "reports", "zapier"}, 6),
            "tenant admin": (None, 6),
            "other admin": (None, 0),
        }
        for caller in self.callers_of_all[1:]:
            apps, connections = visible[caller.title]
            with self.subTest(caller.title):
                if apps is not None:
                    self.assertEqual({app["app"] for app in self.api("GET", "/v1/apps", by=caller.person)}, apps)
                self.assertEqual(len(self.api("GET", "/v1/connections", by=caller.person)), connections)

    def test_a_client_id_or_secret_that_is_not_yours_is_unknown(self):
        developer, other = Person("news"), Person("uucp")
        made = self.api("POST", path_of(f"dispatcher/{TENANT_OF[CONNECTED]}", "secrets"), {}, by=developer)
        absent = {"client_id": "jid." + "0" * 25, "client_secret": made["client_secret"][:-1] + "z"}
        for member in ("client_id", "client_secret"):
            found = self.api("POST", "/v1/secrets/identify", {"value": made[member]}, by=developer)
            self.assertEqual(found["connection"], f"dispatcher/{TENANT_OF[CONNECTED]}")
            foreign = self.api("POST", "/v1/secrets/identify", {"value": made[member]}, by=other)
            self.assertEqual(foreign["connection"], None)
            self.assertNotIn("dispatcher", str(foreign))
            self.assertIsNone(
                self.api("POST", "/v1/secrets/identify", {"value": absent[member]}, by=other)["connection"]
            )
        rows = [
            self.api("GET", f"/v1/connections?client_id={value}", by=other)
            for value in (made["client_id"], absent["client_id"])
        ]
        self.assertEqual(rows, [[], []])


class OnTheCommandLine(Matrix):
    def test_a_refusal_is_exit_1_with_what_happened_and_what_to_do(self):
        connection = f"dispatcher/{TENANT_OF[CONNECTED]}"
        for person, words, error in (
            (Person("lp"), ("app", "list"), "forbidden"),
            (Person("proxy"), ("access", "disable", connection, "--yes"), "forbidden"),
            (Person("uucp"), ("app", "show", "dispatcher"), "not_found"),
            (Person("backup"), ("access", "enable", connection), "wrong_state"),
        ):
            with self.subTest(words):
                self.refused(*words, by=person, error=error)
                run = self.jeton(*words, by=person)
                self.assertEqual((run.code, run.out), (1, ""), run)
                self.assertIn("next: ", run.err)

    def test_docs_roles_md_holds_the_table_as_it_is_printed(self):
        printed = self.text("role", "matrix")
        page = (REPOSITORY / "docs" / "roles.md").read_text()
        self.assertIn(f"```\n{printed}```\n", page, "write the output of `jeton role matrix | cat` into docs/roles.md")

    def test_whoami_tells_each_person_their_roles(self):
        expected = {
            "none": [],
            "auditor": ["auditor"],
            "developer": ["developer dispatcher", "developer zapier"],
            "tenant admin": [f"tenant-admin {tenant}" for tenant in TENANT_OF.values()],
            "operator": ["operator"],
        }
        for caller in self.callers_of_all:
            if caller.title in expected:
                told = self.ok("whoami", by=caller.person)
                self.assertEqual(sorted(told["roles"]), sorted(expected[caller.title]))
                self.assertEqual((told["user"], told["uid"]), (caller.person.name, caller.person.uid))
                self.assertIn("games", told["groups"])
                for role in told["roles"]:
                    self.assertIn(role, self.text("whoami", by=caller.person))
