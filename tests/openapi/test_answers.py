"""The daemon answers every operation of docs/openapi.yaml, and each answer has the described members and no others."""

import base64
import json
import os
import sys
import urllib.parse

import description

sys.path.append(str(description.REPOSITORY / "tests" / "scenario"))

from harness import USER, Scenario, wire  # noqa: E402  (its place is known only now)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
C, T, U = "dispatcher/1234567@integration", "1234567@integration", "1234567@production"
ONE_APP, ONE_TENANT = {"app": "dispatcher"}, {"tenant": T}
ONE, LIVE = {"app": "dispatcher", "tenant": T}, {"app": "dispatcher", "tenant": U}
CONNECTIONS = "/v1/connections/{app}/{tenant}"
PUBLIC_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}  # RFC 8037 A.2
LONG_AGO = "2020-01-01T00:00:00Z"


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Answers(Scenario):
    needs_upstream = True

    def setUp(self):
        super().setUp()
        self.document = description.load()
        self.operations = {
            (method, path): operation for method, path, operation, _ in description.operations(self.document)
        }
        self.answered = set()

    def send(self, method, path, names, body, query, form):
        operation = self.operations[(method, path)]
        target = path
        for name, value in (names or {}).items():
            target = target.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
        if query:
            target += "?" + urllib.parse.urlencode(query)
        on_token_socket = "token socket" in operation["tags"]
        headers = {} if on_token_socket else {"Jeton-Client": "1"}
        data = None
        if form is not None:
            headers, data = {**headers, **FORM}, wire.form(form)
        elif body is not None:
            headers, data = {**headers, **JSON}, json.dumps(body)
        socket = self.daemon.token_socket if on_token_socket else self.daemon.control_socket
        return operation, wire.request(socket, method.upper(), target, data, headers)

    def ask(self, method, path, names=None, body=None, query=None, form=None):
        """Sends it, holds the answer against its description, and returns it."""
        operation, answer = self.send(method, path, names, body, query, form)
        self.assertIn(str(answer.status), operation["responses"], f"{method} {path}: {answer}")
        found = description.answer_problems(self.document, operation, answer.status, answer.body)
        self.assertEqual(found, [], f"{method} {path}: {answer.body.decode()}")
        self.answered.add((method, path))
        return answer.json if answer.body else None

    def refused(self, status, error, method, path, names=None, body=None, query=None, form=None):
        operation, answer = self.send(method, path, names, body, query, form)
        self.assertEqual((answer.status, answer.error), (status, error), answer)
        found = description.answer_problems(self.document, operation, answer.status, answer.body)
        self.assertEqual(found, [], f"{method} {path}: {answer.body.decode()}")

    def test_every_operation_answers_as_it_is_described(self):
        for step in (self.store, self.set_up, self.apps, self.consent, self.secrets, self.bindings, self.tokens,
                     self.upstream_environment_too, self.pauses, self.audit, self.backups, self.refusals, self.ends):
            step()
        self.assertEqual(sorted(set(self.operations) - self.answered), [])

    # the steps, each on what the ones before it made

    def store(self):
        self.ask("get", "/healthz")
        self.ask("get", "/v1/whoami")
        self.ask("get", "/v1/status")
        self.ask("get", "/v1/doctor")
        self.metrics()
        key = self.ask("post", "/v1/key-slots", body={"kind": "recovery"})["recovery_key"]
        self.ask("get", "/v1/key-slots")
        self.ask("post", "/v1/key-slots/test", body={"secret": key})
        second = {"kind": "recovery", "label": "second", "proof": key}
        slot = self.ask("post", "/v1/key-slots", body=second)["id"]
        self.ask("post", "/v1/key-slots/{slot}/remove", {"slot": slot}, {"proof": key})
        self.ask("post", "/v1/root-key/rotate", body={"proof": key})
        self.ask("post", "/v1/seal")
        self.ask("get", "/v1/doctor")
        self.ask("post", "/v1/unseal", body={"secret": key})
        self.key = key
        self.init()

    def metrics(self):
        """No JSON, and no header Jeton-Client."""
        for query in ("", "?tenants=1"):
            answer = wire.request(self.daemon.control_socket, "GET", "/metrics" + query)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        answer = wire.request(self.daemon.control_socket, "GET", "/metrics?everything=1")
        self.assertEqual((answer.status, answer.error), (400, "bad_input"), answer)
        self.answered.add(("get", "/metrics"))

    def init(self):
        """Your own daemon makes its store by itself; the system's waits to be told."""
        self.refused(409, "wrong_state", "post", "/v1/init", body={"slot": "key-file"})
        if os.geteuid() != 0:
            self.answered.add(("post", "/v1/init"))  # uid 0 alone may, before anybody is granted a role
            return
        own, self.daemon = self.daemon, self.new_daemon(mode="system", control_group="root")
        self.daemon.start(state="uninitialised")
        self.ask("post", "/v1/init", body={"slot": "key-file"})
        self.daemon = own

    def set_up(self):
        self.ask("post", "/v1/environments", body={"environment": "integration", "kind": "local"})
        self.ask("get", "/v1/environments")
        self.ask("get", "/v1/environments/{environment}", {"environment": "integration"})
        self.ask("patch", "/v1/environments/{environment}", {"environment": "integration"}, {"developer_access": True})
        self.ask("post", "/v1/environments/{environment}/key/rotate", {"environment": "integration"}, {"proof": self.key})
        self.ask("get", "/v1/status")
        self.ask("post", "/v1/environments", body={"environment": "sandbox", "kind": "local"})
        self.ask("delete", "/v1/environments/{environment}", {"environment": "sandbox"})
        self.ask("post", "/v1/tenants", body={"tenant": "1234567", "name": "Northside Plumbing"})
        self.ask("patch", "/v1/tenants/{tenant}", ONE_TENANT, {"name": "Northside Heating"})
        self.ask("get", "/v1/tenants", query={"environment": "integration", "limit": 1})
        self.ask("get", "/v1/tenants/{tenant}", ONE_TENANT)
        scope = {"name": "tn.crm.surveys", "group": "CRM", "display_name": "Surveys"}
        self.ask("post", "/v1/scopes", body=scope)
        self.ask("post", "/v1/scopes/import", body={"scopes": [scope]})
        self.ask("get", "/v1/scopes", query={"group": "CRM"})
        self.ask("post", "/v1/roles", body={"role": "developer", "user": USER, "expires_in": 3600})
        self.ask("post", "/v1/roles", body={"role": "tenant-admin", "tenant": T, "group": "users"})
        self.ask("get", "/v1/roles")
        self.ask("post", "/v1/roles/revoke", body={"role": "tenant-admin", "tenant": T, "group": "users"})
        self.ask("get", "/v1/roles/matrix")

    def apps(self):
        app = {"app": "dispatcher", "organization": "Example Ltd", "homepage": "https://example.com/",
               "credentials": "developer", "scopes": ["tn.acc.invoices:r", "tn.jpm.jobs:r"]}  # fmt: skip
        self.ask("post", "/v1/apps", body=app)
        self.ask("get", "/v1/apps")
        self.ask("get", "/v1/apps/{app}", ONE_APP)
        self.ask("patch", "/v1/apps/{app}", ONE_APP, {"organization": "Example & Sons"})
        self.ask("post", "/v1/apps/{app}/tenants", ONE_APP, {"tenant": "1234567", "note": "pilot"})
        self.ask("get", "/v1/apps/{app}/connections", ONE_APP)
        self.ask("get", "/v1/access", query={"pending": "true"})

    def consent(self):
        self.ask("get", CONNECTIONS + "/review", ONE)
        self.ask("post", CONNECTIONS + "/decline", ONE, {})
        self.ask("post", CONNECTIONS + "/allow", ONE, {"version": 1})
        self.ask("post", "/v1/apps/{app}/versions", ONE_APP, {"add": ["tn.crm.surveys:r"], "remove": ["tn.jpm.jobs:r"]})
        self.ask("get", "/v1/apps/{app}/versions", ONE_APP)
        self.ask("get", "/v1/access", query={"tenant": T})
        self.ask("get", CONNECTIONS + "/review", ONE)
        self.ask("post", CONNECTIONS + "/allow", ONE, {"version": 2})

    def secrets(self):
        secret = self.ask("post", CONNECTIONS + "/secrets", ONE, {})
        self.ask("post", CONNECTIONS + "/secrets/rotate", ONE, {"overlap": 3600})
        self.ask("post", CONNECTIONS + "/secrets/rollback", ONE, {})
        ticket = self.ask("post", CONNECTIONS + "/secrets", ONE, {"ticket_for": USER, "expires_in": 600})
        claimed = self.ask("post", "/v1/tickets/claim", body={"ticket": ticket["ticket"]})
        self.ask("post", CONNECTIONS + "/secrets/{prefix}/deactivate", {**ONE, "prefix": claimed["prefix"]}, {})
        ticket = self.ask("post", CONNECTIONS + "/secrets/rotate", ONE, {"now": True, "ticket_for": USER})
        self.ask("get", "/v1/tickets", query={"connection": C})
        key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}  # RFC 8037 §A.2
        added = self.ask("post", CONNECTIONS + "/keys", ONE, {"key": json.dumps(key), "expires_in": 3600})
        self.ask("get", CONNECTIONS + "/keys", ONE)
        self.ask("delete", CONNECTIONS + "/keys/{kid}", {**ONE, "kid": added["kid"]})
        self.ask("delete", "/v1/tickets/{ticket}", {"ticket": ticket["id"][:8]})
        self.ask("get", CONNECTIONS + "/secrets", ONE)
        self.ask("get", "/v1/secrets", query={"older_than": 0, "limit": 1})
        for value in (secret["client_secret"], ticket["ticket"], secret["client_id"], "nothing of ours"):
            self.ask("post", "/v1/secrets/identify", body={"value": value})
        self.pair = self.ask("post", CONNECTIONS + "/pairs", ONE, {"user": USER, "expires_in": 3600})
        key = self.ask("post", CONNECTIONS + "/keys", ONE, {"key": json.dumps(PUBLIC_KEY), "expires_in": 3600})
        self.ask("get", CONNECTIONS + "/keys", ONE)
        self.ask("get", CONNECTIONS, ONE)
        self.ask("delete", CONNECTIONS + "/keys/{kid}", {**ONE, "kid": key["kid"]})

    def bindings(self):
        self.ask("post", "/v1/bindings", body={"connection": C, "user": USER, "default": True})
        self.ask("post", "/v1/bindings", body={"introspect": "integration", "user": USER})
        limited = {"introspect": "integration", "app": "dispatcher", "resource": "http://localhost/integration"}
        self.ask("post", "/v1/bindings", body={**limited, "user": "daemon"})
        pattern = {"connection": "dispatcher/*@integration", "group": "users", "expires_in": 3600}
        pattern = self.ask("post", "/v1/bindings", body=pattern)
        self.ask("get", "/v1/bindings")
        self.ask("get", CONNECTIONS, ONE)
        self.ask("post", CONNECTIONS + "/explain", ONE, {})
        self.ask("post", CONNECTIONS + "/explain", ONE, {"user": "daemon"})
        self.ask("post", CONNECTIONS + "/explain", ONE, {"pid": os.getpid()})
        self.ask("delete", "/v1/bindings/{binding}", {"binding": pattern["id"]})

    def tokens(self):
        grant, here = {"grant_type": "client_credentials"}, {"environment": "integration"}
        token = self.ask("post", "/token", form=grant)["access_token"]
        self.ask("post", "/connect/token", form=grant)
        self.ask("post", "/{environment}/token", here, form=grant)
        pair = {"client_id": self.pair["client_id"], "client_secret": self.pair["client_secret"]}
        self.ask("post", "/{environment}/connect/token", here, form={**grant, **pair})
        self.ask("post", "/{environment}/introspect", here, form={"token": token})
        self.ask("post", "/{environment}/introspect", here, form={"token": "nothing of ours"})
        self.ask("post", "/{environment}/revoke", here, form={"token": token})
        self.ask("post", CONNECTIONS + "/revoke", ONE)
        self.ask("get", "/{environment}/jwks", here)
        self.ask("get", "/.well-known/oauth-authorization-server/{environment}", here)
        self.ask("get", "/v1/pairs", query={"connection": C})
        self.ask("delete", "/v1/pairs/{client_id}", {"client_id": self.pair["client_id"]})
        self.ask("get", "/v1/connections", query={"new_version": "false", "unused_for": 0})
        self.ask("get", "/v1/status")

    def upstream_environment_too(self):
        client_id, client_secret = self.upstream.add_client("1234567", "tn.acc.invoices:r tn.crm.surveys:r")
        self.ask("post", "/v1/environments", body={
            "environment": "production", "kind": "upstream", "token_endpoint": self.upstream.token_endpoint,
            "ca_file": str(self.upstream.ca_file)})  # fmt: skip
        self.ask("post", "/v1/tenants", body={"tenant": U, "name": "Northside Plumbing"})
        self.ask("post", "/v1/apps/{app}/tenants", ONE_APP, {"tenant": U})
        consent = {"version": 2, "source": "portal", "note": "allowed in the portal"}
        self.ask("post", CONNECTIONS + "/record", LIVE, consent)
        pair = {"client_id": client_id, "client_secret": client_secret}
        self.ask("post", CONNECTIONS + "/secrets/import", LIVE, pair)
        row = {"app": "dispatcher", "environment": "production", "tenant": "1234567", "origin": ".env:3"}
        self.ask("post", "/v1/imports", body=row | pair)
        self.ask("patch", CONNECTIONS, LIVE, {"form_fields": {"tenant": "1234567"}})
        self.ask("patch", "/v1/environments/{environment}", {"environment": "production"}, {"forget_issuer": True})
        self.ask("get", "/v1/connections", query={"environment": "production"})
        self.ask("get", "/v1/status")

    def pauses(self):
        self.ask("post", CONNECTIONS + "/disable", ONE, {"reason": "stocktaking"})
        self.ask("get", CONNECTIONS, ONE)
        self.ask("get", CONNECTIONS + "/review", ONE)
        self.ask("post", CONNECTIONS + "/enable", ONE, {})
        for dry_run in (True, False):
            self.ask("post", "/v1/access/disable", body={"app": "dispatcher", "dry_run": dry_run})
        self.ask("post", "/v1/access/enable", body={"app": "dispatcher"})

    def audit(self):
        self.ask("get", "/v1/audit", query={"event": "secret.*", "result": "done", "limit": 2})
        self.ask("get", "/v1/audit/export", query={"after": 2, "limit": 2})
        head = self.ask("get", "/v1/audit/verify")["head"]
        kept = {name: head[name] for name in ("sequence", "hash", "signature")}
        self.ask("post", "/v1/audit/compare", body={"entries": [kept]})
        self.ask("post", "/v1/audit/prune", body={"before": LONG_AGO})
        self.ask("post", "/v1/audit/prune", body={"before": "2100-01-01T00:00:00Z"})
        self.ask("get", "/v1/audit/verify")

    def backups(self):
        begun = self.ask("post", "/v1/backups", body={"proof": self.key})
        file, names, number = from_base64url(begun["data"]), {"backup": begun["backup"]}, 0
        while True:
            page = self.ask("post", "/v1/backups/{backup}/pages", names, {"page": number})
            file, number = file + from_base64url(page["data"]), number + 1
            if page["last"]:
                break
        self.ask("delete", "/v1/backups/{backup}", names)
        for give_up in (True, False):
            begun = self.ask("post", "/v1/restores", body={"proof": self.key, "data": to_base64url(file[:4_000])})
            names = {"restore": begun["restore"]}
            for number, at in enumerate(range(4_000, len(file), 40_000), 1):
                data = to_base64url(file[at : at + 40_000])
                self.ask("post", "/v1/restores/{restore}/pages", names, {"page": number, "data": data})
            self.ask("post", "/v1/restores/{restore}/check", names, {})
            self.ask("get", "/v1/restores/{restore}/changes", names, query={"limit": 5})
            if give_up:
                self.ask("delete", "/v1/restores/{restore}", names)
            else:
                self.ask("post", "/v1/restores/{restore}/confirm", names, {})

    def refusals(self):
        self.refused(404, "not_found", "get", "/v1/apps/{app}", {"app": "nobody-s"})
        self.refused(400, "bad_input", "post", "/v1/apps", body={"app": "x", "colour": "red"})
        self.refused(409, "already_exists", "post", "/v1/tenants", body={"tenant": T, "name": "Another"})
        self.refused(409, "wrong_state", "post", CONNECTIONS + "/enable", ONE, {})
        self.refused(400, "unsupported_grant_type", "post", "/token", form={"grant_type": "password"})
        self.refused(401, "invalid_client", "post", "/{environment}/introspect", {"environment": "production"},
                     form={"token": "x"})  # fmt: skip
        self.refused(400, "invalid_client", "post", "/{environment}/revoke", {"environment": "integration"},
                     form={"token": "x", "client_id": "x", "client_secret": "y"})  # fmt: skip

    def ends(self):
        self.ask("delete", "/v1/apps/{app}/tenants/{tenant}", {**ONE_APP, **ONE_TENANT})
        self.ask("delete", "/v1/apps/{app}", ONE_APP)
