"""Checks tokens offline, by the published keys of their issuer (RFC 9068 §4). Needs python3-jwt, python3-cryptography.

Nobody is asked about a token: it costs nothing, needs no permission, and works while the daemon is down. For the same
reason a token that was revoked, or whose connection was disabled, is good here until it expires. Where that is too
late, introspect.
"""

import re
import threading
import time

import jwt

import bearer
import token_socket

COMPACT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}")  # RFC 7515 §7.1; no padding, which the library would accept
ALGORITHMS = ("EdDSA", "RS256", "ES256")
CLAIMS = ("iss", "exp", "aud", "sub", "client_id", "iat", "jti")  # RFC 9068 §2.2
PAUSE = 1.0  # seconds; a stranger who makes up key ids makes us ask no oftener, and a key that is new is found after these
KEPT = 300.0  # seconds; a key that is not published any more is forgotten after these
RSA_BITS = 2048  # fewer are no key (RFC 7518 §3.3)


class Keys:
    """The issuer's keys by their id. Threads may share it: who finds one missing waits for who is asking."""

    def __init__(self, authority):
        self.authority = authority
        self.asking = threading.Lock()
        self.keys = {}  # kid → (algorithm, key); replaced as a whole
        self.tried = self.fetched = -KEPT

    def find(self, kid):
        found = self.keys.get(kid)
        if found is None or time.monotonic() - self.fetched >= KEPT:
            # One that is known is good while another thread asks.
            if self.asking.acquire(blocking=found is None):
                try:
                    self.fetch_if_due(kid)
                finally:
                    self.asking.release()
        return self.keys.get(kid)

    def fetch_if_due(self, kid):
        now = time.monotonic()
        wanted = kid not in self.keys or now - self.fetched >= KEPT
        if self.keys and not (wanted and now - self.tried >= PAUSE):
            return
        self.tried = now
        try:
            published = self.authority.key_set()
        except token_socket.Unavailable:
            if self.keys:
                return  # those that we have are still good
            raise
        self.fetched = now
        self.keys = dict(filter(None, map(usable, published)))


def usable(jwk):
    """(kid, (algorithm, key)) of what is published for signing in one of our ways; None of anything else.

    The algorithm is the key's, never the token's.
    """
    try:
        if jwk.get("use", "sig") != "sig" or jwk.get("alg") not in ALGORITHMS:
            return None
        key = jwt.PyJWK(jwk).key
        if getattr(key, "key_size", RSA_BITS) < RSA_BITS and jwk["alg"] == "RS256":
            return None
        return jwk["kid"], (jwk["alg"], key)
    except (jwt.PyJWTError, AttributeError, KeyError, TypeError, ValueError):
        return None  # of no use to us, and no harm to the others


class ByKeySet:
    def __init__(self, authority, audience):
        self.authority, self.audience = authority, audience
        self.keys = Keys(authority)

    def __call__(self, token):
        """The claims of a good token; raises Refused, Unavailable."""
        if not COMPACT.fullmatch(token):
            raise bearer.invalid_token("this is no access token")
        try:
            header = jwt.get_unverified_header(token)
            # Another kind of JWT of the same issuer is no access token; `crit` names what we would have to understand.
            if str(header.get("typ")).lower() not in ("at+jwt", "application/at+jwt") or "crit" in header:
                raise bearer.invalid_token("this is no access token")
            found = self.keys.find(header.get("kid"))
            if found is None:
                raise bearer.invalid_token("the token is signed with a key that is not known here")
            algorithm, key = found
            return jwt.decode(
                token, key, algorithms=[algorithm], issuer=self.authority.issuer, audience=self.audience,
                options={"require": list(CLAIMS)},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise bearer.invalid_token("the token has expired") from None
        except jwt.InvalidTokenError:
            raise bearer.invalid_token("the token is not valid here") from None
