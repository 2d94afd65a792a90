"""The rows of a conversation's steps, and of those beside them, read a few at a time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from rollscope_desktop.query.conversation.joins import Joins
from rollscope_desktop.query.conversation.steps import Steps, What
from rollscope_desktop.query.spans import query_spans

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.conversation.news import Comparing
    from rollscope_desktop.query.conversation.talk import Calls


class Near:
    """Rows by the places of steps, and which model call goes on from which."""

    def __init__(self, reader: Reader, steps: Steps, calls: Calls, compare: Comparing) -> None:
        self._reader, self._steps = reader, steps
        self._rows: dict[int, SpanRow] = {}
        self._lines = steps.lines()
        self._joins = Joins(self._lines, self._rows_of, calls, compare, steps.joined)

    def fetch(self, places: Iterable[int]) -> None:
        """Read the rows of steps and of those most likely beside them in one question."""
        wanted: set[int] = set()
        for place in places:
            wanted.add(place)
            if self._steps.what[place] == What.CALL:
                number = self._number(place)
                lines = self._lines
                near = (lines.likeliest(number), *islice(lines.after(number), 1))
                wanted.update(int(self._steps.calls[n]) for n in near if n >= 0)
                wanted.update(self._steps.tools_of(place))
        self._fetch(wanted)

    def row(self, place: int) -> SpanRow | None:
        """The row of the span of a step; None for a place below 0."""
        id = self._steps.span_of(place) if place >= 0 else None
        if id is not None and id not in self._rows:
            self._fetch([place])
        return None if id is None else self._rows.get(id)

    def rows(self, places: Iterable[int]) -> list[SpanRow]:
        """The rows of these steps, as far as there are any."""
        return [row for place in places if (row := self.row(place)) is not None]

    def before(self, place: int) -> int:
        """The place of the call that a call goes on from, -1 for none."""
        number = self._joins.before(self._number(place))
        return -1 if number < 0 else int(self._steps.calls[number])

    def after(self, place: int) -> int:
        """The place of the first call that goes on from a call, -1 for none."""
        number = self._joins.after(self._number(place))
        return -1 if number < 0 else int(self._steps.calls[number])

    def _number(self, place: int) -> int:
        return int(self._steps.calls.searchsorted(place))

    def _fetch(self, places: Iterable[int]) -> None:
        ids = {id for n in places if (id := self._steps.span_of(n)) is not None}
        if lacking := ids - self._rows.keys():
            self._rows.update((row.id, row) for row in query_spans(self._reader, lacking))

    def _rows_of(self, numbers: Iterable[int]) -> dict[int, SpanRow]:
        """The rows of model calls by number."""
        places = {number: int(self._steps.calls[number]) for number in numbers}
        self._fetch(places.values())
        return {n: row for n, at in places.items() if (row := self.row(at)) is not None}
