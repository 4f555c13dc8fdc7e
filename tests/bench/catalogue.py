"""What is measured against what, and what jeton promises of it.

A measure is one run of one server under one kind of load; the measures of a group run one after the other in each
round. A promise is a ratio of two of them, taken round by round.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Measure:
    group: str  # how it is loaded
    server: str  # what is loaded
    run: object  # seconds → what the client printed

    @property
    def name(self):
        return f"{self.group}/{self.server}"


@dataclasses.dataclass(frozen=True)
class Promise:
    name: str  # in ratios.json; never changes
    text: str  # what is promised, for a person
    limit: float
    above: tuple  # (measure, figure): what is divided
    below: tuple  # by what
    better: str = "lower"
    without: tuple | None = None  # (measure, figure) that is taken off what is divided first
    unit: str = "×"

    def holds(self, median):
        return median <= self.limit if self.better == "lower" else median >= self.limit


GROUPS = {
    "keepalive-16": "a token that is kept, 16 sessions that stay open",
    "keepalive-1": "a token that is kept, one session that stays open",
    "connect": "a token that is kept, a connection for each request",
}


def measures(servers, load, requests):
    """All that can be measured with `servers` (name → server); those that are missing are missing here, too."""
    found = []

    def add(group, name, server, request, **options):
        if server in servers:
            target = servers[server]
            found.append(Measure(group, name, lambda seconds: load(target, requests[request], seconds, **options)))

    for group, options in {
        "keepalive-16": {"sessions": 16},
        "keepalive-1": {"sessions": 1},
        "connect": {"connect": True},
    }.items():
        add(group, "floor", "floor", "token", **options)
        add(group, "jeton", "jeton", "token", **options)
        if group != "connect":  # where each request has a connection of its own, none is seen before
            add(group, "jeton, new", "jeton", "token", vary="########", **options)
    return found


PROMISES = [
    Promise(
        "keepalive-16-repeated", "server CPU of a request that repeats the one before on its session", 1.25,
        ("keepalive-16/jeton", "server_cpu_us"), ("keepalive-16/floor", "server_cpu_us"),
    ),
    Promise(
        "keepalive-16-new", "server CPU of a request that its session has not seen before", 1.6,
        ("keepalive-16/jeton, new", "server_cpu_us"), ("keepalive-16/floor", "server_cpu_us"),
    ),
    Promise(
        "keepalive-1-repeated", "p50 of a request that repeats the one before on its session", 1.3,
        ("keepalive-1/jeton", "p50_us"), ("keepalive-1/floor", "p50_us"),
    ),
    Promise(
        "keepalive-1-new", "p50 of a request that its session has not seen before", 1.5,
        ("keepalive-1/jeton, new", "p50_us"), ("keepalive-1/floor", "p50_us"),
    ),
    Promise(
        "connect", "p50 from connecting to the answer, who the caller is included", 1.8,
        ("connect/jeton", "p50_us"), ("connect/floor", "p50_us"),
    ),
]  # fmt: skip
