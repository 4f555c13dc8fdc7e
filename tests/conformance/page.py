"""docs/conformance.md: a part that the names of the tests make, and a part that the run makes."""

import collections
import re
import sys

from demands import CHOICES, DEMANDS, OUT_OF_SCOPE
from programs import REPOSITORY
from rules import RULES, WRITING

sys.path.append(str(REPOSITORY / "tests" / "requirements"))
from named_tests import TESTS, found_in, tests_below  # noqa: E402

PAGE = REPOSITORY / "docs" / "conformance.md"
MEASURED = "\n## Clients over the socket\n"  # here begins what only a run can tell

HEAD = """# OAuth to the letter

What the standards demand of the token socket, which tests show it, what well-known clients do with it, and in what its answers differ from those of another
authorization server. How to use the socket: [oauth.md](oauth.md).

`tests/conformance/run --write` writes this page from the names of the tests and from what it has measured; `tests/conformance/run` fails where the page says
anything else. Tests: `test_FILE.NAME` under `tests/conformance`, `tests/scenario` and `tests/fault` drive the real programs, `FILE: NAME` under `tests/unit`.
"""

CAPABILITIES = {  # as the clients tell them: the title of its column, what the test wants
    "discovery": ("metadata", "finds the endpoints by RFC 8414 (T-13)"),
    "basic": ("Basic", "a token by HTTP Basic (T-2)"),
    "post": ("form", "a token by a pair in the form (T-2)"),
    "private_key_jwt": ("`private_key_jwt`", "a token by a signed assertion (T-18, T-21)"),
    "peer": ("process", "a token for the process itself: no credentials, or a lone `client_id`"),
    "scope": ("scope", "a token for a part of the scopes (T-4)"),
    "resource": ("resource", "a token for a named resource (T-14)"),
    "refusals": ("refusals", "tells `invalid_client` by either way, and `invalid_scope` (T-7)"),
    "introspection": ("introspection", "a live token is active, an unknown one is only not (T-11)"),
    "revocation": ("revocation", "a token that it revoked is inactive, an unknown one is no error (T-12)"),
    "jwt": ("JWT", "checks a token by the key set (T-15)"),
    "keys": ("`kid`", "finds each key's name to be its thumbprint (T-16)"),
}


def is_over_the_socket(shown):
    """`test_file.name`: a suite that drives the real programs; `file: name` is a unit test."""
    return shown.startswith("test_")


def tests_by_number():
    return found_in(TESTS, "T-", range(1, 22))


def names(tests):
    return ", ".join(f"`{name}`" for name in tests)


def demand_part(number, demand, tests):
    outside = [name for name in tests if is_over_the_socket(name)]
    inside = [name for name in tests if not is_over_the_socket(name)]
    yield f"\n### {number}: {demand.title}\n\n{demand.text} ({demand.clauses})\n\n"
    yield f"- over the socket: {names(outside)}\n"
    if inside:
        yield f"- inside: {names(inside)}\n"


def known_part():
    """All that the sources of the tests tell."""
    found = tests_by_number()
    yield HEAD
    yield "\n## What binds, and the tests that show it\n"
    for number, demand in DEMANDS.items():
        yield from demand_part(number, demand, found[number])
    not_offered = "; ".join(f"{number}, {what}" for number, what in OUT_OF_SCOPE.items())
    yield f"\nNot offered, and refused as the standards say: {not_offered}.\n"
    yield "\n## Where standards pull apart\n"
    for choice in CHOICES:
        yield f"\n**{choice.title}** ({choice.clauses}). {choice.text} Shown by `{choice.test}`.\n"


def row(*cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


def table(titles, rows):
    yield row(*titles)
    yield row(*("---" for _ in titles))
    for cells in rows:
        yield row(*cells)


def clients_part(clients):
    yield MEASURED
    yield "\nThey come from npm or Debian as they are; each is only told the way to the socket. An empty cell: it has no such function, or is not asked.\n\n"
    titles = [title for title, _ in CAPABILITIES.values()]
    rows = [[name, told["version"], *("yes" if one in told else "" for one in CAPABILITIES)] for name, told in clients.items()]
    yield from table(["client", "version", *titles], rows)
    yield "\n" + "".join(f"- {title}: {what}\n" for title, what in CAPABILITIES.values())


def families(cases):
    """`scope (12), encoding (3)`: which requests these are, by the word before the colon; few are named."""
    if len(cases) <= 2:
        return ", ".join(f"“{name}”" for name in cases)
    counted = collections.Counter(re.split(r": ", name)[0].removeprefix("/integration/") for name in cases)
    return ", ".join(f"{family} ({count})" for family, count in counted.items())


def differences_part(reference_version, compared):
    """`compared`: of each request its name, what was answered here and there, and the rules that say why they differ."""
    yield "\n## Differences from oidc-provider\n"
    told = {one.name: [rule for rule in one.rules if rule not in WRITING] for one in compared}
    same = sum(1 for rules in told.values() if not rules)
    yield (
        f"\n{len(compared)} requests, good and bad, went to jeton and to [oidc-provider](https://github.com/panva/node-oidc-provider) "
        f"{reference_version}, which knows the same client, scopes and resource. Compared are the status, the header fields that OAuth speaks of, "
        f"`error`, `token_type`, `scope` and `active`; {same} answers differ in nothing but how they are written (D1 to D{len(WRITING)}). "
        "Each difference has its rule, and each rule what decides it.\n\n"
    )
    cases = {rule: [one.name for one in compared if rule in one.rules] for rule in RULES}
    numbers = {rule: f"D{number}" for number, rule in enumerate(RULES, 1)}
    rows = ([number, rule.here, rule.there, rule.clause, families(cases[rule])] for rule, number in numbers.items())
    yield from table(["", "jeton", "oidc-provider", "decided by", "requests"], rows)
    yield (
        f"\n### Each request\n\nThe requests themselves stand in `tests/conformance/cases.py`, under these names. D1 to D{len(WRITING)} are left out.\n\n"
    )
    rows = ([one.name, one.here, one.there, " ".join(numbers[rule] for rule in told[one.name])] for one in compared)
    yield from table(["request", "jeton", "oidc-provider", "differs by"], rows)


def measured_part(clients, reference_version, compared):
    yield from clients_part(clients)
    yield from differences_part(reference_version, compared)


def halves(page):
    """What the names of the tests made, and what a run did."""
    known, found, measured = page.partition(MEASURED)
    return known, found + measured


def written():
    return halves(PAGE.read_text()) if PAGE.exists() else ("", "")


def without_versions(measured, clients):
    """Blanks the versions of these clients: a distribution may have replaced them."""
    for client in clients:
        measured = re.sub(rf"^(\| {re.escape(client)} \|)[^|]*\|", r"\1 |", measured, flags=re.MULTILINE)
    return measured


def complaints(found=None, every_test=None):
    """What keeps the known part from being true, whatever the page says."""
    found = tests_by_number() if found is None else found
    every_test = {shown for shown, _ in tests_below(TESTS)} if every_test is None else every_test
    for number, demand in DEMANDS.items():
        if not any(is_over_the_socket(name) for name in found.get(number, [])):
            yield f"{number} ({demand.title}) stands in the name of no test that drives the real programs"
    for number in found:
        if number not in DEMANDS and number not in OUT_OF_SCOPE:
            yield f"{number} stands in the name of a test, and is no number of the list"
    for choice in CHOICES:
        if choice.test not in every_test:
            yield f"“{choice.title}” names a test that is not there: {choice.test}"
