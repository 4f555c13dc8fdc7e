"""A usual program with httpx, whose transport takes a Unix socket by itself; PyJWT checks what comes back."""

import time
import uuid

import httpx
import jwt
from over_socket import CLIENT_ID, CLIENT_SECRET, ED25519_KEY, ISSUER, SCOPE, SOCKET, TOKEN, revocation, tell

client = httpx.Client(transport=httpx.HTTPTransport(uds=SOCKET))


def token(auth=None, **form):
    answer = client.post(ISSUER + "/connect/token", auth=auth, data={"grant_type": "client_credentials", **form})
    answer.raise_for_status()
    return answer.json()


def error(auth=None, **form):
    answer = client.post(ISSUER + "/connect/token", auth=auth, data={"grant_type": "client_credentials", **form})
    return {"error": answer.json().get("error")}


def by_private_key():
    said = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": ISSUER, "exp": int(time.time()) + 60, "jti": str(uuid.uuid4())}
    return token(
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=jwt.encode(said, ED25519_KEY, algorithm="EdDSA"),
    )


def metadata():
    origin, path = ISSUER[: ISSUER.index("/", 7)], ISSUER[ISSUER.index("/", 7) :]
    answer = client.get(f"{origin}/.well-known/oauth-authorization-server{path}")
    answer.raise_for_status()
    return answer.json()


def introspected(value):
    answer = client.post(metadata()["introspection_endpoint"], data={"token": value})
    answer.raise_for_status()
    return answer.json()


def revoke(value):
    client.post(metadata()["revocation_endpoint"], auth=BASIC, data={"token": value}).raise_for_status()


def claims():
    keys = jwt.PyJWKSet.from_dict(client.get(metadata()["jwks_uri"]).json())
    header = jwt.get_unverified_header(TOKEN)
    key = next(key for key in keys.keys if key.key_id == header["kid"])
    required = ["sub", "client_id", "iss", "aud", "exp", "iat", "jti"]
    found = jwt.decode(
        TOKEN, key.key, algorithms=["EdDSA"], audience=ISSUER, issuer=ISSUER, options={"require": required}
    )
    return {**found, "header": header}


BASIC = (CLIENT_ID, CLIENT_SECRET)

tell(
    f"{httpx.__version__}, PyJWT {jwt.__version__}",
    {
        "discovery": metadata,
        "basic": lambda: token(BASIC),
        "post": lambda: token(client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
        "private_key_jwt": lambda: [by_private_key(), by_private_key()],
        "peer": lambda: token(client_id=CLIENT_ID),
        "scope": lambda: token(BASIC, scope=SCOPE),
        "resource": lambda: token(BASIC, resource=[ISSUER, ISSUER]),
        "refusals": lambda: {
            "basic": error((CLIENT_ID, "wrong")),
            "post": error(client_id=CLIENT_ID, client_secret="wrong"),
            "scope": error(BASIC, scope="tn.unheard.of:r"),
        },
        "introspection": lambda: {"live": introspected(TOKEN), "unknown": introspected("no.such.token")},
        "revocation": lambda: revocation(token(BASIC, scope=SCOPE)["access_token"], revoke),
        "jwt": claims,
    },
)
