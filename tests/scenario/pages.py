"""What the pages say: the commands of README, docs and the rest, each with its line, and a scenario that types them.

The form of a page. A block `console` has commands behind `$ ` and what they print below them; `# as …` says who types what
follows. A block `sh` is a script, run as a whole. Any other block is no command. `…` stands for what is left out.
"""

import dataclasses
import fnmatch
import pathlib
import re
import subprocess

import people
from harness import DONE, ENVIRONMENT, REFUSED, USER, Scenario
from programs import BUILD, REPOSITORY

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CONNECTION = re.compile(r"[a-z0-9-]+/[0-9]+@[a-z0-9-]+")

# Commands that no test types as they stand, and why; `…`: whatever follows. Where another test shows the same, it is named.
ELSEWHERE = {
    "README.md": {
        "tools/quickstart": "builds everything, and runs a life cycle of its own",
        "tools/test": "runs this",
        "tools/package": "tests/package/run calls it",
        "tools/dependencies": "installs on this host",
        "sudo apt install…": "tests/package/test_on_a_host.py",
        "sudo jeton init": "asks on a terminal: tests/scenario/test_key_slots.py",
        "meson setup…": "is what was done before this runs",
        "export PATH…": "is in the environment of each command that is typed",
        "jetond --user &": "tests/systemd/test_services.py starts a user's own",
    },
    "docs/getting-access.md": {
        "usermod -aG jeton DEVELOPER": "changes the users of this host; what the group opens: tests/scenario/test_role_grants.py",
    },
    "docs/key-slots.md": {
        "head -c 32 /dev/urandom | systemd-creds encrypt --with-key=host+tpm2…":
            "needs a TPM; with the host's key: tests/systemd/test_services.py",
    },
    "docs/libjeton.md": {"export PKG_CONFIG_PATH…": "is in the environment of each command that is typed"},
    "docs/operations.md": {
        "tools/package": "tests/package/run calls it",
        "apt install…": "tests/package/test_on_a_host.py",
        "meson setup…": "tests/systemd/box.py installs what it would",
        "systemd-sysusers…": "tests/systemd/box.py",
        "systemctl enable --now jetond": "tests/systemd/test_services.py, with the credential",
        "jeton init": "asks on a terminal: tests/scenario/test_key_slots.py",
    },
    "docs/performance.md": {"tools/bench…": "measures for minutes; in small: tests/scenario/test_bench.py"},
    "docs/programs.md": {"docker run…": "needs docker; a mount in another PID namespace: tests/scenario/test_recipes.py"},
    "docs/scale.md": {"JETON_CONNECTIONS=100000…": "half an hour; in small it is a suite of each run: tests/scale/run"},
}  # fmt: skip


@dataclasses.dataclass
class Command:
    page: str
    line: int
    section: str  # the heading that it stands under
    who: str | None
    text: str
    shown: str = ""  # what the page prints below it

    @property
    def refused(self):
        return re.search("^jeton: ", self.shown, re.MULTILINE) is not None

    @property
    def elsewhere(self):
        """Its row of ELSEWHERE, or None."""
        text = re.sub(r"\s+# .*", "", self.text)
        return next((row for row in ELSEWHERE.get(self.page, ()) if fnmatch.fnmatchcase(text, row.replace("…", "*"))), None)

    def __str__(self):
        return f"{self.page}:{self.line}: {self.text}"


def blocks(page):
    """(language, its first line's number, heading, text) of each block."""
    text = (REPOSITORY / page).read_text()
    for block in BLOCK.finditer(text):
        before = BLOCK.sub("", text[: block.start()])
        yield block[1], text.count("\n", 0, block.start()) + 2, (HEADING.findall(before) or [""])[-1], block[2]


def commands_of(page):
    """All of them; `Page` types those that are not ELSEWHERE."""
    found, who = [], None
    for language, first, section, text in blocks(page):
        if language == "sh":
            found.append(Command(page, first, section, who, text))
        if language != "console":
            continue
        open_command = False
        for number, line in enumerate(text.splitlines(), first):
            if open_command:
                found[-1].text += "\n" + line
            elif line.startswith("# as "):
                who = line.removeprefix("# ")
                continue
            elif line.startswith("$ "):
                found.append(Command(page, number, section, who, line.removeprefix("$ ")))
            else:
                if found:
                    found[-1].shown += line + "\n"
                continue
            open_command = found[-1].text.endswith("\\")
    return found


