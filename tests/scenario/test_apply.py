"""A whole configuration as files: apply on an empty host, again, changed, pruned, interrupted, and export."""

import os
import pathlib
import re
import threading

from harness import DONE, JOBS, REFUSED, USAGE, USER, Scenario
from pages import Page, blocks, typed_of
from people import Person
from programs import REPOSITORY
from system import SystemScenario

PENDING = 5
COUNT = int(os.environ.get("JETON_APPLY_TENANTS", "40"))
WORLD = """
[[scope]]
name = "tn.crm.surveys"
group = "CRM"
display_name = "Surveys"

[[environment]]
environment = "integration"
kind = "local"
signing_alg = "ES256"
resources = ["https://api.example.com/"]
host_aliases = ["tokens.example.com"]

[[environment]]
environment = "production"
preset = "servicetitan-production"

[[app]]
app = "dispatcher"
organization = "Example Ltd"
homepage = "https://example.com/"
credentials = "developer"
scopes = ["tn.crm.surveys:r", "tn.jpm.jobs:r"]

[[tenant]]
tenant = "1234567"
name = "Northside Plumbing"

[[connection]]
connection = "dispatcher/1234567@integration"
note = "the first one"

[[binding]]
connection = "dispatcher/1234567@integration"
user = "%(user)s"
default = true

[[binding]]
connection = "dispatcher/*@integration"
user = "daemon"
expires_at = 2035-01-01T00:00:00Z

[[binding]]
introspect = "integration"
app = "dispatcher"
resource = "https://api.example.com/"
user = "mail"

[[role]]
role = "auditor"
user = "daemon"
""" % {"user": USER}
CONNECTION = "dispatcher/1234567@integration"


class Files(Scenario):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.scratch())

    def file(self, text, name="host.toml"):
        file = self.folder / name
        file.write_text(text)
        return file

    def apply(self, text, *words, code=DONE, **options):
        """The rows, each as "create environment integration"; what is as it should be is left out."""
        run = self.jeton("apply", "-f", self.file(text), *words, "--json", **options)
        self.assertEqual(run.code, code, run)
        self.rows = run.json
        return [f"{row['action']} {row['kind']} {row['name']}" for row in self.rows if row["action"] != "none"]

    def results(self):
        return {f"{row['kind']} {row['name']}": row["result"] for row in self.rows}

    def everything(self):
        """Each listing, without what differs from host to host by nature: ids, keys, times."""
        own = ("id", "app_key", "created_at", "created_by", "connections")
        return {
            noun: [{name: value for name, value in row.items() if name not in own} for row in self.ok(noun, "list")]
            for noun in ("environment", "scope", "tenant", "app", "connection", "binding", "role")
        }


