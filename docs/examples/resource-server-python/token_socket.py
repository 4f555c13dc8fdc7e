"""What a resource server asks of the daemon: metadata (RFC 8414), keys (RFC 7517), introspection (RFC 7662)."""

import http.client
import json
import os
import socket
import urllib.parse


class Unavailable(Exception):
    """The daemon could not be asked, or does not answer us."""


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.path.join(os.environ.get("JETON_SOCKET_DIR") or "/run/jeton", "token.sock"))


class Authority:
    """The issuer whose tokens are taken. Threads may share it."""

    def __init__(self, issuer):
        self.issuer = issuer
        self._metadata = None

    def metadata(self):
        """Asked for once. It must name the very issuer that we look for (RFC 8414 §3.3)."""
        if self._metadata is None:
            path = urllib.parse.urlsplit(self.issuer).path.rstrip("/")
            status, found = self._ask("GET", "/.well-known/oauth-authorization-server" + path)
            if status != 200 or found.get("issuer") != self.issuer:
                raise Unavailable(f"there is no issuer {self.issuer} here: {found.get('error', found.get('issuer'))}")
            self._metadata = found
        return self._metadata

    def key_set(self):
        status, found = self._ask("GET", self._path("jwks_uri"))
        if status != 200 or not isinstance(found.get("keys"), list):
            raise Unavailable(f"the keys of {self.issuer}: {status} {found.get('error')}")
        return found["keys"]

    def introspect(self, token):
        status, found = self._ask("POST", self._path("introspection_endpoint"), {"token": token})
        if status != 200:
            # 401: our user has no binding (jeton binding add --introspect ENVIRONMENT --user USER).
            raise Unavailable(f"introspection: {status} {found.get('error')}: {found.get('error_description')}")
        return found

    def _path(self, member):
        """The endpoints are URLs; on a socket only the path counts."""
        return urllib.parse.urlsplit(self.metadata()[member]).path

    def _ask(self, method, path, form=None):
        body = urllib.parse.urlencode(form) if form else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        daemon = UnixConnection("localhost", timeout=5)
        try:
            daemon.request(method, path, body, headers)
            answer = daemon.getresponse()
            found = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as problem:
            raise Unavailable(f"the daemon does not answer: {problem}") from problem
        finally:
            daemon.close()
        return answer.status, found if isinstance(found, dict) else {}
