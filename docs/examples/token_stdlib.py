#!/usr/bin/env python3
"""A token with nothing but the standard library: token_stdlib.py [APP/TENANT@ENVIRONMENT]."""

import http.client
import json
import os
import socket
import sys
import urllib.parse


def socket_path() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = os.environ.get("JETON_SOCKET_DIR") or (runtime and os.path.join(runtime, "jeton"))
    if own and os.path.exists(os.path.join(own, "token.sock")):
        return os.path.join(own, "token.sock")
    return "/run/jeton/token.sock"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket; everything else is http.client's."""

    def __init__(self, path: str, timeout: float = 20.0) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def token(connection: str | None = None) -> dict:
    """The answer of RFC 6749 section 5.1: access_token, expires_in (what is left), scope, connection."""
    form = {"grant_type": "client_credentials"}
    if connection:
        form["connection"] = connection
    unix = UnixConnection(socket_path())
    try:
        unix.request("POST", "/token", urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        response = unix.getresponse()
        answer = json.load(response)
    finally:
        unix.close()
    if response.status != 200:
        raise RuntimeError(f"{answer['error']}: {answer.get('error_description', '')}")
    return answer


if __name__ == "__main__":
    try:
        print(token(*sys.argv[1:2])["access_token"])
    except (RuntimeError, OSError) as problem:
        sys.exit(str(problem))
