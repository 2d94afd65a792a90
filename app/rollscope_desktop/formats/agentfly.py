"""Dumps of AgentFly trajectories: a JSON list of them, one alone, or one a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from rollscope import wire
from rollscope_desktop.formats.base import Place, Reader, derived_id, empty, problem
from rollscope_desktop.formats.trajectory import FORMAT, Chain, end, signals, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollscope_desktop.model.events import Batch

_SEGMENTS = re.compile(rb'"segments"\s*:\s*\[\s*\[')
_HOLDER = re.compile(rb'\s*\{\s*"trajectories"\s*:\s*')
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


class _Dumps:
    """What both readers share: one record is one chain."""

    def __init__(self, place: Place, state: bytes) -> None:
        self._parts = place.parts
        self._seen: int = msgspec.json.decode(state, type=int) if state else 0

    def state(self) -> bytes:
        """How many chains have been read."""
        return msgspec.json.encode(self._seen)

    def _take(self, raw: bytes, line: int | None, offset: int, batch: Batch) -> None:
        ordinal = self._seen
        self._seen += 1
        reasons: dict[str, None] = {}
        try:
            said = wire.load(raw)
        except wire.WireError as error:
            reasons[str(error)] = None
        else:
            if isinstance(said, dict) and "segments" in said:
                self._chain(said, ordinal, offset, len(raw), batch, reasons)
            else:
                reasons["This is no trajectory: it has no segments."] = None
        for reason in reasons:
            found = problem(reason, line or 0, offset)
            batch.problems.append(
                found if line is not None else msgspec.structs.replace(found, line=None)
            )

    def _chain(
        self,
        said: dict[str, Any],
        ordinal: int,
        offset: int,
        length: int,
        batch: Batch,
        reasons: dict[str, None],
    ) -> None:
        run = derived_id(16, FORMAT, *self._parts, ordinal)
        chain = Chain(
            run, said["segments"], "segments", lambda reason: reasons.update({reason: None})
        )
        inside = chain.events()
        events = [
            start(run, said, f"chain {ordinal}", chain.prompt()),
            *inside,
            *signals(run, said, ""),
            end(run, said, chain.last, max(chain.count - 1, 0)),
        ]
        batch.events += events
        batch.offsets += [offset] * len(events)
        batch.lengths += [length] * len(events)


class LinesReader(_Dumps):
    """Reads JSONL with one trajectory a line."""

    def feed(self, data: bytes, offset: int, line: int) -> Batch:
        """The events of whole lines."""
        batch = empty()
        for number, raw in enumerate(data.split(b"\n"), line):
            if raw and not raw.isspace():
                self._take(raw, number, offset, batch)
            offset += len(raw) + 1
        return batch


class DocumentReader(_Dumps):
    """Reads one JSON value that holds all trajectories; each keeps its own place in the file."""

    def feed(self, data: bytes, offset: int, line: int) -> Batch:
        """The events of the whole document."""
        batch = empty()
        self._seen = 0
        for at, raw in elements(data):
            self._take(raw, None, offset + at, batch)
        return batch


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a JSON list, or the one value that is no list, each with its offset."""
    holder = _HOLDER.match(data)
    begin = holder.end() if holder else len(data) - len(data.lstrip())
    if data[begin : begin + 1] != b"[":
        yield begin, data[begin:].rstrip()
        return
    try:
        found = [] if holder else [bytes(raw) for raw in _raw_list(data)]
    except msgspec.DecodeError:
        found = []  # NaN or a lone surrogate, which the patient road below reads
    if not found:
        yield from _scan(data, begin)
        return
    at = begin + 1
    for raw in found:
        at += len(_GAP.match(data, at)[0])  # type: ignore[index] # it matches nothing as well
        yield at, raw
        at += len(raw)


_GAP = re.compile(rb"[\s,]*")
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def _scan(data: bytes, begin: int) -> Iterator[tuple[int, bytes]]:
    """The elements of the list at ``begin``, found by brackets alone; one cut short is the last."""
    depth = 0
    first: int | None = None
    for token in _TOKEN.finditer(data, begin):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth == 1:
                first = token.end()
        elif mark in (b"]", b"}"):
            depth -= 1
        if first is not None and ((mark == b"," and depth == 1) or depth == 0):
            piece = data[first : token.start()]
            if piece.strip():
                yield first + len(piece) - len(piece.lstrip()), piece.strip()
            first = token.end()
        if depth == 0:
            return
    rest = data[first if first is not None else begin :]
    if rest.strip():
        yield len(data) - len(rest.lstrip()), rest.strip()


def _is_line(place: Place, head: bytes) -> bool:
    """Whether a file that begins with an object holds one a line."""
    first, newline, _ = head.partition(b"\n")
    if place.name.endswith(".json"):
        return False
    return bool(_SEGMENTS.search(first)) and (not newline or first.rstrip().endswith(b"}"))


class AgentFlyDocument:
    """The format of a JSON file with a list of trajectories."""

    name = FORMAT
    title = "AgentFly trajectories"
    framing = "document"
    ordered = True
    named_by_path = True

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether the document begins with a trajectory or a list of them."""
        if head.lstrip()[:1] not in (b"[", b"{") or not _SEGMENTS.search(head):
            return False
        return head.lstrip()[:1] == b"[" or not _is_line(place, head)

    def opening(self, head: bytes) -> bytes:
        """Nothing is known before the first line."""
        return b""

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader of the whole document."""
        return DocumentReader(place, b"")


class AgentFlyLines:
    """The format of JSONL with one trajectory a line."""

    name = "agentfly-lines"
    title = "AgentFly trajectories, one a line"
    framing = "lines"
    ordered = True
    named_by_path = True

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether the first line begins like a trajectory."""
        return head.lstrip()[:1] == b"{" and _is_line(place, head)

    def opening(self, head: bytes) -> bytes:
        """Nothing is known before the first line."""
        return b""

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader that goes on counting where ``state`` was made."""
        return LinesReader(place, state)
