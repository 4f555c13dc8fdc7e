#!/usr/bin/env python3
"""The same with httpx (pip install httpx), as an auth flow that renews the token: token_httpx.py CONNECTION URL."""

import os
import sys
import time

import httpx


class Jeton(httpx.Auth):
    """Puts a token of jeton into each request; fetches a new one a minute before the old one ends."""

    def __init__(self, connection: str, directory: str | None = None) -> None:
        directory = directory or os.environ.get("JETON_SOCKET_DIR") or "/run/jeton"
        transport = httpx.HTTPTransport(uds=os.path.join(directory, "token.sock"))
        self.daemon = httpx.Client(transport=transport, base_url="http://localhost", timeout=20.0)
        self.connection = connection
        self.answer: dict = {}
        self.ends = 0.0

    def token(self) -> str:
        if time.monotonic() > self.ends - 60:
            form = {"grant_type": "client_credentials", "connection": self.connection}
            response = self.daemon.post("/token", data=form)
            response.raise_for_status()
            self.answer = response.json()
            self.ends = time.monotonic() + self.answer["expires_in"]
        return self.answer["access_token"]

    def auth_flow(self, request):
        request.headers["Authorization"] = f"Bearer {self.token()}"
        if "app_key" in self.answer:
            request.headers["ST-App-Key"] = self.answer["app_key"]
        yield request


if __name__ == "__main__":
    with httpx.Client(auth=Jeton(sys.argv[1])) as client:
        print(client.get(sys.argv[2]).text)
