"""The manual cannot drift: each page against the program that it is about, each completion against the grammar."""

import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import manual
from harness import DONE, REFUSED, SEALED, UNREACHABLE, USAGE, USER, Scenario, run_jeton
from manual import choices
from pages import typed_of
from programs import BUILD, ENVIRONMENT, REPOSITORY
from terminal import on_a_terminal

PENDING, CANNOT_RUN, NOT_FOUND, INTERRUPTED = 5, 126, 127, 130
SHELLS = {"bash": "jeton.bash", "zsh": "jeton.zsh", "fish": "jeton.fish"}
NOWHERE = "/nonexistent"
NAMES_VALUE = re.compile(r"(--[a-z-]+)(?: (?!\|)([^\]\[{} ]+))?")
CONFIRMED = "Asks Confirm and Continue"


class Manual(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.pages = manual.pages()
        cls.program, *cls.verbs = manual.grammar()

    def page_of(self, verb):
        return self.pages[f"jeton-{verb.words[0]}.1"]

    def last_verbs(self):
        """Those that do something, not the nouns above them."""
        return [verb for verb in self.verbs if not verb.verbs]

    def section_of(self, verb):
        page = self.page_of(verb)
        return f"VERBS/{verb.name}" if f"VERBS/{verb.name}" in page.sections else "OPTIONS"


class Commands(Manual):
    def test_S51_each_word_of_the_command_line_has_a_page_and_is_listed(self):
        words = sorted(self.program.verbs)
        self.assertGreater(len(words), 20)
        self.assertEqual(sorted(name[6:-2] for name in self.pages if re.fullmatch(r"jeton-.*\.1", name)), words)
        listed = [
            tag for title in self.pages["jeton.1"].sections if title.startswith("VERBS/")
            for tag, _ in self.pages["jeton.1"].tags(title)
        ]  # fmt: skip
        self.assertEqual(sorted(listed), [f"jeton-{word}(1)" for word in words])

    def test_S51_each_page_explains_the_verbs_of_its_word_and_no_other(self):
        for word in self.program.verbs:
            with self.subTest(word):
                page, verbs = self.pages[f"jeton-{word}.1"], [v for v in self.last_verbs() if v.words[0] == word]
                named = {command for command, _ in page.synopses()}
                self.assertEqual(named, {verb.name for verb in verbs})
                explained = {title[6:] for title in page.sections if title.startswith("VERBS/")}
                self.assertEqual(explained or named, named)

    def test_S51_each_option_of_each_verb_is_explained_with_what_it_takes(self):
        for verb in self.last_verbs():
            with self.subTest(verb.name):
                explained = self.page_of(verb).options(self.section_of(verb))
                self.assertEqual(sorted(explained), sorted(verb.options))
                for option, value in verb.options.items():
                    told, has = explained[option].rstrip(". "), value
                    if option == "--slot":  # each kind has an entry of its own; the last one is kept
                        text = " ".join(tag for tag, _ in self.page_of(verb).tags("OPTIONS"))
                        self.assertEqual([kind for kind in choices(has) if kind not in text], [])
                    else:
                        self.assertEqual(told, has, option)

    def test_S51_the_synopsis_has_each_option_and_word_in_brackets_where_it_may_be_left_out(self):
        for verb in self.last_verbs():
            with self.subTest(verb.name):
                forms = [rest for command, rest in self.page_of(verb).synopses() if command == verb.name]
                shown = {found[1]: found[2] or "" for rest in forms for found in NAMES_VALUE.finditer(rest)}
                self.assertEqual(sorted(shown), sorted(verb.options))
                for option, value in verb.options.items():
                    self.assertEqual(choices(shown[option]), choices(value), option)
                for option in verb.required - set(verb.arguments):
                    for rest in forms:
                        self.assertIn(option, re.sub(r"\[[^\]]*\]", "", rest), "it must be given")
                bare = [word for rest in forms for word in NAMES_VALUE.sub("", rest).split()]
                words = {re.split(r"[@\[|.]", word.strip("[]{}"))[0] for word in bare}
                for argument in verb.arguments:
                    names = {argument} | {"PAIR": {"CLIENT-ID"}, "SHELL": {"bash"}}.get(argument, set())
                    self.assertTrue(names & words, f"{argument} is not among {sorted(words)}")

    def test_S51_what_asks_for_confirmation_says_so(self):
        for verb in self.last_verbs():
            with self.subTest(verb.name):
                page = self.page_of(verb)
                parts = [self.section_of(verb)] if self.section_of(verb) != "OPTIONS" else ["DESCRIPTION", "OPTIONS"]
                text = " ".join(page.text(part) for part in parts)
                asks = verb.is_confirmed or not {"--now", "--prune"}.isdisjoint(verb.options)
                self.assertEqual(CONFIRMED in text, asks)

    def test_S51_each_verb_is_typed_by_a_page_whose_commands_run(self):
        typed = "\n".join(
            command.text for page in ("README.md", "docs/life-cycle.md", "docs/runbook.md")
            for command in typed_of(page)
        )  # fmt: skip
        elsewhere = {
            "jeton completion": "Shells, below",
            "jeton key slot add systemd-credential": "test_key_slots: it takes what systemd hands over",
            "jeton key slot add key-file": "test_key_slots: it takes another configuration",
        }
        missing = {verb.name for verb in self.last_verbs() if not re.search(rf"\b{verb.name}\b", typed)}
        self.assertEqual(missing, set(elsewhere))

    def test_S51_the_global_options_are_explained(self):
        explained = self.pages["jeton.1"].options("OPTIONS")
        self.assertEqual(sorted(explained), sorted([*self.program.options, manual.HELP]))
        self.assertEqual(explained["--color"], self.program.options["--color"])
        for verb in self.verbs:
            self.assertLessEqual(set(verb.globals), set(explained), verb.name)

    def test_S51_each_example_is_a_command_line_that_the_program_takes(self):
        tried = 0
        for name, page in self.pages.items():
            for line in page.examples():
                if found := re.search(r"(?:^|\$\(|\| )(jeton [^|<>)]*)", line):
                    with self.subTest(f"{name}: {line}"):
                        tried += 1
                        words = [{"30s": "1s"}.get(word, word) for word in shlex.split(found[1])[1:]]
                        run = run_jeton(NOWHERE, *words, stdin="x\n")
                        self.assertNotEqual(run.code, USAGE, run)
        self.assertGreater(tried, 60)

    def test_S51_pages_that_are_referred_to_exist(self):
        for name, page in self.pages.items():
            with self.subTest(name):
                referred = re.findall(r"\b(jeton[a-z.-]*)\s?\((\d)\)", page.text("SEE ALSO").replace(".BR ", ""))
                self.assertGreater(len(referred), 0)
                for other, section in referred:
                    self.assertIn(f"{other}.{section}", self.pages)

    def test_S51_every_verb_of_the_matrix_of_roles_is_a_command(self):
        matrix = (REPOSITORY / "docs" / "roles.md").read_text()
        commands = {found[1].strip() for found in re.finditer(r"^(jeton .*?)(?:\s{2,}|$)", matrix, re.MULTILINE)}
        self.assertGreater(len(commands), 60)
        known = {verb.name for verb in self.verbs}
        for command in sorted(commands):
            bare = command.split(" --")[0]
            self.assertTrue(bare in known, command)


class Sources(Manual):
    """What no help shows is read from the source."""

    def test_S51_each_exit_code_is_in_the_manual_and_in_the_help(self):
        codes = re.findall(r"^inline constexpr int (\w+) = (\d+);", (REPOSITORY / "cli" / "failure.hpp").read_text(), re.MULTILINE)
        codes += re.findall(r"^constexpr int (cannot_run|not_found) = (\d+);", (REPOSITORY / "cli" / "exec.cpp").read_text(), re.MULTILINE)
        self.assertGreaterEqual(len(codes), 9)
        explained = [int(code) for tag, _ in self.pages["jeton.1"].tags("EXIT STATUS") for code in tag.split(", ")]
        self.assertEqual(explained, sorted({int(code) for _, code in codes}))
        footer = re.search(r"Exit codes: ([^.]*)\.", manual.help_of("jeton"))[1]
        told = [int(code) for code in re.findall(r"\b\d+\b", footer)]
        self.assertEqual(told, [code for code in explained if code < 100])

    def test_S51_what_ends_with_128_and_a_signal_is_in_the_manual(self):
        runs = (REPOSITORY / "cli").glob("*_run.cpp")
        ends = {file.name.removesuffix("_run.cpp") for file in runs if "return 128 + " in file.read_text()}
        told = re.search(r"([^.]*) ends? with 128 and the number of any signal", self.pages["jeton.1"].text("EXIT STATUS"))[1]
        self.assertEqual(set(re.findall(r"jeton (\w+)", told)), ends)

    def test_S51_each_default_of_the_configuration_is_that_of_the_code(self):
        header = (REPOSITORY / "daemon" / "base" / "config.hpp").read_text()
        source = (REPOSITORY / "daemon" / "base" / "config.cpp").read_text()
        fields = dict(re.findall(r'^\s+(?:std::size_t|int|std::string) (\w+)(?: = ("?\w+"?))?;', header, re.MULTILINE))
        fields |= {key: f'"{level}"' for key, level in re.findall(r"log::Level (\w+) = log::Level::(\w+);", header)}
        places = re.search(r"Config::Paths system_paths\(\) \{ return \{(.*?)\};", source)[1].split(", ")
        expected = dict(zip((("paths", key) for key in ("runtime", "control", "state", "anchor")), places))
        for kind, table, key in re.findall(r'reader\.(text|path|count)\("(\w+)", "(\w+)"', source):
            if kind == "count":
                expected[table, key] = fields[key]
            elif (table, key) not in expected:
                expected[table, key] = fields.get(key) or "none"
        choice = r'reader\.choice\("(\w+)", "(\w+)", "(\w+)", "(\w+)"\)(?:\.value_or\((\w+)\))?'
        for table, key, yes, no, default in re.findall(choice, source):
            expected[table, key] = f'"{yes if default == "true" else no}"'
        self.assertGreater(len(expected), 14)
        told = {}
        for title, page in ((title, self.pages["jetond.toml.5"]) for title in self.pages["jetond.toml.5"].sections):
            if found := re.fullmatch(r"TABLES/\[(\w+)\]", title):
                told |= {(found[1], tag.split(" = ")[0]): tag.split(" = ")[1] for tag, _ in page.tags(title)}
        self.assertEqual(told, expected)

    def test_S51_the_options_of_the_daemons_are_explained(self):
        for program in ("jetond", "jeton-vault", "jeton-exchange"):
            with self.subTest(program):
                has = set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", manual.help_of(program), re.MULTILINE))
                page = self.pages[f"{program}.8"]
                self.assertEqual(set(page.options("OPTIONS")), has)
                shown = {option for _, rest in page.synopses() for option in re.findall(r"--[a-z-]+", rest)}
                self.assertEqual(shown | {manual.HELP}, has)

    def test_S51_the_protocol_page_has_each_refusal_with_its_status(self):
        header = (REPOSITORY / "libclient" / "protocol" / "errors.hpp").read_text()
        words = dict(re.findall(r'ErrorWord\{Errc::\w+, "(\w+)", (\d+), \d+\}', header))
        self.assertGreater(len(words), 15)
        told = {tag: text[:3] for tag, text in self.pages["jeton-protocol.7"].tags("REFUSALS")}
        self.assertEqual(told, words)

    def test_S51_the_protocol_page_has_each_route_of_the_token_socket(self):
        routes, path, method = set(), "", ""
        for line in (REPOSITORY / "docs" / "openapi.yaml").read_text().splitlines():
            if found := re.fullmatch(r"  (/\S*):", line):
                path = found[1]
            elif found := re.fullmatch(r"    (get|post|patch|delete):", line):
                method = found[1].upper()
            elif re.fullmatch(r"      tags: \[.*token socket.*\]", line):
                routes.add(f"{method} {path}")
        self.assertGreater(len(routes), 8)
        told = {one for tag, _ in self.pages["jeton-protocol.7"].tags("TOKEN SOCKET") for one in tag.split(", ")}
        self.assertEqual(told, routes)

    def test_S51_the_pages_are_installed_and_of_this_version(self):
        listed = re.findall(r"'([\w.-]+\.[1-8])'", (REPOSITORY / "docs" / "man" / "meson.build").read_text())
        self.assertEqual(sorted(listed), sorted(self.pages))
        version = re.search(r"version: '([\d.]+)'", (REPOSITORY / "meson.build").read_text())[1]
        for name, page in self.pages.items():
            title, section = name.rsplit(".", 1)
            self.assertRegex(page.head, rf'^\.TH {re.escape(title.upper())} {section} "\d{{4}}-\d\d-\d\d" "jeton {version}" ')

    def test_S51_the_pages_are_well_formed(self):
        if missing := [name for name in ("mandoc", "groff") if shutil.which(name) is None]:
            self.skipTest(f"{missing[0]} is not installed (tools/dependencies)")
        files = sorted(manual.PAGES.glob("*.[1-8]"))
        for reads in (["mandoc", "-Tlint"], ["groff", "-man", "-Tutf8", "-ww", "-z"]):
            with self.subTest(reads[0]):
                finished = subprocess.run([*reads, *files], capture_output=True, text=True)
                self.assertEqual((finished.returncode, finished.stdout + finished.stderr), (0, ""))


class Configuration(Manual):
    """`jetond --check-config` takes what the page says, and nothing else."""

    def keys(self):
        page = self.pages["jetond.toml.5"]
        for title in page.sections:
            if found := re.fullmatch(r"TABLES/\[(\w+)\]", title):
                for tag, _ in page.tags(title):
                    key, _, default = tag.partition(" = ")
                    yield found[1], key, default

    def check(self, text):
        with tempfile.TemporaryDirectory(prefix="js-", dir="/tmp") as folder:
            file = pathlib.Path(folder, "jetond.toml")
            file.write_text(text)
            file.chmod(0o600)
            return subprocess.run(
                [BUILD / "jetond", "--config", file, "--check-config"], capture_output=True, text=True, env=ENVIRONMENT
            )  # fmt: skip

    def test_S51_the_daemon_takes_each_default_and_refuses_each_wrong_value(self):
        keys = list(self.keys())
        self.assertGreater(len(keys), 14)
        whole = self.check("".join(f"[{table}]\n{key} = {value}\n" for table, key, value in keys if value != "none" and
                                   [one[0] for one in keys].index(table) == keys.index((table, key, value))))
        self.assertEqual((whole.returncode, whole.stderr), (0, ""))
        for table, key, value in keys:
            with self.subTest(f"{table}.{key}"):
                if value != "none":
                    self.assertEqual(self.check(f"[{table}]\n{key} = {value}\n").returncode, 0)
                wrong = self.check(f"\n[{table}]\n{key} = []\n")
                self.assertEqual(wrong.returncode, 1)
                self.assertRegex(wrong.stderr, rf"jetond\.toml:3: {table}\.{key} ")

    def test_S51_the_daemon_takes_the_example(self):
        page = self.pages["jetond.toml.5"]
        example = "\n".join(page.examples())
        self.assertIn("[keys]", example)
        self.assertEqual(self.check(example + "\n").returncode, 0)


class ExitCodes(Scenario):
    needs_upstream = False

    def test_S51_each_exit_code_is_met(self):
        met = {self.jeton("status").code: "status"}
        met[self.jeton("app", "show", "nothing").code] = "what is not there"
        met[self.jeton("app", "sow").code] = "a misspelt verb"
        met[run_jeton(NOWHERE, "status").code] = "no daemon"
        self.ok("environment", "create", "production", "--kind", "upstream",
                "--token-endpoint", "https://auth.example.com/connect/token")  # fmt: skip
        self.ok("environment", "create", "integration", "--kind", "local")
        self.ok("app", "create", "dispatcher", "--organization", "O", "--homepage", "https://example.com",
                "--credentials", "developer", "--scope", "tn.crm.customers:r")  # fmt: skip
        rows = pathlib.Path(self.scratch(), "pairs.csv")
        rows.write_text("tenant,client_id,client_secret\n1234567,cid.0123456789,cs1.0123456789abcdef\n")
        dry = self.jeton("import", rows, "--app", "dispatcher", "--environment", "production", "--dry-run")
        met[dry.code] = dry
        self.ok("tenant", "create", "1@integration", "--name", "N")
        self.ok("app", "tenant", "add", "dispatcher", "1@integration")
        self.ok("access", "allow", "dispatcher/1@integration", "--version", 1)
        self.ok("binding", "add", "dispatcher/1@integration", "--user", USER)
        for command in ("/etc/passwd", "/nonexistent/program"):
            met[self.jeton("exec", "dispatcher/1@integration", "--", command).code] = command
        code, shown = on_a_terminal(self.daemon.run, "seal", typed="\x03")
        met[code] = shown
        self.ok("seal", "--yes")
        met[self.jeton("app", "list").code] = "sealed"
        page = manual.pages()["jeton.1"]
        told = [int(code) for tag, _ in page.tags("EXIT STATUS") for code in tag.split(", ")]
        self.assertEqual(sorted(met), told, met)
        self.assertEqual(sorted(met), [DONE, REFUSED, USAGE, UNREACHABLE, SEALED, PENDING, CANNOT_RUN, NOT_FOUND, INTERRUPTED])


def complete(*words, socket_directory=NOWHERE):
    """word → remark of what `jeton complete-words` offers; a request to the shell is a word with a colon."""
    run = run_jeton(socket_directory, "complete-words", "--", *words)
    if run.code != DONE or run.err:
        raise AssertionError(f"complete-words {words}: {run}")
    return dict(line.partition("\t")[::2] for line in run.out.splitlines())


class Completion(Manual):
    """Without a daemon: what the grammar has."""

    def test_S51_verbs_are_completed_at_each_place(self):
        for verb in (self.program, *self.verbs):
            if verb.verbs:
                with self.subTest(verb.name):
                    self.assertEqual(sorted(complete(*verb.words, "")), sorted(verb.verbs))
                    first = verb.verbs[0]
                    self.assertIn(first, complete(*verb.words, first[:1]))

    def test_S51_each_option_of_each_verb_is_completed(self):
        for verb in (self.program, *self.verbs):
            with self.subTest(verb.name):
                offered = complete(*verb.words, "-")
                self.assertEqual(sorted(offered), sorted([*verb.options, *verb.globals, manual.HELP]))
                self.assertTrue(all(offered.values()), "each with what its help says")

    def test_S51_each_choice_is_completed(self):
        seen = 0
        for verb in (self.program, *self.verbs):
            for option, value in (verb.options | verb.globals).items():
                if words := choices(value):
                    with self.subTest(f"{verb.name} {option}"):
                        seen += 1
                        self.assertEqual(sorted(complete(*verb.words, option, "")), sorted(words))
                        self.assertEqual(sorted(complete(*verb.words, option + "=")), sorted(f"{option}={word}" for word in words))
        self.assertGreater(seen, 80)

    def test_S51_an_option_that_stands_or_is_excluded_is_not_offered_again(self):
        self.assertNotIn("--header", complete("token", "--header", "-"))
        self.assertNotIn("--env", complete("token", "--header", "-"))
        self.assertIn("--scope", complete("token", "--scope", "tn.crm.customers:r", "-"))
        self.assertNotIn("--now", complete("secret", "rotate", "a/1@e", "--overlap", "1h", "--"))

    def test_S51_the_shell_is_asked_for_what_the_host_has(self):
        for words, request in (
            (("binding", "add", "a/1@e", "--user", ""), ":users"), (("role", "grant", "auditor", "--group", ""), ":groups"),
            (("backup", ""), ":files"), (("audit", "verify", "--against="), ":files"),
            (("exec", "a/1@e", "--", ""), ":commands"), (("exec", "a/1@e", "--", "cat", ""), ":files"),
            (("import", "one.csv", ""), ":files"), (("init", "--slot", "key-file", ""), ":files"),
        ):  # fmt: skip
            with self.subTest(words):
                self.assertIn(request, complete(*words))

    def test_S51_the_hidden_verb_stands_in_no_help(self):
        self.assertNotIn("complete-words", manual.help_of("jeton"))
        self.assertNotIn("complete-words", complete(""))
        self.assertIn("complete-words", manual.help_of("jeton", "complete-words"))

    def test_S51_the_scripts_of_the_shells_are_the_files_that_are_installed(self):
        for shell, file in SHELLS.items():
            run = run_jeton(NOWHERE, "completion", shell)
            self.assertEqual((run.code, run.err), (DONE, ""))
            self.assertEqual(run.out, (REPOSITORY / "cli" / "shells" / file).read_text(), shell)

    def test_S51_without_a_daemon_nothing_is_said_and_nobody_waits(self):
        began = time.monotonic()
        self.assertEqual(complete("app", "show", ""), {})
        self.assertLess(time.monotonic() - began, 2)


BASH = r"""
source <(jeton completion bash)
COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
# As readline cuts a line: at white space, and at = : @ into words of their own.
mapfile -t COMP_WORDS < <(python3 - "$1" <<'END'
import re, sys
line = sys.argv[1]
print("\n".join(re.findall(r"[=:@]+|[^\s=:@]+", line) + ([""] if line[-1:].isspace() else [])))
END
)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_jeton
# What stands in the place of the piece at the cursor.
last="${COMP_WORDS[COMP_CWORD]}"
[[ "$last" == [=:@]* ]] && last=""
for reply in "${COMPREPLY[@]}"; do echo "${1:0:${#1}-${#last}}$reply"; done
"""
ZSH = r"""
compdef() { :; }
_describe() { local one; for one in "${(@P)2}"; do print -r -- "$begin${${one%%[^\\]:*}/(#b)(*)/$match[1]}${one[${#${one%%[^\\]:*}}+1]}"; done; }
_files() { print -r -- :files; }
_users() { print -r -- :users; }
_groups() { print -r -- :groups; }
_command_names() { print -r -- :commands; }
compset() { :; }
source <(jeton completion zsh)
line=$1
words=("${(@z)line}")
[[ "$line" == *' ' ]] && words+=("")
CURRENT=$#words PREFIX=$words[-1]
begin="${line[1,${#line}-${#PREFIX}]}"
_jeton | sed 's/\\:/:/g'
"""
FISH = r"""
source (jeton completion fish | psub)
for one in (complete -C $argv[1])
    set -l word (string split -m 1 \t -- $one)[1]
    echo (string replace -r '\S*$' '' -- $argv[1])$word
end
"""


class Shells(Scenario):
    """The three scripts, in their shells, with a daemon that knows names."""

    def setUp(self):
        super().setUp()
        self.ok("environment", "create", "integration", "--kind", "local")
        self.ok("tenant", "create", "1234567@integration", "--name", "Northside Plumbing; rm -rf $HOME")
        self.ok("tenant", "create", "7654321@integration", "--name", "Harbour Electric")
        for app in ("dispatcher", "connector"):
            self.ok("app", "create", app, "--organization", "O", "--homepage", "https://example.com",
                    "--credentials", "developer", "--scope", "tn.crm.customers:r")  # fmt: skip
        for tenant in ("1234567@integration", "7654321@integration"):
            self.ok("app", "tenant", "add", "dispatcher", tenant)
        self.ok("access", "allow", "dispatcher/1234567@integration", "--version", 1)
        self.prefix = self.ok("secret", "generate", "dispatcher/1234567@integration")["prefix"]
        self.binding = self.ok("binding", "add", "dispatcher/1234567@integration", "--user", USER)["id"][:8]
        self.cases = {
            "jeton app cre": ["jeton app create"],
            "jeton --json app cre": ["jeton --json app create"],
            "jeton app create x --cred": ["jeton app create x --credentials"],
            "jeton app create x --credentials t": ["jeton app create x --credentials tenant"],
            "jeton --color=al": ["jeton --color=always"],
            "jeton app show d": ["jeton app show dispatcher"],
            "jeton access review dispatcher/12": ["jeton access review dispatcher/1234567@integration"],
            "jeton access review dispatcher/1234567@": ["jeton access review dispatcher/1234567@integration"],
            "jeton access review dispatcher/1234567@i": ["jeton access review dispatcher/1234567@integration"],
            "jeton token --scope tn.crm.customers:": [
                "jeton token --scope tn.crm.customers:r", "jeton token --scope tn.crm.customers:w"],
            "jeton connection list --tenant=76": ["jeton connection list --tenant=7654321@integration"],
            "jeton connection list --environment i": ["jeton connection list --environment integration"],
            "jeton role grant tenant-admin 7": ["jeton role grant tenant-admin 7654321@integration"],
            "jeton role grant developer c": ["jeton role grant developer connector"],
            "jeton secret deactivate dispatcher/1234567@integration j":
                [f"jeton secret deactivate dispatcher/1234567@integration {self.prefix}"],
            f"jeton binding remove {self.binding[:2]}": [f"jeton binding remove {self.binding}"],
        }  # fmt: skip

    def type_into(self, shell, program, line, socket_directory=None):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed (tools/dependencies)")
        arguments = {"bash": ["--norc", "--noprofile", "-c", program, "bash"], "zsh": ["-f", "-o", "extendedglob", "-c", program, "zsh"],
                     "fish": ["--no-config", "-c", program]}[shell]  # fmt: skip
        home = self.scratch()
        finished = subprocess.run(
            [shell, *arguments, line], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, cwd=home,
            env={**ENVIRONMENT, "HOME": home, "JETON_SOCKET_DIR": str(socket_directory or self.daemon.run),
                 "PATH": f"{BUILD}:{ENVIRONMENT['PATH']}"},
        )  # fmt: skip
        self.assertEqual((finished.returncode, finished.stderr), (0, ""), f"{shell}: {line}\n{finished.stdout}")
        return sorted(finished.stdout.splitlines())

    def check(self, shell, program):
        for line, expected in self.cases.items():
            with self.subTest(f"{shell}: {line}"):
                self.assertEqual(self.type_into(shell, program, line), expected)
        with self.subTest(f"{shell}: no daemon"):
            self.assertEqual(self.type_into(shell, program, "jeton app show d", NOWHERE), [])

    def test_S51_bash_completes(self):
        self.check("bash", BASH)

    def test_S51_zsh_completes(self):
        self.check("zsh", ZSH)

    def test_S51_fish_completes(self):
        self.check("fish", FISH)

    def press_tab(self, shell, setup, line, expected):
        """Types into the shell itself, on a terminal; `expected` must come to stand there."""
        if shutil.which(shell[0]) is None:
            self.skipTest(f"{shell[0]} is not installed (tools/dependencies)")
        home = self.scratch()
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(home)
            os.execvpe(shell[0], shell, {
                **ENVIRONMENT, "HOME": home, "TERM": "dumb", "JETON_SOCKET_DIR": str(self.daemon.run),
                "PATH": f"{BUILD}:{ENVIRONMENT['PATH']}",
            })  # fmt: skip
        shown = ""

        def wait_for(text):
            nonlocal shown
            end = time.monotonic() + 20
            while text not in shown and time.monotonic() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    shown += os.read(terminal, 65536).decode(errors="replace")
            self.assertIn(text, shown, shell[0])

        try:
            os.write(terminal, f"{setup}; echo rea''dy\n".encode())
            wait_for("ready")
            os.write(terminal, f"{line}\t".encode())
            wait_for(expected)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.close(terminal)
            os.waitpid(pid, 0)

    def test_S51_somebody_types_and_presses_tab(self):
        for shell, setup in (
            (("bash", "--norc", "--noprofile", "-i"), "source <(jeton completion bash)"),
            (("zsh", "-f", "-i"), "autoload -U compinit; compinit -u -D; source <(jeton completion zsh)"),
            (("fish", "--no-config", "-i"), "jeton completion fish | source"),
        ):
            for line, expected in (
                ("jeton app cre", "jeton app create "),
                ("jeton access review dispatcher/12", "jeton access review dispatcher/1234567@integration"),
                ("jeton --color=al", "jeton --color=always"),
                ("jeton backup /etc/hostn", "jeton backup /etc/hostname"),
            ):
                with self.subTest(f"{shell[0]}: {line}"):
                    self.press_tab(shell, setup, line, expected)

    def test_S51_a_sealed_daemon_is_silent(self):
        self.ok("seal", "--yes")
        self.assertEqual(complete("app", "show", "", socket_directory=self.daemon.run), {})

    def test_S51_remarks_stand_beside_the_words_and_stored_text_is_never_a_word(self):
        offered = complete("tenant", "show", "1", socket_directory=self.daemon.run)
        self.assertEqual(offered, {"1234567@integration": "Northside Plumbing; rm -rf $HOME"})
