"""What the documents say runs: every command of docs/life-cycle.md and of the README, typed in order (S51)."""

import pathlib
import re
import subprocess
import unittest

import people
from harness import ENVIRONMENT, Scenario
from people import Person
from programs import BUILD, REPOSITORY
from system import SystemScenario

BLOCK = re.compile(r"^```(?:console|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CONNECTION = re.compile(r"[a-z0-9-]+/[0-9]+@[a-z0-9-]+")
NAVIGATION = (
    "Getting access", "Create a user", "Create an app", "Client ID & secret", "Environments", "First API call",
    "Going live", "OAuth 2.0", "Transactional & export APIs",
)  # fmt: skip


class Command:
    """One command of a page: who types it, the text, and whether the page shows that it is refused."""

    def __init__(self, who, text):
        self.who, self.text, self.refused = who, text, False


def commands_of(page):
    """A comment `# as …` says who types what follows; a line `jeton: …` behind a command shows its refusal."""
    found, who = [], None
    for block in BLOCK.findall(page):
        open_command = False
        for line in block.splitlines():
            if open_command:
                found[-1].text += "\n" + line
            elif line.startswith("# as "):
                who = line.removeprefix("# ")
                continue
            elif line.startswith("$ "):
                found.append(Command(who, line.removeprefix("$ ")))
            else:
                if found and line.startswith("jeton: "):
                    found[-1].refused = True
                continue
            open_command = found[-1].text.endswith("\\")
    return found


class Page(Scenario):
    """Types the commands of a page, with what only the reader can know put in its place."""

    needs_upstream = True

    def prepare(self):
        self.work = pathlib.Path(self.scratch())
        self.work.chmod(0o1777)  # the people of the page hand files to each other here
        # In every version that a page's tenant accepts: a portal that grants more than that is refused.
        client_id, client_secret = self.upstream.add_client("1234567", "tn.crm.customers:r")
        secret = self.work / "secret-of-the-portal"
        secret.write_text(client_secret + "\n")
        self.places = {
            "--preset servicetitan-production":
                f"--kind upstream --token-endpoint {self.upstream.token_endpoint} --ca-file {self.upstream.ca_file}",
            "CLIENT-ID": client_id,
            "FILE-WITH-THE-SECRET": secret.name,
            "< FILE": f"< {secret.name}",
        }  # fmt: skip

    def type_it(self, command, person=None, daemon=None):
        text = command.text
        for place, meant in self.places.items():
            text = text.replace(place, str(meant))
        if "PREFIX" in text:
            active = [one for one in self.ok("secret", "list", CONNECTION.search(text)[0]) if one["state"] == "active"]
            text = text.replace("PREFIX", active[0]["prefix"])
        environment = {
            **ENVIRONMENT, "HOME": str(self.work), "JETON_SOCKET_DIR": str((daemon or self.daemon).run),
            "PATH": f"{people.client_program().parent}:{BUILD}:{ENVIRONMENT['PATH']}",
        }  # fmt: skip
        finished = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], capture_output=True, text=True, timeout=60, cwd=self.work,
            stdin=subprocess.DEVNULL, env=environment, **(person.process_options() if person else {}),
        )  # fmt: skip
        said = f"{command.who or ''} $ {text}\n{finished.stdout}{finished.stderr}"
        self.assertEqual(finished.returncode, 1 if command.refused else 0, said)
        return finished.stdout


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
        commands = commands_of((REPOSITORY / "docs" / "life-cycle.md").read_text())
        self.assertGreater(len(commands), 80)
        typed = {}
        for command in commands:
            self.assertIn(command.who, persons, command.text)
            typed[command.text] = self.type_it(command, persons[command.who])
        self.assertRegex(typed["jeton token --header"], r"^Authorization: Bearer eyJ")
        self.assertRegex(typed["jeton token dispatcher/1234567@production"], r"^eyJ")
        form = (self.work / "pair.env").read_text()
        self.assertEqual([line.split("=")[0] for line in form.splitlines()],
                         ["TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "APP_KEY", "ENVIRONMENT"])  # fmt: skip


class Readme(Page):
    def test_S51_every_command_of_the_readme_that_a_daemon_answers_runs_in_its_order(self):
        self.prepare()
        answered = [
            command for command in commands_of((REPOSITORY / "README.md").read_text())
            if re.match(r"(jeton|curl .*--unix-socket) ", command.text)
        ]  # fmt: skip
        self.assertGreater(len(answered), 25)
        for command in answered:
            self.type_it(command)


class Order(unittest.TestCase):
    def test_S51_the_page_is_in_the_order_of_the_portal(self):
        titles = re.findall(r"^## (.*)$", (REPOSITORY / "docs" / "life-cycle.md").read_text(), re.MULTILINE)
        self.assertEqual(tuple(titles[: len(NAVIGATION)]), NAVIGATION)
