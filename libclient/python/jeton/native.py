"""Tokens through libjeton: one that was fetched before is handed out again from memory, for as long as the daemon stands by it.

    from jeton.native import Client

    with Client() as client:
        token = client.token("dispatcher/1234567@integration")

Needs libjeton.so.1 where the loader finds it. Ask whenever a token is needed; do not keep it. Thread-safe; after a fork the
child asks for itself. docs/libjeton.md says when a kept token may be used.
"""

import ctypes
import math
from typing import Optional, Sequence, Type, Union

from . import Refused, Token
from ._socket import PATIENCE, Error, Unreachable, Untrusted

__all__ = ["Client"]

_OK, _INVALID, _MEMORY, _TIMEOUT, _UNREACHABLE, _UNTRUSTED, _ANSWER, _REFUSED, _UNAVAILABLE, _SYSTEM = range(10)
_NO_PAGE = 1


class _Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("directory", ctypes.c_char_p), ("flags", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


class _Request(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("connection", ctypes.c_char_p),
        ("environment", ctypes.c_char_p),
        ("scope", ctypes.c_char_p),
        ("resource", ctypes.c_char_p),
        ("rejected_token", ctypes.c_char_p),
        ("min_ttl", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
    ]


_Handle = ctypes.c_void_p
_To = ctypes.POINTER

#: name → result, arguments
_FUNCTIONS = {
    "jeton_open": (ctypes.c_int, [_To(_Options), _To(_Handle), _To(_Handle)]),
    "jeton_close": (None, [_Handle]),
    "jeton_token_get": (ctypes.c_int, [_Handle, _To(_Request), ctypes.c_int, _To(_Handle), _To(_Handle)]),
    "jeton_token_free": (None, [_Handle]),
    "jeton_token_text": (ctypes.c_char_p, [_Handle]),
    "jeton_token_type": (ctypes.c_char_p, [_Handle]),
    "jeton_token_scope": (ctypes.c_char_p, [_Handle]),
    "jeton_token_connection": (ctypes.c_char_p, [_Handle]),
    "jeton_token_app_key": (ctypes.c_char_p, [_Handle]),
    "jeton_token_expires_in": (ctypes.c_int64, [_Handle]),
    "jeton_forget": (None, [_Handle]),
    "jeton_change_fd": (ctypes.c_int, [_Handle, _To(ctypes.c_int), _To(_Handle)]),
    "jeton_changed": (ctypes.c_int, [_Handle]),
    "jeton_error_what": (ctypes.c_char_p, [_Handle]),
    "jeton_error_next": (ctypes.c_char_p, [_Handle]),
    "jeton_error_word": (ctypes.c_char_p, [_Handle]),
    "jeton_error_retry_after": (ctypes.c_int64, [_Handle]),
    "jeton_error_free": (None, [_Handle]),
}


def _load(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _text(value: Optional[bytes]) -> str:
    return (value or b"").decode("utf-8", "replace")


def _given(value: Optional[str], name: str) -> Optional[bytes]:
    if value is not None and "\0" in value:
        raise ValueError(f"{name} holds a NUL")
    return value.encode() if value else None


class Client:
    """A daemon to ask, and what came from it. Share one between all threads of the program."""

    def __init__(self, directory: Optional[str] = None, *, page: bool = True, library: str = "libjeton.so.1") -> None:
        """directory: that of the daemon's socket (default: as the library finds it). page: False keeps nothing, every call
        asks. library: the name or path for the loader. Raises OSError where it is not installed."""
        self._handle = _Handle()
        self._library = _load(library)
        options = _Options(ctypes.sizeof(_Options), _given(directory, "directory"), 0 if page else _NO_PAGE, 0)
        error = _Handle()
        self._check(self._library.jeton_open(ctypes.byref(options), ctypes.byref(self._handle), ctypes.byref(error)), error)

    def token(
        self,
        connection: Optional[str] = None,
        *,
        environment: Optional[str] = None,
        scope: Union[str, Sequence[str], None] = None,
        resource: Optional[str] = None,
        min_ttl: int = 0,
        rejected_token: Optional[str] = None,
        timeout: float = PATIENCE,
    ) -> Token:
        """A token of `connection`, or of the default binding (within `environment`).

        min_ttl: seconds that must be left. rejected_token: one that the API did not take (401). timeout: seconds; 0 never
        waits. Raises Refused, Unreachable (also: the time is up), Untrusted, ValueError.
        """
        if not 0 <= min_ttl <= 86_400 or timeout < 0:
            raise ValueError("min_ttl is 0 to 86400 seconds, timeout not negative")
        wanted = _Request(
            ctypes.sizeof(_Request),
            _given(connection, "connection"),
            _given(environment, "environment"),
            _given(scope if scope is None or isinstance(scope, str) else " ".join(scope), "scope"),
            _given(resource, "resource"),
            _given(rejected_token, "rejected_token"),
            min_ttl,
            0,
        )
        handle, error, library = _Handle(), _Handle(), self._open_library()
        milliseconds = min(math.ceil(timeout * 1000), 2**31 - 1)
        self._check(
            library.jeton_token_get(self._handle, ctypes.byref(wanted), milliseconds, ctypes.byref(handle), ctypes.byref(error)),
            error,
        )
        try:
            key = library.jeton_token_app_key(handle)
            return Token(
                _text(library.jeton_token_text(handle)),
                _text(library.jeton_token_type(handle)),
                library.jeton_token_expires_in(handle),
                _text(library.jeton_token_scope(handle)),
                _text(library.jeton_token_connection(handle)) or None,
                None if key is None else _text(key),
            )
        finally:
            library.jeton_token_free(handle)

    def forget(self) -> None:
        """Forgets every token: the next call asks."""
        self._open_library().jeton_forget(self._handle)

    def fileno(self) -> int:
        """A descriptor for select and event loops that ticks once a second; call `changed()` then. Do not close it."""
        fd, error = ctypes.c_int(-1), _Handle()
        self._check(self._open_library().jeton_change_fd(self._handle, ctypes.byref(fd), ctypes.byref(error)), error)
        return fd.value

    def changed(self) -> bool:
        """Whether a token that was fetched before has ceased to hold since the last call."""
        return bool(self._open_library().jeton_changed(self._handle))

    def close(self) -> None:
        """Closes the session and wipes what was kept."""
        handle, self._handle = self._handle, _Handle()
        if handle.value is not None:
            self._library.jeton_close(handle)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None and getattr(self, "_library", None) is not None:
            self.close()

    def _open_library(self) -> ctypes.CDLL:
        if self._handle.value is None:
            raise ValueError("the client is closed")
        return self._library

    def _check(self, code: int, error: ctypes.c_void_p) -> None:
        if code == _OK:
            return
        library = self._library
        what, then = _text(library.jeton_error_what(error)), _text(library.jeton_error_next(error))
        word, later = _text(library.jeton_error_word(error)), library.jeton_error_retry_after(error)
        library.jeton_error_free(error)
        if code in (_REFUSED, _UNAVAILABLE):
            raise Refused(word, what, None, None if later < 0 else later)
        if code == _MEMORY:
            raise MemoryError(what)
        kinds: dict[int, Type[Exception]] = {_INVALID: ValueError, _UNTRUSTED: Untrusted, _TIMEOUT: Unreachable, _UNREACHABLE: Unreachable,
                                            _ANSWER: Unreachable, _SYSTEM: Unreachable}
        raise kinds.get(code, Error)(f"{what}; next: {then}" if then else what)
