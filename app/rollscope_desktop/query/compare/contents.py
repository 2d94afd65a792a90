"""Reads what went in and came out of the steps of a run, in long stretches of its logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.alignment import UNKNOWN, Side
from rollscope_desktop.model.assemble import ERROR, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.query.compare.digests import Digests, Known
from rollscope_desktop.query.compare.stretches import GONE, first_told, read_blobs, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.query.compare.steps import Steps
    from rollscope_desktop.query.payloads import Payloads

_FREE = ("played", "reused", "edited")


class Contents:
    """One run as a ``Side`` that is filled from its beginning. ``close`` closes its logs.

    ``foreign``: the other run was written in another format, so that previews and what only some
    formats tell are not compared. ``unread`` counts the steps that could not be read.
    """

    def __init__(self, payloads: Payloads, steps: Steps, known: Known, *, foreign: bool) -> None:
        self.steps = steps
        self.done = 0
        self.unread = 0
        self._payloads = payloads
        self._digests = Digests(payloads, known)
        self._foreign = foreign
        words, rows, count = steps.words, steps.rows, len(steps)
        self.side = Side(
            [row.id for row in rows],
            steps.parent,
            [words[row.kind] or "span" for row in rows],
            [words[row.name] for row in rows],
            [words[row.model] for row in rows],
            [words[row.how] or None for row in rows],
            [row.status for row in rows],
            [UNKNOWN] * count,
            [UNKNOWN] * count,
            [UNKNOWN] * count,
            [steps.duration(place) for place in range(count)],
            [_spent(steps, place, steps.tokens(place)) for place in range(count)],
            [_spent(steps, place, rows[place].cost) for place in range(count)],
            goes_on=steps.run.status == OPEN and not steps.run.cut_off,
        )
        self._input: list[int] = self.side.input  # type: ignore[assignment]
        self._settings: list[int] = self.side.settings  # type: ignore[assignment]
        self._output: list[int] = self.side.output  # type: ignore[assignment]
        self._model: list[str] = self.side.model  # type: ignore[assignment]

    def read(self, until: int) -> None:
        """Fill in the contents of the places before ``until`` that are not there yet."""
        until = min(until, len(self.steps))
        places = range(self.done, until)
        self.done = max(self.done, until)
        ins = [self.steps.inputs(place) for place in places]
        outs = [self.steps.outputs(place) for place in places]
        records = read_records(
            self._payloads, self.steps, (at for some in (ins, outs) for told in some for at in told)
        )
        given = [first_told(spots, records) for spots in ins]
        self._share(value for place, (_, value) in zip(places, given, strict=True)
                    if self.side.kind[place] == "llm")  # fmt: skip
        for place, came, went in zip(places, given, outs, strict=True):
            self._one(place, came, first_told(went, records))

    def _share(self, requests: Iterable[Any]) -> None:
        """Read the messages that model calls refer to at once."""
        names: set[str] = set()
        for request in requests:
            names |= self._digests.unknown(request)
        for name, value in read_blobs(self._payloads, self.steps, names):
            self._digests.learn(name, value)

    def _one(self, place: int, given: tuple[Any, Any], told: tuple[Any, Any]) -> None:
        flags = self.steps.rows[place].flags or 0
        unread = False
        if not flags & Flag.NO_INPUT and not (self._foreign and flags & Flag.INPUT_PREVIEW):
            unread |= given[0] is GONE
            self._asked(place, *given)
        if (
            self.side.status[place] != OPEN
            and not flags & Flag.NO_OUTPUT
            and not (self._foreign and flags & Flag.OUTPUT_PREVIEW)
        ):
            unread |= told[0] is GONE
            self._answered(place, *told)
        self.unread += unread

    def _asked(self, place: int, record: Any, value: Any) -> None:
        if record is None or record is GONE:
            return
        if self.side.kind[place] != "llm":
            self._input[place], self._settings[place] = self._digests.of(value), 0
            return
        key, listed = "", False
        if isinstance(record, dict):
            key, listed = str(record.get("span", "")), record.get("listed") is True
        messages, settings, model = self._digests.of_request(value, key, listed=listed)
        self._input[place] = messages
        if not self._foreign:
            self._settings[place] = settings
        if model:
            self._model[place] = model

    def _answered(self, place: int, record: Any, value: Any) -> None:
        if record is None or record is GONE:
            return
        llm = self.side.kind[place] == "llm"
        found = self._digests.of_answer(value) if llm else self._digests.of(value)
        if self.side.status[place] == ERROR and isinstance(record, dict):
            error = record.get("error")
            if isinstance(error, dict):
                error = [error.get("type"), error.get("message")]
            if error:
                found = self._digests.of([found, error])
        self._output[place] = found


def _spent(steps: Steps, place: int, told: int | None) -> int | None:
    """What a step cost; nothing, not something unknown, where a fork had it from its record."""
    if told is None and steps.words[steps.rows[place].how] in _FREE:
        return 0
    return told
