"""What values of the built-in types hold, also when they are of a subclass: its methods are not
asked."""

from __future__ import annotations

from binascii import b2a_base64
from collections import deque
from collections.abc import Callable
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple


class Text(NamedTuple):
    """A text that stands for an object; ``length`` is that of the whole when this is its start."""

    text: str
    length: int = 0


class Fields(NamedTuple):
    """Named parts. ``missing`` others are not among them; ``hidden`` ones are not counted."""

    items: list[tuple[Any, Any]]
    missing: int = 0
    hidden: bool = False


class Items(NamedTuple):
    """Parts in order, and how many others are not among them."""

    items: list[Any]
    missing: int = 0


_NO_TEXT = bytes(n for n in (*range(32), 127) if n not in b"\t\n\r")
_KINDS_OF_FILES = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def base_of(kind: type) -> Callable[[Any, int], Any] | None:
    """What shows the value of a type that is, or derives from, a built-in one."""
    return next((show for base, show in _BASES if issubclass(kind, base)), None)


def lookup(kind: type, name: str) -> Any:
    """What the type has under a name; None if nothing. No attribute is asked for."""
    for base in _MRO(kind):
        if name in (found := _DICT(base)):
            return found[name]
    return None


def type_name(kind: type) -> str:
    """``<module.Class>``, whatever a metaclass has to say."""
    return f"<{qualified(kind)}>"


def qualified(kind: type) -> str:
    """``module.Class``; without the module for built-in types."""
    name = _QUALNAME(kind)
    try:
        module = _MODULE(kind)
    except AttributeError:
        module = None
    return f"{module}.{name}" if type(module) is str and module != "builtins" else str(name)


_MRO = type.__dict__["__mro__"].__get__
_DICT = type.__dict__["__dict__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__
_MODULE = type.__dict__["__module__"].__get__


def _enum(value: Any, room: int) -> Any:
    inner = value._value_
    if isinstance(value, str | int | float):
        return inner
    if type(inner) is str:
        return Text(inner)
    return Text(f"{_QUALNAME(type(value))}.{value._name_}")


def _dict(value: Any, room: int) -> Fields:
    for _ in range(5):
        try:
            items = list(islice(dict.items(value), room))
            return Fields(items, max(0, dict.__len__(value) - len(items)))
        except RuntimeError:  # another thread changes it
            continue
    return Fields([], dict.__len__(value))


def _list(value: Any, room: int) -> Items:
    return _some(list.__iter__(value), list.__len__(value), room)


def _tuple(value: Any, room: int) -> Any:
    names = lookup(type(value), "_fields")
    if type(names) is tuple and len(names) == tuple.__len__(value):
        return Fields(list(zip(names, tuple.__iter__(value), strict=True)))
    return _some(tuple.__iter__(value), tuple.__len__(value), room)


def _deque(value: Any, room: int) -> Items:
    return _some(deque.__iter__(value), deque.__len__(value), room)


def _view(value: Any, room: int) -> Items:
    return _some(iter(value), len(value), room)


def _set(value: Any, room: int) -> Items:
    base: Any = set if issubclass(type(value), set) else frozenset
    size = base.__len__(value)
    items = list(islice(base.__iter__(value), room))
    if all(type(item) is str for item in items) or all(type(item) is int for item in items):
        items.sort()  # the order of texts in a set is another in each process
    return Items(items, max(0, size - len(items)))


def _some(items: Any, length: int, room: int) -> Items:
    taken = list(islice(items, room))
    return Items(taken, max(0, length - len(taken)))


def _bytes(value: Any, room: int) -> Text:
    view = memoryview(value)
    size = view.nbytes
    head = bytes(view.cast("B")[:room]) if view.contiguous else view.tobytes()[:room]
    if len(head) == len(head.translate(None, _NO_TEXT)):
        try:
            return Text(head.decode(), size if len(head) < size else 0)
        except UnicodeDecodeError as error:
            if len(head) < size and error.start > len(head) - 4:  # a letter was cut in two
                return Text(head[: error.start].decode(), size)
    kinds = (kind for mark, kind in _KINDS_OF_FILES if head.startswith(mark))
    start = f"data:{next(kinds, 'application/octet-stream')};base64,"
    code = b2a_base64(head[: room // 4 * 3], newline=False).decode("ascii")
    return Text(start + code, len(start) + 4 * ((size + 2) // 3))


_BASES: tuple[tuple[type, Callable[[Any, int], Any]], ...] = (
    (Enum, _enum),
    (str, lambda value, room: str.__str__(value)),
    (int, lambda value, room: int.__int__(value)),
    (float, lambda value, room: float.__float__(value)),
    (dict, _dict),
    (list, _list),
    (tuple, _tuple),
    (set, _set),
    (frozenset, _set),
    (deque, _deque),
    (type({}.keys()), _view),  # of dict.keys() and the like
    (type({}.values()), _view),
    (type({}.items()), _view),
    (bytes, _bytes),
    (bytearray, _bytes),
    (memoryview, _bytes),
)
