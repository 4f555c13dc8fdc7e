"""httpx (0.23 or later) for programs that post to a token URL: only those requests take the daemon's socket.

    httpx.Client(mounts=jeton.httpx.mounts(connection="dispatcher/1234567@integration"))
    httpx.AsyncClient(mounts=jeton.httpx.async_mounts(connection="dispatcher/1234567@integration"))

For programs that call httpx.post(…) themselves: jeton.httpx.install(…), once, before they do.
"""

import functools
from typing import Dict, Iterable, Optional

import anyio.to_thread
import httpx

from . import DEFAULT_ORIGINS
from ._route import for_the_socket, origin_of
from ._socket import PATIENCE, Unreachable, Untrusted, exchange


class _ToSocket:
    def __init__(self, connection: Optional[str] = None, directory: Optional[str] = None) -> None:
        """connection: ask for it as this user, and leave client ID and secret out; None: pass them on as they are."""
        self.connection = connection
        self.directory = directory

    def _exchange(self, request: httpx.Request, body: bytes) -> httpx.Response:
        headers, body = for_the_socket(request.headers, body, request.headers["Host"], self.connection)
        limit = request.extensions.get("timeout", {}).get("read") or PATIENCE
        try:
            status, _, fields, data = exchange(
                request.method, request.url.raw_path.decode(), headers, body, directory=self.directory, timeout=limit
            )
        except (Unreachable, Untrusted) as problem:
            raise httpx.ConnectError(str(problem), request=request) from problem
        return httpx.Response(status, headers=fields, content=data, request=request)


class TokenTransport(_ToSocket, httpx.BaseTransport):
    """Sends what it is given to the daemon's token socket, whatever the URL. Mount it on token origins only."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: D102
        return self._exchange(request, request.read())


class AsyncTokenTransport(_ToSocket, httpx.AsyncBaseTransport):
    """The same for an AsyncClient; the socket is used in a thread, so that the loop goes on."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: D102
        body = await request.aread()
        return await anyio.to_thread.run_sync(functools.partial(self._exchange, request, body))


def mounts(
    origins: Iterable[str] = DEFAULT_ORIGINS, *, connection: Optional[str] = None, directory: Optional[str] = None
) -> Dict[str, httpx.BaseTransport]:
    """For httpx.Client(mounts=…): the requests to `origins` (https://HOST[:PORT]) take the socket."""
    return {origin_of(origin): TokenTransport(connection, directory) for origin in origins}


def async_mounts(
    origins: Iterable[str] = DEFAULT_ORIGINS, *, connection: Optional[str] = None, directory: Optional[str] = None
) -> Dict[str, httpx.AsyncBaseTransport]:
    """For httpx.AsyncClient(mounts=…)."""
    return {origin_of(origin): AsyncTokenTransport(connection, directory) for origin in origins}


def install(
    origins: Iterable[str] = DEFAULT_ORIGINS, *, connection: Optional[str] = None, directory: Optional[str] = None
) -> None:
    """The same for every client that is made from now on, that of httpx.post() too."""
    chosen = tuple(origins)
    for kind, make in ((httpx.Client, mounts), (httpx.AsyncClient, async_mounts)):
        _mount_always(kind, functools.partial(make, chosen, connection=connection, directory=directory))


def _mount_always(kind, make) -> None:
    begin = kind.__init__

    def mounted(self, *arguments, **named):
        named["mounts"] = {**make(), **(named.get("mounts") or {})}
        begin(self, *arguments, **named)

    kind.__init__ = mounted