def typed_of(page, section=None):
    return [one for one in commands_of(page) if one.elsewhere is None and section in (None, one.section)]


def shape(text):
    """A text without what differs from run to run: numbers, times, IDs, secrets."""
    text = re.sub(rf"\b{re.escape(USER)}\b", "USER", text.replace("root", "USER"))
    text = re.sub(r"\b(jid|jak|jcs|jet)\.[0-9a-z]+", r"\1.ID", text)
    text = re.sub(r"\beyJ[\w.-]*", "TOKEN", text)
    text = re.sub(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{8,}\b", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", text)
    text = re.sub(r"\d+", "N", text)
    return text.strip()


def shows(shown, printed):
    """Whether a page shows what was printed: a line `…` is any number of them, elsewhere it is the rest of a line.

    White space is not compared: columns have other widths, and a page breaks long lines. What each change says of the
    daemon that it was made in is left out, as in the pages.
    """
    printed = re.sub(r"^changed in the daemon at .*\n", "", printed, flags=re.MULTILINE)
    parts = re.split(r"^…$", shape(shown), flags=re.MULTILINE)
    words = (r"\s+".join(re.escape(word).replace("…", ".*") for word in part.split()) for part in parts)
    return re.fullmatch(r"\s*" + r"\s*(?s:.*)\s*".join(words) + r"\s*", shape(printed)) is not None


class Page(Scenario):
    """Types the commands of a page, with what only the reader can know put in its place."""

    needs_upstream = True

    def prepare(self):
        self.work = pathlib.Path(self.scratch())
        self.work.chmod(0o1777)  # the people of the page hand files to each other here
        self.places = {}
        if not self.needs_upstream:
            return
        # In every version that a page's tenant accepts: a portal that grants more than that is refused.
        client_id, client_secret = self.upstream.add_client("1234567", "tn.crm.customers:r")
        secret = self.work / "secret-of-the-portal"
        secret.write_text(client_secret + "\n")
        self.places = {
            **self.upstream_places("production"), "CLIENT-ID": client_id,
            "FILE-WITH-THE-SECRET": secret.name, "< FILE": f"< {secret.name}",
        }  # fmt: skip

    def upstream_places(self, *environments):
        return {
            f"--preset servicetitan-{name}":
                f"--kind upstream --token-endpoint {self.upstream.token_endpoint} --ca-file {self.upstream.ca_file}"
            for name in environments
        }  # fmt: skip

    def placed(self, text):
        for place in sorted(self.places, key=len, reverse=True):
            text = text.replace(place, str(self.places[place]))
        return text

    def meant(self, command):
        text = self.placed(command.text)
        if "PREFIX" in text:
            active = [one for one in self.ok("secret", "list", CONNECTION.search(text)[0]) if one["state"] == "active"]
            text = text.replace("PREFIX", active[0]["prefix"])
        return text

    def type_it(self, command, person=None, daemon=None, code=None, **environment):
        text = self.meant(command)
        finished = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], capture_output=True, text=True, timeout=60, cwd=self.work,
            stdin=subprocess.DEVNULL, **(person.process_options() if person else {}),
            env={
                **ENVIRONMENT, "HOME": str(self.work), "JETON_SOCKET_DIR": str((daemon or self.daemon).run),
                "PATH": f"{people.client_program().parent}:{BUILD}:{ENVIRONMENT['PATH']}", **environment,
            },
        )  # fmt: skip
        printed = finished.stdout + finished.stderr
        said = f"{command}\n{command.who or ''} $ {text}\n{printed}"
        expected = code if code is not None else REFUSED if command.refused else DONE
        self.assertEqual(finished.returncode, expected, said)
        if command.shown:
            self.assertTrue(shows(self.placed(command.shown), printed), f"{said}the page shows\n{command.shown}")
        return finished.stdout

    def type_page(self, page, persons, start=None):
        """All that is typed of a page, in its order: text → what was printed."""
        typed = {}
        for command in typed_of(page):
            self.assertIn(command.who, persons, command)
            if command.text == "START-JETOND":
                start()
            else:
                typed[command.text] = self.type_it(command, persons[command.who])
        self.assertTrue(typed, page)
        return typed
