"""The portal's page "Manage client ID & secret", told again from top to bottom by three Unix users with a role each.

The developer registers the app, the tenant's admin decides about it, root operates the host; the worker is the user
of the app's program and has no role. A number such as S17 is one sentence of the page.
"""

import json
import re
import subprocess
import sys
import threading

import people
from harness import INVOICES, JOBS, ENVIRONMENT, wait_until, wire
from in_order import load_in_order
from people import Person
from system import SystemScenario, path_of
from terminal import on_a_terminal

CUSTOMERS, ESTIMATES = "tn.crm.customers:r", "tn.sal.estimates:r"
TENANT = "1234567@integration"
CONNECTION = f"dispatcher/{TENANT}"
DEVELOPER_WORDS = "I, the app developer, will configure the credentials on behalf of each tenant"
TENANT_WORDS = "Tenants will configure the credentials themselves"
GREEN, STRUCK = r"\x1b\[(\d+;)*32(;\d+)*m", r"\x1b\[(\d+;)*9(;\d+)*m"


def load_tests(loader, _standard, _pattern):
    return load_in_order(sys.modules[__name__], loader)


class Page(SystemScenario):
    def setUp(self):
        super().setUp()
        self.developer, self.admin = Person("news"), Person("backup")
        self.worker, self.stranger = Person("www-data", groups=()), Person("lp")
        self.local_environment("integration")
        self.local_environment("production")
        self.tenant()
        self.grant("developer", to=self.developer)
        self.grant("tenant-admin", TENANT, to=self.admin)

    # what each of them types

    def dev(self, *words, **options):
        return self.ok(*words, by=self.developer, **options)

    def adm(self, *words, **options):
        return self.ok(*words, by=self.admin, **options)

    # how far the page has been told

    def new_application(self, name="dispatcher", credentials="developer", scopes=(INVOICES, JOBS)):
        return self.app(name, scopes=scopes, credentials=credentials, by=self.developer)

    def tenant_added(self, app="dispatcher"):
        self.dev("app", "tenant", "add", app, TENANT, "--note", "pilot customer")
        return f"{app}/{TENANT}"

    def tenant_allows(self, app="dispatcher"):
        return self.allow(f"{app}/{TENANT}", by=self.admin)

    def until_connected(self, credentials="developer", app="dispatcher"):
        self.new_application(app, credentials)
        self.tenant_added(app)
        return self.tenant_allows(app)

    def until_generated(self):
        """(client ID, client secret) of CONNECTION."""
        client_id = self.until_connected()["client_id"]
        return client_id, self.dev("secret", "generate", CONNECTION)["client_secret"]

    def until_bound(self):
        self.until_connected()
        self.ok("binding", "add", CONNECTION, "--user", self.worker.name, "--default")

    def pair_gets_token(self, client_id, secret, environment="integration"):
        return self.assertToken(
            self.token_of(self.worker, f"/{environment}/token", client_id=client_id, client_secret=secret)
        )

    def seen_by_developer(self, connection=CONNECTION):
        return self.row(connection, by=self.developer)

    def refusals_of(self, person, event):
        return self.ok("audit", "list", "--user", person.name, "--event", event, "--result", "refused")


class Introduction(Page):
    """To access ServiceTitan APIs, your App must supply a Client ID & Secret key pair."""

    def test_S1_without_a_whole_pair_or_a_binding_nothing_is_issued(self):
        client_id, secret = self.until_generated()
        wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
        for pair in ({}, {"client_id": client_id}, {"client_id": client_id, "client_secret": ""},
                     {"client_id": "", "client_secret": ""}, {"client_id": client_id, "client_secret": wrong},
                     {"client_id": client_id[:-1], "client_secret": secret}):  # fmt: skip
            with self.subTest(pair):
                answer = self.token_of(self.worker, "/integration/token", **pair)
                self.assertIn((answer.status, answer.error), ((400, "invalid_client"), (401, "invalid_client")))
                self.assertNotIn(b"access_token", answer.body)
        lone_secret = self.token_of(self.worker, "/integration/token", client_secret=secret)
        self.assertIn(lone_secret.error, ("invalid_client", "invalid_request"))
        self.assertEqual(self.ok("audit", "list", "--event", "token.*", "--result", "done"), [])
        self.pair_gets_token(client_id, secret)  # the control: with all of it, it works

    def test_S2_the_app_says_who_configures_and_so_it_is(self):
        for app, credentials, may, may_not in (
            ("dispatcher", "developer", self.developer, self.admin),
            ("zapier", "tenant", self.admin, self.developer),
        ):
            with self.subTest(credentials):
                self.assertEqual(self.new_application(app, credentials)["credentials"], credentials)
                self.assertEqual(self.dev("app", "show", app)["credentials"], credentials)
                connection = self.tenant_added(app)
                self.tenant_allows(app)
                self.refused("secret", "generate", connection, by=may_not, error="forbidden")
                self.assertIn("client_secret", self.ok("secret", "generate", connection, by=may))

    def test_S3_each_tenant_has_a_client_id_and_a_secret_of_its_own(self):
        self.new_application()
        pairs = []
        for tenant in ("1111111", "2222222"):
            connection, client_id = self.connected(tenant)
            pairs.append((client_id, self.dev("secret", "generate", connection)["client_secret"]))
        (one_id, one_secret), (two_id, two_secret) = pairs
        self.assertNotEqual(one_id, two_id)
        self.assertNotEqual(one_secret, two_secret)
        crossed = self.token_of(self.worker, "/integration/token", client_id=one_id, client_secret=two_secret)
        self.assertRefusal(crossed, 400, "invalid_client")
        for client_id, secret in pairs:
            self.pair_gets_token(client_id, secret)

    def test_S4_id_secret_and_token_are_worthless_in_the_other_environment(self):
        client_id, secret = self.until_generated()
        self.connected("1234567", "production")
        answer = self.token_of(self.worker, "/production/token", client_id=client_id, client_secret=secret)
        self.assertRefusal(answer, 400, "invalid_client")
        token = self.pair_gets_token(client_id, secret)["access_token"]
        for environment in ("integration", "production"):
            self.ok("binding", "add", "--introspect", environment, "--user", self.worker.name)
        self.assertEqual(self.ok("introspect", "integration", stdin=token, by=self.worker)["active"], True)
        self.assertEqual(self.ok("introspect", "production", stdin=token, by=self.worker), {"active": False})
        keys = [{key["x"] for key in self.get(f"/{name}/jwks").json["keys"]} for name in ("integration", "production")]
        self.assertFalse(keys[0] & keys[1])

    def test_S5_where_the_developer_configures_the_admin_cannot_make_a_secret(self):
        self.until_connected()
        matrix = {row["verb"]: row for row in self.ok("role", "matrix")}
        self.assertIn("developer", matrix["secret.generate"]["roles"])
        for verb in (("secret", "generate", CONNECTION), ("secret", "rotate", CONNECTION)):
            self.refused(*verb, by=self.admin, error="forbidden")
            self.refused(*verb, by=self.stranger)
        self.assertEqual(self.seen_by_developer()["secrets"], [])
        self.assertIn("client_secret", self.dev("secret", "generate", CONNECTION))

    def test_S6_no_secret_before_the_tenant_has_allowed(self):
        self.new_application()
        self.tenant_added()
        refusal = self.refused("secret", "generate", CONNECTION, by=self.developer, error="wrong_state")
        self.assertIn("Not Connected Yet", refusal["error_description"] + refusal["next"])
        self.assertEqual(self.seen_by_developer()["secrets"], [])
        self.tenant_allows()
        self.dev("secret", "generate", CONNECTION)


