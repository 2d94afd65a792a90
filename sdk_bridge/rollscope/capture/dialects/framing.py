"""The events of a stream of any framing: server-sent events, JSON lines, one long JSON array."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from rollscope.capture.dialects.sse import SseReader


class Event(NamedTuple):
    """One event: its name if it has one, and what it carries, parsed if it was JSON, else text."""

    name: str | None
    data: Any


class StreamReader:
    """Gives the events of a stream that arrives in pieces, cut anywhere.

    Which framing it is, is seen from the first byte that is no blank. Bytes of an event that is
    not complete are kept; ``close`` gives what is left of one that the server did not end.
    """

    def __init__(self) -> None:
        self._reader: SseReader | _JsonReader | None = None
        self._head = b""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        if self._reader is None:
            self._head = (self._head + data).lstrip(b" \t\r\n")
            if not self._head:
                return []
            self._reader = _JsonReader() if self._head[:1] in (b"{", b"[") else SseReader()
            data, self._head = self._head, b""
        return _events(self._reader, self._reader.feed(data))

    def close(self) -> list[Event]:
        """The events that end with the stream."""
        return [] if self._reader is None else _events(self._reader, self._reader.close())


def read(data: bytes) -> list[Event]:
    """All events of a stream that is there as a whole."""
    reader = StreamReader()
    return reader.feed(data) + reader.close()


def _events(reader: SseReader | _JsonReader, found: list[tuple[str | None, bytes]]) -> list[Event]:
    return [Event(name, _value(data)) for name, data in found]


def _value(data: bytes) -> Any:
    if data[:1] in (b"{", b"["):  # "[DONE]" is no JSON
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
    return data.decode("utf-8", "replace")


class _JsonReader:
    """JSON objects one after another, with commas, brackets or line ends between them, or none."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._at = 0  # everything before has been looked at
        self._depth = 0
        self._quoted = False
        self._escaped = False

    def feed(self, data: bytes) -> list[tuple[str | None, bytes]]:
        self._kept += data
        found: list[tuple[str | None, bytes]] = []
        kept, at, begin = self._kept, self._at, 0
        depth, quoted, escaped = self._depth, self._quoted, self._escaped
        while at < len(kept):
            if quoted and not escaped:
                # Text is most of what comes: its end is looked for, and not each of its bytes.
                at = _end_of_text(kept, at)
                if at == len(kept):
                    break
            byte = kept[at]
            at += 1
            if escaped:
                escaped = False
            elif quoted:
                escaped = byte == 0x5C  # backslash
                quoted = byte != 0x22  # quotation mark
            elif byte == 0x22:
                quoted = depth > 0
            elif byte == 0x7B:  # {
                if depth == 0:
                    begin = at - 1
                depth += 1
            elif byte == 0x7D and depth:  # }
                depth -= 1
                if depth == 0:
                    found.append((None, bytes(kept[begin:at])))
                    begin = at
        if depth == 0:
            begin = at
        del kept[:begin]
        self._at, self._depth, self._quoted, self._escaped = at - begin, depth, quoted, escaped
        return found

    def close(self) -> list[tuple[str | None, bytes]]:
        return []


def _end_of_text(data: bytearray, at: int) -> int:
    mark = data.find(b'"', at)
    end = mark if mark >= 0 else len(data)
    slash = data.find(b"\\", at, end)
    return end if slash < 0 else slash
