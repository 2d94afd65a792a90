"""A run as its log tells of it, with each step under the key by which a re-run asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollscope import wire
from rollscope.errors import RollscopeError
from rollscope.replay.keys import Keys

_LONGEST = 1 << 28
"""Bytes of one log. A run that is longer is not played back."""

_TOLD = ("message", "event", "signal", "feedback")


class ReplayError(RollscopeError):
    """A run cannot be made again; the text is a sentence for the user, ``code`` for programs."""

    def __init__(self, sentence: str, code: str = "record") -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(slots=True, eq=False)
class RecordedSpan:
    """A step of the record. ``began`` and ``ended`` count the events of the run in their order;
    ``ended`` is None for one that never did. ``notes`` are what was told of it, as events."""

    id: str
    parent: str | None
    branch: int
    kind: str
    name: str
    fingerprint: str
    effects: str | None
    input: Any
    attrs: dict[str, Any]
    agent: Any
    began: int
    key: int = 0
    output: Any = None
    status: str = ""
    error: Any = None
    response: Any = None
    result: Any = None
    usage: Any = None
    branches: int = 0
    ended: int | None = None
    replay: Any = None
    lossy: frozenset[str] = frozenset()
    notes: list[dict[str, Any]] = field(default_factory=list)
    sets: list[dict[str, Any]] = field(default_factory=list)
    """What became known of it while it went on, as events."""
    children: list[RecordedSpan] = field(default_factory=list)

    @property
    def is_call(self) -> bool:
        """Whether it can be answered in the place of making it: a model call, or a tool that is a
        function. Other functions run again, because they only hold steps."""
        return bool(self.fingerprint) and (self.kind == "tool" or "dialect" in self.attrs)


class Record:
    """A recorded run: ``start`` and ``end`` are its events, ``spans`` its steps by their ids."""

    def __init__(self, run: str, events: Sequence[dict[str, Any]]) -> None:
        self.run = run
        self.said: dict[str, Any] = {}
        """The start as it stands in the log."""
        self.start: dict[str, Any] = {}
        self.end: dict[str, Any] = {}
        self.spans: dict[str, RecordedSpan] = {}
        self.by_key: dict[int, RecordedSpan] = {}
        self.of_branch: dict[int, list[RecordedSpan]] = {}
        """Calls of a branch, in their order."""
        self._room = _LONGEST
        self._sizes: dict[str, int] = {}
        self._shared = dict(found for event in events if (found := wire.shared(event)))
        for number, event in enumerate(events):
            self._take(number, event)
        self._name_all()

    @property
    def name(self) -> str:
        """The name of the run."""
        return str(self.start.get("name") or "")

    def above(self, span: RecordedSpan | None) -> Iterator[RecordedSpan]:
        """The steps that hold the step, from the inside."""
        seen: set[str] = set()
        while span is not None and span.parent is not None and span.parent not in seen:
            seen.add(span.parent)
            span = self.spans.get(span.parent)
            if span is not None:
                yield span

    @property
    def seed(self) -> str:
        """What its random numbers were drawn from; "" if they were not pinned."""
        entry = self.start.get("entry")
        if not isinstance(entry, dict) or entry.get("pinned") is not True:
            return ""
        return str(entry.get("seed") or self.run)

    @classmethod
    def read(cls, paths: Sequence[Path], run: str) -> Record:
        """The run, out of all its logs. Raises ReplayError."""
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for path in paths:
            for event in _events(path):
                at = event.get("proc"), event.get("seq")
                if event.get("run") == run and type(at[0]) is int and type(at[1]) is int:
                    found[at[0], at[1]] = event
        ordered = [found[at] for at in sorted(found)]
        if len({proc for proc, _ in found}) > 1:
            ordered.sort(key=_time)  # stable: each process stays in its order
        record = cls(run, ordered)
        if not record.start:
            raise ReplayError("The log does not hold the start of this run.")
        return record

    def _expanded(self, value: Any) -> Any:
        return wire.expand(value, self._said)

    def _said(self, name: str) -> Any:
        """What is written once, at each place that mentions it. A small log can mention much."""
        found = self._shared.get(name)
        if name not in self._sizes:
            self._sizes[name] = len(wire.dump(found))
        self._room -= self._sizes[name]
        if self._room < 0:
            raise ReplayError("The log of this run becomes too large when it is read.")
        return found

    def _take(self, number: int, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "run.start" if not self.start:
                self.said, self.start = event, self._expanded(event)
            case "run.end":
                self.end = self._expanded(event)
            case "span.start":
                self._begin(number, event)
            case "span.set":
                self._more(event)
            case "span.end":
                self._finish(number, event)
            case told if told in _TOLD:
                span = self.spans.get(str(event.get("span")))
                if span is not None:
                    span.notes.append(self._expanded(event))

    def _begin(self, number: int, event: dict[str, Any]) -> None:
        id = str(event.get("span"))
        if id in self.spans:
            return
        parent, branch = event.get("parent"), event.get("branch", 0)
        self.spans[id] = RecordedSpan(
            id,
            parent if isinstance(parent, str) else None,
            branch if isinstance(branch, int) else 0,
            str(event.get("kind") or "span"),
            str(event.get("name") or ""),
            str(event.get("fingerprint") or ""),
            event.get("effects"),
            self._expanded(event.get("input")),
            _mapping(self._expanded(event.get("attrs"))),
            event.get("agent"),
            number,
            replay=event.get("replay"),
            lossy=_names(event.get("lossy")),
        )

    def _more(self, event: dict[str, Any]) -> None:
        span = self.spans.get(str(event.get("span")))
        if span is None:
            return
        span.sets.append(self._expanded(event))
        span.lossy |= _names(event.get("lossy"))
        if "input" in event:
            span.input = self._expanded(event["input"])
        if "attrs" in event:
            span.attrs.update(_mapping(self._expanded(event["attrs"])))
        if "usage" in event:
            span.usage = event["usage"]

    def _finish(self, number: int, event: dict[str, Any]) -> None:
        span = self.spans.get(str(event.get("span")))
        if span is None or span.ended is not None:
            return
        span.ended = number
        span.status = str(event.get("status") or "ok")
        span.output = self._expanded(event.get("output"))
        span.error = event.get("error")
        span.response = event.get("response")
        span.result = self._expanded(event.get("result"))
        span.usage = event.get("usage") or span.usage
        branches = event.get("branches")
        span.branches = branches if isinstance(branches, int) else 0
        span.attrs.update(_mapping(self._expanded(event.get("attrs"))))
        span.lossy |= _names(event.get("lossy"))

    def _name_all(self) -> None:
        """Give each step its key, in the order in which they began."""
        keys = Keys()
        for span in self.spans.values():
            above = self.spans.get(span.parent) if span.parent else None
            if above is not None and above.began < span.began:  # a log may say anything
                above.children.append(span)
            under = above.key if above is not None else 0
            asked = span.fingerprint if span.is_call else ""
            span.key = keys.key(under, span.branch, span.kind, span.name, asked)
            self.by_key[span.key] = span
            if span.is_call:
                self.of_branch.setdefault(span.branch, []).append(span)


def _events(path: Path) -> Iterator[dict[str, Any]]:
    try:
        if path.stat().st_size > _LONGEST:
            raise ReplayError(f"The log {path} is too long to be played back.")
        data = path.read_bytes()
    except OSError as error:
        said = error.strerror or str(error)
        raise ReplayError(f"The log of this run cannot be read: {path}: {said}.") from None
    for line in data.splitlines():
        try:
            yield wire.decode(line)
        except wire.WireError:
            continue  # a torn last line; whatever else there is, the engine has listed it


def _time(event: dict[str, Any]) -> int:
    found = event.get("time")
    return found if isinstance(found, int) else 0


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _names(value: Any) -> frozenset[str]:
    return (
        frozenset(one for one in value if isinstance(one, str))
        if isinstance(value, list)
        else (frozenset())
    )