class Apply(Files):
    def test_S4_S9_S14_a_file_makes_an_empty_host_what_it_says_and_again_changes_nothing(self):
        self.assertEqual(self.apply(WORLD, "--dry-run", code=PENDING)[:2], ["create scope tn.crm.surveys", "create environment integration"])
        self.assertEqual({row["result"] for row in self.rows}, {"pending"})
        self.assertEqual(self.ok("environment", "list"), [])
        self.apply(WORLD)
        self.assertEqual(({row["result"] for row in self.rows}, len(self.rows)), ({"done"}, 10))
        self.assertTrue(all(row["changed"] for row in self.rows))
        shown = self.ok("environment", "show", "integration")
        self.assertEqual((shown["signing_alg"], shown["resources"]), ("ES256", ["https://api.example.com/"]))
        self.assertTrue(self.ok("environment", "show", "production")["tenant_claim_required"])
        row = self.row(CONNECTION)
        self.assertEqual((row["state"], row["note"], row["consent"]), ("not-connected", "the first one", None))
        before, entries = self.everything(), len(self.ok("audit", "list"))
        self.assertEqual(self.apply(WORLD), [])
        self.assertEqual({(row["result"], row["changed"]) for row in self.rows}, {("unchanged", False)})
        self.assertEqual(self.apply(WORLD, "--dry-run"), [])
        self.assertEqual((self.everything(), len(self.ok("audit", "list"))), (before, entries), "nothing was written")
        said = self.jeton("apply", "-f", self.folder / "host.toml")
        self.assertEqual((said.code, said.out), (DONE, "10 objects: 0 changed, 10 unchanged\n"))
        self.assertEqual(said.err, "", "no daemon is named where none was changed")
        # What the file made is of use once the tenant has decided.
        self.allow(CONNECTION)
        self.assertToken(self.post("/integration/token"))
        self.assertEqual(self.apply(WORLD), [], "consent is not in the file, and not its business")

    def test_S13_S38_what_differs_is_changed_and_nothing_else(self):
        self.apply(WORLD)
        client_id = self.allow(CONNECTION)["client_id"]
        changed = (
            WORLD.replace('scopes = ["tn.crm.surveys:r", "tn.jpm.jobs:r"]', 'scopes = ["tn.jpm.jobs:r", "tn.acc.invoices:r"]')
            .replace("Northside Plumbing", "Northside Heating")
            .replace('host_aliases = ["tokens.example.com"]', "host_aliases = []")
            .replace("2035-01-01", "2036-01-01")
        )  # fmt: skip
        planned = self.apply(changed, "--dry-run", code=PENDING)
        self.assertEqual(planned, ["change environment integration", "change tenant 1234567@integration",
                                   "change app dispatcher", "change binding dispatcher/*@integration for user daemon"])  # fmt: skip
        app = next(row for row in self.rows if row["kind"] == "app" and row["changed"])
        self.assertEqual(app["differences"], [{"field": "scopes", "before": ["tn.crm.surveys:r", "tn.jpm.jobs:r"],
                                               "after": ["tn.jpm.jobs:r", "tn.acc.invoices:r"]}])  # fmt: skip
        text = self.jeton("apply", "-f", self.folder / "host.toml", "--dry-run")
        self.assertEqual(text.code, PENDING)
        self.assertIn("would change  app dispatcher: scopes: +tn.acc.invoices:r -tn.crm.surveys:r\n", text.out)
        self.assertIn("10 objects: 4 would change, 6 unchanged\n", text.out)
        self.assertEqual(self.apply(changed), planned)
        self.assertEqual(self.apply(changed), [])
        row = self.row(CONNECTION)
        self.assertEqual((row["client_id"], row["version"], row["current_version"]), (client_id, 1, 2), "the tenant keeps what it accepted")
        self.assertEqual(self.ok("tenant", "show", "1234567@integration")["name"], "Northside Heating")

    def test_a_misspelt_key_is_refused_with_its_line_and_nothing_is_changed(self):
        file = self.file(WORLD.replace("organization", "organisation"))
        document = self.refused("apply", "-f", file, error="bad_input")
        self.assertEqual(document["error_description"], f"{file}:20: unknown key organisation in [[app]]")
        self.assertEqual(document["next"], "did you mean organization?")
        self.refused("apply", "-f", self.file('[[app]]\napp = "x"\napp_key = "jak.topsecret"\n'), error="bad_input")
        self.refused("apply", "-f", self.file(""), error="bad_input")
        self.refused("apply", "-f", self.folder / "nothing.toml", error="bad_input")
        self.refused("apply", code=USAGE)
        self.assertEqual(self.ok("environment", "list"), [])

    def test_a_directory_is_read_by_name_and_stdin_is_read(self):
        objects = WORLD.split("\n\n")
        (self.folder / "d").mkdir()
        for number, some in enumerate((objects[5:], objects[:5])):
            self.file("\n\n".join(some), f"d/{number}.toml")
        self.file("nonsense", "d/notes.txt")
        run = self.jeton("apply", "-f", self.folder / "d", "--json")
        self.assertEqual((run.code, len(run.json)), (DONE, 10), run)
        again = self.jeton("apply", "-f", "-", "--json", stdin=WORLD)
        self.assertEqual((again.code, [row["result"] for row in again.json]), (DONE, ["unchanged"] * 10), again)

    def test_what_can_be_seen_beforehand_stops_it_before_the_first_change(self):
        self.local_environment()
        planned = self.apply(WORLD.replace('kind = "local"', 'kind = "upstream"') + '\n[[connection]]\nconnection = "dispather/1234567@integration"\n', code=REFUSED)
        self.assertIn("refuse environment integration", planned)
        self.assertIn("refuse connection dispather/1234567@integration", planned)
        refused = {row["name"]: row for row in self.rows if row["result"] == "refused"}
        self.assertEqual(refused["dispather/1234567@integration"]["next"], "did you mean dispatcher?")
        self.assertIn("kind: local → upstream", refused["integration"]["why"])
        self.assertEqual({row["result"] for row in self.rows} - {"refused"}, {"not-tried"})
        self.assertEqual(self.ok("app", "list"), [])

    def test_what_the_daemon_refuses_keeps_back_what_needs_it_and_again_goes_on(self):
        broken = WORLD.replace("https://example.com/", "no url") + '\n[[tenant]]\ntenant = "7"\nname = "N"\n'
        self.apply(broken, code=REFUSED)
        results = self.results()
        self.assertEqual(results["app dispatcher"], "refused")
        self.assertEqual(results[f"connection {CONNECTION}"], "not-tried")
        self.assertEqual(results[f"binding {CONNECTION} for user {USER}"], "not-tried")
        self.assertEqual((results["tenant 7@integration"], results["role auditor for user daemon"]), ("done", "done"))
        row = next(row for row in self.rows if row["kind"] == "app")
        self.assertTrue(row["why"] and row["next"] and row["line"], row)
        run = self.jeton("apply", "-f", self.folder / "host.toml")
        self.assertEqual(run.code, REFUSED)
        self.assertIn("refused       app dispatcher: ", run.out)
        self.assertIn(f"not tried     connection {CONNECTION}: it needs app dispatcher, which was refused", run.out)
        self.assertIn("goes on with the rest", run.err)
        self.assertEqual(len(self.apply(WORLD)), 5)
        self.assertEqual(self.apply(WORLD), [])

    def test_a_host_name_and_a_default_change_hands_in_one_run(self):
        self.apply(WORLD + '\n[[tenant]]\ntenant = "2"\nname = "N"\n[[connection]]\nconnection = "dispatcher/2@integration"\n')
        moved = WORLD.replace('host_aliases = ["tokens.example.com"]', "host_aliases = []").replace("default = true", "") + (
            '\n[[environment]]\nenvironment = "another"\nkind = "local"\nhost_aliases = ["tokens.example.com"]\n'
            f'[[binding]]\nconnection = "dispatcher/2@integration"\nuser = "{USER}"\ndefault = true\n'
        )
        self.apply(moved)
        self.assertEqual(self.apply(moved), [])
        back = moved.replace("host_aliases = []", 'host_aliases = ["x.example"]').replace('["tokens.example.com"]', '["tokens.example.com", "y.example"]')
        swapped = back.replace("x.example", "z.example").replace('"tokens.example.com", "y.example"', '"x.example"')
        self.apply(back)
        self.apply(swapped)
        self.assertEqual(self.apply(swapped), [])

    def test_a_binding_that_cannot_be_changed_is_put_back(self):
        self.apply(WORLD)
        self.ok("tenant", "create", "2@integration", "--name", "N")
        self.ok("app", "tenant", "add", "dispatcher", "2@integration")
        self.ok("binding", "add", "dispatcher/2@integration", "--user", USER)
        there = self.everything()["binding"]
        more = WORLD + f'\n[[binding]]\nconnection = "dispatcher/2@integration"\nuser = "{USER}"\ndefault = true\n'
        self.apply(more, code=REFUSED)  # the other one has the default
        refused = [row for row in self.rows if row["result"] == "refused"]
        self.assertEqual(len(refused), 1)
        self.assertIn("it is as it was before", refused[0]["why"])
        self.assertEqual(self.everything()["binding"], there)

    def test_many_tenants_in_one_file_by_two_operators_at_once(self):
        text = WORLD + "".join(
            f'\n[[tenant]]\ntenant = "{9000 + n}"\nname = "Tenant {n}"\n[[connection]]\nconnection = "dispatcher/{9000 + n}@integration"\n'
            for n in range(COUNT)
        )
        file, codes = self.file(text), []
        both = [threading.Thread(target=lambda: codes.append(self.jeton("apply", "-f", file, seconds=120))) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        self.assertEqual([run.code for run in codes], [DONE, DONE], codes)
        self.assertEqual(self.apply(text), [])
        self.assertEqual(len(self.ok("app", "connections", "dispatcher")), COUNT + 1)
        self.assertEqual(len(self.ok("binding", "list")), 3)


class Prune(Files):
    def test_prune_asks_shows_what_ends_and_ends_nothing_without_a_yes(self):
        self.apply(WORLD)
        self.allow(CONNECTION)
        less = self.without(WORLD, "connection", "binding")
        self.assertEqual(self.apply(less), [], "without --prune what is not named stays")
        document = self.refused("apply", "-f", self.folder / "host.toml", "--prune", error="confirmation_required")
        self.assertIn("removes what the files do not name: 4:", document["error_description"])
        self.assertEqual(self.row(CONNECTION)["state"], "connected")
        planned = self.apply(less, "--prune", "--dry-run", code=PENDING)
        self.assertEqual(len([one for one in planned if one.startswith("remove binding")]), 3)
        self.assertIn(f"remove connection {CONNECTION}", planned)
        ends = next(row["ends"] for row in self.rows if row["kind"] == "connection")
        self.assertIn("it is connected, and gets disabled", ends)
        self.assertEqual(self.row(CONNECTION)["state"], "connected")
        said = self.jeton("apply", "-f", self.folder / "host.toml", "--prune", "--dry-run").out
        self.assertIn(f"would remove  connection {CONNECTION}: it is connected, and gets disabled", said)
        self.assertEqual(self.apply(less, "--prune", "--yes"), planned)
        row = self.row(CONNECTION)
        self.assertEqual((row["state"], row["listed"], row["consent"]["source"]), ("disabled", False, "admin"), "consent is kept")
        self.assertEqual(self.ok("binding", "list"), [])
        self.assertEqual(self.apply(less, "--prune", "--yes"), [])
        # What the file names again is listed again, and its tenant has the say.
        self.apply(WORLD)
        self.assertEqual((self.row(CONNECTION)["state"], self.row(CONNECTION)["listed"]), ("disabled", True))

    def without(self, text, *kinds):
        """The objects of `kinds` taken out, but spoken of."""
        rest = [part for part in text.split("\n\n") if not any(f"[[{kind}]]" in part for kind in kinds)]
        return "".join(f"{kind} = []\n" for kind in kinds) + "\n" + "\n\n".join(rest)

    def test_prune_keeps_what_a_tenant_allowed_and_deletes_what_none_did(self):
        self.apply(WORLD)
        self.allow(CONNECTION)
        self.app("idle")
        self.local_environment("sandbox")
        self.tenant("5", "sandbox")
        empty = "app = []\nenvironment = []\nscope = []\ntenant = []\n"
        self.apply(empty, "--prune", "--yes")
        results = {f"{row['action']} {row['kind']} {row['name']}": row for row in self.rows}
        self.assertEqual(set(results), {"remove app idle", "remove environment sandbox", "remove environment production",
                                        "keep app dispatcher", "keep environment integration",
                                        "keep tenant 1234567@integration", "keep scope tn.crm.surveys"})  # fmt: skip
        kept = results["keep app dispatcher"]
        self.assertEqual((kept["result"], kept["changed"]), ("kept", False))
        self.assertIn(CONNECTION, kept["why"])
        self.assertIn("jeton app delete dispatcher", kept["next"])
        self.assertToken(self.post("/integration/token"))
        self.apply(empty, "--prune", "--yes")
        self.assertEqual({row["result"] for row in self.rows}, {"kept"})


class Export(Files):
    def test_S4_export_makes_a_second_host_equal_and_says_no_secret(self):
        self.apply(WORLD)
        self.allow(CONNECTION)
        secret = self.ok("secret", "generate", CONNECTION)["client_secret"]
        self.ok("environment", "edit", "production", "--host-alias", "", "--token-endpoint", "https://auth.example.com/token")
        self.ok("binding", "add", CONNECTION, "--user", "mail", "--unit", "worker.service", "--expires", "30d")
        text = self.text("export")
        key = self.ok("app", "show", "dispatcher")["app_key"]
        client_id = self.row(CONNECTION)["client_id"]
        for hidden in (secret, key, client_id, "connected"):
            self.assertNotIn(hidden, text)
        self.assertEqual(self.apply(text, "--prune", "--yes"), [], "its own export changes nothing")
        first = self.everything()
        self.daemon.stop()
        self.daemon = self.new_daemon()
        self.daemon.start()
        self.apply(text)
        self.assertEqual({row["result"] for row in self.rows}, {"done"})
        self.assertEqual(self.text("export"), text)
        second = self.everything()
        for noun in ("environment", "scope", "tenant", "app", "role"):
            self.assertEqual(second[noun], first[noun], noun)
        self.assertEqual([row["connection"] for row in second["connection"]], [row["connection"] for row in first["connection"]])
        self.assertEqual({row["state"] for row in second["connection"]}, {"not-connected"}, "no consent goes along")
        self.assertEqual(self.apply(text, "--prune", "--yes"), [])

    def test_export_has_its_json_and_names_what_it_leaves_out(self):
        self.assertEqual(self.text("export"), "".join(f"{kind} = []\n" for kind in (
            "scope", "environment", "tenant", "app", "connection", "binding", "role")))  # fmt: skip
        self.apply(WORLD)
        self.allow(CONNECTION)
        self.ok("app", "tenant", "remove", "dispatcher", "1234567@integration", "--yes")
        document = self.ok("export")
        self.assertEqual([row["app"] for row in document["app"]], ["dispatcher"])
        self.assertEqual((document["connection"], len(document["binding"])), ([], 2))
        # A length of time is granted, from a clock that went on meanwhile.
        ends = [row["expires_at"] for row in document["binding"] if row.get("expires_at")]
        self.assertEqual([end[:18] for end in ends], ["2035-01-01T00:00:0"])
        self.assertEqual(ends, [row["expires_at"] for row in self.ok("binding", "list") if row["expires_at"]])
        self.assertIn("1 connections that their app does not list any more are left out, with 1 bindings", self.jeton("export").err)


class Roles(SystemScenario, Files):
    def setUp(self):
        SystemScenario.setUp(self)
        self.folder = pathlib.Path(self.scratch())
        self.folder.chmod(0o755)

    def file(self, text, name="host.toml"):
        file = super().file(text, name)
        file.chmod(0o644)
        return file

    def test_S8_apply_gives_nobody_more_than_the_role_does(self):
        developer, stranger, auditor = Person("news"), Person("lp"), Person("backup")
        self.apply(WORLD)
        self.grant("developer", to=developer)
        self.grant("auditor", to=auditor)
        before = self.everything()
        file = self.file(WORLD.replace("Example Ltd", "Another"))
        self.refused("apply", "-f", file, by=stranger, error="forbidden")
        self.refused("apply", "-f", file, by=developer, error="forbidden")
        self.refused("export", by=developer, error="forbidden")
        self.assertEqual(self.jeton("export", by=auditor).out, self.text("export"))
        self.apply(file.read_text(), code=REFUSED, by=auditor)
        self.assertEqual({row["result"] for row in self.rows if row["action"] == "change"}, {"refused"})
        self.assertEqual(self.everything(), before)
        # What is the developer's own is the developer's to declare.
        own = WORLD[WORLD.index("[[app]]") : WORLD.index("[[tenant]]")].replace("dispatcher", "planner")
        self.assertEqual(self.apply(own, by=developer), ["create app planner"])
        self.assertEqual(self.apply(own, by=developer), [])
        entry = self.audit(event="app.created", subject="planner")[0]
        self.assertEqual(entry["actor"]["user"], developer.name)

    def test_an_operator_that_the_files_do_not_name_is_the_last_to_go(self):
        self.ok("role", "grant", "operator", "--user", "news")
        news = Person("news")
        files = '[[role]]\nrole = "operator"\nuser = "backup"\n[[role]]\nrole = "auditor"\nuser = "lp"\n'
        planned = self.apply(files, "--prune", "--yes", by=news)
        self.assertEqual(planned, ["create role operator for user backup", "create role auditor for user lp",
                                   "remove role operator for user news"])  # fmt: skip
        self.assertEqual({row["result"] for row in self.rows}, {"done"})
        self.refused("role", "list", by=news, error="forbidden")


class Ended(Files):
    def test_a_daemon_that_is_sealed_meanwhile_ends_it_and_the_same_command_goes_on(self):
        self.ok("seal", "--yes")
        file = self.file(WORLD)
        run = self.jeton("apply", "-f", file, "--json")
        self.assertEqual((run.code, run.out, run.error["error"]), (4, "", "sealed"))


class ApplyPage(Page):
    needs_upstream = False

    def test_S51_the_page_about_it_is_typed_as_it_stands(self):
        self.prepare()
        (file,) = (text for language, _, _, text in blocks("docs/apply.md") if language == "toml")
        (self.work / "host.toml").write_text(file)
        for command in typed_of("docs/apply.md"):
            planned = "--dry-run" in command.text
            self.type_it(command, code=PENDING if planned else DONE)
            if planned:
                self.assertEqual(self.ok("app", "list"), [])


if JOBS not in WORLD:
    raise AssertionError("the world asks for no built-in scope")
