"""Roles of users and groups: granted, seen, ended; what an operator does for a tenant, and what it may not undo."""

import grp

from harness import JOBS
from people import CONTROL_GROUP, Person
from system import SystemScenario

TENANT = "1234567@integration"
CONNECTION = f"dispatcher/{TENANT}"
PAT = ("--on-behalf-of", "Pat, office manager", "--reason", "asked on the phone")


class People(SystemScenario):
    turns_clock = True

    def setUp(self):
        super().setUp()
        self.developer, self.admin, self.stranger = Person("news"), Person("backup"), Person("lp")
        self.local_environment()
        self.tenant()
        self.app()

    def roles_of(self, person):
        return self.ok("whoami", by=person)["roles"]


class Grants(People):
    def test_a_role_is_of_a_user_by_name_or_number_and_stored_as_both(self):
        self.ok("role", "grant", "developer", "dispatcher", "--user", self.developer.name)
        self.ok("role", "grant", "tenant-admin", TENANT, "--user", self.admin.uid)
        rows = {
            (row["role"], row["user"], row["user_id"], row["app"], row["tenant"]) for row in self.ok("role", "list")
        }
        self.assertEqual(rows, {("developer", "news", self.developer.uid, "dispatcher", None),
                                ("tenant-admin", "backup", self.admin.uid, None, TENANT)})  # fmt: skip
        self.assertEqual(self.roles_of(self.developer), ["developer dispatcher"])
        self.assertEqual(self.roles_of(self.admin), [f"tenant-admin {TENANT}"])
        self.assertEqual(self.roles_of(self.stranger), [])
        for row in self.ok("role", "list"):
            self.assertEqual((row["created_by"], row["group"], row["expired"]), ("root", None, False))
        for asked in ("news", self.developer.uid):
            self.assertEqual([row["user"] for row in self.ok("role", "list", "--user", asked)], ["news"])
        self.assertEqual([row["user"] for row in self.ok("role", "list", "--role", "tenant-admin")], ["backup"])

    def test_a_role_of_a_group_counts_for_those_whom_the_kernel_gave_it(self):
        self.ok("role", "grant", "auditor", "--group", "staff")
        member, other = Person("lp", groups=(CONTROL_GROUP, "staff")), Person("mail")
        self.assertEqual(self.roles_of(member), ["auditor"])
        self.ok("audit", "list", by=member)
        self.refused("audit", "list", by=other, error="forbidden")
        self.refused("audit", "list", by=self.stranger, error="forbidden")  # the same user, without the group
        for asked in ("staff", grp.getgrnam("staff").gr_gid):
            self.assertEqual(len(self.ok("role", "list", "--group", asked)), 1)
        row = self.ok("role", "list", "--group", "staff")[0]
        self.assertEqual((row["group"], row["user"], row["user_id"]), ("staff", None, None))
        self.ok("role", "revoke", "auditor", "--group", "staff")
        self.refused("audit", "list", by=member, error="forbidden")

    def test_a_revoked_role_ends_with_the_next_request(self):
        self.grant("developer", "dispatcher", to=self.developer)
        self.ok("app", "show", "dispatcher", by=self.developer)
        self.assertTrue(self.ok("role", "revoke", "developer", "dispatcher", "--user", "news")["message"])
        self.refused("app", "show", "dispatcher", by=self.developer, error="forbidden")
        self.refused("role", "revoke", "developer", "dispatcher", "--user", "news", error="not_found")
        self.assertEqual(self.ok("role", "list"), [])
        events = [(e["event"], e["actor"]["user"]) for e in self.ok("audit", "list", "--event", "role.*")]
        self.assertEqual([event for event, user in events if user == "root"], ["role.granted", "role.revoked"])

    def test_a_role_expires_by_itself(self):
        granted = self.ok("role", "grant", "developer", "dispatcher", "--user", "news", "--expires", "30d")
        self.assertRegex(granted["expires_at"], r"^\d{4}-\d\d-\d\dT")
        self.clock.advance(days=30, seconds=-5)
        self.ok("app", "show", "dispatcher", by=self.developer)
        self.clock.advance(seconds=6)
        self.refused("app", "show", "dispatcher", by=self.developer, error="forbidden")
        self.assertEqual(self.roles_of(self.developer), [])
        self.assertEqual([row["expired"] for row in self.ok("role", "list")], [True])
        self.ok("role", "grant", "developer", "dispatcher", "--user", "news", "--expires", "30d")
        self.ok("app", "show", "dispatcher", by=self.developer)
        self.assertEqual(len(self.ok("role", "list")), 1)

    def test_the_restart_keeps_the_roles(self):
        self.grant("developer", "dispatcher", to=self.developer)
        self.restart_daemon()
        self.assertEqual(self.roles_of(self.developer), ["developer dispatcher"])

    def test_who_cannot_reach_the_control_socket_is_named_when_the_role_is_granted(self):
        outside = self.ok("role", "grant", "auditor", "--user", "lp")
        self.assertEqual(len(outside["warnings"]), 1, outside)
        self.assertIn("lp", outside["warnings"][0])
        self.assertIn(CONTROL_GROUP, outside["warnings"][0])
        for reaches in ("games", "root"):  # the group's own user, and who may everything
            self.assertEqual(self.ok("role", "grant", "auditor", "--user", reaches)["warnings"], [], reaches)
        self.assertEqual(self.ok("role", "grant", "auditor", "--group", "staff")["warnings"], [])
        run = self.jeton("role", "grant", "auditor", "--user", "mail")
        self.assertEqual(run.code, 0, run)
        self.assertIn("warning:", run.err)

    def test_without_the_group_the_control_socket_is_closed_and_the_cli_says_whom_to_ask(self):
        self.grant("developer", "dispatcher", to=self.developer)
        run = self.jeton("app", "list", by=Person("news", groups=()))
        self.assertEqual((run.code, run.out), (3, ""), run)
        self.assertIn(CONTROL_GROUP, run.err)

    def test_unknown_and_fleeting_users_get_no_role_and_a_leaver_can_be_revoked(self):
        for user in ("no-such-user", "65534", "nobody", "61184"):
            self.refused("role", "grant", "auditor", "--user", user, error="bad_input")
        self.refused("role", "grant", "auditor", "--group", "no-such-group", error="bad_input")
        self.assertEqual(self.ok("role", "list"), [])
        self.refused("role", "revoke", "auditor", "--user", "no-such-user", error="not_found")
        for words in (("developer", "no-such-app"), ("tenant-admin", "7@integration")):
            self.refused("role", "grant", *words, "--user", "news", error="not_found")
        for words in (("janitor",), ("tenant-admin",), ("operator", "dispatcher"), ("tenant-admin", "dispatcher")):
            self.refused("role", "grant", *words, "--user", "news", code=(1, 2))
        self.refused("role", "grant", "auditor", code=2)

    def test_the_last_operator_that_was_granted_stays(self):
        self.ok("role", "grant", "operator", "--user", "man")
        refusal = self.refused("role", "revoke", "operator", "--user", "man", error="wrong_state")
        self.assertIn("role grant operator", refusal["next"])
        operator = Person("man")
        self.ok("role", "grant", "operator", "--user", "sys", by=operator)
        self.ok("role", "revoke", "operator", "--user", "man", by=Person("sys"))
        self.refused("role", "list", by=operator, error="forbidden")
        self.refused("role", "revoke", "operator", "--user", "sys", error="wrong_state")
        self.ok("tenant", "create", "777@integration", "--name", "N", by=Person("sys"))

    def test_no_role_confers_a_token(self):
        for role in ("operator", "auditor"):
            self.grant(role, to=Person("man"))
        self.grant("developer", "dispatcher", to=Person("man"))
        self.grant("tenant-admin", TENANT, to=Person("man"))
        self.connected_by_root()
        for person in (Person("man"), Person("root", groups=())):
            answer = self.token_of(person, connection=CONNECTION)
            self.assertRefusal(answer, 401, "invalid_client")

    def connected_by_root(self):
        self.ok("app", "tenant", "add", "dispatcher", TENANT)
        return self.allow(CONNECTION)

    def test_a_developer_without_an_app_may_create_one_and_becomes_its_developer(self):
        self.ok("role", "grant", "developer", "--user", "news")
        self.assertEqual(self.ok("app", "list", by=self.developer), [])
        self.refused("app", "show", "dispatcher", by=self.developer, error="not_found")
        self.app("mine", by=self.developer)
        self.assertEqual(self.roles_of(self.developer), ["developer mine"])
        self.ok("app", "publish", "mine", "--add", "tn.tsm.tasks:r", by=self.developer)
        self.ok("app", "delete", "mine", "--yes", by=self.developer)
        self.assertEqual(self.ok("app", "list", by=self.developer), [])

    def test_deleting_an_app_ends_its_connections_its_pairs_and_its_roles(self):
        self.grant("developer", "dispatcher", to=self.developer)
        self.grant("developer", to=self.developer)
        client_id = self.connected_by_root()["client_id"]
        secret = self.ok("secret", "generate", CONNECTION, by=self.developer)["client_secret"]
        worker = Person("www-data", groups=())
        self.ok("binding", "add", CONNECTION, "--user", worker.name, "--default")
        self.assertToken(self.token_of(worker))
        self.refused("app", "delete", "dispatcher", by=self.developer, error="confirmation_required")
        deleted = self.ok("app", "delete", "dispatcher", "--yes", by=self.developer)
        self.assertEqual((deleted["app"], deleted["connections"]), ("dispatcher", 1))
        self.assertRefusal(self.token_of(worker), 401, "invalid_client")
        answer = self.token_of(worker, "/integration/token", client_id=client_id, client_secret=secret)
        self.assertRefusal(answer, 400, "invalid_client")
        for listing in (("app", "list"), ("connection", "list"), ("binding", "list"), ("secret", "list")):
            self.assertEqual(self.ok(*listing), [], listing)
        self.app(by=self.developer)  # the name is free, and nothing of the old one comes back
        self.assertEqual(self.ok("app", "connections", "dispatcher"), [])
        self.ok("audit", "verify")


