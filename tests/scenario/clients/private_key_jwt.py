"""Clients that prove by a private key who they are (RFC 7523), each as its manual says."""

import json
import os
import pathlib
import sys
import time
import traceback
import uuid

sys.path.append(str(pathlib.Path(__file__).parents[3] / "docs" / "examples"))  # unix_adapter

import jwt  # noqa: E402
import requests  # noqa: E402
from authlib.integrations.requests_client import OAuth2Session  # noqa: E402
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # noqa: E402
from unix_adapter import UnixAdapter  # noqa: E402

ISSUER, CLIENT_ID, SCOPE, ALGORITHM = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "SCOPE", "ALGORITHM"))
KEY = pathlib.Path(os.environ["PRIVATE_KEY"]).read_text()


def by_authlib():
    session = OAuth2Session(CLIENT_ID, KEY, token_endpoint_auth_method="private_key_jwt")
    # authlib would name the token endpoint as the audience; draft-ietf-oauth-rfc7523bis wants the issuer.
    session.register_client_auth_method(PrivateKeyJWT(ISSUER, alg=ALGORITHM))
    session.mount("http://localhost/", UnixAdapter())
    return dict(session.fetch_token(ISSUER + "/token", grant_type="client_credentials", scope=SCOPE))


def by_pyjwt():
    now = int(time.time())
    claims = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    session = requests.Session()
    session.mount("http://localhost/", UnixAdapter())
    form = {
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, KEY, ALGORITHM, {"kid": os.environ["KID"]}),
    }
    return session.post(ISSUER + "/token", data=form).json()


told = {}
for name, attempt in {"authlib": by_authlib, "PyJWT": by_pyjwt}.items():
    try:
        told[name] = attempt()
    except Exception as problem:  # whatever a library raises is what the test wants to see
        told[name] = {"refused": type(problem).__name__, "why": "".join(traceback.format_exception(problem))}
print(json.dumps({"told": told}))
