"""What is noted while messages are read: how many more there may be, and whether some are lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rollscope import wire
from rollscope_desktop.protocols.otlp.lenient import parsed

MOST = 10_000
"""Messages of a call, and parts of all of them. What is above is left out, and noted as lost."""

REPLACED = frozenset({"__REDACTED__", "<replaced>"})
"""What senders write where they leave something out."""

Message = dict[str, Any]
Part = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """The reading of one side of a span, of what went in or of what came out.

    ``left`` is how many more parts may come, and ``is_lossy`` whether the sender left something
    out, or there was too much. ``depth`` is how many results of tools are being read, one inside
    another.
    """

    left: int = MOST
    is_lossy: bool = False
    depth: int = 0

    def parts(self, found: list[Any]) -> list[Any]:
        """The parts of a list that are still to be read."""
        if len(found) > self.left:
            found = found[: self.left]
            self.is_lossy = True
        self.left -= len(found)
        return found

    def structure(self, value: Any) -> Any:
        """The value of JSON in a text. Text that looks like it and is none was cut."""
        found = parsed(value)
        if found is value and type(value) is str and value[:2] in ("[{", '{"'):
            self.is_lossy = True
        return found


def literal(value: Any) -> Any:
    """The value of a text that is JSON of any kind, for senders who write nothing else."""
    if type(value) is not str:
        return value
    try:
        return wire.load(value.encode("utf-8", "surrogatepass"))
    except wire.WireError:
        return value


def json_text(value: Any) -> str:
    """A value as text: one that is text is itself."""
    return value if type(value) is str else wire.dump(value).decode("utf-8", "replace")


def listed(value: Any) -> list[Any]:
    """The items of a list, also of one whose places are keys: ``{"0": …, "2": …}``."""
    if type(value) is list:
        return value
    if type(value) is not dict:
        return []
    places = [key for key in value if is_place(key)]
    if len(places) > 1:
        places.sort(key=int)
    return [value[key] for key in places]


def is_place(key: str) -> bool:
    """Whether a part of a name is a place in a list."""
    return key.isdecimal() and key.isascii() and len(key) < 10


def text_of(value: Any) -> str | None:
    """A text that says something."""
    return value if type(value) is str and value else None


def first_text(said: dict[str, Any], names: Iterable[str]) -> str | None:
    """The first of the fields that is a text and says something."""
    for name in names:
        value = said.get(name)
        if type(value) is str and value:
            return value
    return None
