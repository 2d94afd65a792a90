"""Records an agent, forks it, and checks what a fork promises against what was really done."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollscope.replay import Answer, Edit, Outcome, Plan, Playback, Question, Record, RecordedSpan

if TYPE_CHECKING:
    from tests.sdk_bridge.stub import Request, StubModel


@dataclass
class Done:
    """What tools really did, in whatever thread."""

    calls: list[tuple[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, name: str, what: Any = None) -> None:
        """A tool was called."""
        with self._lock:
            self.calls.append((name, what))

    @property
    def counts(self) -> Counter[str]:
        """How often each was."""
        return Counter(name for name, _ in self.calls)


class Bench:
    """One agent and its model server: records it, and forks what was recorded."""

    def __init__(self, folder: Path, stub: StubModel, done: Done, agent: Any, *args: Any) -> None:
        self.folder = folder
        self.stub = stub
        self.done = done
        self._agent = agent
        self._args = args
        before = set(folder.glob("*.jsonl"))
        result = agent(*args)
        self.result = asyncio.run(result) if inspect.iscoroutine(result) else result
        [path] = set(folder.glob("*.jsonl")) - before
        self.record = Record.read([path], path.name.split(".")[0])
        self.calls = [span for span in self.record.spans.values() if span.is_call]

    def at(self, kind: str, n: int) -> RecordedSpan:
        """The call that began as the n-th, or the first after it of the kind."""
        return next(span for span in self.calls[n:] if span.kind == kind)

    def fork(
        self, edit: Edit | None, ask: Callable[[Question], Answer] | None = None, **plan: Any
    ) -> Fork:
        """A fork with this edit."""
        self.done.calls.clear()
        sent = len(self.stub.requests)
        playback = Playback(self.record, Plan(edit, **plan), signed=True, ask=ask)
        outcome = playback.run(self._agent, self._args, folder=self.folder)
        requests = self.stub.requests[sent:]
        counts = self.done.counts
        assert outcome.run is not None
        made = Record.read([self.folder / f"{outcome.run}.0.jsonl"], outcome.run)
        return Fork(self, edit, outcome, made, requests, counts)


@dataclass
class Fork:
    """A fork, and what was really sent and done while it ran."""

    bench: Bench
    edit: Edit | None
    outcome: Outcome
    record: Record
    requests: list[Request]
    counts: Counter[str]

    def __post_init__(self) -> None:
        spans = self.record.spans.values()
        self.replays: dict[str, dict[str, Any]] = {span.id: span.replay or {} for span in spans}

    def how(self, span: RecordedSpan) -> str:
        """How a step of the fork came about."""
        return str(self.replays[span.id].get("how"))

    def of(self, span: RecordedSpan) -> RecordedSpan | None:
        """The step of the fork that is this step of the record."""
        found = [
            one for id, one in self.record.spans.items() if self.replays[id].get("of") == span.id
        ]
        assert len(found) <= 1, "a step of the record came twice"
        return found[0] if found else None

    def check(self) -> None:
        """What a fork promises."""
        edited = None if self.edit is None or self.edit.span is None else self.edit.span
        assert self.outcome.status == "ok", self.outcome.sentence
        self._nothing_was_done_in_secret()
        if edited is not None:
            at = self.bench.record.spans[edited]
            self._before_is_as_recorded(at)
            found = self.of(at)
            assert found is not None
            assert self.how(found) == "edited"

    def _nothing_was_done_in_secret(self) -> None:
        """The log of the fork tells of each request and each tool, and of no other."""
        live = [
            span for span in self.record.spans.values()
            if span.is_call and (self.how(span) == "live" or self._is_live_edit(span))
        ]  # fmt: skip
        requests = sum(span.attrs.get("attempts", 1) for span in live if span.kind == "llm")
        assert len(self.requests) == requests
        assert self.counts == Counter(span.name for span in live if span.kind == "tool")

    def _is_live_edit(self, span: RecordedSpan) -> bool:
        return (
            self.how(span) == "edited" and self.edit is not None and "input" in self.edit.to_json()
        )

    def _is_inside_played(self, span: RecordedSpan) -> bool:
        above = self.record.spans.get(span.parent or "")
        return above is not None and above.kind == "tool" and self.how(above) == "played"

    def _before_is_as_recorded(self, at: RecordedSpan) -> None:
        for span in self.bench.record.spans.values():
            if span.ended is None or span.ended >= at.began:
                continue
            found = self.of(span)
            assert found is not None, f"{span.kind} {span.name} is missing"
            if span.is_call:
                is_called = span.effects == "state" and not self._is_inside_played(found)
                assert self.how(found) == ("live" if is_called else "played")
            assert told(found) == told(span)


def told(span: RecordedSpan) -> dict[str, Any]:
    """What a log says of a step, but for what names it, what it took, and what it cost."""
    return {
        "kind": span.kind, "name": span.name, "branch": span.branch, "key": span.key,
        "effects": span.effects, "input": span.input, "output": span.output,
        "status": span.status, "fingerprint": span.fingerprint, "attrs": _settled(span.attrs),
        "agent": span.agent, "lossy": span.lossy, "error": _error(span.error),
    }  # fmt: skip


def _settled(attrs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attrs.items() if name != "url"}


def _error(error: Any) -> Any:
    return {n: v for n, v in error.items() if n != "stack"} if isinstance(error, dict) else error
