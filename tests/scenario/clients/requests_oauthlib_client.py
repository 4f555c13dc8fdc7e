"""A usual program with requests-oauthlib. Only the adapter says that the token endpoint is a Unix socket."""

import http.client
import json
import os
import socket

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain HTTP: the socket never leaves this host

import requests.adapters
import urllib3
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

SOCKET = os.environ["TOKEN_SOCKET"]


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(SOCKET)


class UnixPool(urllib3.HTTPConnectionPool):
    def _new_conn(self):
        return UnixConnection("localhost")


class UnixAdapter(requests.adapters.HTTPAdapter):
    def get_connection(self, url, proxies=None):
        return UnixPool("localhost")

    def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):
        return UnixPool("localhost")


session = OAuth2Session(client=BackendApplicationClient(client_id=os.environ["CLIENT_ID"]))
session.mount("http://localhost/", UnixAdapter())
token = session.fetch_token(
    "http://localhost" + os.environ["TOKEN_PATH"],
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
)
print(json.dumps(token))
