"""HTTP over a Unix socket, as a program that knows nothing of jeton speaks it, and as no program should."""

import array
import base64
import fcntl
import http.client
import json
import socket
import termios
import urllib.parse

TIMEOUT = 20  # seconds; nothing in a scenario may take longer


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=TIMEOUT):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = connect(self.path, self.timeout)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # http.client.HTTPMessage: case does not matter
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json.get("error")

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


def connect(path, timeout=TIMEOUT):
    plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    plain.settimeout(timeout)
    try:
        plain.connect(str(path))
    except BaseException:
        plain.close()
        raise
    return plain


def request(path, method, target, body=None, headers=None, timeout=TIMEOUT):
    connection = UnixConnection(path, timeout)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def form(pairs):
    """`pairs`: a mapping, or a list of (name, value) where a name shall repeat."""
    return urllib.parse.urlencode(list(pairs.items()) if isinstance(pairs, dict) else pairs)


def basic(client_id, client_secret):
    """RFC 6749 §2.3.1: both halves are form-encoded before they are joined."""
    both = f"{urllib.parse.quote_plus(client_id)}:{urllib.parse.quote_plus(client_secret)}"
    return "Basic " + base64.b64encode(both.encode()).decode()


def raw(path, data, timeout=TIMEOUT):
    """Sends bytes as they are; returns everything until the other side closes or is silent for a second."""
    with connect(path, timeout) as plain:
        try:
            plain.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before we were done: the answer may still be there to read
        plain.settimeout(1)
        return read_all(plain)


def read_all(plain):
    received = b""
    try:
        while piece := plain.recv(65536):
            received += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return received


def statuses(received):
    """The status codes of all answers in `received`, in order."""
    return [int(line.split()[1]) for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.")]


def token_request_bytes(target, pairs, last=False):
    """`last`: the daemon is to end the session behind its answer."""
    body = form(pairs)
    connection = "Connection: close\r\n" if last else ""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"{connection}Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def receive_answer(plain):
    """Reads one answer from a socket on which a request was sent earlier."""
    answer = http.client.HTTPResponse(plain)
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())


def simultaneous(path, target, pairs, count, timeout=TIMEOUT):
    """Opens `count` sessions, sends the same token request on each, and only then may the caller read them."""
    sessions = [connect(path, timeout) for _ in range(count)]
    data = token_request_bytes(target, pairs)
    for session in sessions:
        session.sendall(data)
    return sessions


def is_read(session):
    """Whether all that was sent has been read at the other end."""
    waits = array.array("i", [0])
    fcntl.ioctl(session, termios.TIOCOUTQ, waits)
    return waits[0] == 0


def claims(token):
    """Header and payload of a JWT, unchecked."""
    head, payload, _ = token.split(".")
    return json.loads(unpadded(head)), json.loads(unpadded(payload))


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