class OnBehalf(People):
    """What an operator does for a tenant stands there as such."""

    def setUp(self):
        super().setUp()
        self.grant("tenant-admin", TENANT, to=self.admin)
        self.ok("app", "tenant", "add", "dispatcher", TENANT)

    def test_an_operator_allows_only_on_behalf_of_somebody_for_a_reason_and_it_shows(self):
        allow = ("access", "allow", CONNECTION, "--version", 1)
        refusal = self.refused(*allow)
        self.assertIn("--on-behalf-of", refusal["next"] + refusal["error_description"])
        self.refused(*allow, "--on-behalf-of", "Pat")
        self.refused(*allow, "--reason", "because")
        self.assertEqual(self.ok("connection", "show", CONNECTION)["state"], "not-connected")
        consent = self.ok(*allow, *PAT)["consent"]
        self.assertEqual(
            (consent["source"], consent["by"], consent["on_behalf_of"], consent["reason"]),
            ("operator", "root", "Pat, office manager", "asked on the phone"),
        )
        for who in (None, self.admin):
            shown = self.ok("connection", "show", CONNECTION, by=who)["consent"]
            self.assertEqual({name: shown[name] for name in consent}, consent)
            self.assertIn("Pat, office manager", self.text("access", "review", CONNECTION, by=who))
        (entry,) = self.ok("audit", "list", "--event", "access.allow*", "--result", "done")
        self.assertIn("Pat, office manager", entry["detail"])
        self.assertIn("asked on the phone", entry["detail"])

    def test_an_operator_declines_on_behalf_too(self):
        self.refused("access", "decline", CONNECTION)
        self.ok("access", "decline", CONNECTION, *PAT)
        self.assertEqual(self.ok("connection", "show", CONNECTION)["state"], "not-connected")

    def test_a_tenant_admin_cannot_lift_an_operators_pause(self):
        self.allow(CONNECTION, by=self.admin)
        self.ok("access", "disable", CONNECTION, "--reason", "abuse", "--yes")
        refusal = self.refused("access", "enable", CONNECTION, by=self.admin)
        self.assertIn(refusal["error"], ("forbidden", "wrong_state"))
        self.assertIn("operator", refusal["error_description"] + refusal["next"])
        (pause,) = self.ok("access", "list", by=self.admin)[0]["pauses"]
        self.assertEqual((pause["by"], pause["role"], pause["reason"]), ("root", "operator", "abuse"))
        self.ok("access", "enable", CONNECTION)
        self.assertEqual(self.ok("connection", "show", CONNECTION)["state"], "connected")

    def test_two_pauses_need_two_hands(self):
        self.allow(CONNECTION, by=self.admin)
        self.ok("access", "disable", CONNECTION, "--reason", "holidays", "--yes", by=self.admin)
        self.ok("access", "disable", CONNECTION, "--reason", "abuse", "--yes")
        self.assertEqual(
            {p["role"] for p in self.ok("connection", "show", CONNECTION)["pauses"]}, {"operator", "tenant-admin"}
        )
        self.ok("access", "enable", CONNECTION)  # the operator's own
        self.assertEqual(self.ok("connection", "show", CONNECTION)["state"], "disabled")
        self.ok("access", "enable", CONNECTION, by=self.admin)
        self.assertEqual(self.ok("connection", "show", CONNECTION)["state"], "connected")


