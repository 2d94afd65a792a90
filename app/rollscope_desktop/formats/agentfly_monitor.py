"""AgentFly's monitor folders: chains, what is known of them in a file beside, and metrics."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import msgspec

from rollscope import wire
from rollscope_desktop.formats.base import Place, Reader, derived_id, empty, problem, records
from rollscope_desktop.formats.clock import from_any
from rollscope_desktop.formats.trajectory import FORMAT, Chain, end, signals, start
from rollscope_desktop.model.events import Any_Event, Batch, Occurrence, RunStart, Signal

_TRAJECTORY = "agent/rollout/trajectory"
_INFO = "agent/rollout/info"
_SAMPLES = {
    "agent/rollout/sample_trajectory": "segments",
    "agent/rollout/slowest_message": "messages",
}
_FILE = "agent-rollout-{}.jsonl"
_KEYS = ("kind", "name", "value", "timestamp")
_FIRST = re.compile(
    rb'\s*\{\s*"kind"\s*:\s*"(?:text|scalar|list|hist|resource)"\s*,'
    rb'\s*"name"\s*:\s*"agent/[^"\n]*"\s*,\s*"value"\s*:'
)


class MonitorReader:
    """Reads one file of a monitor folder; counts its lines, for two files are joined by that."""

    def __init__(self, place: Place, state: bytes) -> None:
        self._place = place
        self._folder = place.parts[:-1]
        self._seen: int = msgspec.json.decode(state, type=int) if state else 0
        self._has_chains = _FILE.format("trajectory") in place.beside
        self._has_infos = _FILE.format("info") in place.beside
        self._batch = empty()

    def state(self) -> bytes:
        """How many lines have been read."""
        return msgspec.json.encode(self._seen)

    def feed(self, data: bytes, offset: int, line: int) -> Batch:
        """The events of whole lines."""
        self._batch = empty()
        for number, raw in enumerate(data.split(b"\n"), line):
            if raw and not raw.isspace():
                self._line(raw, number, offset)
            offset += len(raw) + 1
        return self._batch

    def _line(self, raw: bytes, line: int, offset: int) -> None:
        ordinal = self._seen
        self._seen += 1
        problems: dict[str, None] = {}
        try:
            said = wire.decode(raw)
            events = self._events(said, ordinal, problems)
        except wire.WireError as error:
            events = []
            problems[str(error)] = None
        batch = self._batch
        batch.problems += [problem(reason, line, offset) for reason in problems]
        for event in events:
            # What only adds to a run that another file begins does not say where that begins.
            lies = not (isinstance(event, RunStart) and event.path == _ADDS)
            batch.events.append(event)
            batch.offsets.append(offset if lies else 0)
            batch.lengths.append(len(raw) if lies else 0)

    def _events(
        self, said: dict[str, Any], ordinal: int, problems: dict[str, None]
    ) -> list[Any_Event]:
        if any(key not in said for key in _KEYS):
            problems["The line is no record of a monitor."] = None
            return []
        name, value = said["name"], said["value"]
        if name == _TRAJECTORY:
            return self._trajectory(_inner(value), ordinal, problems)
        if name == _INFO:
            return self._info(_inner(value), ordinal)
        if isinstance(name, str) and name in _SAMPLES:
            # The same chains as in the file of trajectories, one of them picked at random.
            return [] if self._has_chains else self._sample(name, _inner(value), ordinal, problems)
        return self._metric(said, ordinal)

    def _run(self, ordinal: int) -> str:
        return derived_id(16, FORMAT, *self._folder, "chain", ordinal)

    def _trajectory(
        self, value: object, ordinal: int, problems: dict[str, None]
    ) -> list[Any_Event]:
        run = self._run(ordinal)
        chain = Chain(run, value, "value/!", lambda reason: problems.update({reason: None}))
        events = chain.events()
        begin: Any_Event
        if self._has_infos:
            begin = RunStart(run=run, time=0, ordered=True, path=chain.prompt())
            return [begin, *events]
        begin = start(run, {}, f"chain {ordinal}", chain.prompt())
        return [begin, *events, end(run, {}, chain.last, max(chain.count - 1, 0))]

    def _info(self, value: object, ordinal: int) -> list[Any_Event]:
        if not isinstance(value, dict):
            raise wire.WireError("The value of an info line is no object.")
        run = self._run(ordinal)
        path = _ADDS if self._has_chains else "value/!"
        return [
            start(run, value, f"chain {ordinal}", path),
            *signals(run, value, "value/!"),
            end(run, value, "value/!"),
        ]

    def _sample(
        self, name: str, value: object, ordinal: int, problems: dict[str, None]
    ) -> list[Any_Event]:
        if not isinstance(value, dict):
            raise wire.WireError("The value of a sample is no object.")
        key = _SAMPLES[name]
        run = derived_id(16, FORMAT, *self._place.parts, ordinal)
        report = problems.setdefault
        chain = Chain(run, value.get(key), f"value/!/{key}", lambda reason: report(reason))
        events = chain.events()
        return [
            start(run, value, f"chain {ordinal}", chain.prompt()),
            *events,
            *signals(run, value, "value/!"),
            end(run, value, chain.last, max(chain.count - 1, 0)),
        ]

    def _metric(self, said: dict[str, Any], ordinal: int) -> list[Any_Event]:
        """All metrics of a folder are notes of one run; theirs is the only clock in it."""
        run = derived_id(16, FORMAT, *self._folder, "metrics")
        name, value, time = said["name"], said["value"], from_any(said["timestamp"])
        name = name if isinstance(name, str) else str(name)
        event: Any_Event
        if isinstance(value, str):
            event = Occurrence(run=run, time=time, name=name, path="")
        else:
            event = Signal(run=run, time=time, name=name, value=value, path="")
        if ordinal:
            return [event]
        folder = f" of {self._folder[-1]}" if self._folder else ""
        return [RunStart(run=run, name=f"metrics{folder}", path=_ADDS), event]


_ADDS = ""
"""The path of a start that does not say where its run's input lies."""


def _inner(value: object) -> object:
    """The value of a text record: JSON written as a text."""
    if not isinstance(value, str):
        return value
    return wire.load(value.encode("utf-8", "surrogatepass"))


class AgentFlyMonitor:
    """The format of the files in a monitor folder."""

    name = "agentfly-monitor"
    title = "AgentFly monitor folder"
    framing = "lines"
    ordered = True
    named_by_path = True

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether the file holds a monitor's records, or is the empty one beside those that do."""
        if not head:
            beside = any(name.startswith("agent-rollout-") for name in place.beside)
            return beside and place.name == "default.jsonl"
        if _FIRST.match(head):
            return True  # also when the first line is longer than what is shown of it
        for _, raw in islice(records(head, 0), 8):
            try:
                said = wire.load(raw)
            except wire.WireError:
                continue
            if isinstance(said, dict) and all(key in said for key in (*_KEYS, "x_name")):
                return True
        return False

    def opening(self, head: bytes) -> bytes:
        """Nothing is known before the first line."""
        return b""

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader that goes on counting where ``state`` was made."""
        return MonitorReader(place, state)
