"""What is measured against what, and what jeton promises of it.

A measure is one run of one server under one kind of load; the measures of a group run one after the other in each
round. A promise is a ratio of two of them, taken round by round.
"""

import dataclasses

from servers import COUNTER


@dataclasses.dataclass(frozen=True)
class Group:
    """One kind of load, and what the page says of it."""

    title: str
    text: str
    figures: tuple = ("rate", "p50_us", "p99_us", "server_cpu_us", "client_cpu_us")
    base: str = "floor"  # what the others are divided by
    compared: str = "p50_us"  # the figure that is divided, where no picture shows another
    beside: tuple = ()  # (name in the table, measure of another group)


GROUPS = {
    "keepalive-16": Group(
        "A kept token, 16 sessions that stay open",
        "What a busy host costs: one client asks over 16 connections, each with one request under way. The figure to look at is the server's CPU time for a "
        "request, all processes of the server together; the client needs about as much as the floor does, so that requests per second are bound by both.",
    ),
    "keepalive-1": Group(
        "A kept token, one session that stays open",
        "What one program feels that asks again and again. Most of it is the kernel, which wakes one process and then the other.",
    ),
    "connect": Group(
        "A kept token, a connection for each request",
        "What curl or a script does: connect, ask, read, close. jeton has looked at who the caller is (credentials, process, and whatever the bindings "
        "ask for) before it answers; oidc-agent agrees on a key with its client and encrypts.",
    ),
    "callers-16": Group(
        "A kept token, 16 callers at a time",
        "oidc-agent has no sessions that stay: each of its 16 callers is a process that connects for each token. jeton's callers keep their sessions.",
        base="oidc-agent",
        compared="rate",
        beside=("jeton", "keepalive-16/jeton"),
    ),
    "fresh-16": Group(
        "A token signed for each request, 16 sessions",
        "The same bytes to both: client ID and secret in the form, a new JWT (Ed25519) each time. In jeton the front asks the vault, which checks the secret, decides and signs.",
        base="oidc-provider",
    ),
    "every": Group(
        "An audit entry for each token, on disk before the answer",
        'With `[audit] tokens = "every"`: what waits at the same time shares one commit. *one caller* is one commit for each token; *one row a commit* is SQLite alone, '
        "one small insert with the same settings on the same disk.",
        base="jeton, one caller",
    ),
    "process": Group(
        "`jeton token` as a whole process",
        "From starting the program to its end, by turns with `/bin/true`; this is mostly what the kernel needs to start anything.",
        figures=("p50_us", "p99_us"),
        base="/bin/true",
    ),
    "library": Group(
        "`jeton_token_get` from libjeton's memory",
        "One thread, 200,000 calls a run, each with its `jeton_token_free`, in CPU time of the thread, which never waits; the system calls are counted once by strace.",
        figures=("ns", "system_calls"),
        base="",
    ),
    "dead-endpoint": Group(
        "A kept upstream token while the token endpoint hangs",
        "16 sessions ask for a token of an upstream environment that is kept; meanwhile 16 others ask for one that only the token endpoint could give, which does not "
        "answer: they wait, or are told to come later once that has been noticed. The first 16 must not feel it.",
        base="jeton, all well",
        compared="p99_us",
    ),
}  # fmt: skip


