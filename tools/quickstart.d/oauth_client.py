"""An ordinary OAuth client: oauthlib for the words, httpx for the wire. All it has of jeton is the path of a socket.

usage: oauth_client.py SOCKET PATH CLIENT_ID      prints the token answer; CLIENT_SECRET from the environment, if any
"""

import json
import os
import sys

import httpx
from oauthlib.oauth2 import BackendApplicationClient


def main():
    socket, path, client_id = sys.argv[1:]
    secret = {"client_secret": os.environ["CLIENT_SECRET"]} if "CLIENT_SECRET" in os.environ else {}
    oauth = BackendApplicationClient(client_id=client_id)
    with httpx.Client(transport=httpx.HTTPTransport(uds=socket), timeout=10) as http:
        answer = http.post(f"http://localhost{path}", content=oauth.prepare_request_body(include_client_id=True, **secret),
                           headers={"Content-Type": "application/x-www-form-urlencoded"})
    print(json.dumps(oauth.parse_request_body_response(answer.text)))


if __name__ == "__main__":
    main()
