"""A usual program with httpx: its transport takes a Unix socket by itself."""

import json
import os

import httpx

with httpx.Client(transport=httpx.HTTPTransport(uds=os.environ["TOKEN_SOCKET"]), base_url="http://localhost") as client:
    answer = client.post(
        os.environ["TOKEN_PATH"],
        data={
            "grant_type": "client_credentials",
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
        },
    )
    answer.raise_for_status()
    print(json.dumps(answer.json()))
