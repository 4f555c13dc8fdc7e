"""What the Python clients here share: the way to the socket, and how they tell what they got.

Their settings come from the environment: TOKEN_SOCKET, ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE, TOKEN.
"""

import http.client
import json
import os
import socket
import traceback

SOCKET = os.environ["TOKEN_SOCKET"]
ISSUER = os.environ["ISSUER"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
SCOPE = os.environ["SCOPE"]
TOKEN = os.environ["TOKEN"]


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(SOCKET)


def unix_adapter():
    """For `session.mount("http://localhost/", …)` of requests."""
    import requests.adapters
    import urllib3

    class UnixPool(urllib3.HTTPConnectionPool):
        def _new_conn(self):
            return UnixConnection("localhost")

    class UnixAdapter(requests.adapters.HTTPAdapter):
        def get_connection(self, url, proxies=None):
            return UnixPool("localhost")

        def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):
            return UnixPool("localhost")

    return UnixAdapter()


def tell(version, capabilities):
    """Tries each capability once and prints one JSON document: what it gave, or `refused` with what was raised."""
    told = {}
    for capability, attempt in capabilities.items():
        try:
            told[capability] = attempt()
        except Exception as problem:  # whatever a library raises is what the test wants to see
            told[capability] = {"refused": getattr(problem, "error", None) or type(problem).__name__}
            told[capability]["why"] = "".join(traceback.format_exception(problem))
    print(json.dumps({"version": version, "told": told}))


def refusal(attempt):
    """The OAuth error that the library raised; a success is none."""
    try:
        attempt()
    except Exception as problem:
        return {"error": getattr(problem, "error", None) or type(problem).__name__}
    return {"error": None}
