"""Asks the daemon about each token (RFC 7662). Needs a binding: jeton binding add --introspect ENVIRONMENT --user USER.

What the daemon says counts at once: a token that was revoked, or whose connection was disabled, is refused from the
next question on. Good answers are believed for a few seconds, and never longer than the token lives: that is how much
later a revocation may be seen, and `--cache 0` asks about every request. Bad answers are not kept.
"""

import hashlib
import threading
import time

import bearer

KEPT = 1000  # answers


class ByIntrospection:
    def __init__(self, authority, audience, seconds):
        self.authority, self.audience, self.seconds = authority, audience, seconds
        self.lock = threading.Lock()
        self.answers = {}  # hash of the token → (until when, claims); the oldest first

    def __call__(self, token):
        """The claims of a good token; raises Refused, Unavailable."""
        name = hashlib.sha256(token.encode()).digest()  # a memory dump of ours shall hold no tokens for longer
        claims = self.kept(name)
        if claims is None:
            claims = self.authority.introspect(token)
            # Whatever is wrong with it, the daemon does not say; `active` is a boolean, and nothing else means yes.
            if claims.get("active") is not True or claims.get("iss") != self.authority.issuer:
                raise bearer.invalid_token("the token is not valid here")
            bearer.require_audience(claims, self.audience)
            self.keep(name, claims)
        return claims

    def kept(self, name):
        with self.lock:
            until, claims = self.answers.get(name, (0.0, None))
        # By both clocks: the wall clock may be set, the monotonic one stands still while the host sleeps.
        return claims if claims and time.monotonic() < until and time.time() < claims["exp"] else None

    def keep(self, name, claims):
        if self.seconds <= 0 or not isinstance(claims.get("exp"), int):
            return
        with self.lock:
            self.answers.pop(name, None)
            while len(self.answers) >= KEPT:
                del self.answers[next(iter(self.answers))]
            self.answers[name] = (time.monotonic() + self.seconds, claims)