class NewApplications(Page):
    """Login to the Developer Portal, My Apps, + New App, fill the fields, Create App."""

    def test_S7_who_is_no_developer_is_refused_and_audited(self):
        for person in (self.stranger, self.admin):
            with self.subTest(person):
                create = ("app", "create", "dispatcher", "--organization", "O", "--homepage", "https://example.com/",
                          "--credentials", "developer", "--scope", JOBS)  # fmt: skip
                self.refused(*create, by=person, error="forbidden")
                self.assertEqual(len(self.refusals_of(person, "app.create")), 1)
        self.assertEqual(self.ok("app", "list"), [])
        self.new_application()
        self.refused("app", "edit", "dispatcher", "--organization", "Mine", by=self.stranger)
        self.assertEqual(len(self.refusals_of(self.stranger, "app.edit")), 1)
        self.assertEqual(self.ok("app", "show", "dispatcher")["organization"], "Example Ltd")

    def test_S8_my_apps_are_my_own_with_version_and_scopes(self):
        self.assertEqual(self.dev("app", "list"), [])
        other = Person("uucp")
        self.grant("developer", to=other)
        self.new_application()
        self.app("reports", scopes=(CUSTOMERS,), by=other)
        mine = self.dev("app", "list")
        self.assertEqual(
            [(app["app"], app["version"], app["scopes"]) for app in mine], [("dispatcher", 1, [INVOICES, JOBS])]
        )
        text = self.text("app", "list", by=self.developer)
        for word in ("dispatcher", "1", "Invoices" if "Invoices" in text else INVOICES):
            self.assertIn(word, text)
        self.assertNotIn("reports", text)
        self.assertEqual([app["app"] for app in self.ok("app", "list", by=other)], ["reports"])
        self.assertEqual([app["app"] for app in self.ok("app", "list")], ["dispatcher", "reports"])

    def test_S9_a_new_app_has_a_key_and_version_1(self):
        app = self.new_application()
        self.assertEqual((app["app"], app["version"], app["scopes"]), ("dispatcher", 1, [INVOICES, JOBS]))
        self.assertRegex(app["app_key"], r"^jak\.[0-9a-z]+$")
        self.assertRegex(app["external_data_guid"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertNotEqual(self.new_application("other")["app_key"], app["app_key"])

    def test_S10_each_bad_field_has_its_own_message_and_stores_nothing(self):
        good = {"app": "dispatcher", "organization": "Example Ltd", "homepage": "https://example.com/",
                "credentials": "developer", "scopes": [JOBS]}  # fmt: skip
        bad = {
            "app": ("", "x" * 64, "Dispatcher!", "token"),
            "organization": ("", "x" * 121, "a\u202eb"),
            "homepage": ("", "not a url", "https://example.com/" + "x" * 250),
            "credentials": ("", "nobody"),
            "scopes": ([], ["tn.no.such:r"], [JOBS.removesuffix(":r")]),
        }
        told = {}
        for field, values in bad.items():
            for value in values:
                answer = self.ask(self.developer, "POST", "/v1/apps", {**good, field: value})
                self.assertEqual((answer.status, answer.error), (400, "bad_input"), (field, value, answer))
                told[field, str(value)] = answer.json["error_description"]
        for (field, value), words in (
            (("app", ""), "Application name is empty"),
            (("homepage", "not a url"), "Url is not valid"),
            (("scopes", "[]"), "API Scopes are not selected"),
        ):
            self.assertIn(words, told[field, value])
        first_of_each = [told[field, str(values[0])] for field, values in bad.items()]
        self.assertEqual(len(set(first_of_each)), len(bad), first_of_each)
        self.assertEqual(self.ok("app", "list"), [])
        self.assertEqual(self.ask(self.developer, "POST", "/v1/apps", good).status, 201)

    def test_S11_the_choice_stands_in_the_words_of_the_page(self):
        for app, credentials, words in (
            ("dispatcher", "developer", DEVELOPER_WORDS),
            ("zapier", "tenant", TENANT_WORDS),
        ):
            self.new_application(app, credentials)
            shown = self.dev("app", "show", app)
            self.assertEqual((shown["credentials"], shown["credentials_statement"]), (credentials, words))
            self.assertIn(words, " ".join(self.text("app", "show", app, by=self.developer).split()))

    def test_S12_a_crash_in_the_middle_leaves_no_half_app(self):
        acknowledged, stop = [], threading.Event()
        body = {"organization": "Example Ltd", "homepage": "https://example.com/", "credentials": "developer",
                "scopes": [INVOICES, JOBS]}  # fmt: skip
        create = self.caller(self.developer)

        def keep_creating():
            for number in range(100000):
                if stop.is_set():
                    return
                name = f"app-{number:05}"
                try:
                    answer = self.ask(self.developer, "POST", "/v1/apps", {"app": name, **body})
                except (OSError, wire.http.client.HTTPException):
                    continue
                if answer.status == 201:
                    acknowledged.append(name)

        creator = threading.Thread(target=keep_creating)
        creator.start()
        try:
            for crash in range(3):
                had = len(acknowledged)
                wait_until(lambda: len(acknowledged) > had + 5, 20, what="apps being created")
                old = self.daemon.kill("jeton-vault")
                wait_until(lambda: self.daemon.helpers().get("jeton-vault", old) != old, 10, what="a new vault")
                self.daemon.wait_for("unsealed")
        finally:
            stop.set()
            creator.join()
        self.assertIsNotNone(create)
        there = self.ok("app", "list")
        self.assertLessEqual(set(acknowledged), {app["app"] for app in there})
        for app in there:
            self.assertEqual((app["version"], app["scopes"]), (1, [INVOICES, JOBS]), app)
            self.assertRegex(app["app_key"], r"^jak\.")
        for app in there[:: max(1, len(there) // 20)]:
            self.assertEqual(len(self.dev("app", "versions", app["app"])), 1)
        self.ok("audit", "verify")


class ExistingApplications(Page):
    """My Apps, Edit, Client Credentials Management, Save."""

    def test_S13_switching_who_configures_touches_no_pair_token_or_version(self):
        client_id, secret = self.until_generated()
        before = self.seen_by_developer()
        edited = self.dev("app", "edit", "dispatcher", "--credentials", "tenant")
        self.assertEqual((edited["credentials"], edited["version"], edited["changed"]), ("tenant", 1, ["credentials"]))
        self.assertTrue(edited["message"])
        after = self.seen_by_developer()
        for member in ("client_id", "version", "state"):
            self.assertEqual(before[member], after[member])
        self.assertEqual([one["prefix"] for one in after["secrets"]], [secret[:8]])
        self.pair_gets_token(client_id, secret)
        self.refused("secret", "generate", CONNECTION, by=self.developer, error="forbidden")
        self.adm("secret", "generate", CONNECTION)
        self.assertEqual(
            self.dev("app", "edit", "dispatcher", "--credentials", "developer")["credentials"], "developer"
        )
        self.pair_gets_token(client_id, secret)
        self.assertEqual(self.dev("app", "edit", "dispatcher", "--credentials", "developer")["changed"], [])
        self.assertEqual(len(self.dev("app", "versions", "dispatcher")), 1)


class GeneratingAClientSecret(Page):
    """Add the client's Tenant ID; once its admin has allowed access: View Connections, Generate."""

    def test_S14_tenant_ids_are_added_and_removed_with_a_note(self):
        self.new_application()
        refusal = self.refused("secret", "generate", CONNECTION, by=self.developer, error="not_found")
        self.assertIn("app tenant add", refusal["next"])
        self.tenant_added()
        row = self.seen_by_developer()
        self.assertEqual((row["status"], row["listed"], row["note"]), ("Not Connected Yet", True, "pilot customer"))
        removed = self.dev("app", "tenant", "remove", "dispatcher", TENANT, "--yes")
        self.assertEqual(removed["connection"], CONNECTION)
        self.assertEqual(self.dev("app", "connections", "dispatcher"), [])
        self.refused("access", "review", CONNECTION, by=self.admin, error="not_found")
        self.tenant_added()
        self.assertEqual(self.seen_by_developer()["status"], "Not Connected Yet")

    def test_S14_a_connected_tenant_that_is_taken_off_the_list_is_disabled_and_its_row_kept(self):
        client_id, secret = self.until_generated()
        self.pair_gets_token(client_id, secret)
        self.dev("app", "tenant", "remove", "dispatcher", TENANT, "--yes")
        row = next(row for row in self.ok("connection", "list") if row["connection"] == CONNECTION)
        self.assertEqual((row["state"], row["listed"], row["client_id"]), ("disabled", False, client_id))
        answer = self.token_of(self.worker, "/integration/token", client_id=client_id, client_secret=secret)
        self.assertRefusal(answer, 400, "unauthorized_client")
        self.refused("access", "enable", CONNECTION, by=self.admin)  # not while the developer does not offer it
        self.tenant_added()
        self.assertEqual(self.seen_by_developer()["state"], "disabled")
        self.adm("access", "enable", CONNECTION)
        self.assertEqual(self.seen_by_developer()["client_id"], client_id)
        self.pair_gets_token(client_id, secret)

    def test_S15_only_the_tenants_own_admin_in_that_environment_allows(self):
        self.new_application()
        self.tenant_added()
        self.listed("7654321")
        self.listed("1234567", "production")
        neighbour, elsewhere = Person("list"), Person("irc")
        self.grant("tenant-admin", "7654321@integration", to=neighbour)
        self.grant("tenant-admin", "1234567@production", to=elsewhere)
        allow = ("access", "allow", CONNECTION, "--version", 1)
        self.refused(*allow, by=self.developer, error="forbidden")
        self.refused(*allow, by=self.stranger, error="forbidden")
        for person in (neighbour, elsewhere):
            self.refused(*allow, by=person, error="not_found")
        self.assertEqual(self.seen_by_developer()["state"], "not-connected")
        for person in (self.developer, self.stranger, neighbour, elsewhere):
            self.assertEqual(len(self.refusals_of(person, "access.allow")), 1, person)
        self.adm(*allow)
        done = self.ok("audit", "list", "--connection", CONNECTION, "--event", "access.allow*", "--result", "done")
        self.assertEqual([entry["actor"]["user"] for entry in done], [self.admin.name])

    def test_S16_view_connections_has_the_pages_cells_in_all_six_states(self):
        self.new_application()
        self.new_application("zapier", credentials="tenant")
        secrets = {}

        def new(app, tenant, made, disabled=False):
            """A connected tenant with `made` active secrets."""
            connection = self.listed(tenant, app=app)
            first = self.allow(connection)
            values = [first["client_secret"]] if "client_secret" in first else []
            while len(values) < made:
                values.append(self.ok("secret", "generate", connection)["client_secret"])
            for value in values[made:]:
                self.ok("secret", "deactivate", connection, value[:8], "--yes")
            if disabled:
                self.ok("access", "disable", connection, "--yes")
            secrets[connection] = values
            return connection

        waiting = self.listed("1000001")
        secrets[waiting] = []
        rows = {
            waiting: ("not-connected", "Not connected yet", "Not connected yet"),
            new("dispatcher", "1000002", 1, disabled=True): ("disabled", None, "Not available yet"),
            new("zapier", "1000003", 0): ("connected", None, "Not available yet"),
            new("dispatcher", "1000004", 0): ("connected", None, "Generate"),
            new("zapier", "1000005", 1): ("connected", None, "prefix"),
            new("dispatcher", "1000006", 2): ("connected", None, "prefix"),
        }
        text = self.text("app", "connections", "dispatcher", environment={"COLUMNS": "200"})
        text += self.text("app", "connections", "zapier", environment={"COLUMNS": "200"})
        every = self.dev("app", "connections", "dispatcher") + self.dev("app", "connections", "zapier")
        for connection, (state, id_cell, secret_cell) in rows.items():
            with self.subTest(connection):
                row = next(row for row in every if row["connection"] == connection)
                self.assertEqual(row["state"], state)
                self.assertEqual(row["client_id_cell"], id_cell or row["client_id"])
                self.assertEqual((row["version"] or row["current_version"], row["allowed"]), (1, state == "connected"))
                active = [] if state == "disabled" else [v[:8] for v in secrets[connection]]
                if secret_cell == "prefix":
                    shown = [one["prefix"] for one in row["secrets"]]
                    self.assertLessEqual(set(shown), set(active))
                    self.assertTrue(shown)
                    cell = [f"{prefix}..." for prefix in shown] + ["Manage"] * (row["app"] == "dispatcher")
                    self.assertEqual(row["client_secret_cell"], " ".join(cell))
                else:
                    self.assertEqual((row["client_secret_cell"], row["secrets"]), (secret_cell, []))
        for value in [value for values in secrets.values() for value in values]:
            self.assertNotIn(value, json.dumps(every) + text)

    def test_S17_a_secret_is_shown_once_the_third_is_refused_and_the_old_one_works_on(self):
        client_id, first = self.until_generated()
        second_run = self.jeton("secret", "generate", CONNECTION, by=self.developer)
        self.assertEqual(second_run.code, 0, second_run)
        second = second_run.out.strip()
        self.assertIn("visible only once", second_run.err)
        third = self.refused("secret", "generate", CONNECTION, by=self.developer, error="wrong_state")
        self.assertRegex(third["error_description"], r"(?i)only two active secrets are allowed at a time")
        for secret in (first, second):
            self.pair_gets_token(client_id, secret)
        for words in (
            ("secret", "list", CONNECTION),
            ("app", "connections", "dispatcher"),
            ("connection", "list"),
            ("connection", "show", CONNECTION),
            ("app", "show", "dispatcher"),
            ("ticket", "list"),
            ("audit", "list"),
            ("status",),
            ("access", "list"),
            ("access", "review", CONNECTION),
        ):
            for flags in ((), ("--json",)):
                shown = self.jeton(*words, *flags)
                self.assertEqual(shown.code, 0, (words, shown))
                for secret in (first, second):
                    self.assertNotIn(secret, shown.out + shown.err, words)
        exported = self.jeton("audit", "export")
        self.assertNotIn(first, exported.out)
        self.dev("secret", "deactivate", CONNECTION, first[:8], "--yes")
        answer = self.token_of(self.worker, "/integration/token", client_id=client_id, client_secret=first)
        self.assertRefusal(answer, 400, "invalid_client")
        self.pair_gets_token(client_id, second)
        self.daemon.stop()
        searched = self.daemon.files()
        self.assertIn(self.daemon.database, searched)
        for file in searched:
            self.assertNotIn(first.encode(), file.read_bytes(), file)
            self.assertNotIn(second.encode(), file.read_bytes(), file)

    def test_S18_the_client_id_can_be_read_any_time_and_never_changes(self):
        client_id, _ = self.until_generated()
        self.dev("secret", "generate", CONNECTION)
        self.dev("app", "publish", "dispatcher", "--add", CUSTOMERS)
        self.tenant_allows()
        self.adm("access", "disable", CONNECTION, "--yes")
        self.assertEqual(self.seen_by_developer()["client_id"], client_id)
        self.adm("access", "enable", CONNECTION)
        self.assertEqual(self.seen_by_developer()["client_id"], client_id)
        shown = self.dev("connection", "show", "--client-id", client_id)
        self.assertEqual((shown["connection"], shown["version"]), (CONNECTION, 2))
        self.assertIn(client_id, self.text("connection", "show", CONNECTION, by=self.developer))

    def test_S19_not_connected_yet_stands_there_until_allow_and_after_decline(self):
        self.new_application()
        self.tenant_added()
        for _ in ("before", "after decline"):
            self.assertEqual(self.seen_by_developer()["status"], "Not Connected Yet")
            self.assertIn("Not Connected Yet", self.text("app", "connections", "dispatcher", by=self.developer))
            self.adm("access", "decline", CONNECTION)
        self.tenant_allows()
        self.assertEqual(self.seen_by_developer()["status"], "Connected")
        self.assertNotIn("Not Connected Yet", self.text("app", "connections", "dispatcher", by=self.developer))

    def test_S20_the_hint_says_whom_to_ask(self):
        self.new_application()
        self.tenant_added()
        words = r"contact your Tenant Admin.* ask that they connect to your app"
        self.assertRegex(self.seen_by_developer()["hint"], words)
        text = " ".join(self.text("app", "connections", "dispatcher", by=self.developer).split())
        self.assertRegex(text, words)


class TenantAdminGenerates(Page):
    """If you are a tenant admin and want to generate Client ID & Secret key (for Zapier)."""

    def test_S21_the_hand_off_form_has_exactly_the_five_fields_once(self):
        allowed = self.until_connected("tenant", "zapier")
        self.assertRegex(allowed["client_secret"], r"^jcs\.[0-9a-z]{50}$")
        connection = f"zapier/{TENANT}"
        ticket = self.adm("secret", "generate", connection, "--ticket-for", self.worker.name)["ticket"]
        form = self.jeton("ticket", "claim", stdin=ticket + "\n", by=self.worker)
        self.assertEqual(form.code, 0, form)
        fields = dict(line.split(": ", 1) for line in form.out.splitlines())
        self.assertEqual(list(fields), ["Tenant ID", "Client ID", "Client Secret", "App Key", "Environment"])
        self.assertEqual(
            (fields["Tenant ID"], fields["Environment"], fields["Client ID"], fields["App Key"]),
            ("1234567", "integration", allowed["client_id"], self.dev("app", "show", "zapier")["app_key"]),
        )
        self.pair_gets_token(fields["Client ID"], fields["Client Secret"])
        again = self.jeton("ticket", "claim", stdin=ticket + "\n", by=self.worker)
        self.assertEqual((again.code, again.out), (1, ""), again)

    def test_S22_an_admins_session_is_of_one_environment(self):
        self.until_connected()
        there, _ = self.connected("1234567", "production")
        before = self.ok("connection", "list", "--environment", "production")
        for act in (("access", "review", there), ("access", "disable", there, "--yes"), ("access", "decline", there),
                    ("secret", "list", there), ("connection", "show", there)):  # fmt: skip
            self.refused(*act, by=self.admin, error="not_found")
        self.adm("access", "disable", "--tenant", "1234567", "--yes")  # this tenant, wherever the admin may
        self.assertEqual({row["environment"] for row in self.adm("access", "list")}, {"integration"})
        self.assertEqual({row["environment"] for row in self.adm("connection", "list")}, {"integration"})
        self.assertEqual(self.ok("connection", "list", "--environment", "production"), before)
        self.assertEqual(self.seen_by_developer()["state"], "disabled")

    def test_S23_why_the_wrong_environment_was_refused_is_told_to_the_operator_only(self):
        client_id, secret = self.until_generated()
        self.connected("7654321", "production")
        answer = self.token_of(self.worker, "/production/token", client_id=client_id, client_secret=secret)
        self.assertRefusal(answer, 400, "invalid_client")
        self.assertNotIn(b"integration", answer.body)
        told = self.ok("audit", "list", "--user", self.worker.name, "--result", "refused")
        self.assertTrue([entry for entry in told if "integration" in str(entry) and "production" in str(entry)], told)
        identified = self.ok("secret", "identify", stdin=client_id)
        self.assertEqual((identified["kind"], identified["connection"]), ("client-id", CONNECTION))

    def test_S24_access_is_the_page_manage_api_application_access(self):
        self.until_connected()
        code, shown = on_a_terminal(self.daemon.run, "access", "list", by=self.admin)
        self.assertEqual(code, 0, shown)
        self.assertIn("Manage API Application Access", shown)
        self.assertIn("Manage API Application Access", self.text("access", "--help"))

    def test_S25_what_can_be_connected_are_the_apps_that_list_the_tenant(self):
        for app in ("dispatcher", "reports", "surveys"):
            self.new_application(app)
        for app in ("dispatcher", "surveys"):
            self.tenant_added(app)
        self.tenant_allows("surveys")
        offered = self.adm("access", "list", TENANT, "--pending")
        self.assertEqual([(row["app"], row["status"]) for row in offered], [("dispatcher", "Not Connected Yet")])
        self.assertIn(f"dispatcher/{TENANT}", offered[0]["next"])
        self.assertNotIn("reports", self.text("access", "list", "--pending", by=self.admin))

    def test_S26_existing_apps_are_listed_with_state_and_version(self):
        self.assertEqual(self.adm("access", "list"), [])
        for app in ("dispatcher", "reports", "surveys"):
            self.new_application(app)
            self.tenant_added(app)
        self.assertEqual(self.adm("access", "list"), [])
        for app in ("dispatcher", "reports"):
            self.tenant_allows(app)
        self.adm("access", "disable", f"reports/{TENANT}", "--yes")
        rows = [(row["app"], row["status"], row["state"], row["version"]) for row in self.adm("access", "list", TENANT)]
        self.assertEqual(rows, [("dispatcher", "Connected", "connected", 1), ("reports", "Disabled", "disabled", 1)])

    def test_S27_an_app_that_does_not_list_the_tenant_is_as_if_there_were_none_and_the_hint_helps(self):
        self.new_application()
        hint = "ask the developer of the app to add your tenant ID through the developer portal"
        bodies = set()
        for app in ("dispatcher", "no-such-ap"):  # names of one length, so that even that is alike
            review = self.refused("access", "review", f"{app}/{TENANT}", by=self.admin, error="not_found")
            self.assertIn(hint, review["error_description"] + " " + review["next"])
            for act, body in (("allow", {"version": 1}), ("decline", {}), ("disable", {}), ("enable", {})):
                answer = self.ask(self.admin, "POST", path_of(f"{app}/{TENANT}", act), body)
                bodies.add((act, answer.status, answer.body.replace(app.encode(), b"APP")))
        self.assertEqual(len(bodies), 4, bodies)
        empty = self.jeton("access", "list", "--pending", by=self.admin)
        self.assertIn(hint, " ".join((empty.out + empty.err).split()))

    def test_S28_one_app_is_chosen_by_its_name(self):
        for app in ("dispatcher", "surveys"):
            self.new_application(app)
            self.tenant_added(app)
        review = self.adm("access", "review", CONNECTION)
        self.assertEqual((review["connection"], review["app"]["app"]), (CONNECTION, "dispatcher"))
        self.assertEqual(
            (review["app"]["organization"], review["app"]["homepage"]), ("Example Ltd", "https://example.com/")
        )
        self.tenant_allows("surveys")
        self.assertEqual(self.adm("access", "review", CONNECTION)["state"], "not-connected")

    def test_S29_all_scopes_are_shown_before_the_decision_which_quotes_what_was_shown(self):
        self.new_application(scopes=(INVOICES, "tn.jpm.jobs:w"))
        self.tenant_added()
        review = self.adm("access", "review", CONNECTION)
        self.assertEqual(
            [(scope["name"], scope["group"], scope["display_name"], scope["access"]) for scope in review["scopes"]],
            [(INVOICES, "Accounting", "Invoices", "r"), ("tn.jpm.jobs:w", "Job Planning", "Jobs", "w")],
        )
        text = self.text("access", "review", CONNECTION, by=self.admin)
        for word in ("Accounting", "Invoices", "Job Planning", "Jobs"):
            self.assertIn(word, text)
        self.refused("access", "allow", CONNECTION, by=self.admin, code=2)
        self.refused("access", "allow", CONNECTION, "--version", 2, by=self.admin, error="wrong_state")
        self.adm("access", "decline", CONNECTION)
        row = self.seen_by_developer()
        self.assertEqual((row["status"], row["client_id"], row["secrets"]), ("Not Connected Yet", None, []))
        self.tenant_allows()

    def test_S29_on_a_terminal_allow_shows_the_scopes_and_asks(self):
        self.new_application()
        self.tenant_added()
        code, shown = on_a_terminal(
            self.daemon.run, "access", "allow", CONNECTION, typed="allow\n", asked="Allow or Decline", by=self.admin
        )
        self.assertEqual(code, 0, shown)
        self.assertLess(shown.index("Invoices"), shown.index("Allow or Decline"))
        self.assertEqual(self.seen_by_developer()["state"], "connected")

    def test_S30_allow_makes_the_client_id_and_where_the_tenant_configures_the_secret_too(self):
        developers = self.until_connected("developer", "dispatcher")
        self.assertRegex(developers["client_id"], r"^jid\.[0-9a-z]{25}$")
        self.assertNotIn("client_secret", developers)
        tenants = self.until_connected("tenant", "zapier")
        self.assertRegex(tenants["client_secret"], r"^jcs\.[0-9a-z]{50}$")
        self.pair_gets_token(tenants["client_id"], tenants["client_secret"])
        self.assertEqual(self.seen_by_developer()["secrets"], [])

    def test_S31_a_pair_is_handed_over_to_one_user_once(self):
        self.until_connected("tenant", "zapier")
        connection = f"zapier/{TENANT}"
        made = self.adm("secret", "generate", connection, "--ticket-for", self.developer.name)
        self.assertEqual((made["connection"], made["for"]), (connection, self.developer.name))
        self.assertNotIn("client_secret", made)
        ticket = made["ticket"]
        tampered = ticket[:-1] + ("0" if ticket[-1] != "0" else "1")
        for person, value in (
            (self.stranger, ticket),
            (self.worker, ticket),
            (self.admin, ticket),
            (self.developer, tampered),
        ):
            self.refused("ticket", "claim", stdin=value, by=person)
        claimed = self.dev("ticket", "claim", stdin=ticket)
        self.assertEqual(
            (claimed["connection"], claimed["tenant"], claimed["environment"]), (connection, "1234567", "integration")
        )
        self.pair_gets_token(claimed["client_id"], claimed["client_secret"])
        self.refused("ticket", "claim", stdin=ticket, by=self.developer)
        self.assertTrue(self.refusals_of(self.stranger, "ticket.claim"))
        self.assertTrue(self.refusals_of(self.developer, "ticket.claim"))

    def test_S32_a_program_works_without_any_secret_in_its_files_or_environment(self):
        self.until_bound()
        token = self.assertToken(self.token_of(self.worker))
        self.assertEqual(token["connection"], CONNECTION)
        bare = {**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}
        self.assertFalse([value for value in bare.values() if "jcs." in value])
        run = subprocess.run(
            [people.client_program(), "token"], env=bare, cwd="/", capture_output=True, text=True,
            **self.worker.process_options(),
        )  # fmt: skip
        self.assertEqual(wire.claims(run.stdout.strip())[1]["tenant"], "1234567")
        pair = self.ok("pair", "create", CONNECTION, "--user", self.worker.name)  # for one that must present something
        self.assertEqual(self.pair_gets_token(pair["client_id"], pair["client_secret"])["connection"], CONNECTION)

    def test_S33_the_grant_is_stated_recorded_and_seen(self):
        self.new_application()
        self.tenant_added()
        words = "granting access to the app"
        self.assertIn(words, self.adm("access", "review", CONNECTION)["statement"])
        self.assertIn(words, " ".join(self.text("access", "review", CONNECTION, by=self.admin).split()))
        self.tenant_allows()
        consent = self.adm("access", "list")[0]["consent"]
        self.assertEqual((consent["source"], consent["by"], consent["on_behalf_of"]), ("admin", self.admin.name, None))
        self.assertRegex(consent["at"], r"^\d{4}-\d\d-\d\dT")
        (entry,) = self.ok("audit", "list", "--event", "access.allow*", "--result", "done")
        self.assertEqual((entry["actor"]["user"], entry["connection"]), (self.admin.name, CONNECTION))
        self.assertIn("1", entry["detail"])
        for scope in (INVOICES, JOBS):
            self.assertIn(scope, entry["detail"])

    def test_S34_x_tenants_need_x_pairs_and_the_missing_ones_are_listed(self):
        self.new_application()
        pairs = {}
        for number in range(5):
            connection, client_id = self.connected(f"900000{number}")
            pairs[connection] = client_id
        self.assertEqual(len(set(pairs.values())), 5)
        for connection in list(pairs)[:3]:
            self.dev("secret", "generate", connection)
        missing = self.dev("connection", "list", "--app", "dispatcher", "--missing-secret")
        self.assertEqual([row["connection"] for row in missing], list(pairs)[3:])

    def test_S35_a_developer_holds_secrets_in_integration_only(self):
        self.until_connected()
        there, _ = self.connected("1234567", "production")
        refusal = self.refused("secret", "generate", there, by=self.developer, error="forbidden")
        self.assertTrue(refusal["next"])
        self.dev("secret", "generate", CONNECTION)
        self.assertEqual(self.seen_by_developer(there)["secrets"], [])
        self.ok("environment", "edit", "production", "--developer-access", "yes")
        self.dev("secret", "generate", there)
        self.ok("environment", "edit", "production", "--developer-access", "no")
        self.refused("secret", "rotate", there, by=self.developer, error="forbidden")

    def test_S36_integration_is_meant_where_no_environment_is_named(self):
        self.new_application()
        self.assertEqual(self.ok("tenant", "create", "5555555", "--name", "Trial")["environment"], "integration")
        self.dev("app", "tenant", "add", "dispatcher", "5555555")
        self.assertEqual([row["connection"] for row in self.dev("app", "connections", "dispatcher")],
                         ["dispatcher/5555555@integration"])  # fmt: skip


class CustomersPair(Page):
    """If you are marketing your app to a customer, you should obtain the Client ID and Secret Key from the customer."""

    needs_upstream = True

    def test_S37_a_pair_from_the_portal_is_trimmed_tried_and_compared(self):
        self.upstream_environment("live")
        self.new_application()
        connection = self.listed("1234567", "live")
        self.ok("access", "record", connection, "--version", 1, "--source", "portal", "--note", "allowed on 2 March")
        self.ok("environment", "edit", "live", "--developer-access", "yes")
        client_id, secret = self.upstream.add_client("1234567")
        other_id, other_secret = self.upstream.add_client("7654321")
        take = ("secret", "import", connection, "--client-id")
        self.refused(*take, other_id, stdin=other_secret, by=self.developer, error="mismatch")
        self.refused(*take, client_id, stdin=other_secret, by=self.developer)
        self.assertEqual(self.seen_by_developer(connection)["client_secret_cell"], "Import")
        self.dev(*take, client_id, stdin=f" {secret}\r\n")
        row = self.seen_by_developer(connection)
        self.assertEqual((row["client_id"], [one["prefix"] for one in row["secrets"]]), (client_id, [secret[:8]]))
        self.assertEqual((row["consent"]["source"], row["consent"]["by"]), ("portal", "root"))


class Upgrade(Page):
    """Sometimes developers add or remove API scopes: New Version Available, Upgrade to New Version, Allow."""

    def until_published(self):
        """Version 2: estimates come, jobs go. (client ID, secret) of the connection, which is on version 1."""
        pair = self.until_generated()
        self.published = self.dev("app", "publish", "dispatcher", "--add", ESTIMATES, "--remove", JOBS)
        return pair

    def scopes_of(self, pair, **fields):
        answer = self.token_of(self.worker, "/integration/token", client_id=pair[0], client_secret=pair[1], **fields)
        return set(self.assertToken(answer)["scope"].split())

    def test_S38_changing_scopes_makes_the_next_version_and_keeps_the_history(self):
        self.until_published()
        self.assertEqual((self.published["version"], self.published["scopes"]), (2, [INVOICES, ESTIMATES]))
        self.assertEqual(
            [[s["name"] for s in self.published[part]] for part in ("added", "removed")], [[ESTIMATES], [JOBS]]
        )
        newest, first = self.dev("app", "versions", "dispatcher")
        self.assertEqual((newest["version"], newest["current"], newest["created_by"]), (2, True, self.developer.name))
        self.assertEqual([[s["name"] for s in newest[part]] for part in ("added", "removed")], [[ESTIMATES], [JOBS]])
        self.assertEqual((first["version"], first["current"], first["scopes"]), (1, False, [INVOICES, JOBS]))
        self.assertEqual((first["connections"], newest["connections"]), (1, 0))
        for version in (newest, first):
            self.assertRegex(version["created_at"], r"^\d{4}-\d\d-\d\dT")
        self.dev("app", "publish", "dispatcher", "--add", CUSTOMERS)
        self.assertEqual(self.dev("app", "versions", "dispatcher")[1:], [{**newest, "current": False}, first])
        for nothing in (("--add", INVOICES), ("--remove", JOBS), ("--add", "tn.no.such:r")):
            self.refused("app", "publish", "dispatcher", *nothing, by=self.developer)
        self.assertEqual(len(self.dev("app", "versions", "dispatcher")), 3)

    def test_S39_the_tag_and_the_offer_to_upgrade_are_there_while_the_version_is_old(self):
        self.until_generated()
        self.assertFalse(self.seen_by_developer()["new_version_available"])
        self.assertNotIn("New Version Available", self.text("access", "list", by=self.admin))
        self.dev("app", "publish", "dispatcher", "--add", ESTIMATES)
        (row,) = self.adm("access", "list")
        self.assertEqual((row["status"], row["new_version_available"]), ("New Version Available", True))
        self.assertIn(f"access review {CONNECTION}", row["next"])
        text = self.text("access", "list", by=self.admin)
        self.assertIn("New Version Available", text)
        self.assertIn("Upgrade to New Version", text)
        self.assertTrue(self.seen_by_developer()["new_version_available"])
        self.assertEqual([row["connection"] for row in self.adm("access", "list", "--pending")], [CONNECTION])
        self.assertEqual([row["connection"] for row in self.dev("connection", "list", "--new-version")], [CONNECTION])
        self.tenant_allows()
        self.assertEqual(self.adm("access", "list")[0]["status"], "Connected")
        self.assertEqual(self.dev("connection", "list", "--new-version"), [])

    def test_S40_the_difference_is_shown_then_decided(self):
        self.until_published()
        review = self.adm("access", "review", CONNECTION)
        self.assertEqual((review["accepted_version"], review["offered_version"]), (1, 2))
        self.assertEqual([s["name"] for s in review["scopes"]], [INVOICES, ESTIMATES])
        self.assertEqual([s["name"] for s in review["added"]], [ESTIMATES])
        self.assertEqual([s["name"] for s in review["removed"]], [JOBS])
        old = self.refused("access", "allow", CONNECTION, "--version", 1, by=self.admin, error="wrong_state")
        self.assertIn(ESTIMATES, old["error_description"] + old["next"])
        self.adm("access", "decline", CONNECTION)
        self.adm("access", "allow", CONNECTION, "--version", 2)

    def test_S41_added_is_green_and_removed_struck_out_or_plus_and_minus_or_arrays(self):
        self.until_published()
        code, shown = on_a_terminal(self.daemon.run, "access", "review", CONNECTION, by=self.admin)
        self.assertEqual(code, 0, shown)
        lines = shown.splitlines()
        green = [line for line in lines if re.search(GREEN, line)]
        struck = [line for line in lines if re.search(STRUCK, line)]
        self.assertEqual((len(green), len(struck)), (1, 1), shown)
        self.assertIn("Estimates", green[0])
        self.assertIn("Jobs", struck[0])
        piped = self.text("access", "review", CONNECTION, by=self.admin)
        self.assertNotIn("\x1b", piped)
        self.assertRegex(piped, r"(?m)^ *\+ .*Estimates")
        self.assertRegex(piped, r"(?m)^ *- .*Jobs")
        self.assertNotRegex(piped, r"(?m)^ *[+-] .*Invoices")

    def test_S42_allow_upgrades_with_a_message_and_the_next_token_has_the_new_scopes(self):
        pair = self.until_published()
        self.assertEqual(self.scopes_of(pair), {INVOICES, JOBS})
        early = self.token_of(
            self.worker, "/integration/token", client_id=pair[0], client_secret=pair[1], scope=ESTIMATES
        )
        self.assertRefusal(early, 400, "invalid_scope")
        allowed = self.tenant_allows()
        self.assertEqual((allowed["version"], allowed["state"]), (2, "connected"))
        self.assertRegex(allowed["message"], r"(?i)upgrade")
        self.assertIn("2", allowed["message"])
        self.assertEqual(self.scopes_of(pair), {INVOICES, ESTIMATES})
        self.assertEqual(self.scopes_of(pair, scope=ESTIMATES), {ESTIMATES})
        gone = self.token_of(self.worker, "/integration/token", client_id=pair[0], client_secret=pair[1], scope=JOBS)
        self.assertRefusal(gone, 400, "invalid_scope")

    def test_S43_decline_keeps_the_old_version_its_scopes_and_the_tag(self):
        pair = self.until_published()
        before = self.seen_by_developer()
        self.adm("access", "decline", CONNECTION)
        after = self.seen_by_developer()
        self.assertEqual((after["version"], after["new_version_available"]), (1, True))
        self.assertEqual(after["client_id"], before["client_id"])
        self.assertEqual(self.adm("access", "list")[0]["status"], "New Version Available")
        self.assertEqual(self.scopes_of(pair), {INVOICES, JOBS})

    def test_S44_the_same_pair_goes_on_after_the_upgrade(self):
        client_id, first = self.until_published()
        second = self.dev("secret", "generate", CONNECTION)["client_secret"]
        self.pair_gets_token(client_id, first)
        before = self.seen_by_developer()
        allowed = self.tenant_allows()
        self.assertNotIn("client_secret", allowed)
        self.assertEqual(allowed["client_id"], client_id)
        after = self.seen_by_developer()
        same = ("prefix", "created_at", "created_by", "state", "deactivates_at")
        self.assertEqual(
            [[one[m] for m in same] for one in before["secrets"]], [[one[m] for m in same] for one in after["secrets"]]
        )
        for secret in (first, second):
            self.pair_gets_token(client_id, secret)


class Disabling(Page):
    """By disabling, you are pausing the previously granted access to the developer."""

    def test_S45_each_connection_can_be_disabled(self):
        self.until_connected()
        disabled = self.adm("access", "disable", CONNECTION, "--reason", "contract ends", "--yes")
        self.assertTrue(disabled["message"])
        (row,) = self.adm("access", "list")
        self.assertEqual((row["status"], row["state"]), ("Disabled", "disabled"))
        (pause,) = row["pauses"]
        self.assertEqual(
            (pause["by"], pause["role"], pause["reason"]), (self.admin.name, "tenant-admin", "contract ends")
        )
        self.refused("access", "disable", CONNECTION, "--yes", by=self.developer, error="forbidden")

    def test_S46_disabling_ends_tokens_at_once_hides_the_secrets_and_says_until_when(self):
        client_id, secret = self.until_generated()
        self.ok("binding", "add", CONNECTION, "--user", self.worker.name, "--default")
        self.ok("binding", "add", "--introspect", "integration", "--user", self.worker.name)
        token = self.pair_gets_token(client_id, secret)["access_token"]
        self.assertToken(self.token_of(self.worker))
        self.assertTrue(self.ok("introspect", "integration", stdin=token, by=self.worker)["active"])
        message = self.adm("access", "disable", CONNECTION, "--yes")["message"]
        self.assertRegex(message, r"\d{4}-\d\d-\d\dT\d\d:\d\d|\d+ (seconds|minutes)|at once|inactive")
        self.assertEqual(self.ok("introspect", "integration", stdin=token, by=self.worker), {"active": False})
        answer = self.token_of(self.worker, "/integration/token", client_id=client_id, client_secret=secret)
        self.assertRefusal(answer, 400, "unauthorized_client")
        row = self.seen_by_developer()
        self.assertEqual((row["client_secret_cell"], row["secrets"]), ("Not available yet", []))

    def test_S47_nothing_gets_a_token_in_this_state(self):
        self.until_bound()
        pair = self.ok("pair", "create", CONNECTION, "--user", self.worker.name)
        self.assertToken(self.token_of(self.worker))
        self.adm("access", "disable", CONNECTION, "--yes")
        for fields in ({}, {"connection": CONNECTION},
                       {"client_id": pair["client_id"], "client_secret": pair["client_secret"]}):  # fmt: skip
            self.assertRefusal(self.token_of(self.worker, **fields), 400, "unauthorized_client")
        self.refused("secret", "generate", CONNECTION, by=self.developer, error="wrong_state")
        self.refused("secret", "rotate", CONNECTION, by=self.developer, error="wrong_state")

    def test_S48_enabling_restores_the_same_id_secrets_and_version(self):
        client_id, secret = self.until_generated()
        before = self.seen_by_developer()
        self.adm("access", "disable", CONNECTION, "--yes")
        self.adm("access", "enable", CONNECTION)
        after = self.seen_by_developer()
        for member in ("client_id", "version", "state", "allowed"):
            self.assertEqual(before[member], after[member])
        self.assertEqual([one["prefix"] for one in after["secrets"]], [secret[:8]])
        self.pair_gets_token(client_id, secret)

    def test_S49_other_tenants_and_other_apps_notice_nothing(self):
        client_id, secret = self.until_generated()
        self.until_connected(app="reports")
        neighbour, neighbour_id = self.connected("7654321")
        neighbour_secret = self.dev("secret", "generate", neighbour)["client_secret"]
        self.adm("access", "disable", "--app", "reports", "--tenant", TENANT, "--yes")
        self.pair_gets_token(client_id, secret)
        self.adm("access", "disable", CONNECTION, "--yes")
        self.pair_gets_token(neighbour_id, neighbour_secret)
        self.assertEqual(self.seen_by_developer(neighbour)["state"], "connected")

    def test_S50_disable_asks_confirm_and_continue_and_yes_is_for_scripts(self):
        self.until_connected()
        refusal = self.refused("access", "disable", CONNECTION, by=self.admin, error="confirmation_required")
        self.assertIn("--yes", refusal["next"])
        code, shown = on_a_terminal(self.daemon.run, "access", "disable", CONNECTION, typed="n\n", by=self.admin)
        self.assertEqual(code, 1, shown)
        self.assertIn("Confirm and Continue", shown)
        self.assertEqual(self.seen_by_developer()["state"], "connected")
        code, shown = on_a_terminal(self.daemon.run, "access", "disable", CONNECTION, typed="y\n", by=self.admin)
        self.assertEqual(code, 0, shown)
        self.assertEqual(self.seen_by_developer()["state"], "disabled")


class Navigation(Page):
    """The page's side bar: what comes before and after, and the API resources."""

    def test_S52_scopes_come_in_the_groups_of_the_page_and_a_file_adds_more(self):
        groups = [
            "Accounting",
            "CRM",
            "Dispatch",
            "Equipment Systems",
            "Inventory",
            "Job Planning",
            "Marketing",
            "Memberships",
            "Payroll",
            "Pricebook",
            "SalesTech",
            "Scheduling Pro",
            "Service Agreements",
            "Settings",
            "Task Management",
            "Telecom",
        ]
        shipped = self.ok("scope", "list")
        self.assertTrue(shipped)
        self.assertLessEqual({scope["group"] for scope in shipped}, set(groups))
        self.assertTrue(all(scope["source"] == "built-in" for scope in shipped))
        self.assertIn("tn.crm.customers", [scope["name"] for scope in self.dev("scope", "list", "--group", "CRM")])
        surveys = {"name": "tn.crm.surveys", "group": "CRM", "display_name": "Surveys"}
        create = ("app", "create", "surveyor", "--organization", "O", "--homepage", "https://example.com/",
                  "--credentials", "developer", "--scope", "tn.crm.surveys:w")  # fmt: skip
        self.assertIn("scope list", self.refused(*create, by=self.developer, error="bad_input")["next"])
        every = [{"name": f"tn.extra.of-{number}", "group": group, "display_name": f"Extra of {group}"}
                 for number, group in enumerate(groups)]  # fmt: skip
        self.assertEqual(
            self.ok("scope", "import", "-", stdin=json.dumps([surveys, *every])), {"added": 17, "unchanged": 0}
        )
        self.assertEqual(self.ok("scope", "import", "-", stdin=json.dumps([surveys])), {"added": 0, "unchanged": 1})
        self.dev(*create)
        listed = self.ok("scope", "list")
        self.assertEqual(list(dict.fromkeys(scope["group"] for scope in listed)), groups)
        self.assertEqual(len(listed), len(shipped) + 17)
        bad = [{"name": "tn.crm.visits", "group": "CRM", "display_name": "Visits"}, {**surveys, "name": "not a scope"}]
        self.refused("scope", "import", "-", stdin=json.dumps(bad))
        self.assertEqual(self.ok("scope", "list"), listed)
        self.refused("scope", "import", "-", stdin=json.dumps(bad[:1]), by=self.developer, error="forbidden")
