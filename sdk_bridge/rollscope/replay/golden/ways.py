"""The two ways to play a golden file: out of the log that it holds, or out of its bare steps.

Both note what the run asks otherwise and go on as recorded, so that one report has all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from rollscope import wire
from rollscope.capture import dialects
from rollscope.client import default
from rollscope.fingerprints import Fingerprints
from rollscope.replay.golden.files import Golden
from rollscope.replay.golden.report import Difference
from rollscope.replay.golden.steering import StepPlaying
from rollscope.replay.golden.steps import Step, steps_of
from rollscope.replay.plan import Answer, Plan, Question
from rollscope.replay.playback import Playback
from rollscope.replay.record import Record, RecordedSpan, ReplayError
from rollscope.values import to_json


@dataclass(slots=True)
class OfLog:
    """A file that holds the log of the run."""

    golden: Golden
    folder: Path
    record: Record = field(init=False)
    steps: tuple[Step, ...] = field(init=False)
    playing: Any = field(init=False)
    seed: str = field(init=False)
    _asked: list[Difference] = field(init=False, default_factory=list)
    _lock: Any = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self.record = self.golden.record(self.folder)
        self.steps = tuple(steps_of(self.record))
        self.seed = self.record.seed
        plan = Plan(divergence="ask", offline=True)
        # It is the user's own file, named by the user.
        self.playing = Playback(self.record, plan, ask=self._decide, signed=True)

    def _decide(self, question: Question) -> Answer:
        """Note a difference, and go on as recorded as long as something was recorded."""
        expected = self.record.spans.get(question.span or "")
        came = None if expected is None else _comparable(expected, question)
        if expected is None or came is None or question.kind != "divergence":
            asked = _plain(question.input)
            found = Difference("new", question.name, None, None, asked, question.reason)
        else:
            at = next(n for n, step in enumerate(self.steps) if step.span == expected.id)
            found = Difference("changed", self.steps[at].name, at, expected.input, came)
        with self._lock:
            self._asked.append(found)
        return Answer("serve" if found.kind == "changed" else "stop")

    def compared(self, logs: Path, run: str) -> list[Difference]:
        """What was asked otherwise, and what the log of the new run says beside."""
        paths = sorted(logs.glob(f"{run}.*.jsonl"))
        new = Record.read(paths, run)
        found = list(self._asked)
        if not any(one.kind == "new" for one in found):
            found += self._missing(_played(paths))
            found += self._result(new)
        return sorted(found, key=lambda one: (one.index is None, one.index or 0))

    def _missing(self, played: set[str]) -> list[Difference]:
        gone = [
            (at, step)
            for at, step in enumerate(self.steps)
            if step.span not in played and self.record.spans[str(step.span)].is_call
        ]
        return [Difference("missing", step.name, at, step.input) for at, step in gone]

    def _result(self, new: Record) -> list[Difference]:
        """The file may have been written while the run was under way; then it has no result."""
        if not self.record.end:
            return []
        expected, came = _outcome(self.record.end), _outcome(new.end)
        prints = Fingerprints(default().settings.masks)
        if prints.masked(wire.dump(expected)) == prints.masked(wire.dump(came)):
            return []
        return [Difference("result", self.golden.name, None, expected, came)]


@dataclass(slots=True)
class OfSteps:
    """A file that holds steps alone."""

    golden: Golden
    steps: tuple[Step, ...] = field(init=False)
    playing: StepPlaying = field(init=False)
    seed: str = ""

    def __post_init__(self) -> None:
        if not any(step.is_played for step in self.golden.steps):
            raise ReplayError("The golden file has no calls of models or tools.", "golden")
        self.steps = self.golden.steps
        self.playing = StepPlaying(self.steps)

    def compared(self, logs: Path, run: str) -> list[Difference]:
        """What was asked otherwise; of a run that could go on, what was not asked as well."""
        found = list(self.playing.differences)
        if not any(one.kind == "new" for one in found):
            found += self.playing.missing
        return sorted(found, key=lambda one: (one.index is None, one.index or 0))


Way = OfLog | OfSteps


def way_of(golden: Golden, folder: Path) -> Way:
    """How a golden file can be played in a program that stands in ``folder``. Raises ReplayError
    where it cannot."""
    return OfLog(golden, folder) if golden.lines else OfSteps(golden)


def _comparable(expected: RecordedSpan, question: Question) -> Any | None:
    """What was asked now, in the form of what was asked then; None where the recorded step is
    another kind of call and cannot answer."""
    named = expected.attrs.get("dialect")
    if named is None:
        return _plain(question.input) if expected.name == question.name else None
    dialect = next((one for one in dialects.dialects() if one.name == named), None)
    path = urlsplit(str(expected.attrs.get("url"))).path.rstrip("/")
    try:
        if dialect is None or not dialect.matches(path, {}, question.input):
            return None
        return dialect.decode_request(question.input, path).to_log()
    except dialects.NotThisDialect:
        return None


def _plain(value: Any) -> Any:
    """Arguments as a log would hold them."""
    return wire.load(to_json(value).data)


def _outcome(end: Mapping[str, Any]) -> Any:
    """What a run gave: its result, or its error."""
    if end.get("status") == "ok":
        return end.get("output")
    error = end.get("error")
    told = error if isinstance(error, dict) else {}
    return {"status": end.get("status"), "error": told.get("type"), "message": told.get("message")}


def _played(paths: Sequence[Path]) -> set[str]:
    """The steps of the record that the log of a re-run names."""
    found = set()
    for path in paths:
        for line in path.read_bytes().splitlines():
            replay = wire.decode(line).get("replay")
            if isinstance(replay, dict) and isinstance(replay.get("of"), str):
                found.add(replay["of"])
    return found
