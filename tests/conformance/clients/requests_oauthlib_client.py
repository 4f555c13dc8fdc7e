"""A usual program with requests-oauthlib. Only the adapter says that the token endpoint is a Unix socket."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain HTTP: the socket never leaves this host

import requests_oauthlib
from oauthlib.oauth2 import BackendApplicationClient
from over_socket import CLIENT_ID, CLIENT_SECRET, ISSUER, SCOPE, refusal, tell
from requests.auth import HTTPBasicAuth
from unix_adapter import UnixAdapter


def token(scope=None, **how):
    session = requests_oauthlib.OAuth2Session(client=BackendApplicationClient(client_id=CLIENT_ID, scope=scope))
    session.mount("http://localhost/", UnixAdapter())
    given = dict(session.fetch_token(ISSUER + "/connect/token", **how))
    return {**given, "scope": " ".join(given["scope"])}  # the library makes a list of it


def basic(secret=CLIENT_SECRET):
    return {"auth": HTTPBasicAuth(CLIENT_ID, secret)}


def post(secret=CLIENT_SECRET):
    return {"include_client_id": True, "client_secret": secret}


tell(
    requests_oauthlib.__version__,
    {
        "basic": lambda: token(**basic()),
        "post": lambda: token(**post()),
        "peer": lambda: token(include_client_id=True),
        "scope": lambda: token([SCOPE], **basic()),
        "resource": lambda: token(resource=ISSUER, **basic()),
        "refusals": lambda: {
            "basic": refusal(lambda: token(**basic("wrong"))),
            "post": refusal(lambda: token(**post("wrong"))),
            "scope": refusal(lambda: token(["tn.unheard.of:r"], **basic())),
        },
    },
)