class Selection(People):
    """access disable|enable for many at once."""

    def setUp(self):
        super().setUp()
        self.local_environment("production")
        self.app("reports", scopes=(JOBS,))
        self.names = []
        for app in ("dispatcher", "reports"):
            for tenant in (TENANT, "7654321@integration", "1234567@production"):
                self.ok("tenant", "create", tenant, "--name", "Acme Heating", "--if-not-exists")
                self.ok("app", "tenant", "add", app, tenant)
                self.allow(f"{app}/{tenant}")
                self.names.append(f"{app}/{tenant}")

    def disabled(self):
        return {row["connection"] for row in self.ok("connection", "list", "--state", "disabled")}

    def test_a_dry_run_lists_and_changes_nothing_and_the_act_does_what_it_listed(self):
        select = ("--app", "dispatcher", "--environment", "integration")
        would = self.ok("access", "disable", *select, "--dry-run")
        self.assertEqual(
            {row["connection"] for row in would}, {f"dispatcher/{TENANT}", "dispatcher/7654321@integration"}
        )
        self.assertEqual({row["result"] for row in would}, {"would be done"})
        self.assertEqual(self.disabled(), set())
        self.refused("access", "disable", *select, error="confirmation_required")
        done = self.ok("access", "disable", *select, "--reason", "incident", "--yes")
        self.assertEqual({row["result"] for row in done}, {"done"})
        self.assertEqual(self.disabled(), {row["connection"] for row in would})
        self.ok("access", "enable", *select)
        self.assertEqual(self.disabled(), set())

    def test_each_selector_narrows(self):
        for select, expected in (
            (("--tenant", "1234567"), {name for name in self.names if "/1234567@" in name}),
            (("--tenant", TENANT), {f"dispatcher/{TENANT}", f"reports/{TENANT}"}),
            (("--environment", "production"), {name for name in self.names if name.endswith("@production")}),
            (("--app", "reports", "--tenant", TENANT), {f"reports/{TENANT}"}),
        ):
            would = self.ok("access", "disable", *select, "--dry-run")
            self.assertEqual({row["connection"] for row in would}, expected, select)
        self.refused("access", "disable", "--yes", code=2)
        answer = self.ask(None, "POST", "/v1/access/disable", {})
        self.assertEqual(answer.error, "bad_input", answer)

    def test_what_cannot_be_done_is_told_row_by_row(self):
        self.ok("access", "disable", f"dispatcher/{TENANT}", "--yes")
        run = self.jeton("access", "disable", "--app", "dispatcher", "--environment", "integration", "--yes", "--json")
        rows = {row["connection"]: row for row in run.json}
        self.assertEqual(rows["dispatcher/7654321@integration"]["result"], "done")
        if rows[f"dispatcher/{TENANT}"]["result"] == "refused":
            self.assertTrue(rows[f"dispatcher/{TENANT}"]["why"])
            self.assertEqual(run.code, 1)
        self.assertEqual(self.disabled(), {f"dispatcher/{TENANT}", "dispatcher/7654321@integration"})

    def test_an_admin_selects_among_what_is_theirs(self):
        self.grant("tenant-admin", TENANT, to=self.admin)
        would = self.ok("access", "disable", "--environment", "integration", "--dry-run", by=self.admin)
        self.assertEqual({row["connection"] for row in would}, {f"dispatcher/{TENANT}", f"reports/{TENANT}"})
        hidden = self.jeton(
            "access", "disable", "--tenant", "7654321@integration", "--dry-run", "--json", by=self.admin
        )
        absent = self.jeton(
            "access", "disable", "--tenant", "9999999@integration", "--dry-run", "--json", by=self.admin
        )
        self.assertEqual((hidden.code, hidden.out, hidden.err.replace("7654321", "N")),
                         (absent.code, absent.out, absent.err.replace("9999999", "N")))  # fmt: skip
