"""What the documents say runs: the README and docs/life-cycle.md in order, and no command of any page is forgotten (S51)."""

import pathlib
import re
import shlex
import unittest

import pages
from api import Api
from pages import Page, commands_of, shows, typed_of
from people import Person
from programs import REPOSITORY
from system import SystemScenario
from terminal import on_a_terminal

NAVIGATION = (
    "Getting access", "Create a user", "Create an app", "Client ID & secret", "Environments", "First API call",
    "Going live", "OAuth 2.0", "Transactional & export APIs",
)  # fmt: skip

# The test that types a page; below, those whose tests do so section by section and name each.
TYPED_BY = {
    "README.md": "scenario/test_documents.py",
    "docs/apply.md": "scenario/test_apply.py",
    "docs/doctor.md": "scenario/test_typed_pages.py",
    "docs/first-api-call.md": "scenario/test_portal_pages.py",
    "docs/getting-access.md": "scenario/test_portal_pages.py",
    "docs/going-live.md": "scenario/test_portal_pages.py",
    "docs/libjeton.md": "scenario/test_typed_pages.py",
    "docs/life-cycle.md": "scenario/test_documents.py",
    "docs/metrics.md": "scenario/test_typed_pages.py",
    "docs/migration.md": "scenario/test_typed_pages.py",
    "docs/runbook.md": "scenario/test_runbook.py",
    "docs/upstream.md": "scenario/test_typed_pages.py",
}
SECTIONS_TYPED_BY = {
    "docs/key-slots.md": "systemd/test_services.py",
    "docs/logging.md": "systemd/test_services.py",
    "docs/oauth.md": "scenario/test_oauth_page.py",
    "docs/operations.md": "systemd/test_services.py",
    "docs/programs.md": "scenario/test_recipes.py",
}


