"""HTTP on the real sockets: the requests that lenient parsers disagree about, sessions, HEAD, OPTIONS, guessed secrets."""

import re
import socket

import wire
from harness import INVOICES, USER
from people import Person
from system import SystemScenario

CHUNKED = "Transfer-Encoding: chunked\r\n"


def get(fields="", target="/healthz", version="HTTP/1.1"):
    return f"GET {target} {version}\r\nHost: a\r\nJeton-Client: 1\r\n{fields}\r\n"


def post(fields, body="abcde"):
    return f"POST /token HTTP/1.1\r\nHost: a\r\nJeton-Client: 1\r\n{fields}\r\n{body}"


# The 39 requests of the threat model's T17: what is answered, where it is not what the path itself answers.
VECTORS = {
    "plain": (post("Content-Length: 5\r\n"), None),
    "CL+TE": (post("Content-Length: 5\r\n" + CHUNKED, "0\r\n\r\n"), 501),
    "TE+CL": (post(CHUNKED + "Content-Length: 5\r\n", "0\r\n\r\n"), 400),
    "two CL differ": (post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
    "two CL same": (post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400),
    "CL list 5, 5": (post("Content-Length: 5, 5\r\n"), 400),
    "CL +5": (post("Content-Length: +5\r\n"), 400),
    "CL -1": (post("Content-Length: -1\r\n"), 400),
    "CL 2^64": (post("Content-Length: 18446744073709551616\r\n"), 400),
    "CL 0x5": (post("Content-Length: 0x5\r\n"), 400),
    "CL with space before colon": (post("Content-Length : 5\r\n"), 400),
    "TE: chunked, identity": (post("Transfer-Encoding: chunked, identity\r\n"), 501),
    "TE: xchunked": (post("Transfer-Encoding: xchunked\r\n"), 501),
    "TE twice": (post(CHUNKED * 2, "0\r\n\r\n"), 501),
    "TE in HTTP/1.0": ("POST / HTTP/1.0\r\nHost: a\r\n" + CHUNKED + "\r\n", 505),
    "chunk size overflow": (post(CHUNKED, "fffffffffffffffff\r\n"), 501),
    "chunk -1": (post(CHUNKED, "-1\r\n"), 501),
    "chunk ext": (post(CHUNKED, "3;x=y\r\nabc\r\n0\r\n\r\n"), 501),
    "bare LF": ("POST / HTTP/1.1\nHost: a\nContent-Length: 5\n\nabcde", 400),
    "obs-fold": (get("X: a\r\n b\r\n"), 400),
    "NUL in value": (get("X: a\0b\r\n"), 400),
    "CR in value": (get("X: a\rb\r\n"), 400),
    "high byte value": (get("X: a\xff\r\n"), None),
    "no Host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "two Host": (get("Host: b\r\n"), 400),
    "NUL in target": (get(target="/\0"), 400),
    "tab in target": (get(target="/\ta"), 400),
    "high in target": (get(target="/\xc3\xa4"), 400),
    "absolute-form": (get(target="http://b/"), 400),
    "HTTP/0.9": ("GET /\r\n", 400),
    "HTTP/2.0": (get(version="HTTP/2.0"), 505),
    "two Authorization": (get("Authorization: Basic YTpi\r\nAuthorization: Basic YTpj\r\n"), 400),
    "9k header": (get("X: " + "a" * 9000 + "\r\n"), 431),
    "500 small headers": (get("a: b\r\n" * 500), None),
    "body over limit": (post("Content-Length: 65537\r\n", "x"), 413),
    "Expect: 100": (post("Content-Length: 5\r\nExpect: 100-continue\r\n"), 400),
    "Upgrade h2c": (get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"), 400),
    "leading CRLF": ("\r\n" + get(), 400),
    "pipelined second": (post("Content-Length: 5\r\n") + get(), None),
}


def statuses(received):
    """Also where a body does not end with a line's end."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]


class Http(SystemScenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.connection, self.client_id, self.secret = self.with_pair()

    def exchange(self, path, data, half_close=True):
        """All answers until the end; a reset in its place fails the test."""
        with wire.connect(path) as session:
            session.sendall(data)
            if half_close:
                session.shutdown(socket.SHUT_WR)
            received = b""
            while piece := session.recv(65536):
                received += piece
        return received

    def test_T17_each_of_the_39_requests_gets_one_answer_then_the_end_on_both_sockets(self):
        self.assertEqual(len(VECTORS), 39)
        for path in (self.daemon.token_socket, self.daemon.control_socket):
            for name, (text, status) in VECTORS.items():
                with self.subTest(name, socket=path.name):
                    data = text.encode("latin-1")
                    found = statuses(self.exchange(path, data, half_close=status is None))
                    self.assertEqual(len(found), 2 if name == "pipelined second" else 1)
                    if status:
                        self.assertEqual(found, [status])
                    self.assertTrue(all(code < 500 or code in (501, 505) for code in found), found)
        self.assertEqual(self.daemon.health(), "unsealed")

    def test_T17_head_and_options_on_both_sockets(self):
        for path, target, allow in (
            (self.daemon.token_socket, "/healthz", "GET, HEAD"), (self.daemon.token_socket, "/v1/whoami", "GET, HEAD"),
            (self.daemon.token_socket, "/integration/jwks", "GET, HEAD"),
            (self.daemon.token_socket, "/.well-known/oauth-authorization-server/integration", "GET, HEAD"),
            (self.daemon.control_socket, "/v1/apps", "GET, HEAD, POST"), (self.daemon.control_socket, "/metrics", "GET, HEAD"),
        ):  # fmt: skip
            with self.subTest(target):
                client = {"Jeton-Client": "1"}
                whole, head = (wire.request(path, method, target, headers=client) for method in ("GET", "HEAD"))
                self.assertEqual((whole.status, head.status, head.body), (200, 200, b""))
                self.assertEqual(list(head.headers), list(whole.headers))
                if target != "/metrics":  # which counts what was asked meanwhile
                    self.assertEqual(head.headers["Content-Length"], str(len(whole.body)))
                options = wire.request(path, "OPTIONS", target, headers=client)
                self.assertEqual((options.status, options.headers["Allow"], options.body), (204, allow, b""))
                other = wire.request(path, "BREW", target, headers=client)
                self.assertEqual((other.status, other.headers["Allow"]), (405, allow))
        for target in ("/token", "/integration/token", "/integration/introspect", "/integration/revoke"):
            for method, status in (("OPTIONS", 204), ("HEAD", 405), ("GET", 405), ("PUT", 405)):
                answer = wire.request(self.daemon.token_socket, method, target)
                self.assertEqual((answer.status, answer.headers["Allow"]), (status, "POST"), (method, target))

    def test_T17_a_slow_answer_comes_before_a_quick_one_that_was_asked_later(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        first = wire.token_request_bytes("/token", {"grant_type": "client_credentials"})
        data = first + get().encode() * 50 + first + get("Connection: Keep-Alive, Close\r\n").encode() + get().encode()
        received = self.exchange(self.daemon.token_socket, data, half_close=False)
        self.assertEqual(statuses(received), [200] * 53, "what follows Connection: close is not answered")
        kinds = [b"access_token" in part for part in received.split(b"HTTP/1.1 ")[1:]]
        self.assertEqual(kinds, [True] + [False] * 50 + [True, False])

    def test_T_2_guessing_a_secret_is_slow_and_shuts_nobody_else_out(self):
        stranger, wrong = Person("www-data", groups=()), "jcs." + "0" * 47
        worker = Person("mail", groups=())
        for number in range(60):
            guess = {"client_id": self.client_id, "client_secret": f"{wrong}{number:03}"}
            self.assertRefusal(self.token_of(stranger, **guess), 400, "invalid_client")
        refused = [self.token_of(stranger, client_id=self.client_id, client_secret=f"{wrong}x{number}") for number in range(20)]
        self.assertIn(429, {answer.status for answer in refused})
        throttled = next(answer for answer in refused if answer.status == 429)
        self.assertRefusal(throttled, 429, "too_many_requests")
        pair = {"client_id": self.client_id, "client_secret": self.secret}
        self.assertToken(self.token_of(worker, **pair))
        self.assertToken(self.post("/token", **pair))
