"""What the Python clients here share: the way to the socket, and how they tell what they got.

Their settings come from the environment: JETON_SOCKET_DIR, TOKEN_SOCKET in it, ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE, TOKEN,
and the files ED25519_KEY and P256_KEY of private keys that the client may use in the place of its secret.
"""

import json
import os
import pathlib
import sys
import traceback

sys.path.append(str(pathlib.Path(__file__).parents[3] / "docs" / "examples"))  # unix_adapter

SOCKET = os.environ["TOKEN_SOCKET"]
ISSUER = os.environ["ISSUER"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
SCOPE = os.environ["SCOPE"]
TOKEN = os.environ["TOKEN"]
ED25519_KEY, P256_KEY = (pathlib.Path(os.environ[name]).read_text() for name in ("ED25519_KEY", "P256_KEY"))


def tell(version, capabilities):
    """Tries each capability once and prints one JSON document: what it gave, or `refused` with what was raised."""
    told = {}
    for capability, attempt in capabilities.items():
        try:
            told[capability] = attempt()
        except Exception as problem:  # whatever a library raises is what the test wants to see
            told[capability] = {"refused": getattr(problem, "error", None) or type(problem).__name__}
            told[capability]["why"] = "".join(traceback.format_exception(problem))
    print(json.dumps({"version": version, "told": told}))


def revocation(token, revoke):
    """The token that was revoked, and then one that is none; `revoke` raises where it is refused."""
    revoke(token)
    revoke("no.such.token")
    return {"revoked": token}


def refusal(attempt):
    """The OAuth error that the library raised; a success is none."""
    try:
        attempt()
    except Exception as problem:
        return {"error": getattr(problem, "error", None) or type(problem).__name__}
    return {"error": None}
