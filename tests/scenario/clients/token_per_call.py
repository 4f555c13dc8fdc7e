"""As many integrations are written: requests, settings from the environment, a new token for every single call."""

import json
import os
import sys

import requests

AUTH_URL = "https://auth-integration.servicetitan.io/connect/token"  # in the source, as ever


def get_token():
    response = requests.post(
        AUTH_URL,
        data={
            "grant_type": "client_credentials",
            "client_id": os.environ["SERVICETITAN_CLIENT_ID"],
            "client_secret": os.environ["SERVICETITAN_CLIENT_SECRET"],
        },
        timeout=30,
    )
    response.raise_for_status()
    return response.json()["access_token"]


def call():
    headers = {"Authorization": get_token(), "ST-App-Key": os.environ["SERVICETITAN_APP_KEY"]}  # no "Bearer": both work
    return requests.get(os.environ["API_URL"], headers=headers, timeout=30).status_code


for _ in sys.stdin:
    try:
        print(json.dumps({"status": call()}), flush=True)
    except requests.RequestException as problem:
        print(json.dumps({"error": type(problem).__name__}), flush=True)
