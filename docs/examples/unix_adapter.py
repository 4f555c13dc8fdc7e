"""The way to the token socket for everything that is built on requests: session.mount("http://localhost/", UnixAdapter())."""

import http.client
import os
import socket

import requests.adapters
import urllib3


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(os.path.join(os.environ.get("JETON_SOCKET_DIR") or "/run/jeton", "token.sock"))


class UnixPool(urllib3.HTTPConnectionPool):
    def _new_conn(self):
        return UnixConnection("localhost")


class UnixAdapter(requests.adapters.HTTPAdapter):
    def get_connection(self, url, proxies=None):
        return UnixPool("localhost")

    def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):  # requests 2.32 and later
        return UnixPool("localhost")
