"""The man pages and the programs' own grammar, both read so that they can be held against each other.

The grammar comes from `--help`, whose text CLI11 makes from the definition that it parses by.
"""

import re
import subprocess

from programs import BUILD, ENVIRONMENT, REPOSITORY

PAGES = REPOSITORY / "docs" / "man"
ESCAPES = {r"\-": "-", r"\~": " ", r"\&": "", r"\:": "", r"\e": "\\", r"\(dq": '"', r"\(aq": "'"}
HELP = "--help"
# A line of a help: name, value, whether it must be given; what it excludes and what it is about follow.
ENTRY = re.compile(
    r"  (?:-\w,)?([\w-]+)(?: (?!Excludes:|REQUIRED)([^\s]+(?: \[\S+\])?))?(?: (REQUIRED))?(?: \.\.\.)?(?: Excludes: --.*)?(?: |$)"
)


def plain(text):
    """What a reader sees of a line of a page's source."""
    return re.sub(r"\\f.|\\\(..|\\.", lambda found: "" if found[0].startswith(r"\f") else ESCAPES.get(found[0], found[0]), text)


class Page:
    """One page: sections by title; `.SS` sections by "TITLE/subtitle"."""

    def __init__(self, file):
        self.file = file
        self.sections = {}
        title = ""
        for line in file.read_text().splitlines():
            if found := re.match(r"\.SH (.*)", line):
                title = section = plain(found[1])
            elif found := re.match(r"\.SS (.*)", line):
                section = f"{title}/{plain(found[1])}"
            elif line.startswith(".TH "):
                self.head = line
                continue
            else:
                self.sections[section].append(line)
                continue
            self.sections[section] = []

    def text(self, title):
        return " ".join(plain(line) for line in self.sections.get(title, []))

    def synopses(self):
        """(command, the rest) of each form."""
        lines = "\n".join(self.sections["SYNOPSIS"])
        return [
            (command, " ".join(plain(line) for line in rest.splitlines()))
            for command, rest in re.findall(r'^\.SY "([^"]*)"\n(.*?)^\.YS$', lines, re.MULTILINE | re.DOTALL)
        ]

    def tags(self, title):
        """What is explained in a section: each tag with its text."""
        found, lines = [], self.sections.get(title, [])
        for number, line in enumerate(lines):
            if line == ".TP":
                tag = lines[number + 1]
                if tag.startswith("."):
                    macro, _, words = tag.partition(" ")
                    tag = "".join(word.strip('"') for word in re.findall(r'"[^"]*"|\S+', words))
                found.append([plain(tag), ""])
            elif found and lines[number - 1] != ".TP" and not line.startswith("."):
                found[-1][1] += plain(line) + " "
        return found

    def options(self, title):
        """The options that a section explains: name → what its value may be, "" for none."""
        explained = {}
        for tag, _ in self.tags(title):
            for one in tag.split(", "):
                if found := re.fullmatch(r"(--[a-z-]+)(?:[ =](.*))?", one):
                    explained[found[1]] = found[2] or ""
        return explained

    def examples(self):
        """The command lines of EXAMPLES."""
        commands, inside = [], False
        for line in self.sections.get("EXAMPLES", []):
            if line in (".EX", ".EE"):
                inside = line == ".EX"
            elif inside:
                if commands and commands[-1].endswith("\\"):
                    commands[-1] = commands[-1][:-1] + plain(line)
                else:
                    commands.append(plain(line))
        return commands


def pages():
    """name → Page, of all."""
    return {file.name: Page(file) for file in sorted(PAGES.glob("*.[1-8]"))}


class Verb:
    """A noun or verb as its help shows it."""

    def __init__(self, words, text):
        self.words = words
        self.about = text.splitlines()[0]
        self.options, self.globals, self.required, self.verbs, self.arguments = {}, {}, set(), [], []
        part = ""
        for line in text.splitlines():
            if re.fullmatch(r"[A-Z][a-z ]+:", line):
                part = line.removesuffix(":")
            elif not (found := ENTRY.match(line)):
                continue
            elif part in ("Options", "Global options") and found[1].startswith("--"):
                options = self.globals if part == "Global options" else self.options
                options[found[1]] = found[2] or ""
                if found[3]:
                    self.required.add(found[1])
            elif part == "Positionals":
                self.arguments.append(found[1])
                if found[3]:
                    self.required.add(found[1])
            elif part == "Subcommands":
                self.verbs.append(found[1])
        self.options.pop(HELP, None)

    @property
    def name(self):
        return " ".join(("jeton", *self.words))

    @property
    def is_confirmed(self):
        return self.about.startswith("! ")


def choices(value):
    """Words that are typed as they stand: "post|basic", but not "FILE" or "VAR=member"."""
    value = value.split(" ")[0]
    typed = "|" in value or (value and not re.search(r"[A-Z]", value))
    return value.split("|") if typed else []


def help_of(program, *words):
    finished = subprocess.run([BUILD / program, *words, HELP], capture_output=True, text=True, env=ENVIRONMENT, cwd="/")
    if finished.returncode != 0:
        raise AssertionError(f"{program} {' '.join(words)} --help: {finished.returncode}, {finished.stderr}")
    return finished.stdout


def grammar(words=()):
    """Every noun and verb of `jeton`, the program itself first."""
    verb = Verb(words, help_of("jeton", *words))
    return [verb, *(one for word in verb.verbs for one in grammar((*words, word)))]
