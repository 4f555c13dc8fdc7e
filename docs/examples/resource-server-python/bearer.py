"""How a token comes in, and how a request without a good one is refused (RFC 6750)."""

import re

REALM = "example"
TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # b64token, RFC 6750 §2.1


class Refused(Exception):
    """`error` is None where the request presented no token at all: then the challenge has no error code (§3.1)."""

    def __init__(self, status, error=None, description=None, scope=None):
        super().__init__(description)
        self.status, self.error, self.description, self.scope = status, error, description, scope

    def challenge(self):
        """The WWW-Authenticate header (§3). Nothing in it comes from the request."""
        parameters = {
            "realm": REALM, "error": self.error, "error_description": self.description, "scope": self.scope,
        }  # fmt: skip
        return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)

    def document(self):
        return {"error": self.error or "no_token"}


def no_token():
    return Refused(401)


def invalid_request(description):
    return Refused(400, "invalid_request", description)


def invalid_token(description):
    return Refused(401, "invalid_token", description)


def token_of(authorization, parameters):
    """The token. `authorization`: all headers of that name; `parameters`: the names in the query and in the form.

    Only the header is accepted. A token in the query ends up in logs and histories; one that is nowhere else counts as
    an authentication that is not supported here, and is not looked at.
    """
    if len(authorization) > 1:
        raise invalid_request("there is more than one Authorization header")
    scheme, _, rest = (authorization[0] if authorization else "").strip(" \t").partition(" ")
    if scheme.lower() != "bearer":
        raise no_token()
    if "access_token" in parameters:
        raise invalid_request("there is a token in more than one place")
    token = rest.strip(" ")
    if not TOKEN.fullmatch(token):
        raise invalid_request("Authorization is not Bearer, a space and a token")
    return token


def require_audience(claims, audience):
    """`aud` is one name or a list of names (RFC 7519 §4.1.3)."""
    found = claims.get("aud")
    if audience not in (found if isinstance(found, list) else [found]):
        raise invalid_token("the token is for somebody else")


def require_scope(claims, scope):
    granted = claims.get("scope")
    if not isinstance(granted, str) or scope not in granted.split(" "):
        raise Refused(403, "insufficient_scope", "the token does not have the scope", scope)