# Every measure that there is; those of a peer that is missing are left out of a run.
NAMES = (
    "keepalive-16/floor", "keepalive-16/jeton", "keepalive-16/jeton, new", "keepalive-16/ssh-agent", "keepalive-16/gpg-agent",
    "keepalive-1/floor", "keepalive-1/jeton", "keepalive-1/jeton, new", "keepalive-1/ssh-agent", "keepalive-1/gpg-agent",
    "connect/floor", "connect/jeton", "connect/ssh-agent", "connect/gpg-agent", "connect/oidc-agent",
    "callers-16/oidc-agent",
    "fresh-16/oidc-provider", "fresh-16/jeton",
    "every/jeton, one caller", "every/jeton, 64 callers", "every/one row a commit",
    "process//bin/true", "process/jeton token",
    "library/libjeton",
    "dead-endpoint/jeton, all well", "dead-endpoint/jeton, the endpoint hangs",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Measure:
    group: str
    server: str
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
    note: str = ""  # why it does not hold, for the page of a run in which it does not

    def holds(self, median):
        return median <= self.limit if self.better == "lower" else median >= self.limit


def token_measures(driver, servers, requests):
    """Kept tokens: the floor, jeton, and agents that hand out something from memory."""

    def load(group, name, server, request, **options):
        if server in servers:
            yield Measure(group, name, lambda s: driver(servers[server], requests[request], s, **options))

    for group, options in (
        ("keepalive-16", {"sessions": 16}),
        ("keepalive-1", {"sessions": 1}),
        ("connect", {"connect": True}),
    ):
        yield from load(group, "floor", "floor", "token", **options)
        yield from load(group, "jeton", "jeton", "token", **options)
        if group != "connect":  # where each request has a connection of its own, none has been seen on it
            yield from load(group, "jeton, new", "jeton", "token", vary=COUNTER, **options)
        yield from load(group, "ssh-agent", "ssh-agent", "identities", **options)
        yield from load(group, "gpg-agent", "gpg-agent", "getinfo", **options)
    yield from load("fresh-16", "oidc-provider", "oidc-provider", "fresh", sessions=16)
    yield from load("fresh-16", "jeton", "jeton", "fresh", sessions=16)
    yield from load("every", "jeton, one caller", "jeton-every", "every", sessions=1)
    yield from load("every", "jeton, 64 callers", "jeton-every", "every", sessions=64)


PROMISES = [
    Promise(
        "keepalive-16-repeated", "16 sessions, server CPU: a request that repeats the one before on its session", 1.25,
        ("keepalive-16/jeton", "server_cpu_us"), ("keepalive-16/floor", "server_cpu_us"),
        note="of what jeton adds, the digest by which the request is recognised is nearly half of the instructions (callgrind, "
        "[decision 0044](decisions/0044-a-set-of-our-own-for-sessions.md)).",
    ),
    Promise(
        "keepalive-16-new", "16 sessions, server CPU: a request that its session has not seen before", 1.6,
        ("keepalive-16/jeton, new", "server_cpu_us"), ("keepalive-16/floor", "server_cpu_us"),
        note="two thirds of its time are the kernel's; of the rest most is the parser's, its fields' and the gate's, and an eighth the digest of what was asked (perf, "
        "[decision 0044](decisions/0044-a-set-of-our-own-for-sessions.md)).",
    ),
    Promise(
        "keepalive-1-repeated", "one session, p50: a request that repeats the one before", 1.3,
        ("keepalive-1/jeton", "p50_us"), ("keepalive-1/floor", "p50_us"),
    ),
    Promise(
        "keepalive-1-new", "one session, p50: a request that its session has not seen before", 1.5,
        ("keepalive-1/jeton, new", "p50_us"), ("keepalive-1/floor", "p50_us"),
        note="two thirds of its time are the kernel's; of the rest most is the parser's, its fields' and the gate's, and an eighth the digest of what was asked (perf, "
        "[decision 0044](decisions/0044-a-set-of-our-own-for-sessions.md)).",
    ),
    Promise(
        "connect", "a connection for each request, p50, who the caller is included", 1.8,
        ("connect/jeton", "p50_us"), ("connect/floor", "p50_us"),
        note="most of the daemon's time for such a request is the kernel's: beside what the floor asks, it asks who the caller is, by credentials, pidfd and its inode, "
        "and whether it still lives ([decision 0038](decisions/0038-a-request-that-comes-again.md)).",
    ),
    Promise(
        "oidc-agent-p50", "a connection for each request, p50: so many times below oidc-agent", 3.5,
        ("connect/oidc-agent", "p50_us"), ("connect/jeton", "p50_us"), better="higher",
    ),
    Promise(
        "oidc-agent-rate", "16 callers, tokens per second: so many times oidc-agent", 20,
        ("keepalive-16/jeton", "rate"), ("callers-16/oidc-agent", "rate"), better="higher",
    ),
    Promise(
        "fresh", "a local token signed for each request, tokens per second: so many times oidc-provider", 8,
        ("fresh-16/jeton", "rate"), ("fresh-16/oidc-provider", "rate"), better="higher",
        note="a sixth of the processor's time is the vault's signing and hashing, a third the kernel's, for sessions and for the socket between front and vault; most of the rest is what "
        "surrounds a decision: requests read, frames written and read, memory that is overwritten when it is given back (perf).",
    ),
    Promise(
        "process", "`jeton token`, the whole process without its one exchange, against `/bin/true`", 1.6,
        ("process/jeton token", "p50_us"), ("process//bin/true", "p50_us"), without=("connect/jeton", "p50_us"),
        note="the kernel answers some 90 page faults for it and 48 for `/bin/true` (perf), and the grammar of the verb is described anew each time "
        "([decision 0045](decisions/0045-a-static-cli-and-small-services.md)).",
    ),
    Promise(
        "library", "`jeton_token_get` from memory, nanoseconds a call", 100,
        ("library/libjeton", "ns"), ("library/libjeton", "one"), unit=" ns",
        note="a third of the time goes into the one clock that counts the time asleep (perf: `__vdso_clock_gettime`), which has no coarse form; the rest is spread over the cache's lock, "
        "the token's count of holders, and looking at wish and page.",
    ),
    Promise(
        "library-system-calls", "`jeton_token_get` from memory, system calls in 50,000 calls", 0,
        ("library/libjeton", "system_calls"), ("library/libjeton", "one"), unit="",
    ),
    Promise(
        "audit-every", '`[audit] tokens = "every"`, 64 callers: so many times the tokens of one commit per token', 25,
        ("every/jeton, 64 callers", "rate"), ("every/jeton, one caller", "rate"), better="higher",
        note="with 64 callers the disk is not what they wait for: dozens of tokens share a commit, and each costs 0.07 ms of the processor that vault and front share, a sixth of what "
        "one that is committed alone costs.",
    ),
]  # fmt: skip
