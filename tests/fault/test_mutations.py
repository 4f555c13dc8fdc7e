"""Valid requests, broken in every way that their grammar has: only documented answers, one to each, and nothing is left.

JETON_MUTATIONS sets how many (default 2000, some seconds), JETON_MUTATION_SEED repeats a run. A failure prints the seed
and the shortest request that still fails.
"""

import json
import os
import random
import re
import secrets
import socket
import sys
import time
import urllib.parse

import wire
from harness import INVOICES, JOBS, USER, Scenario, wait_until
from programs import REPOSITORY, sanitizer

sys.path.append(str(REPOSITORY / "tests" / "openapi"))

import description  # noqa: E402  (its place is known only now)

COUNT = int(os.environ.get("JETON_MUTATIONS", "2000"))
SEED = int(os.environ.get("JETON_MUTATION_SEED", str(secrets.randbits(32))))
GROWTH = 6 * 1024  # KiB that a process may grow in the second half of a run

FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"
SPECIAL = b"\x00\t\r\n \x7f\xff%&=+;:,\"'\\{}[]/?#<>-0"
METHODS = [b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"PATCH", b"TRACE", b"CONNECT", b"BREW", b"post", b"", b"G(T"]
VERSIONS = [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.1 ", b"http/1.1", b"HTTP/11", b"", b"HTTP/1.1\r\nHost: x"]
FIELDS = [
    (b"Transfer-Encoding", b"chunked"), (b"Expect", b"100-continue"), (b"Upgrade", b"h2c"), (b"Origin", b"http://x"),
    (b"Via", b"1.1 x"), (b"X-Forwarded-For", b"1.2.3.4"), (b"Connection", b"close"), (b"Connection", b"x, CLOSE"),
    (b"Connection", b"keep-alive"), (b"Host", b"evil.example"), (b"Host", b"\xff"), (b"Authorization", b"Bearer x"),
    (b"Authorization", b"Basic !!"), (b"Authorization", b"Basic YTpi"), (b"Content-Type", b"text/plain"),
    (b"Content-Type", FORM + b"; charset=utf-8"), (b"X", b"y" * 9000), (b" X", b"folded"), (b"X ", b"y"), (b"", b""),
    (b"Jeton-Client", b"0"), (b"Accept-Encoding", b"gzip"),
]  # fmt: skip
TARGETS = [
    b"*", b"", b"/", b"//", b"/token/", b"/%2e%2e/token", b"/token%00", b"/%zz/token", b"http://x/token", b"x:80",
    b"/token#x", b"/\xc3\xa4/token", b"/nowhere/token", b"/v1/nothing", b"/token?client_secret=x", b"/v1/apps?limit=x",
    b"/v1/apps?limit=1&limit=2", b"/" + b"a" * 9000,
]  # fmt: skip
LENGTHS = [b"", b"0", b"-1", b"+5", b"0x5", b"5, 5", b"5 5", b"65537", b"18446744073709551616", b"99999999999", b"abc"]
VALUES = [
    "", " ", "\0", "\x7f", "\u00e4\u202e", "x" * 5000, "..", "'; --", "{}", "-1", "1e999", "999999999999999999999", "%",
    "tn.no.such:r", "dispatcher/9@nowhere", "client_credentials", "password", "refresh_token",
]  # fmt: skip
JSON_VALUES = [None, True, -1, 2**63, 1.5, "", "x" * 5000, [], {}, [[[[[[[[[[]]]]]]]]]], {"a": {"b": []}}, "\0", "\ud800"]


class Request:
    def __init__(self, socket, method, target, fields=(), body=b""):
        self.socket, self.method, self.target, self.version = socket, method, target, b"HTTP/1.1"
        self.fields, self.body = list(fields), body

    def copy(self):
        other = Request(self.socket, self.method, self.target, self.fields, self.body)
        other.version = self.version
        return other

    @property
    def content_type(self):
        return dict(self.fields).get(b"Content-Type")

    def bytes(self, length=None):
        fields = [(b"Host", b"localhost"), *self.fields]
        if self.body or length is not None:
            fields.append((b"Content-Length", str(len(self.body)).encode() if length is None else length))
        head = b" ".join((self.method, self.target, self.version)) + b"\r\n"
        return head + b"".join(name + b": " + value + b"\r\n" for name, value in fields) + b"\r\n" + self.body


class Mutator:
    """Everything that happens is decided by the seed."""

    def __init__(self, seed, requests):
        self.random, self.requests = random.Random(seed), requests

    def stream(self):
        """(socket, bytes, in how many pieces they are sent)."""
        chosen = self.random.choice(self.requests)
        count = self.random.choice((1, 1, 1, 1, 2, 3, 6))
        same_socket = [request for request in self.requests if request.socket == chosen.socket]
        parts = [self.one(chosen)] + [
            self.random.choice((Request.bytes, self.one))(self.random.choice(same_socket)) for _ in range(count - 1)
        ]
        self.random.shuffle(parts)
        data = b"".join(parts)
        if self.random.random() < 0.1:
            data = data[: self.random.randrange(len(data) + 1)]
        return chosen.socket, data, self.random.choice((1,) * 20 + (2, 5))

    def one(self, request):
        request, length = request.copy(), None
        for _ in range(self.random.choice((1, 1, 2, 3))):
            kind = self.random.choice((self.method, self.target, self.version, self.field, self.body, self.body, self.body))
            kind(request)
        if self.random.random() < 0.12:
            near = str(max(0, len(request.body) + self.random.choice((-7, -1, 1, 40)))).encode()
            length = self.random.choice((near, near, self.random.choice(LENGTHS)))
        data = request.bytes(length)
        return self.raw(data) if self.random.random() < 0.3 else data

    def raw(self, data):
        data = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            at = self.random.randrange(len(data))
            kind = self.random.randrange(5)
            if kind == 0:
                data[at] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                data[at] = self.random.choice(SPECIAL)
            elif kind == 2:
                data.insert(at, self.random.choice(SPECIAL))
            elif kind == 3:
                del data[at : at + self.random.choice((1, 2, 20))]
            else:
                data[at:at] = data[max(0, at - self.random.randrange(1, 30)) : at]
            data = data or bytearray(b"\r")
        return bytes(data)

    def method(self, request):
        request.method = self.random.choice(METHODS)

    def target(self, request):
        request.target = self.random.choice((*TARGETS, request.target + b"?x=1", request.target + b"/", request.target + b"%"))

    def version(self, request):
        request.version = self.random.choice(VERSIONS)

    def field(self, request):
        kind = self.random.randrange(3)
        if kind == 0 and request.fields:
            request.fields.append(self.random.choice(request.fields))
        elif kind == 1 and request.fields:
            request.fields.remove(self.random.choice(request.fields))
        else:
            request.fields.insert(self.random.randrange(len(request.fields) + 1), self.random.choice(FIELDS))

    def body(self, request):
        if request.content_type == FORM:
            self.form(request)
        elif request.content_type == JSON:
            self.json(request)
        else:
            request.body = self.random.choice((b"{}", b"x", b"a=b", b"[" * 500, b"\xff" * 10, b"x" * 70_000))

    def form(self, request):
        pairs = request.body.split(b"&")
        at = self.random.randrange(len(pairs))
        name = pairs[at].partition(b"=")[0]
        kind = self.random.randrange(8)
        if kind == 0:
            pairs.insert(self.random.randrange(len(pairs) + 1), pairs[at])
        elif kind == 1:
            del pairs[at]
        elif kind == 2:
            pairs[at] = name
        elif kind == 3:
            pairs[at] = name + b"=" + urllib.parse.quote_plus(self.random.choice(VALUES)).encode()
        elif kind == 4:
            pairs[at] += self.random.choice((b"%", b"%zz", b"%00", b"%ff", b"=", b"+", b"&&", b";"))
        elif kind == 5:
            pairs.append(self.random.choice((b"colour=green", b"min_ttl=x", b"resource=https://x/", b"=", b"client_assertion=x")))
        elif kind == 6:
            pairs += [b"p%d=1" % number for number in range(70)]
        else:
            self.random.shuffle(pairs)
        request.body = b"&".join(pairs)

    def json(self, request):
        try:
            document = json.loads(request.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            return
        kind = self.random.randrange(6)
        name = self.random.choice(list(document) or ["x"])
        if kind == 0:
            document[name] = self.random.choice(JSON_VALUES)
        elif kind == 1:
            document.pop(name, None)
        elif kind == 2:
            document["no_such_member"] = self.random.choice(JSON_VALUES)
        text = json.dumps(document).encode()
        if kind == 3:
            text = text[:-1] + b', "a": 1, "a": 2}'
        elif kind == 4:
            text = self.random.choice((text[:-1], text + b"x", text + text, b"[" + text + b"]", b"\xef\xbb\xbf" + text))
        elif kind == 5:
            text = self.random.choice((b"null", b"[]", b"[" * 1000, b'"x"', b"{", b'{"a":NaN}', b'{"a":"\xff"}', b"{}{}"))
        request.body = text


class Wrong(Exception):
    """What the daemon did that it must not."""


def request_at(data):
    """(method, bytes) of the request that `data` begins with, or None where it is not whole: as RFC 9112 frames it."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = data[:end].split(b"\r\n")
    lengths = [line.partition(b":")[2].strip() for line in lines[1:] if line.lower().startswith(b"content-length:")]
    if len(lengths) > 1 or (lengths and not lengths[0].isdigit()):
        return None
    size = end + 4 + (int(lengths[0]) if lengths else 0)
    return (lines[0].split(b" ")[0], size) if size <= len(data) else None


def documented():
    """The pairs of error and status in the tables of docs/openapi.yaml, and the statuses of success."""
    document = description.load()
    refusals = set()
    for name in ("Refusal", "OAuthRefusal"):
        response = document["components"]["responses"][name]
        words = document["components"]["schemas"][name]["properties"]["error"]["enum"]
        told = set()
        for errors, statuses in re.findall(r"^\| (`.*?`) \| ([0-9, ]+) \|", response["description"], re.M):
            for error in re.findall(r"`(\w+)`", errors):
                told |= {(error, int(status)) for status in statuses.split(",")}
        assert set(words) == {error for error, _ in told}, f"{name}: its table and its enum differ"
        refusals |= told
    successes = {
        int(status) for *_, operation, _ in description.operations(document) for status in operation["responses"]
        if status.isdigit() and status.startswith("2")
    }  # fmt: skip
    return refusals, successes | {204}


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


class Mutations(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES, JOBS))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.ok("binding", "add", "--introspect", "integration", "--user", USER)
        self.token = self.assertToken(self.post("/token"))["access_token"]
        self.refusals, self.successes = documented()

    def requests(self):
        form, client = [(b"Content-Type", FORM)], [(b"Jeton-Client", b"1")]
        pair = {"client_id": self.client_id, "client_secret": self.secret}
        basic = (b"Authorization", wire.basic(self.client_id, self.secret).encode())
        grant = {"grant_type": "client_credentials"}

        def posted(target, fields, *more):
            return Request("token", b"POST", target, [*form, *more], wire.form(fields).encode())

        def managed(target, body):
            return Request("control", b"POST", target, [*client, (b"Content-Type", JSON)], json.dumps(body).encode())

        path = f"/v1/connections/dispatcher/{urllib.parse.quote('1234567@integration', safe='')}".encode()
        app = {"app": "dispatcher", "organization": "Example Ltd", "homepage": "https://example.com/",
               "credentials": "developer", "scopes": [INVOICES]}  # fmt: skip
        yield posted(b"/token", {**grant, "connection": self.connection, "scope": INVOICES})
        yield posted(b"/integration/connect/token", {**grant, **pair, "min_ttl": "60"})
        yield posted(b"/integration/token", {**grant, "resource": "http://localhost/integration"}, basic)
        yield posted(b"/integration/introspect", {"token": self.token, "token_type_hint": "access_token"})
        yield posted(b"/integration/revoke", {"token": "a.b.c", **pair})
        for target in (b"/integration/jwks", b"/.well-known/oauth-authorization-server/integration", b"/healthz", b"/v1/whoami"):
            yield Request("token", b"GET", target)
        for target in (b"/v1/status", b"/v1/apps?limit=2", b"/v1/audit?limit=2&event=token.*", path + b"/review", b"/metrics"):
            yield Request("control", b"GET", target, client)
        yield managed(b"/v1/apps", app)
        yield managed(b"/v1/tenants", {"tenant": "1234567@integration", "name": "Acme Heating"})
        yield managed(b"/v1/secrets/identify", {"value": self.secret})
        yield managed(path + b"/explain", {"user": USER})

    def send(self, where, data, pieces=1):
        """Everything that comes back until the daemon ends the session. Wrong where it does not, or resets it."""
        path = self.daemon.token_socket if where == "token" else self.daemon.control_socket
        with wire.connect(path, 15) as session:
            try:
                step = -(-len(data) // pieces) or 1
                for at in range(0, len(data), step):
                    session.sendall(data[at : at + step])
                    if pieces > 1:
                        time.sleep(0.002)
                session.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before we were done; the answer must be there all the same
            received = b""
            try:
                while piece := session.recv(65536):
                    received += piece
            except TimeoutError:
                raise Wrong(f"no end after {received[:200]!r}") from None
            except ConnectionResetError:
                raise Wrong(f"a reset behind {received[:200]!r}") from None
        return received

    def check(self, data, received):
        """One documented answer for each whole request in `data`, in order; what is not whole is refused, and ends it."""
        while data or received:
            asked = request_at(data)
            head, found, rest = received.partition(b"\r\n\r\n")
            if not found:
                raise Wrong(f"no answer to {data[:200]!r}, only {received[:200]!r}")
            lines = head.split(b"\r\n")
            status = re.fullmatch(rb"HTTP/1\.1 ([0-9]{3}) [A-Za-z ]+", lines[0])
            fields = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines[1:])}
            if not status or len(fields) != len(lines) - 1:
                raise Wrong(f"no HTTP: {head!r}")
            status, last = int(status[1]), fields.get(b"connection") == b"close"
            length = int(fields[b"content-length"]) if status != 204 else 0
            if data.startswith(b"HEAD "):
                length = 0
            body, received = rest[:length], rest[length:]
            if len(body) != length:
                raise Wrong(f"an answer is cut off: {head!r} {body!r}")
            self.answers[status] = self.answers.get(status, 0) + 1
            self.documented(status, body, fields)
            if last:
                if received:
                    raise Wrong(f"something follows the last answer: {received[:200]!r}")
                return
            if asked is None:
                raise Wrong(f"the session goes on after what is no whole request: {data[:200]!r}")
            data = data[asked[1] :]

    def documented(self, status, body, fields):
        if b"cache-control" not in fields:
            raise Wrong(f"{status} may be cached")
        if status in self.successes:
            return
        if status >= 500 and status not in (501, 505):
            raise Wrong(f"{status} {body!r}")
        if body and (json.loads(body)["error"], status) not in self.refusals:
            raise Wrong(f"not documented: {status} {body!r}")
        if (status == 405) != (b"allow" in fields):
            raise Wrong(f"{status} with {sorted(fields)}")

    def problem(self, where, data, pieces=1):
        try:
            self.check(data, self.send(where, data, pieces))
        except Wrong as wrong:
            return str(wrong)
        except (ValueError, KeyError, OSError) as fault:
            return f"{type(fault).__name__}: {fault}"
        return None

    def shortest(self, where, data):
        """Cuts out pieces, large ones first, as long as what is left still fails."""
        size, tries = len(data) // 2, 0
        while size and tries < 400:
            at = 0
            while at < len(data) and tries < 400:
                less, tries = data[:at] + data[at + size :], tries + 1
                if self.problem(where, less):
                    data = less
                else:
                    at += size
            size //= 2
        return data

    def test_T17_mutated_requests_get_documented_answers_and_leave_nothing_behind(self):
        mutator, self.answers = Mutator(SEED, list(self.requests())), {}
        helpers = self.daemon.helpers()
        processes = {"jetond": self.daemon.pid, "jeton-vault": helpers["jeton-vault"]}
        descriptors = len(os.listdir(f"/proc/{self.daemon.pid}/fd"))
        half, began = {}, time.monotonic()
        for number in range(COUNT):
            if number == COUNT // 2:
                half = {name: resident_kib(pid) for name, pid in processes.items()}
            where, data, pieces = mutator.stream()
            if wrong := self.problem(where, data, pieces):
                shortest = self.shortest(where, data)
                self.fail(f"JETON_MUTATION_SEED={SEED}, request {number} on the {where} socket: {wrong}\n"
                          f"the shortest that fails: {shortest!r}\n{self.problem(where, shortest)}")  # fmt: skip
        took = time.monotonic() - began
        grown = {name: resident_kib(pid) - half[name] for name, pid in processes.items()}
        print(f"# seed {SEED}: {COUNT} streams in {took:.1f} s, answers {dict(sorted(self.answers.items()))}, "
              f"memory in the second half {grown} KiB")  # fmt: skip
        self.assertEqual(self.daemon.helpers(), helpers, "a helper was started anew")
        self.assertToken(self.post("/token"))
        for name, grew in () if sanitizer() else grown.items():
            self.assertLess(grew, GROWTH, name)
        wait_until(lambda: len(os.listdir(f"/proc/{self.daemon.pid}/fd")) <= descriptors, 10, 0.05, "the descriptors to be given back")
        log = self.daemon.log()
        for secret in (self.secret, self.token, self.secret[8:40]):
            self.assertNotIn(secret, log)
