"""The daemon's socket: where it is, who serves it, one request over it."""

import http.client
import os
import socket
import stat
import struct
import time
from typing import List, Mapping, Optional, Tuple

#: Seconds: the daemon itself waits fifteen for a token endpoint elsewhere.
PATIENCE = 20.0

SYSTEM_DIRECTORY = "/run/jeton"
SOCKET_NAME = "token.sock"

_SESSIONS_MAX = 4  # for who is asked to connect again
_PAUSE = 0.02  # seconds before the next
_BACKLOG_PAUSE = 0.01  # seconds: a full backlog can only be waited for

_Answer = Tuple[int, str, List[Tuple[str, str]], bytes]


class Error(Exception):
    """Why there is no token."""


class Unreachable(Error):
    """Nobody answers, or not in time."""


class Untrusted(Error):
    """The socket's directory, or who serves it, is not what it must be. Nothing was sent."""


def socket_directory() -> str:
    """$JETON_SOCKET_DIR; else that of this user's own daemon, if one listens there; else the system's."""
    named = os.environ.get("JETON_SOCKET_DIR")
    if named:
        return named
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = os.path.join(runtime, "jeton") if runtime and not _is_of_another(runtime) else None
    return own if own and _listens(own) else SYSTEM_DIRECTORY


def _is_of_another(runtime: str) -> bool:
    """Of whoever became root, or whose environment this is."""
    try:
        return os.stat(runtime).st_uid not in (0, os.geteuid())
    except OSError:
        return False


def _listens(directory: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            probe.connect(os.path.join(directory, SOCKET_NAME))
            return True
    except BlockingIOError:  # so busy that it takes nobody more just now
        return True
    except OSError:
        return False


def _owner(uid: int) -> str:
    return "root" if uid == 0 else f"uid {uid}"


def _others_may_write(entry: os.stat_result) -> bool:
    by_group = entry.st_mode & stat.S_IWGRP and (entry.st_uid != 0 or entry.st_gid != 0)
    return bool(by_group or entry.st_mode & stat.S_IWOTH)


def _check_ancestors(path: str) -> None:
    above = os.path.dirname(path)
    while True:
        entry = os.lstat(above)
        if entry.st_uid not in (0, os.geteuid()):
            raise Untrusted(f"{above} above the socket belongs to {_owner(entry.st_uid)}, who could replace it")
        if not stat.S_ISLNK(entry.st_mode) and _others_may_write(entry) and not entry.st_mode & stat.S_ISVTX:
            raise Untrusted(f"others may write to {above}, which is above the socket")
        if os.path.dirname(above) == above:  # "/", and "//", which POSIX lets mean something else
            return
        above = os.path.dirname(above)


def check_directory(directory: str) -> None:
    """Accepts a directory of root or this user that nobody else may write to or replace, as the CLI does."""
    path = directory.rstrip("/") or "/"
    if not os.path.isabs(path):
        raise Untrusted(f"the socket directory {directory!r} is not an absolute path")
    try:
        entry = os.lstat(path)
        if not stat.S_ISDIR(entry.st_mode):
            raise Untrusted(f"{path} is not a directory itself")
        if entry.st_uid not in (0, os.geteuid()):
            raise Untrusted(f"{path} belongs to {_owner(entry.st_uid)}, not to root or you")
        if _others_may_write(entry):
            raise Untrusted(f"others may write to {path} and place a false socket")
        _check_ancestors(path)
        real = os.path.realpath(path)
        if real != path:
            _check_ancestors(real)
    except OSError as problem:
        raise Unreachable(f"no jetond is running: {path}: {problem.strerror}") from problem


def check_server(connected: socket.socket, path: str) -> None:
    """Accepts a server that the kernel says is root, this user, or the owner of the socket's file."""
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid = struct.unpack("3i", credentials)[1]
    if uid not in (0, os.geteuid(), os.lstat(path).st_uid):
        raise Untrusted(f"{path} is served by {_owner(uid)}; nothing was sent")


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


def _connect(plain: socket.socket, path: str, deadline: float) -> None:
    while True:
        plain.settimeout(_left(deadline))
        try:
            return plain.connect(path)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            time.sleep(_BACKLOG_PAUSE)


class _Connection(http.client.HTTPConnection):
    """HTTP over the socket, once both ends are attested."""

    def __init__(self, directory: str, deadline: float) -> None:
        super().__init__("localhost")
        self.directory = directory
        self.deadline = deadline

    def connect(self) -> None:
        check_directory(self.directory)
        path = os.path.join(self.directory, SOCKET_NAME)
        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _connect(plain, path, self.deadline)
            check_server(plain, path)
            plain.settimeout(_left(self.deadline))
        except BaseException:
            plain.close()
            raise
        self.sock = plain


def exchange(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    directory: Optional[str] = None,
    timeout: float = PATIENCE,
) -> _Answer:
    """One request; (status, reason, header lines, body). Raises Unreachable, Untrusted."""
    where = directory or socket_directory()
    deadline = time.monotonic() + timeout
    for session in range(1, _SESSIONS_MAX + 1):
        answer = _exchange_once(where, deadline, method, target, headers, body)
        if not _asks_to_connect_again(answer) or session == _SESSIONS_MAX:
            break
        time.sleep(_PAUSE)
    return answer


def _asks_to_connect_again(answer: _Answer) -> bool:
    status, _, fields, _ = answer
    return status == 503 and ("retry-after", "0") in [(name.lower(), value) for name, value in fields]


def _exchange_once(
    where: str, deadline: float, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> _Answer:
    connection = _Connection(where, deadline)
    try:
        fields = {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}
        connection.request(method, target, body, {**fields, "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.reason, response.getheaders(), response.read()
    except TimeoutError as problem:  # the name of socket.timeout since Python 3.10
        raise Unreachable("the daemon did not answer in time") from problem
    except (OSError, http.client.HTTPException) as problem:
        raise Unreachable(f"no answer from {os.path.join(where, SOCKET_NAME)}: {problem}") from problem
    finally:
        connection.close()


#: What a client says about its own session, and what the daemon does not speak.
_NOT_PASSED_ON = ("connection", "keep-alive", "content-length", "transfer-encoding", "expect", "accept-encoding", "upgrade")
