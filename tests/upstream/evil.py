"""A token endpoint that behaves badly, one way for each path: what a client of token endpoints must survive (T44).

`https://localhost:PORT/WAY/connect/token` misbehaves in the way named; `good` is well. The ways `expired` and
`elsewhere` are told by the certificate, so that each has a port of its own. Where the ways lead a careless client to,
two listeners wait: whatever reaches them is in `elsewhere_seen`.
"""

import base64
import gzip
import json
import pathlib
import socket
import ssl
import struct
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
MIB = b"x" * (1 << 20)


def token(**claims):
    """Like a JWT, for who looks into it; nobody has signed it."""
    parts = [{"alg": "RS256", "typ": "at+jwt"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def certificate(directory, name, alternative, days):
    """NAME.pem and NAME.key, signed by the authority that make-ca left in `directory`."""
    run = lambda *words: subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)  # noqa: E731
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key",
        "-out", f"{name}.csr", "-subj", "/CN=localhost")  # fmt: skip
    (directory / f"{name}.ext").write_text(f"subjectAltName={alternative}\nbasicConstraints=critical,CA:FALSE\n")
    run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip


class Listener:
    """A socket of 127.0.0.1 with a thread for each that connects; `serve(connection)` does the rest."""

    def __init__(self, serve):
        self.serve = serve
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def handle(self, connection):
        try:
            with connection:
                self.serve(connection)
        except OSError:
            pass  # the client left, or refused our certificate

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        except OSError:
            return  # closed already
        self.socket.close()


class Evil:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.seen = []  # {"way", "head", "form"} of each request that reached the endpoint
        self.elsewhere_seen = []  # the first bytes of whatever reached another host
        self.claims = {}  # of each token
        self.members = {}  # of each good answer, beside what must be there
        subprocess.run([HERE / "make-ca", self.directory], check=True, capture_output=True)
        certificate(self.directory, "expired", "DNS:localhost,IP:127.0.0.1", -1)
        certificate(self.directory, "elsewhere", "DNS:elsewhere.example", 7)
        self.ca_file = self.directory / "ca.pem"
        self.stopped = threading.Event()
        self.listeners = {name: Listener(self.tls(name)) for name in ("server", "expired", "elsewhere")}
        self.plain_elsewhere = Listener(self.note)
        self.tls_elsewhere = Listener(self.note)

    def close(self):
        self.stopped.set()
        for listener in (*self.listeners.values(), self.plain_elsewhere, self.tls_elsewhere):
            listener.close()

    def endpoint(self, way):
        listener = self.listeners.get(way, self.listeners["server"])
        return f"https://localhost:{listener.port}/{way}/connect/token"

    def arrivals(self, way):
        return [request for request in self.seen if request["way"] == way]

    def good(self, **other):
        answer = {"access_token": token(**self.claims), "token_type": "Bearer", "expires_in": 900}
        return {**answer, **self.members, **other}

    def note(self, connection):
        connection.settimeout(5)
        self.elsewhere_seen.append(connection.recv(4096))

    def tls(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f"{name}.pem", self.directory / f"{name}.key")

        def serve(connection):
            connection.settimeout(30)
            with context.wrap_socket(connection, server_side=True) as stream:
                while self.answer(stream):
                    pass

        return serve

    def answer(self, stream):
        """One request and its answer; whether the connection stays."""
        request = self.read(stream)
        if request is None:
            return False
        way = request["way"].replace("-", "_")
        return bool(getattr(self, f"way_{way}")(stream))

    def read(self, stream):
        received = b""
        while b"\r\n\r\n" not in received:
            more = stream.recv(65536)
            if not more:
                return None
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            more = stream.recv(65536)
            if not more:
                return None
            body += more
        request = {"way": head.split(b" ")[1].decode().split("/")[1], "head": head.decode(), "form": body.decode()}
        self.seen.append(request)
        return request

    def send(self, stream, body, status="200 OK", headers=(), kind="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
        stream.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return True

    # the ways; each gives back whether the connection stays

    def way_good(self, stream):
        return self.send(stream, self.good())

    def way_string_life(self, stream):
        return self.send(stream, self.good(expires_in="900"))

    def way_no_life(self, stream):
        answer = self.good()
        del answer["expires_in"]
        return self.send(stream, answer)

    def way_negative_life(self, stream):
        return self.send(stream, self.good(expires_in=-1))

    def way_endless_life(self, stream):
        return self.send(stream, json.dumps(self.good()).replace("900", "1e99").encode())

    def way_ahead(self, stream):
        ahead = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 600))
        return self.send(stream, self.good(), headers=[f"Date: {ahead}"])

    def way_late_date(self, stream):
        return self.send(stream, self.good(), headers=["Date: Sun, 06 Nov 19942 08:49:37 GMT"])

    def way_redirect_plain(self, stream):
        there = f"Location: http://localhost:{self.plain_elsewhere.port}/connect/token"
        return self.send(stream, b"", "301 Moved Permanently", [there])

    def way_redirect_host(self, stream):
        there = f"Location: https://127.0.0.1:{self.tls_elsewhere.port}/connect/token"
        return self.send(stream, b"", "307 Temporary Redirect", [there])

    def way_expired(self, stream):
        return self.way_good(stream)

    def way_elsewhere(self, stream):
        return self.way_good(stream)

    def way_huge(self, stream):
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
        for _ in range(10 * 1024):
            stream.sendall(MIB)

    def way_drip(self, stream):
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n")
        for _ in range(60):
            if self.stopped.wait(1):
                return
            stream.sendall(b"{")

    def way_hang(self, stream):
        self.stopped.wait(60)

    def way_gzip_bomb(self, stream):
        return self.send(stream, gzip.compress(b"\0" * (20 << 20)), headers=["Content-Encoding: gzip"])

    def way_continue(self, stream):
        for _ in range(1000):
            stream.sendall(b"HTTP/1.1 100 Continue\r\nX-Nothing: " + b"x" * 100 + b"\r\n\r\n")
        return self.way_good(stream)

    def way_one_continue(self, stream):
        stream.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self.way_good(stream)

    def way_bad_json(self, stream):
        return self.send(stream, b'{"access_token": "a", ')

    def way_html(self, stream):
        return self.send(stream, b"<html>Sign in</html>", kind="text/html")

    def way_depth_bomb(self, stream):
        return self.send(stream, b'{"access_token":"a","x":' + b"[" * 20000 + b"]" * 20000 + b"}")

    def way_header_bomb(self, stream):
        stream.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(10_000):
            stream.sendall(f"X-{number}: {'x' * 1000}\r\n".encode())
        return self.way_good(stream)

    def way_odd_type(self, stream):
        return self.send(stream, self.good(token_type="mac"))

    def way_reset(self, stream):
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b'{"access_token": "half')
        # With the linger time 0 the kernel ends the connection by a reset, not by the usual end.
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def way_drop(self, stream):
        """Reads the whole request, and ends the connection without a byte: it may have been carried out."""

    def way_not_http(self, stream):
        stream.sendall(b"220 mail.example ESMTP\r\n")

    def way_echo(self, stream):
        """A refusal that repeats what was sent."""
        return self.send(
            stream, {"error": "invalid_client", "error_description": self.seen[-1]["form"]}, "400 Bad Request"
        )

    def way_server_error(self, stream):
        return self.send(stream, MIB, "500 Internal Server Error", kind="text/html")
