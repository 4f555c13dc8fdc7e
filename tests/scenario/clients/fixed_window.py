"""An adapter that believes that a token is good for 840 seconds, whatever the answer says. A session, a URL from its settings."""

import json
import os
import sys
import time

import requests


class Adapter:
    def __init__(self):
        self.session = requests.Session()
        self.token, self.fetched = None, 0.0

    def get_token(self):
        if self.token is None or time.monotonic() - self.fetched > 840:
            form = {
                "grant_type": "client_credentials",
                "client_id": os.environ["SERVICETITAN_CLIENT_ID"],
                "client_secret": os.environ["SERVICETITAN_CLIENT_SECRET"],
            }
            response = self.session.post(os.environ["SERVICETITAN_AUTH_URL"], data=form, timeout=30)
            response.raise_for_status()
            self.token, self.fetched = response.json()["access_token"], time.monotonic()
        return self.token

    def call(self):
        headers = {"Authorization": f"Bearer {self.get_token()}", "ST-App-Key": os.environ["SERVICETITAN_APP_KEY"]}
        status = self.session.get(os.environ["API_URL"], headers=headers, timeout=30).status_code
        if status == 401:
            self.token = None
        return status


adapter = Adapter()
for _ in sys.stdin:
    try:
        print(json.dumps({"status": adapter.call()}), flush=True)
    except requests.RequestException as problem:
        print(json.dumps({"error": type(problem).__name__}), flush=True)
