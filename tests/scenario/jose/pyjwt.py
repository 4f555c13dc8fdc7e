"""Makes keys, signs whatever it is told to, and checks tokens: PyJWT and cryptography behind lines of JSON (see jws.py)."""

import datetime
import hashlib
import json
import sys

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.utils import base64url_encode

ALGORITHMS = jwt.algorithms.get_default_algorithms()
made = []


def text(value):
    return base64url_encode(value).decode()


def number(value, size):
    return text(value.to_bytes(size, "big"))


def public_jwk(key):
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": text(raw)}
    numbers = public.public_numbers()
    if isinstance(public, rsa.RSAPublicKey):
        return {"e": number(numbers.e, 3), "kty": "RSA", "n": number(numbers.n, public.key_size // 8)}
    return {"crv": "P-256", "kty": "EC", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}


def new(algorithm, bits=2048):
    make = {
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "RS256": lambda: rsa.generate_private_key(65537, bits),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    }
    made.append(make[algorithm]())
    jwk = public_jwk(made[-1])
    kid = text(hashlib.sha256(json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()).digest())
    return {"key": len(made) - 1, "jwk": {**jwk, "use": "sig", "alg": algorithm, "kid": kid}}


def sign(key, algorithm, header, claims):
    """`header` is signed as it is, whatever it says; `algorithm` says how."""
    signed = b".".join(base64url_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return {"token": (signed + b"." + base64url_encode(ALGORITHMS[algorithm].sign(signed, made[key]))).decode()}


def hmac(jwk, header, claims):
    """What confuses a library that takes the algorithm from the token: an HMAC whose secret is the public key."""
    key = jwt.PyJWK(jwk).key
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    made.append(pem)
    return sign(len(made) - 1, "HS256", header, claims)


class Clock(datetime.datetime):
    """What the library takes for the time."""

    at = 0

    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(cls.at, tz)


def verify(token, keys, issuer, audience, now):
    Clock.at = now
    try:
        found = {key.key_id: key for key in jwt.PyJWKSet.from_dict(keys).keys}
        header = jwt.get_unverified_header(token)
        if header["typ"] != "at+jwt":
            return {"refused": "typ"}
        key = found[header["kid"]]
        claims = jwt.decode(
            token, key.key, algorithms=[key._jwk_data["alg"]], issuer=issuer, audience=audience,
            options={"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]},
        )  # fmt: skip
    except (jwt.PyJWTError, KeyError) as problem:
        return {"refused": repr(problem)}
    return {"header": header, "claims": claims}


jwt.api_jwt.datetime = Clock
COMMANDS = {"new": new, "sign": sign, "hmac": hmac, "verify": verify}
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(COMMANDS[asked.pop("do")](**asked)), flush=True)
