"""Makes a tree of plain values of any value: what JSON has words for, and texts that may be cut."""

from __future__ import annotations

from math import isfinite
from typing import Any

from rollscope import wire
from rollscope.values.bases import Fields, Items, Text, type_name
from rollscope.values.objects import shown
from rollscope.values.patience import Patience
from rollscope.values.shortening import SHORT, Long, encoded
from rollscope.wire import Json

NUMBERS = 8
"""So many numbers of a list count as one item."""

_SHARE = 256
"""Items that a list or dict may have although others come after it."""

_OBJECT = 4
"""Items that an object counts as: it takes longer to look at."""

_LONGEST_KEY = 1000
"""Characters of a key; more where there is a lot of room."""

_WIDE = 1 << 4096
"""From here on, Python may refuse to write an integer in decimal."""

_FEW_BYTES = 1000
_BYTES = (bytes, bytearray, memoryview)
_LEAVES = (str, int, float, bool, type(None))


def are_numbers(items: Any) -> bool:
    """Whether all items are numbers that JSON has a word for, found out without a look at each."""
    if not items or not _is_number(items[0]):
        return False
    try:
        kinds = set(map(type, items))
    except Exception:  # noqa: BLE001 - a metaclass may raise when its class is hashed
        return False
    if kinds == {int}:
        return bool(min(items) >= -(2**63) and max(items) < 2**63)
    return kinds == {float} and all(map(isfinite, items))


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


class Taker:
    """Makes one tree. ``lossy`` says whether it is not all; ``long`` are its texts that may be cut.

    It has ``items`` items at most, each of ``most`` bytes, more or less.
    """

    def __init__(self, items: int, depth: int, most: int, patience: Patience) -> None:
        self.lossy = False
        self.long: list[Long] = []
        self._items = items
        self._left = items
        self._depth = depth
        self._most = most
        self._patience = patience
        self._copied = 0
        self._above: set[int] = set()
        self._longest_key = max(_LONGEST_KEY, most // 100)

    def tree(self, value: Any) -> Any:
        """The value's tree."""
        return self._plain(value, self._depth, 0)

    @property
    def taken(self) -> int:
        """How many items the tree has."""
        return self._items - self._left

    def _plain(self, value: Any, depth: int, floor: int) -> Any:
        """The value's tree. It leaves ``floor`` items for what comes after it."""
        try:
            return self._any(value, depth, floor)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - a user's class may raise anything, whatever is done
            return self._stands(type_name(type(value)))

    def _any(self, value: Any, depth: int, floor: int) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return self._text(value, len(value))
        if kind is int:
            return value if -_WIDE < value < _WIDE else self._stands(hex(value))
        if kind is float:
            if isfinite(value):
                return value
            return self._stands("NaN" if value != value else f"{'-' * (value < 0)}Infinity")
        if kind is Json:
            self.lossy = self.lossy or value.lossy
            value = wire.load(value.data)
            return self._plain(value, depth, floor)
        if id(value) in self._above:
            return self._stands("<cycle>")
        found = shown(value, self._patience, self._room(value, kind, floor))
        # A type is only compared by "is": a metaclass may raise where it is compared or hashed.
        if kind is not dict and kind is not list and kind is not tuple:
            self._left -= _OBJECT
        if type(found) is Text:
            return self._stands(*found)
        if any(type(found) is leaf for leaf in _LEAVES):
            return self._plain(found, depth, floor)
        if depth < 1:
            return self._stands(f"… [cut: deeper than {self._depth} levels]")
        self._above.add(id(value))
        try:
            if type(found) is Fields:
                return self._fields(found, depth - 1, floor)
            if type(found) is Items:
                return self._list(found, depth - 1, floor)
            return self._plain(found, depth - 1, floor)
        finally:
            self._above.discard(id(value))

    def _room(self, value: Any, kind: type, floor: int) -> int:
        """How many parts to ask for; of bytes, how many of them."""
        if issubclass(kind, _BYTES):  # these are copied, so all of them share the room
            most = max(_FEW_BYTES, self._most - self._copied)
            self._copied += min(most, len(value))
            return most
        room = max(0, self._left - floor)
        if (kind is list or kind is tuple) and value and _is_number(value[0]):
            return room * NUMBERS
        return room

    def _fields(self, found: Fields, depth: int, floor: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        missing = found.missing
        self.lossy = self.lossy or found.hidden
        for index, (key, item) in enumerate(found.items):
            if self._left <= floor:
                missing += len(found.items) - index
                break
            self._left -= 1
            if type(key) is str and len(key) <= self._longest_key and key not in out:
                name = key
            else:
                name = self._name(key, out)
            out[name] = self._plain(item, depth, self._floor(floor, len(found.items) - index))
        if missing:
            out[self._name("…", out)] = self._cut(missing)
        return out

    def _list(self, found: Items, depth: int, floor: int) -> list[Any]:
        out: list[Any] = []
        missing = found.missing
        items = found.items
        if are_numbers(items):
            out = items
            self._left -= len(items) // NUMBERS
        else:
            for index, item in enumerate(items):
                if self._left <= floor:
                    missing += len(items) - index
                    break
                self._left -= 1
                out.append(self._plain(item, depth, self._floor(floor, len(items) - index)))
        if missing:
            out.append(self._cut(missing))
        return out

    def _floor(self, floor: int, others: int) -> int:
        """What one of several parts has to leave: each gets its share, and the first ones more."""
        left = self._left - floor
        return self._left - max(left // others, min(_SHARE, left // 8))

    def _name(self, key: Any, taken: dict[str, Any]) -> str:
        """The name of a field whose key is no text, is long, or has the name of another."""
        self.lossy = True
        text = key if type(key) is str else self._key(key)
        most = self._longest_key
        if len(text) > most:
            text = f"{text[:most]}… [cut: {len(text) - most:,} characters]"
        name, n = text, 1
        while name in taken:
            n += 1
            name = f"{text} ({n})"
        return name

    def _key(self, key: Any) -> str:
        for _ in range(3):
            if type(key) is str:
                return key
            if key is None or type(key) is bool or _is_number(key):
                return wire.dump(key).decode("ascii").strip('"')
            found = shown(key, self._patience, _LONGEST_KEY)
            if type(found) is Text:
                return found.text
            if type(found) is Fields or type(found) is Items:
                break
            key = found
        key = Taker(20, 3, _LONGEST_KEY, self._patience).tree(key)
        return encoded(key, _LONGEST_KEY / 20).decode()

    def _text(self, text: str, length: int) -> str | Long:
        if len(text) <= SHORT and length <= len(text):
            return text
        long = Long(text, max(length, len(text)))
        self.long.append(long)
        return long

    def _stands(self, text: str, length: int = 0) -> str | Long:
        self.lossy = True
        return self._text(text, length)

    def _cut(self, missing: int) -> str:
        self.lossy = True
        return f"… [cut: {missing:,} item{'s' * (missing != 1)}]"
