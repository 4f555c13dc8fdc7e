"""One request to both servers, and in what their answers differ."""

import json
import types

import wire
from cases import every_case

FIELDS = ("Content-Type", "Cache-Control", "Pragma", "WWW-Authenticate", "Allow")
MEMBERS = ("error", "token_type", "scope", "active")


def looked_at(answer):
    """What is compared: status, the header fields that OAuth speaks of, and members of the document."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    seen = {"status": answer.status}
    seen |= {field: answer.headers[field] for field in FIELDS if answer.headers[field] is not None}
    return seen | {member: document[member] for member in MEMBERS if member in document}


def in_short(seen):
    """`400 invalid_scope`, `200`, `200 inactive`"""
    words = [str(seen["status"])]
    if "error" in seen:
        words.append(str(seen["error"]))
    if "active" in seen:
        words.append("active" if seen["active"] else "inactive")
    return " ".join(words)


class Difference:
    """Of one request: what each server said of the parts in which they differ; None where it did not say any."""

    def __init__(self, case, ours, theirs):
        self.case, self.ours, self.theirs = case, ours, theirs
        self.parts = {part for part in {*ours, *theirs} if ours.get(part) != theirs.get(part)}

    def __repr__(self):
        return "; ".join(f"{part}: {self.ours.get(part)!r} here, {self.theirs.get(part)!r} there" for part in sorted(self.parts))


def compare(our_socket, their_socket, known, our_token, their_token):
    """Yields a Difference for each case, in order; without parts where the answers agree."""
    sides = [(our_socket, our_token), (their_socket, their_token)]
    cases = [every_case(types.SimpleNamespace(**known, token=token)) for _, token in sides]
    for ours, theirs in zip(*cases, strict=True):
        assert ours.name == theirs.name
        seen = [
            looked_at(wire.request(socket, case.method, case.target, case.body, case.headers))
            for (socket, _), case in zip(sides, (ours, theirs), strict=True)
        ]
        yield Difference(ours, *seen)
