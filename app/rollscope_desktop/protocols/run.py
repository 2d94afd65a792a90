"""A run while it is received: what its log says so far, and lines that wait to be journaled.

Those who translate a protocol look up here what is known, and write events. What is known is a fold
over the lines of the log: the same whether the lines were just written, or read again from the disk
after a restart.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from rollscope import wire
from rollscope.wire.encode import said

MOST = 1 << 16
"""Steps of one run that are remembered, about 0.5 kB each."""


@dataclass(slots=True)
class Step:
    """What the log says of a span so far.

    ``input`` and ``output`` say whether one was told; ``messages`` is what ``span.set`` told last
    as the messages of the input, as it stands in the log: references, and values; ``settings`` is
    what an attribute of that name holds, where no input was told, and ``answer`` is an output that
    was told before the start. ``model_call``
    is the provider's id of the answer, ``tool_call`` the model's id of the call. ``told`` is the
    latest time of an event of it, in ns: what is told of a span with a later time counts.
    """

    parent: str | None = None
    kind: str = ""
    name: str = ""
    started: bool = False
    ended: bool = False
    input: bool = False
    output: bool = False
    failed: bool = False
    messages: list[Any] | None = None
    settings: Any = None
    answer: Any = None
    model_call: str | None = None
    tool_call: str | None = None
    told: int = 0


_UNKNOWN = Step()


class Runs(Protocol):
    """Where runs come from: a journal, or a dictionary in a test."""

    def __call__(self, run: str) -> Run:
        """The run of this id (32 hex digits); one of which nothing is known is empty."""
        ...


class Run:
    """One run. Events are written in the order in which they arrive; ``time`` is that of the event,
    and so may lie before that of the line above.

    ``start`` holds the fields of the latest ``run.start``, empty when there was none. A run may be
    started again: the later start takes the place of the one before as a whole.
    """

    def __init__(self, id: str, proc: int) -> None:
        self.id = id
        self.steps: dict[str, Step] = {}
        self.start: dict[str, Any] = {}
        self.ended = False
        self.sources: dict[str, None] = {}
        self.waiting: list[bytes] = []
        self._held = 0
        self._encoder = wire.Encoder(id, proc, ordered=False)

    def step(self, span: str) -> Step:
        """What is known of a span, to be read; one of which nothing is known is empty."""
        return self.steps.get(span, _UNKNOWN)

    def has(self, source: str) -> bool:
        """Whether a line was made of this message already: a sender that got no answer sends what
        it sent again. ``source`` is the hash of the message."""
        return source in self.sources

    def write(self, type: str, *, time: int, source: str | None = None, **fields: Any) -> None:
        """Add one event; see docs/run-log.md. ``time`` is in ns. Fields that are None are left out.

        What ``share`` gave stands for itself; a user's own values are given as ``wire.Json``, or by
        ``plain``.
        """
        if source is not None:
            fields["source"] = source
        fields["time"] = time
        line = self._encoder.line_of(type, said(type, fields))
        self.waiting.append(line)
        if type == "run.start":
            self._held = len(line)
        fields["type"] = type
        self.take(fields)

    def share(self, value: Any) -> Any:
        """What to write for a value that comes again, a message or the schema of a tool."""
        return self._encoder.share(value)

    def plain(self, value: Any) -> Any:
        """What to write for a value that somebody sent: its own ``$blob`` keys stay what they are.

        None stays None: the field is left out.
        """
        if value is None or value.__class__ is str:
            return value  # a text has no keys
        return wire.Json(wire.dump(value))

    def take(self, event: Mapping[str, Any]) -> None:
        """Learn from one event of the log."""
        if (source := event.get("source")) is not None:
            self.sources[source] = None
        if (fold := _FOLDS.get(event["type"])) is not None:
            fold(self, event)
        if len(self.steps) > MOST or len(self.sources) > 4 * MOST:
            self._forget_some()

    def recall(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Learn from the log of this process of the run, which goes on behind its last number."""
        seq = -1
        for event in events:
            with contextlib.suppress(KeyError, TypeError):  # somebody changed the file
                seq = max(seq, event.get("seq", -1))
                self.take(event)
        self._encoder.seq = seq + 1
        self._held = len(wire.dump(self.start))

    @property
    def weight(self) -> int:
        """About how much memory it takes, in steps."""
        return len(self.steps) + (len(self.sources) >> 2) + (self._held >> 9)

    def _forget_some(self) -> None:
        """Forget what is oldest: a run may have any number of steps. What is sent again after so
        many others is then written again, and counts once all the same: its ids are the same."""
        for span in list(islice(self.steps, len(self.steps) // 2)):
            del self.steps[span]
        for source in list(islice(self.sources, len(self.sources) // 2)):
            del self.sources[source]


def _run_started(run: Run, event: Mapping[str, Any]) -> None:
    run.start = {name: value for name, value in event.items() if name not in _STAMPS}


def _run_ended(run: Run, event: Mapping[str, Any]) -> None:
    run.ended = True


def _span_started(run: Run, event: Mapping[str, Any]) -> None:
    step = _known(run, event)
    step.started, step.answer = True, None
    step.parent = event.get("parent")
    step.kind, step.name = event.get("kind", "span"), event["name"]


def _span_ended(run: Run, event: Mapping[str, Any]) -> None:
    step = _known(run, event)
    step.ended = True
    step.failed = step.failed or event.get("status") == "error"


def _known(run: Run, event: Mapping[str, Any]) -> Step:
    """The step of an event of a span, with what all of them may tell."""
    step = run.steps.get(event["span"])
    if step is None:
        step = run.steps[event["span"]] = Step()
    sent = event.get("input")
    step.input = step.input or sent is not None
    step.output = step.output or event.get("output") is not None
    if event["type"] == "span.set":
        if isinstance(sent, dict) and "messages" in sent:
            step.messages = sent["messages"]
        if not step.started:
            step.answer = event.get("output", step.answer)
    attrs = event.get("attrs")
    if isinstance(attrs, dict):
        step.settings = attrs.get("settings", step.settings)
        step.model_call = attrs.get("response_id") or step.model_call
        step.tool_call = attrs.get("tool_call_id") or step.tool_call
    when = event.get("time")
    if type(when) is int and when > step.told:
        step.told = when
    return step


_STAMPS = frozenset({"type", "run", "proc", "seq", "time", "source", "v"})
_FOLDS: dict[str, Callable[[Run, Mapping[str, Any]], object]] = {
    "run.start": _run_started,
    "run.end": _run_ended,
    "span.start": _span_started,
    "span.set": _known,
    "span.end": _span_ended,
}
