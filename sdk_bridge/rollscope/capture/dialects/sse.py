"""Server-sent events: read from bytes that are cut anywhere, and written."""

from __future__ import annotations

from typing import Any

import orjson


class SseReader:
    """Gives (name, data) of each event; comments, ids and retry times are passed over."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._looked = 0  # no end of line before here
        self._name: str | None = None
        self._data: list[bytes] = []
        self._after_return = False

    def feed(self, data: bytes) -> list[tuple[str | None, bytes]]:
        """The events that these bytes complete."""
        found: list[tuple[str | None, bytes]] = []
        if self._after_return and data:
            data = data.removeprefix(b"\n")  # the line was ended by \r\n, cut between the two
            self._after_return = False
        self._kept += data
        kept, begin, looked = self._kept, 0, self._looked
        while (end := _end_of_line(kept, looked)) >= 0:
            self._line(bytes(kept[begin:end]), found)
            begin = end + 1
            if kept[end] == 0x0D:
                if begin == len(kept):
                    self._after_return = True
                elif kept[begin] == 0x0A:
                    begin += 1
            looked = begin
        del kept[:begin]
        self._looked = len(kept)
        return found

    def close(self) -> list[tuple[str | None, bytes]]:
        """The last event, if its end did not come."""
        found: list[tuple[str | None, bytes]] = []
        self._line(bytes(self._kept), found)
        self._kept.clear()
        self._line(b"", found)
        return found

    def _line(self, line: bytes, found: list[tuple[str | None, bytes]]) -> None:
        if not line:
            if self._data:
                found.append((self._name, b"\n".join(self._data)))
            self._name, self._data = None, []
            return
        field, _, value = line.removeprefix(b"\xef\xbb\xbf").partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")


def _end_of_line(data: bytearray, at: int) -> int:
    feed = data.find(b"\n", at)
    back = data.find(b"\r", at, feed if feed >= 0 else len(data))  # no further: lines are many
    return feed if back < 0 else back


def write(data: Any, name: str | None = None) -> bytes:
    """One event; ``data`` is text, or a JSON value."""
    body = data.encode() if isinstance(data, str) else orjson.dumps(data)
    head = f"event: {name}\n".encode() if name else b""
    return b"%bdata: %b\n\n" % (head, body.replace(b"\n", b"\ndata: "))
