#!/usr/bin/env python3
"""One token request of the caller's own default binding, or of the connection that is named; prints status and body."""

import http.client
import socket
import sys
import urllib.parse


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect("/run/jeton/token.sock")


def ask(form):
    connection = Unix("localhost")
    try:
        connection.request("POST", "/token", urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


if __name__ == "__main__":
    fields = {"grant_type": "client_credentials", **dict(word.split("=", 1) for word in sys.argv[1:])}
    print(*ask(fields))