class EveryCommand(unittest.TestCase):
    def all_pages(self):
        files = (REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md")))
        return [str(file.relative_to(REPOSITORY)) for file in files]

    def is_typed(self, command):
        """By a test that names its page, and where it types sections, its section."""
        test = TYPED_BY.get(command.page) or SECTIONS_TYPED_BY.get(command.page)
        if test is None:
            return False
        source = (REPOSITORY / "tests" / test).read_text()
        named = re.search(rf'[/"]{re.escape(pathlib.Path(command.page).name)}"', source)
        return bool(named) and (command.page in TYPED_BY or f'"{command.section}"' in source)

    def test_S51_each_command_of_a_page_is_typed_by_a_test_or_is_listed_with_the_reason(self):
        every = [command for page in self.all_pages() for command in commands_of(page)]
        self.assertGreater(len(every), 300)
        forgotten = [str(one) for one in every if one.elsewhere is None and not self.is_typed(one)]
        self.assertEqual(forgotten, [], "type it in a test, or list it in ELSEWHERE of tests/scenario/pages.py")

    def test_S51_what_is_listed_is_on_its_page_and_the_tests_that_it_names_are_there(self):
        for page, rows in pages.ELSEWHERE.items():
            used = {command.elsewhere for command in commands_of(page)}
            self.assertEqual(set(rows), used - {None}, page)
            for reason in rows.values():
                for test in re.findall(r"tests/[\w./]+", reason):
                    self.assertTrue((REPOSITORY / test).exists(), reason)

    def test_S51_a_command_stands_in_a_block_that_says_so(self):
        languages = {"", "c", "console", "cpp", "http", "ini", "js", "json", "mermaid", "python", "sh", "text", "toml", "yaml"}
        for page in self.all_pages():
            for language, line, _, text in pages.blocks(page):
                self.assertIn(language, languages, f"{page}:{line}")
                if language != "console":
                    self.assertNotRegex(text, r"(?m)^\$ ", f"{page}:{line}")
            prose = pages.BLOCK.sub(lambda block: "\n" * block[0].count("\n"), (REPOSITORY / page).read_text())
            indented = [f"{page}:{prose.count(chr(10), 0, found.end()) + 1}" for found in re.finditer(r"\n\n {4,}\S", prose)]
            self.assertEqual(indented, [], "say what the block is: ```console, ```toml …")

    def test_S51_what_a_page_prints_is_compared_but_for_what_differs_each_time(self):
        shown = "#  AT                    WHO   RESULT\n3  2026-11-24T15:02:59Z  root  refused: no…\n…\nend 10\n"
        self.assertTrue(shows(shown, "#   AT  WHO  RESULT\n12  2027-01-01T00:00:00Z  root  refused: not now\nany\nend 8\n"))
        self.assertFalse(shows(shown, "#   AT  WHO  RESULT\n12  2027-01-01T00:00:00Z  root  done\nany\nend 8\n"))


class LifeCycle(Page, SystemScenario):
    starts_daemon = False  # the page makes the store itself

    def test_S51_every_command_of_the_life_cycle_page_runs_in_its_order(self):
        self.clock = None
        self.restart_daemon(state="uninitialised")
        self.prepare()
        persons = {
            "as operator": None, "as developer": Person("news"), "as tenant admin": Person("backup"),
            "as the program's user": Person("www-data", groups=()),
        }  # fmt: skip
        self.places |= {"DEVELOPER": "news", "ADMIN": "backup", "WORKER": "www-data"}
        typed = self.type_page("docs/life-cycle.md", persons)
        self.assertGreater(len(typed), 80)
        self.assertRegex(typed["jeton token --header"], r"^Authorization: Bearer eyJ")
        self.assertRegex(typed["jeton token dispatcher/1234567@production"], r"^eyJ")
        form = (self.work / "pair.env").read_text()
        self.assertEqual([line.split("=")[0] for line in form.splitlines()],
                         ["TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "APP_KEY", "ENVIRONMENT"])  # fmt: skip


class Readme(Page):
    def test_S51_every_command_of_the_readme_runs_in_its_order_and_prints_what_it_shows(self):
        self.prepare()
        api = Api()
        self.addCleanup(api.close)
        (self.work / "srv").mkdir()
        client_id, secret = self.upstream.add_client("7654321", "tn.crm.customers:r")
        (self.work / "srv" / ".env").write_text(
            f"ST_CLIENT_ID={client_id}\nST_CLIENT_SECRET={secret}\nST_TENANT_ID=7654321\nST_ENVIRONMENT=production\n"
        )
        self.places |= {
            "https://api.example.com/": api.url, "/srv": self.work / "srv", "docs/examples/": f"{REPOSITORY}/docs/examples/",
            "/tmp/token": self.work / "token", "/run/user/0/jeton": self.daemon.run, "/mnt/safe/": f"{self.work}/",
        }  # fmt: skip
        tokens = 0
        for command in typed_of("README.md"):
            if command.section == "Backup":
                self.type_on_a_terminal(command)
                continue
            planned, left = (word in command.text for word in ("import /srv --app dispatcher --dry-run", "--find-pairs"))
            printed = self.type_it(command, code=5 if planned else 1 if left else None)
            if command.text.split()[0] in ("python3", "node", "c++"):
                self.assertIn("eyJ", printed, command)
                tokens += 1
        self.assertEqual((tokens, len(api.calls)), (3, 1))

    def type_on_a_terminal(self, command):
        """What asks for a proof, and perhaps for a confirmation."""
        if not hasattr(self, "recovery_key"):
            self.recovery_key = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        words = shlex.split(self.meant(command), comments=True)[1:]
        code, shown = on_a_terminal(
            self.daemon.run, *words, typed=[self.recovery_key + "\n", "y\n"], asked=["(unseen): ", "Confirm and Continue?"]
        )
        self.assertEqual(code, 0, f"{command}\n{shown}")
        self.assertNotIn(self.recovery_key, shown)


class Order(unittest.TestCase):
    def test_S51_the_page_is_in_the_order_of_the_portal(self):
        titles = re.findall(r"^## (.*)$", (REPOSITORY / "docs" / "life-cycle.md").read_text(), re.MULTILINE)
        self.assertEqual(tuple(titles[: len(NAVIGATION)]), NAVIGATION)
