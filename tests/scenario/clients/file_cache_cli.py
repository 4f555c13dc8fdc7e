"""A command-line tool: one call a run, the token in a file between runs, a 401 renews it once. httpx."""

import json
import os
import pathlib
import time

import httpx

AUTH_URL = "https://auth-integration.servicetitan.io/connect/token"
CACHE = pathlib.Path(os.environ["HOME"], "token_cache.json")


def load():
    try:
        cached = json.loads(CACHE.read_text())
    except (OSError, ValueError):
        return None
    return cached["access_token"] if cached["expires_at"] - 60 > time.time() else None


def fetch():
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["ST_CLIENT_ID"],
        "client_secret": os.environ["ST_CLIENT_SECRET"],
    }
    with httpx.Client(timeout=30) as client:
        response = client.post(AUTH_URL, data=form)
    response.raise_for_status()
    answer = response.json()
    CACHE.write_text(
        json.dumps({"access_token": answer["access_token"], "expires_at": time.time() + answer["expires_in"]})
    )
    return answer["access_token"]


def call(token):
    headers = {"Authorization": f"Bearer {token}", "ST-App-Key": os.environ["ST_APP_KEY"]}
    return httpx.get(os.environ["API_URL"], headers=headers, timeout=30).status_code


try:
    status = call(load() or fetch())
    if status == 401:
        CACHE.unlink(missing_ok=True)
        status = call(fetch())
    print(json.dumps({"status": status}))
except httpx.HTTPError as problem:
    print(json.dumps({"error": type(problem).__name__}))
