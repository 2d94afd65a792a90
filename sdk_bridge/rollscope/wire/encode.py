"""The lines of one process of one run: stamps and numbers events, shares what repeats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from time import time_ns
from typing import Any

import orjson

from rollscope.wire.encoded import Escaped, Json
from rollscope.wire.lists import Lists
from rollscope.wire.odd import as_plain, let_stop
from rollscope.wire.value import dump, dump_with, escaped_data, may_hold_marks
from rollscope.wire.vocabulary import EVENTS

SHARED = 1 << 16
"""Hashes that are remembered, 10 MB or so; then all are forgotten, and content is written anew."""

SHARE_FROM = 96
"""Bytes. A shared value that is shorter is written in place: a reference is no shorter."""


def run_id() -> str:
    """A new run id: 32 hex digits."""
    return os.urandom(16).hex()


class _SpanIds:
    """Ids for spans, asked of the system many at a time: asking takes longer than all the rest."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start_over)

    def __call__(self) -> str:
        try:
            return self._ids.pop()
        except IndexError:
            text = os.urandom(8 * 256).hex()
            ids = [text[at : at + 16] for at in range(0, len(text), 16)]
            found = ids.pop()
            self._ids = ids
            return found

    def _start_over(self) -> None:
        self._ids = []


span_id = _SpanIds()
"""A new span id: 16 hex digits."""


def encode(event: Mapping[str, Any]) -> bytes:
    """One line, newline included, of any mapping: odd values become text, none of them raises."""
    return dump(event) + b"\n"


_REQUIRED = {
    kind: frozenset(field.name for field in fields if field.required)
    for kind, fields in EVENTS.items()
}
_SAYS_LOSSY = frozenset(
    kind for kind, fields in EVENTS.items() if any(field.name == "lossy" for field in fields)
)
_FAR = 2**63
# Odd keys are left to the slow road: looking for them would cost every line a quarter more.
_LINE = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_APPEND_NEWLINE


