"""Access tokens from the local OAuth daemon jeton.

    import jeton
    token = jeton.token("dispatcher/1234567@integration")
    token.access_token, token.expires_in, token.app_key

Nothing is cached here: the daemon does that, for every program of the host at once, and answers from memory. Ask whenever
a token is needed. Thread-safe; needs nothing but the standard library. Where libjeton is installed, jeton.native keeps tokens
in the program itself, as long as the daemon stands by them.

jeton.requests and jeton.httpx hold transports for programs that post to a token URL themselves.
"""

import dataclasses
import json
import urllib.parse
from typing import Any, Mapping, Optional, Sequence, Union

from ._socket import PATIENCE, Error, Unreachable, Untrusted, exchange, socket_directory

__all__ = ["DEFAULT_ORIGINS", "Error", "Refused", "Token", "Unreachable", "Untrusted", "socket_directory", "token"]

#: The token URLs of the portal that the daemon's presets are for: what the transports take to the socket by default.
DEFAULT_ORIGINS = ("https://auth.servicetitan.io", "https://auth-integration.servicetitan.io")


class Refused(Error):
    """The daemon gives no token, and says why (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str, status: Optional[int], retry_after: Optional[int]) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error  #: "invalid_client", "unauthorized_client", "temporarily_unavailable", …
        self.description = description  #: what happened and what to do next
        self.status = status  #: of HTTP; None through libjeton
        self.retry_after = retry_after  #: seconds, where the daemon says when to come back


@dataclasses.dataclass(frozen=True)
class Token:
    """A token as it is now."""

    access_token: str = dataclasses.field(repr=False)
    token_type: str
    expires_in: int  #: seconds that are left
    scope: str
    connection: Optional[str] = None  #: APP/TENANT@ENVIRONMENT
    app_key: Optional[str] = None  #: what the API wants beside the token, where the app has one
    answer: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)  #: all members


def token(
    connection: Optional[str] = None,
    *,
    scope: Union[str, Sequence[str], None] = None,
    min_ttl: Optional[int] = None,
    rejected_token: Optional[str] = None,
    directory: Optional[str] = None,
    timeout: float = PATIENCE,
) -> Token:
    """A token of `connection`, or of this user's default binding.

    min_ttl: seconds that must be left. rejected_token: one that the API did not take (401); the daemon replaces it.
    directory: that of the daemon's socket (default: see socket_directory). timeout: seconds for everything.
    Raises Refused, Unreachable, Untrusted.
    """
    form = {"grant_type": "client_credentials"}
    if connection:
        form["connection"] = connection
    if scope:
        form["scope"] = scope if isinstance(scope, str) else " ".join(scope)
    if min_ttl is not None:
        form["min_ttl"] = str(min_ttl)
    if rejected_token:
        form["rejected_token"] = rejected_token
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    status, _, fields, body = exchange(
        "POST", "/token", headers, urllib.parse.urlencode(form).encode(), directory=directory, timeout=timeout
    )
    try:
        answer = json.loads(body)
        if status == 200:
            return Token(
                answer["access_token"], answer["token_type"], answer["expires_in"], answer["scope"],
                answer.get("connection"), answer.get("app_key"), answer,
            )  # fmt: skip
        later = dict((name.lower(), value) for name, value in fields).get("retry-after", "")
        raise Refused(answer["error"], answer.get("error_description", ""), status, int(later) if later.isdigit() else None)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Unreachable(f"the daemon's answer ({status}) cannot be read") from problem
