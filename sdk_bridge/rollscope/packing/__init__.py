"""Makes a Python value again from a log: exactly what it was, or a sentence why it cannot be.

A log is not trusted. Classes are only ever found among the modules that the program has imported
itself, and must be of the kind that the log says; nothing is imported, and no function is called by
name. Pickles are read when they bear the signature of this machine's key, and only then.
"""

from __future__ import annotations

import base64
import builtins
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from rollscope.packing.families import (
    FAMILIES,
    NotPackable,
    a_or_an,
    family_of,
    find,
    impossible,
    make_instance,
)
from rollscope.packing.standard import NAMES, STANDARD

__all__ = [
    "NotPackable",
    "make_error",
    "pack",
    "pack_error",
    "packed",
    "pickled",
    "unpack",
    "unpickled",
]

LIMIT = 4 << 20  # bytes

_TAG = "$"
_DEEP = 100  # levels; JSON of logs holds 200
_SMALL = 1 << 62


def pack(value: Any, limit: int = LIMIT) -> Any | None:
    """None where plain JSON holds ``value`` exactly, else JSON from which ``unpack`` makes it.

    Types count exactly: a subclass of dict is no dict. The result takes about ``limit`` bytes at
    most. Raises NotPackable.
    """
    return None if _is_plain(value, limit) else packed(value, limit)


def packed(value: Any, limit: int = LIMIT) -> Any:
    """JSON from which ``unpack`` makes the value, plain or not. Raises NotPackable."""
    try:
        return _Packer(limit).packed(value, 0)
    except NotPackable:
        raise
    except Exception as error:
        raise impossible(type(value), f"reading it raised {type(error).__name__}.") from error


def unpack(packed: Any) -> Any:
    """The value that ``pack`` was given. Raises NotPackable where this program cannot make it."""
    try:
        return _made(packed, 0)
    except NotPackable:
        raise
    except Exception as error:
        raise NotPackable(
            f"The recorded value cannot be made again: {type(error).__name__}."
        ) from error


def _is_plain(value: Any, limit: int) -> bool:
    """Whether JSON says the value and its types exactly. Raises NotPackable if it never ends."""
    waiting: list[Any] = [(value,)]
    room = limit
    for parts in waiting:  # what is appended meanwhile is looked at, too
        room -= len(parts) + 1
        if room < 0:
            raise NotPackable(f"{a_or_an(type(value))} of this size cannot be kept in a log.")
        for part in parts:
            kind = type(part)
            if kind is str:
                if not part.isascii() and _has_surrogates(part):
                    return False
            elif kind is int:
                if not -_SMALL < part < _SMALL:
                    return False
            elif kind is dict:
                for key in part:
                    if type(key) is not str or not (key.isascii() or not _has_surrogates(key)):
                        return False
                if part:
                    waiting.append(part.values())
            elif kind is list:
                if part:
                    waiting.append(part)
            elif kind is float:
                if not isfinite(part):
                    return False
            elif part is not None and kind is not bool:
                return False
    return True


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


