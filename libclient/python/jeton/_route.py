"""What the transports have in common: which requests are theirs, and what becomes of them on the way to the socket."""

import urllib.parse
from typing import Dict, Mapping, Optional, Tuple


def origin_of(url: str) -> str:
    """scheme://host[:port] in lower case, the scheme's own port left out. Raises ValueError for anything else."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https URL")
    own_port = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port not in (None, own_port) else ""
    return f"{parts.scheme}://{parts.hostname.lower()}{port}"


def host_of(url: str) -> str:
    """The Host that the daemon knows the environment by."""
    return urllib.parse.urlsplit(url).netloc.rpartition("@")[2]


def for_the_socket(
    headers: Mapping[str, str], body: bytes, host: str, connection: Optional[str]
) -> Tuple[Dict[str, str], bytes]:
    """Header and form as the daemon gets them. With `connection` the daemon is to know the program by its user: client ID and
    secret are left out."""
    fields = {name: value for name, value in headers.items() if name.lower() != "host"}
    fields["Host"] = host
    if connection is None:
        return fields, body
    fields = {name: value for name, value in fields.items() if name.lower() != "authorization"}
    form = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
    kept = [(name, value) for name, value in form if name not in ("client_id", "client_secret", "connection")]
    return fields, urllib.parse.urlencode([*kept, ("connection", connection)]).encode()
