#!/usr/bin/env python3
"""A resource server that takes the access tokens of a local environment (RFC 6750). To be copied.

usage: resource_server.py ISSUER AUDIENCE [--introspect] [--cache SECONDS] [--port PORT]

    resource_server.py http://localhost/integration http://localhost/integration

Checks tokens offline, by the issuer's published keys; with --introspect it asks the daemon about each. What that means
for revocation stands at the top of key_set.py and of introspection.py. --cache: seconds that an answer to --introspect
is believed (5; 0: never). Says `listening on http://127.0.0.1:PORT` when it is ready.
"""

import argparse
import http.server
import json
import sys
import urllib.parse

import bearer
import token_socket

# What is served here, and the scope that a token must have for it.
SCOPES = {
    ("GET", "/invoices"): "tn.acc.invoices:r",
    ("GET", "/jobs"): "tn.jpm.jobs:r",
    ("POST", "/jobs"): "tn.jpm.jobs:w",
}
FORM = "application/x-www-form-urlencoded"
BODY_LIMIT = 65536  # bytes


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds that a client may be silent
    check = None  # token → claims; set by main()

    def serve(self):
        path, _, query = self.path.partition("?")
        methods = [method for method, served in SCOPES if served == path]
        if not methods:
            return self.answer(404, {"error": "not_found"})
        if self.command not in methods:
            return self.answer(405, {"error": "method_not_allowed"}, {"Allow": ", ".join(methods)})
        body = self.body()
        if body is None:
            return None
        try:
            token = bearer.token_of(self.headers.get_all("Authorization") or [], names_in(query) | names_in(body))
            claims = self.check(token)
            bearer.require_scope(claims, SCOPES[self.command, path])
        except bearer.Refused as refused:
            return self.answer(refused.status, refused.document(), {"WWW-Authenticate": refused.challenge()})
        except token_socket.Unavailable as problem:
            # Nobody's token is bad because we could not look: this is no 401.
            self.log_error("%s", problem)
            return self.answer(503, {"error": "temporarily_unavailable"}, {"Retry-After": "5"})
        return self.answer(200, {name: claims.get(name) for name in ("client_id", "tenant", "scope")})

    do_GET = do_POST = serve

    def body(self):
        """The body as text where it is a form, else empty; None where it was refused."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > BODY_LIMIT:
            self.close_connection = True
            return self.answer(413, {"error": "content_too_large"})
        content = self.rfile.read(int(length))
        form = self.headers.get_content_type() == FORM
        return content.decode("ascii", "replace") if form else ""

    def answer(self, status, document, headers=None):
        content = json.dumps(document).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def names_in(form):
    """The names of a form's or query's parameters, empty ones too."""
    return {name for name, _ in urllib.parse.parse_qsl(form, keep_blank_values=True)}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def issuer_url(text):
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError("a URL, as `jeton environment show` has it: http://localhost/ENVIRONMENT")
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("issuer", type=issuer_url)
    parser.add_argument("audience")
    parser.add_argument("--introspect", action="store_true")
    parser.add_argument("--cache", type=float, default=5.0)
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    authority = token_socket.Authority(asked.issuer)
    if asked.introspect:
        from introspection import ByIntrospection  # needs nothing but the standard library

        Handler.check = ByIntrospection(authority, asked.audience, asked.cache)
    else:
        from key_set import ByKeySet

        Handler.check = ByKeySet(authority, asked.audience)
    with Server(("127.0.0.1", asked.port), Handler) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()
