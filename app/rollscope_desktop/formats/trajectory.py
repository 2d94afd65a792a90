"""Turns the message lists of one AgentFly chain into spans: segments, turns, model calls, tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollscope import wire
from rollscope_desktop.formats.base import derived_id
from rollscope_desktop.formats.values import number, text, whole
from rollscope_desktop.model.events import (
    Any_Event,
    Flag,
    Group,
    Occurrence,
    RunEnd,
    RunStart,
    Signal,
    Span,
)

FORMAT = "agentfly"
_SUMMARY = "[Previous Summary]"
_NUMBERS = ("chain_idx", "group_idx")


@dataclass(slots=True, eq=False)
class _Step:
    """A span in the making: what ends it may stand many messages further on."""

    id: str
    parent: str | None
    kind: str
    name: str
    start: int
    end: int | None
    status: str = ""
    input: str | None = None
    output: str | None = None
    flags: int = 0


def start(run: str, said: dict[str, Any], fallback: str, path: str = "") -> RunStart:
    """The start of a chain, with what a dump or an info line says about it."""
    group, chain, index = text(said.get("group_id")), *map(whole, map(said.get, _NUMBERS))
    extra = said.get("metadata")
    task = (extra if isinstance(extra, dict) else said).get("task_id")
    prompt = text(task) or (None if whole(task) is None else str(task))
    if prompt is None and index is not None:
        prompt = f"group {index}"
    elif prompt is None and group is not None:
        prompt = f"group {group[:8]}"
    known = chain is not None and prompt is not None
    return RunStart(
        run=run,
        time=0,
        name=f"chain {chain} of {prompt}" if known else fallback,
        group=Group(id=group, index=index, chain=chain),
        source_id=text(said.get("chain_id")),
        ordered=True,
        path=path,
    )


def end(run: str, said: dict[str, Any], path: str, time: int | None = None) -> RunEnd:
    """The end of a chain: why and with which reward; whether that is a success it does not say."""
    reward = said.get("reward")
    if isinstance(reward, dict):
        reward = reward.get("reward")
    finish = said.get("finish_reason")
    return RunEnd(
        run=run, time=time, status="", reward=number(reward), finish_reason=text(finish), path=path
    )


def signals(run: str, said: dict[str, Any], base: str) -> list[Signal]:
    """What was measured of a chain: the reward function's extras and the wall time."""
    reward = said.get("reward")
    inside = f"{base}/" if base else ""
    found: list[tuple[str, object, str]] = []
    for where, extras in (
        ("metrics", said.get("metrics")),
        ("reward/extras", reward.get("extras") if isinstance(reward, dict) else None),
    ):
        if isinstance(extras, dict):
            found += [
                (name, value, f"{inside}{where}" + ("" if "/" in name else f"/{name}"))
                for name, value in extras.items()
            ]
    found += [
        (name, said[name], inside + name)
        for name in ("rollout_time_sec", "segment_rewards")
        if said.get(name) is not None
    ]
    return [Signal(run=run, name=name, value=value, path=path) for name, value, path in found]