def said(type: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something: what is None is left out, unless the event must have it."""
    required = _REQUIRED.get(type, ())
    return {n: value for n, value in fields.items() if value is not None or n in required}


class Encoder:
    """Makes the lines of one process of one run.

    It remembers the latest of what it has shared, by its hash, and nothing else. It is used by one
    thread at a time, and its lines are written in the order in which it made them. ``seq`` is the
    number of the next event. Times do not run backwards where events are ``ordered``; those that
    are passed on from elsewhere come in any order.
    """

    def __init__(
        self, run: str, proc: int = 0, clock: Callable[[], int] = time_ns, *, ordered: bool = True
    ) -> None:
        self.run = run
        self.proc = proc
        self.seq = 0
        self._clock = clock
        self._ordered = ordered
        self._last = 0
        self._shared: set[str] = set()
        self._lists = Lists()
        self._pending: list[bytes] = []
        self._lossy = False

    def line(self, type: str, **fields: Any) -> bytes:
        """The bytes of one event, after those of the blobs that it is the first to mention.

        A field may hold Json anywhere in it: that is written as it is, with a user's own ``$blob``
        and ``$raw`` keys escaped, and a field in which one is lossy is named in ``lossy`` where
        the event has such a list. Everything else is written as it stands, references too. Fields
        that are None are left out, unless the event must have them. ``time`` may be given.
        """
        return self.line_of(type, said(type, fields))

    def line_of(self, type: str, fields: dict[str, Any]) -> bytes:
        """The same; the fields are given as they are: none of them is left out, and they may be
        changed."""
        now = fields.pop("time", None)
        if now is None:
            now = self._clock()
        if now > self._last:
            self._last = now
        elif self._ordered:
            now = self._last
        blobs = self._blobs(now) if self._pending else b""
        sent = fields.get("input")
        if sent.__class__ is dict and "messages" in sent and type == "span.start":
            messages = self._lists.begin(str(fields.get("span")), sent["messages"])
            if messages is not None:
                fields |= {"input": {**sent, "messages": messages}, "listed": True}
        event = {
            "type": type, "run": self.run, "proc": self.proc, "seq": self.seq, "time": now,
            **fields,
        }  # fmt: skip
        self._lossy = False
        try:
            line = orjson.dumps(event, self._plain, _LINE)
        except (TypeError, ValueError, RecursionError) as error:
            let_stop(error)
            line = self._odd_line(event)
        if self._lossy:
            line = self._lossy_line(event, fields, line)
        self.seq += 1  # now that there is such a line: there may have been no stack to make it with
        return blobs + line if blobs else line

    def _plain(self, value: Any) -> Any:
        kind = type(value)
        if kind is not Json and kind is not Escaped:
            return as_plain(value)
        data, lossy = value
        if lossy:
            self._lossy = True
        # No dollar, backslash or line break: nothing to do, which costs nothing to find out.
        if kind is Json and (36 in data or 92 in data or 10 in data or 13 in data):
            data = escaped_data(data)
        return orjson.Fragment(data)

    def _embed(self, value: Json) -> bytes:
        if value.lossy:
            self._lossy = True
        return value.data if type(value) is Escaped else escaped_data(value.data)

    def _odd_line(self, event: dict[str, Any]) -> bytes:
        """Field by field, so that what is odd about one of them leaves the others alone."""
        short = {
            k: v
            for k, v in event.items()
            if (type(v) is str and v.isascii()) or (type(v) is int and -_FAR < v < _FAR)
        }
        parts = dict(event)
        try:
            for name, value in event.items():
                if name not in short:
                    parts[name] = orjson.Fragment(dump_with(value, self._embed))
        except RecursionError:  # no stack is left to look at values with
            parts = short
        return orjson.dumps(parts, option=_LINE)

    def _lossy_line(self, event: dict[str, Any], fields: Iterable[str], line: bytes) -> bytes:
        """The line with the names of its lossy fields, if the event has a place for them."""
        if event["type"] not in _SAYS_LOSSY:
            return line
        lossy = [*event.pop("lossy", ())]
        lossy += [k for k in fields if k in event and k not in lossy and _holds_lossy(event[k])]
        event["lossy"] = lossy
        return self._odd_line(event)

    def _blobs(self, now: int) -> bytes:
        blobs, self._pending = self._pending, []
        out = []
        for blob in blobs:
            stamp = {"type": "blob", "run": self.run, "proc": self.proc, "seq": self.seq}
            out.append(dump({**stamp, "time": now})[:-1] + blob)
            self.seq += 1
        return b"".join(out)

    def share(self, value: Any) -> Any:
        """What to write for a user's value: a reference to content that is written once, or itself.

        The user's own ``$blob`` and ``$raw`` keys are escaped on the way. Json is not encoded
        again; what stands for lossy content is lossy.
        """
        if type(value) is Json:
            data, lossy = value
            if len(data) < SHARE_FROM:
                return value
        else:
            self._lossy = False
            data = dump_with(value, self._as_it_is)
            lossy = self._lossy
            if len(data) < SHARE_FROM:
                marked = may_hold_marks(data)
                return Escaped(escaped_data(data), lossy) if marked else value
        data = escaped_data(data)
        name = blake2b(data, digest_size=8).hexdigest()
        if name not in self._shared:
            if len(self._shared) >= SHARED:
                self._shared.clear()
            self._shared.add(name)
            self._pending.append(b',"hash":"%b","data":%b}\n' % (name.encode(), data))
        return Escaped(b'{"$blob":"%b"}' % name.encode(), lossy=True) if lossy else {"$blob": name}

    def forget(self) -> None:
        """Lines were made that are not kept: content that they brought is written again."""
        self._shared.clear()
        self._lists = Lists()

    def _as_it_is(self, value: Json) -> bytes:
        if value.lossy:
            self._lossy = True
        return value.data

    def messages(self, messages: Iterable[Any]) -> list[Any]:
        """A chat history with each message shared: a run of k turns stays of size k, not k²."""
        return [self.share(message) for message in messages]


def _holds_lossy(value: Any) -> bool:
    found = False

    def look(json: Json) -> bytes:
        nonlocal found
        found = found or json.lossy
        return b"null"

    dump_with(value, look)
    return found