@dataclass(slots=True)
class _Packer:
    """Writes one value; ``room`` is about what is left of its bytes."""

    room: int

    def packed(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if depth > _DEEP:
            raise impossible(kind, "it is nested too deeply, or holds itself.")
        if kind is str:
            return self._text(value)
        if value is None or kind is bool:
            self._take(kind, 5)
            return value
        if kind is int:
            self._take(kind, value.bit_length() // 4 + 4)
            return value if -_SMALL < value < _SMALL else {_TAG: "int", "v": hex(value)}
        if kind is float:
            self._take(kind, 20)
            return value if isfinite(value) else {_TAG: "float", "v": repr(value)}
        if kind is list:
            return self._list(value, depth)
        if kind is dict:
            return self._dict(value, depth)
        if kind in _SEQUENCES:
            return {_TAG: kind.__name__, "v": self._list(value, depth)}
        if kind is bytes:
            self._take(kind, len(value) * 4 // 3 + 20)
            return {_TAG: "bytes", "v": base64.b64encode(value).decode()}
        if (name := NAMES.get(kind.__name__)) and STANDARD[name].kind() is kind:
            return {_TAG: name, "v": self._standard(value, name, depth)}
        return self._instance(value, kind, depth)

    def _take(self, kind: type, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise impossible(kind, "what it belongs to is too large.")

    def _text(self, value: str) -> Any:
        self._take(str, len(value) + 2)
        if value.isascii() or not _has_surrogates(value):
            return value
        encoded = base64.b64encode(value.encode("utf-8", "surrogatepass"))
        return {_TAG: "str", "v": encoded.decode()}

    def _list(self, parts: Any, depth: int) -> list[Any]:
        self._take(type(parts), 2)
        return [self.packed(part, depth + 1) for part in parts]

    def _dict(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        self._take(dict, 2)
        named = {key: self.packed(part, depth + 1) for key, part in value.items()}
        if _TAG not in named and all(_is_name(key) for key in named):
            self._take(dict, sum(len(key) + 4 for key in named))
            return named
        items = [[self.packed(key, depth + 1), part] for key, part in named.items()]
        return {_TAG: "dict", "v": items}

    def _standard(self, value: Any, name: str, depth: int) -> Any:
        try:
            told = STANDARD[name].tell(value)
        except ValueError as error:
            raise impossible(type(value), str(error)) from None
        return self.packed(told, depth + 1)

    def _instance(self, value: Any, kind: type, depth: int) -> dict[str, Any]:
        """A value of a class of the program's own, by what it is made of."""
        family = family_of(kind)
        if family is None:
            raise impossible(
                kind, "it is no plain data, data class, named tuple, enum or pydantic model."
            )
        module, name = kind.__module__, kind.__qualname__
        if find(module, name) is not kind:
            raise impossible(kind, f"its class cannot be found as {module}.{name}.")
        self._take(kind, len(module) + len(name) + 40)
        told = self.packed(FAMILIES[family].tell(value), depth + 1)
        return {_TAG: family, "module": module, "class": name, "v": told}


_SEQUENCES = {tuple, set, frozenset}


def _is_name(key: Any) -> bool:
    return type(key) is str and (key.isascii() or not _has_surrogates(key))


def _made(packed: Any, depth: int) -> Any:
    if depth > _DEEP * 3:
        raise NotPackable("The recorded value is nested too deeply.")
    if isinstance(packed, list):
        return [_made(part, depth + 1) for part in packed]
    if not isinstance(packed, dict):
        return packed
    if _TAG not in packed:
        return {key: _made(part, depth + 1) for key, part in packed.items()}
    tag, told = packed[_TAG], packed.get("v")
    if tag in _PLAIN:
        return _PLAIN[tag](told)
    if tag == "dict":
        items: Any = told
        return {_made(key, depth + 1): _made(part, depth + 1) for key, part in items}
    value = _made(told, depth + 1)
    if tag in _COLLECTIONS and isinstance(value, list):
        return _COLLECTIONS[tag](value)
    if tag in STANDARD:
        return STANDARD[tag].make(value)
    if tag in FAMILIES:
        return make_instance(tag, packed, value)
    raise NotPackable(f"The recorded value is of a kind that is not known: {str(tag)[:40]!r}.")


_PLAIN: dict[Any, Callable[[Any], Any]] = {
    "int": lambda told: int(told, 16),
    "float": float,
    "bytes": lambda told: base64.b64decode(told, validate=True),
    "str": lambda told: base64.b64decode(told, validate=True).decode("utf-8", "surrogatepass"),
}
_COLLECTIONS: dict[Any, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}


def pack_error(error: BaseException) -> dict[str, Any]:
    """``{"module", "type", "args", "attrs"}``: the class and what an error holds, as far as a log
    can keep it. Where its arguments cannot be kept, ``said`` is its text."""
    kind = type(error)
    told: dict[str, Any] = {"module": kind.__module__, "type": kind.__qualname__}
    try:
        told["args"] = _Packer(LIMIT).packed(list(error.args), 0)
    except NotPackable:
        told["said"] = _said(error)
    attrs = {}
    for name, part in _attributes(error).items():
        try:
            attrs[name] = _Packer(LIMIT >> 4).packed(part, 0)
        except NotPackable:
            continue  # a request or a connection: nobody can have it back
    return {**told, "attrs": attrs} if attrs else told


_OS = ("filename", "filename2")


def _attributes(error: BaseException) -> dict[str, Any]:
    own = dict(vars(error))
    if isinstance(error, OSError):
        own |= {name: part for name in _OS if (part := getattr(error, name, None)) is not None}
    return own


def _said(error: BaseException) -> str:
    try:
        return str(error)[:10_000]
    except Exception:  # noqa: BLE001 - a class of a user, and its text is not worth an error
        return ""


def make_error(told: dict[str, Any]) -> Exception:
    """The error that ``pack_error`` told of. Raises NotPackable where its class is not there.

    Nothing of the class is called but what it has from Python itself: a log may be forged.
    """
    kind = find(told.get("module"), told.get("type"))
    is_error = isinstance(kind, type) and issubclass(kind, Exception)
    if not is_error or hasattr(kind, "__del__"):
        raise NotPackable(f"This program has no error {told.get('module')}.{told.get('type')}.")
    args = unpack(told["args"]) if "args" in told else [told.get("said", "")]
    attrs = unpack(told.get("attrs", {}))
    if not isinstance(args, list) or not isinstance(attrs, dict):
        raise NotPackable(f"The recorded {kind.__qualname__} has no arguments.")
    made = _error(kind, tuple(args))
    for name, part in attrs.items():
        if isinstance(made, OSError) and name in _OS:
            object.__setattr__(made, name, part)
        else:
            vars(made)[name] = part
    return made


def _error(kind: type[Exception], args: tuple[Any, ...]) -> Exception:
    own: Any = next(one for one in kind.__mro__ if vars(builtins).get(one.__name__) is one)
    try:
        try:
            made: Exception = own.__new__(kind, *args)
            own.__init__(made, *args)
        except Exception:  # noqa: BLE001 - it keeps other arguments than those it is made from
            made = own.__new__(kind)
        object.__setattr__(made, "args", args)
    except Exception as error:
        raise NotPackable(
            f"{a_or_an(kind)} cannot be made again from a log: {type(error).__name__}."
        ) from error
    return made


_PICKLE = b"rollscope pickle\0"


def pickled(value: Any, key: bytes, limit: int = LIMIT) -> dict[str, str]:
    """``{"pickle": base64, "sig": hex}``. Raises NotPackable."""
    import pickle  # late: only where a setting asks for it

    try:
        content = pickle.dumps(value)
    except Exception as error:
        raise impossible(type(value), f"pickle says {type(error).__name__}.") from error
    if len(content) > limit:
        raise impossible(type(value), f"its pickle is larger than {limit:,} bytes.")
    return {"pickle": base64.b64encode(content).decode(), "sig": _signature(content, key)}


def unpickled(told: dict[str, Any], key: bytes, limit: int = LIMIT) -> Any:
    """The value that ``pickled`` was given. A pickle of another key is not read. Raises
    NotPackable."""
    from hmac import compare_digest

    try:
        content = base64.b64decode(told["pickle"], validate=True)
        signed = compare_digest(told["sig"], _signature(content, key))
    except (KeyError, TypeError, ValueError):
        raise NotPackable("The recorded value is no pickle of a run log.") from None
    if not signed:
        raise NotPackable("The pickle of the recorded value was not signed on this machine.")
    if len(content) > limit:
        raise NotPackable(f"The pickle of the recorded value is larger than {limit:,} bytes.")
    import pickle

    try:
        return pickle.loads(content)
    except Exception as error:
        raise NotPackable(
            f"The recorded value cannot be unpickled: {type(error).__name__}: {error}"[:300]
        ) from error


def _signature(content: bytes, key: bytes) -> str:
    import hmac  # late: it loads OpenSSL

    return hmac.digest(key, _PICKLE + content, "sha256").hex()