class Chain:
    """Reads the segments of one chain. Times are numbers of messages, counted over all segments."""

    def __init__(
        self, run: str, segments: object, base: str, report: Callable[[str], None]
    ) -> None:
        """``base`` is the path of the segments in their record."""
        self._run = run
        self._base = base
        self._report = report
        # Some records hold one plain list of messages instead of a list of segments.
        self._plain = isinstance(segments, list) and any(isinstance(m, dict) for m in segments)
        self._segments: list[Any] = [segments] if self._plain else _list(segments)
        self._steps: list[_Step] = []
        self._notes: list[Occurrence] = []
        self._open: dict[str, list[_Step]] = {}  # calls without a result yet, by their id
        self._summaries: list[tuple[_Step, str]] = []  # calls that may have folded the context
        self._turns = 0
        self.count = 0
        self.last = ""
        """The path of the last message."""
        if not isinstance(segments, list):
            report("A chain has no list of segments.")

    def prompt(self) -> str:
        """The path of the messages before the first answer."""
        segment = self._segments[0] if self._segments else None
        return self._at(0, f":{_prefix(segment)}") if isinstance(segment, list) else ""

    def events(self) -> list[Any_Event]:
        """The spans of all segments, and a note at each place where the context was folded."""
        many = len(self._segments) > 1
        for k, segment in enumerate(self._segments):
            if not isinstance(segment, list):
                self._report(f"Segment {k + 1} of a chain is no list of messages.")
                continue
            if many:
                self._enter(k, segment)
            self._read(k, segment, self._steps[-1] if many else None)
        for step in (step for calls in self._open.values() for step in calls):
            step.flags |= Flag.NO_RESULT
        spans = [
            Span(
                run=self._run, time=s.start, span=s.id, parent=s.parent, kind=s.kind, name=s.name,
                status=s.status, end=s.end, input=s.input, output=s.output, flags=s.flags,
            )
            for s in self._steps
        ]  # fmt: skip
        return [*spans, *self._notes]

    def _at(self, k: int, part: object) -> str:
        inside = str(part) if self._plain else f"{k}/{part}"
        return f"{self._base}/{inside}" if self._base else inside

    def _step(
        self, kind: str, name: str, parent: _Step | None, begin: int, end: int | None
    ) -> _Step:
        id = derived_id(8, self._run, len(self._steps))
        step = _Step(id, None if parent is None else parent.id, kind, name, begin, end)
        self._steps.append(step)
        return step

    def _enter(self, k: int, segment: list[Any]) -> None:
        """A segment begins; each but the first with what the fold before it left."""
        prefix = _prefix(segment)
        begin = self.count
        step = self._step(
            "task", f"segment {k + 1}", None, begin, max(begin, begin + len(segment) - 1)
        )
        step.input, step.flags = self._at(k, f":{prefix}"), Flag.NO_OUTPUT
        if k == 0:
            return
        step.flags |= Flag.FOLDED
        self._notes.append(
            Occurrence(
                run=self._run, time=begin, span=step.id, name="context folded", path=step.input
            )
        )
        if not self._summaries:
            return
        call, id = self._summaries.pop(0)
        self._open[id].remove(call)
        for j in range(prefix - 1, -1, -1):
            if _SUMMARY in _words(segment[j]):
                call.output, call.end = self._at(k, j), begin + j
                return
        call.flags |= Flag.NO_OUTPUT  # it did fold, but what came of it was lost

    def _read(self, k: int, segment: list[Any], parent: _Step | None) -> None:
        first = self.count
        turn: _Step | None = None
        for j, message in enumerate(segment):
            now = self.count
            self.count += 1
            self.last = self._at(k, j)
            if not isinstance(message, dict):
                self._report(f"Message {j + 1} of segment {k + 1} is no object.")
                continue
            role = message.get("role")
            if role == "assistant":
                turn = self._turn(k, j, message, parent, max(now - 1, first), now)
            elif role == "tool":
                self._result(k, j, message, turn or parent, now)
            else:
                continue
            if turn is not None:
                turn.end = now

    def _turn(
        self, k: int, j: int, message: dict[str, Any], parent: _Step | None, begin: int, now: int
    ) -> _Step:
        turn = self._step("task", f"turn {self._turns}", parent, begin, now)
        turn.flags = Flag.NO_INPUT | Flag.NO_OUTPUT
        self._turns += 1
        call = self._step("llm", "model call", turn, begin, now)
        call.status, call.output = "ok", self._at(k, j)
        if j:
            call.input = self._at(k, f":{j}")
        else:
            call.flags |= Flag.NO_INPUT
        for c, asked in enumerate(_list(message.get("tool_calls"))):
            if not isinstance(asked, dict):
                self._report(f"A tool call of message {j + 1} of segment {k + 1} is no object.")
                continue
            self._call(f"{self._at(k, j)}/tool_calls/{c}", c, asked, turn, now)
        return turn

    def _call(self, path: str, c: int, asked: dict[str, Any], turn: _Step, now: int) -> None:
        function = asked.get("function")
        where = f"{path}/function"
        if not isinstance(function, dict):
            function, where = asked, path
        name = text(function.get("name"))
        step = self._step("tool", name or f"tool {c + 1}", turn, now, None)
        step.flags = 0 if name else Flag.NO_NAME
        arguments = function.get("arguments")
        if arguments is None:
            step.flags |= Flag.NO_INPUT
        else:
            step.input = f"{where}/arguments" + ("/!" if _is_json(arguments) else "")
        id = str(asked.get("id"))
        self._open.setdefault(id, []).append(step)
        if name == "summarize":
            self._summaries.append((step, id))

    def _result(
        self, k: int, j: int, message: dict[str, Any], parent: _Step | None, now: int
    ) -> None:
        """Pair a result with the nearest call before it that has the same id and no result."""
        calls = self._open.get(str(message.get("tool_call_id")))
        if calls:
            step = calls.pop()
            step.start = max(step.start, now - 1)
            self._summaries = [pair for pair in self._summaries if pair[0] is not step]
        else:
            name = text(message.get("tool_name")) or text(message.get("name"))
            step = self._step("tool", name or "tool", parent, max(now - 1, 0), now)
            step.flags = Flag.NO_CALL | Flag.NO_INPUT | (0 if name else Flag.NO_NAME)
        step.end = now
        step.output = f"{self._at(k, j)}/content"


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _prefix(segment: list[Any]) -> int:
    """How many messages there are before the first answer."""
    for j, message in enumerate(segment):
        if isinstance(message, dict) and message.get("role") in ("assistant", "tool"):
            return j
    return len(segment)


def _words(message: object) -> str:
    """The text of a message, for looking something up in it."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return "\n".join(
            part["text"]
            for part in content
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return content if isinstance(content, str) else ""


def _is_json(arguments: object) -> bool:
    """Whether arguments are a text that is JSON itself."""
    if not isinstance(arguments, str):
        return False
    try:
        wire.load(arguments.encode("utf-8", "surrogatepass"))
    except wire.WireError:
        return False
    return True
