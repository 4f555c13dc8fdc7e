"""The text format of Prometheus (0.0.4), read strictly: what is not exactly as the format says is an error.

`parse(text)` gives {family: Family}. Beside the format it holds what `promtool check metrics` asks for.
"""

import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type = name, help_text, None
        self.samples = {}  # ((label, value), …), sorted → number

    def value(self, **labels):
        return self.samples[tuple(sorted(labels.items()))]


def refuse(line, why):
    raise ValueError(f"{why}: {line!r}")


def read_labels(line, text):
    """{a="b",c="d"} as sorted pairs, and what stands behind it."""
    labels, at = {}, 1
    while True:
        found = LABEL.match(text, at)
        if not found:
            refuse(line, "no label")
        if found[1] in labels or found[1].startswith("__"):
            refuse(line, f"label {found[1]} is there twice, or reserved")
        labels[found[1]] = re.sub(r'\\["\\n]', lambda escape: ESCAPES[escape[0]], found[2])
        at = found.end()
        if text[at : at + 1] == "}":
            return tuple(sorted(labels.items())), text[at + 1 :]
        if text[at : at + 1] != ",":
            refuse(line, "no comma and no brace behind a label")
        at += 1


def read_sample(family, line):
    name = NAME.match(line)[0]
    if family is None or name != family.name or family.type is None:
        refuse(line, "a series that does not stand below the HELP and TYPE of its family")
    labels, rest = (), line[len(name) :]
    if rest.startswith("{"):
        labels, rest = read_labels(line, rest)
    if not re.fullmatch(r" -?[0-9]+(\.[0-9]+)?", rest):
        refuse(line, "no number behind the series")
    if labels in family.samples:
        refuse(line, "a series that is there twice")
    family.samples[labels] = float(rest)


def lint(family):
    if not family.samples:
        refuse(family.name, "a family without series")
    if not family.help:
        refuse(family.name, "no help")
    if (family.type == "counter") != family.name.endswith("_total"):
        refuse(family.name, "counters, and they alone, end with _total")
    if family.type in family.name.split("_"):
        refuse(family.name, "its type is a part of its name")
    if any(unit in family.name.split("_") for unit in ("ms", "minutes", "hours", "kb", "mb", "kilobytes")):
        refuse(family.name, "seconds and bytes are the units")
    if family.type == "counter" and any(value < 0 for value in family.samples.values()):
        refuse(family.name, "a counter below 0")


def parse(text):
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    families, family = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, help_text = line[len("# HELP ") :].partition(" ")
            if not NAME.fullmatch(name) or name in families:
                refuse(line, "no name, or a family that is there twice")
            family = families[name] = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, _, kind = line[len("# TYPE ") :].partition(" ")
            if family is None or name != family.name or family.type or family.samples or kind not in TYPES:
                refuse(line, "a TYPE that does not follow its HELP")
            family.type = kind
        elif NAME.match(line):
            read_sample(family, line)
        else:
            refuse(line, "neither HELP, TYPE nor a series")
    for one in families.values():
        lint(one)
    return families
