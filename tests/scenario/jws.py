"""Tokens as others see them: two libraries that check them, and one that signs what a daemon would not."""

import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import time

from programs import ENVIRONMENT, UPSTREAM, node_missing, python_with

PYJWT = pathlib.Path(__file__).with_name("jose") / "pyjwt.py"
JOSE = UPSTREAM / "clients" / "jose_verifier.mjs"
# What a thumbprint is made of (RFC 7638 §3.2, RFC 8037 §2), by key type.
REQUIRED = {"OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


def missing():
    """Why tokens cannot be checked here, or None."""
    return node_missing("jose") or (None if python_with("jwt") else "no Python here has jwt (tools/dependencies)")


def encoded(part):
    """base64url of bytes, or of what becomes JSON."""
    data = part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def thumbprint(jwk):
    """RFC 7638 §3, without a library."""
    canonical = json.dumps({name: jwk[name] for name in REQUIRED[jwk["kty"]]}, separators=(",", ":"), sort_keys=True)
    return encoded(hashlib.sha256(canonical.encode()).digest())


class Program:
    """A program that answers a line of JSON with one."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/", env=ENVIRONMENT
        )

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError(f"{self.process.args} ended: {self.process.wait(10)}")
        return json.loads(answer)

    def verify(self, token, keys, issuer, now=None):
        """{"header", "claims"} of a token that is good now, or at `now`; else {"refused": why}."""
        return self.ask(do="verify", token=token, keys=keys, issuer=issuer, audience=issuer, now=now or time.time())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class PyJwt(Program):
    def __init__(self):
        super().__init__(python_with("jwt"), PYJWT)

    def new(self, algorithm, **more):
        """A key pair: {"jwk": its public half, "key": what `sign` knows it by}."""
        return self.ask(do="new", algorithm=algorithm, **more)

    def sign(self, key, header, claims, algorithm=None):
        """Signs in the way of the key, or of `algorithm`; the header says what it likes."""
        how = algorithm or key["jwk"]["alg"]
        return self.ask(do="sign", key=key["key"], algorithm=how, header=header, claims=claims)["token"]

    def hmac(self, jwk, header, claims):
        return self.ask(do="hmac", jwk=jwk, header=header, claims=claims)["token"]


class Jose(Program):
    def __init__(self):
        super().__init__(shutil.which("node"), "--no-warnings", JOSE)
