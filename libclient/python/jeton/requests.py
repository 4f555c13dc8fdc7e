"""requests (2.28 or later) for programs that post to a token URL: only those requests take the daemon's socket.

    session = requests.Session()
    jeton.requests.mount(session, connection="dispatcher/1234567@integration")

For programs that call requests.post(…) themselves: jeton.requests.install(…), once, before they do.
"""

import io
from typing import Iterable, Optional

import requests
import requests.adapters
import urllib3

from . import DEFAULT_ORIGINS
from ._route import for_the_socket, host_of, origin_of
from ._socket import PATIENCE, Unreachable, Untrusted, exchange


class TokenAdapter(requests.adapters.HTTPAdapter):
    """Sends what it is given to the daemon's token socket, whatever the URL. Mount it on token origins only."""

    def __init__(self, connection: Optional[str] = None, directory: Optional[str] = None) -> None:
        """connection: ask for it as this user, and leave client ID and secret out; None: pass them on as they are."""
        super().__init__()
        self.connection = connection
        self.directory = directory

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):  # noqa: D102
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        headers, body = for_the_socket(request.headers, body, host_of(request.url), self.connection)
        limit = timeout[-1] if isinstance(timeout, tuple) else timeout
        try:
            status, reason, fields, data = exchange(
                request.method, request.path_url, headers, body, directory=self.directory, timeout=limit or PATIENCE
            )
        except (Unreachable, Untrusted) as problem:
            raise requests.exceptions.ConnectionError(problem, request=request) from problem
        answer = urllib3.HTTPResponse(
            body=io.BytesIO(data), headers=fields, status=status, reason=reason, preload_content=False
        )
        return self.build_response(request, answer)


def mount(
    session: requests.Session,
    origins: Iterable[str] = DEFAULT_ORIGINS,
    *,
    connection: Optional[str] = None,
    directory: Optional[str] = None,
) -> requests.Session:
    """Takes the requests of `session` to `origins` (https://HOST[:PORT]) to the socket; all others go where they went."""
    adapter = TokenAdapter(connection, directory)
    for origin in origins:
        session.mount(origin_of(origin) + "/", adapter)
    return session


def install(
    origins: Iterable[str] = DEFAULT_ORIGINS, *, connection: Optional[str] = None, directory: Optional[str] = None
) -> None:
    """The same for every session that is made from now on, those of requests.get() and requests.post() too."""
    begin, chosen = requests.Session.__init__, tuple(origins)

    def mounted(self, *arguments, **named):
        begin(self, *arguments, **named)
        mount(self, chosen, connection=connection, directory=directory)

    requests.Session.__init__ = mounted
