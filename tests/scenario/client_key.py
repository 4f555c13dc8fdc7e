"""A client's key pair and the assertions it signs (RFC 7523), by `openssl` alone: nothing of jeton, no library of JOSE."""

import base64
import hashlib
import hmac
import json
import pathlib
import secrets
import subprocess
import time

GENPKEY = {
    "EdDSA": ["-algorithm", "ed25519"],
    "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE = "http://localhost/integration"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def json_part(members):
    return base64url(json.dumps(members, separators=(",", ":")).encode())


def openssl(*arguments, stdin=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=True).stdout


class ClientKey:
    """`file`: the private key; `public`: what its owner gives to the operator."""

    def __init__(self, directory, algorithm="EdDSA", genpkey=None, file=None):
        """A new pair, or that of `file`."""
        self.algorithm = algorithm
        self.file = file or pathlib.Path(directory) / f"client-{secrets.token_hex(4)}.pem"
        if file is None:
            openssl("genpkey", *(genpkey or GENPKEY[algorithm]), "-out", self.file)
        self.public = openssl("pkey", "-in", self.file, "-pubout").decode()

    @property
    def private(self):
        return self.file.read_text()

    def sign(self, text):
        data = self.file.with_name("to-be-signed")
        data.write_text(text)
        if self.algorithm == "EdDSA":
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", data)
        signature = openssl("dgst", "-sha256", "-sign", self.file, data)
        return raw_ecdsa(signature) if self.algorithm == "ES256" else signature

    def jws(self, header, claims):
        part = f"{json_part(header)}.{json_part(claims)}"
        return f"{part}.{base64url(self.sign(part))}"

    def assertion(self, client_id, header=None, **claims):
        """What a client of today sends; `header` and `claims` change it, None leaves a member out."""
        return self.jws(*parts(self.algorithm, client_id, header, claims))

    def hs256(self, client_id, **claims):
        """The classic forgery: the public key, which is no secret, as that of an HMAC."""
        header, claims = parts("HS256", client_id, None, claims)
        part = f"{json_part(header)}.{json_part(claims)}"
        return f"{part}.{base64url(hmac.digest(self.public.encode(), part.encode(), hashlib.sha256))}"


def unsigned(client_id, **claims):
    header, claims = parts("none", client_id, None, claims)
    return f"{json_part(header)}.{json_part(claims)}."


def parts(algorithm, client_id, header, claims):
    now = int(time.time())
    usual = {"iss": client_id, "sub": client_id, "aud": AUDIENCE, "iat": now, "exp": now + 60, "jti": secrets.token_hex(16)}
    return without_none({"alg": algorithm, "typ": "JWT", **(header or {})}), without_none({**usual, **claims})


def without_none(members):
    return {name: value for name, value in members.items() if value is not None}


def raw_ecdsa(der):
    """`r || s` of a DER signature over P-256 (RFC 7518 §3.4)."""
    halves, at = b"", 2
    for _ in "rs":
        size = der[at + 1]
        halves += der[at + 2 : at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + size
    return halves


def form(assertion, **more):
    """The fields of a token request with it; `more` beside or instead."""
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **more}
