"""Rows and fragments of the spans on screen: a cache that asks for what it does not have."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.query.spans import query_spans
from rollscope_desktop.services.jobs import Jobs, Lane, asking, steps

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Following, Opening
    from rollscope_desktop.viewmodels.run_watch import RunWatch

_ROWS_KEPT = 6_000
_FRAGMENTS_KEPT = 6_000
_AT_ONCE = 400
_FRAGMENTS_AT_ONCE = 120


class Details(QObject):
    """Answers at once with what it has, and says later when there is more."""

    arrived = Signal(object)
    """Ids of spans of which more is known now."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._rows: OrderedDict[int, SpanRow] = OrderedDict()
        self._fragments: OrderedDict[int, str] = OrderedDict()
        self._old: set[int] = set()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._unsaid: OrderedDict[int, SpanRow] = OrderedDict()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)

    def attend(self, watch: RunWatch) -> None:
        """Take the rows that come along with the outline of the open run."""
        watch.opened.connect(self._take_opening)
        watch.grown.connect(self._take_following)
        watch.axis_changed.connect(self._renew_open)

    def _renew_open(self) -> None:
        """Something was heard of the run: of steps that have not ended there may be more to say."""
        ids = [id for id, row in self._rows.items() if row.status == OPEN]
        if ids:
            self._old.update(ids)
            self.arrived.emit(ids)

    def _take_opening(self, opening: Opening) -> None:
        self.put(opening.rows)

    def _take_following(self, following: Following) -> None:
        growth = following.growth
        self.outdate(growth.structure.id_of(index) for index in growth.changed.tolist())
        self.put(following.rows)

    def clear(self) -> None:
        """Forget everything, and what was asked."""
        self._jobs.drop(self)
        self._timer.stop()
        for kept in (self._rows, self._fragments, self._old, self._wanted, self._unsaid):
            kept.clear()

    def put(self, rows: Iterable[SpanRow]) -> None:
        """Take rows that came along with something else."""
        for row in rows:
            if self._rows.get(row.id) != row:
                self._rows[row.id] = row
                self._fragments.pop(row.id, None)
            self._rows.move_to_end(row.id)
            self._old.discard(row.id)
        self._shrink()

    def outdate(self, ids: Iterable[int]) -> None:
        """These spans have changed: show what is known of them until they are read again."""
        for id in ids:
            if id in self._rows:
                self._old.add(id)
            self._fragments.pop(id, None)

    def row(self, id: int) -> SpanRow | None:
        """The row of a span, or None while it is on its way."""
        row = self._rows.get(id)
        if row is None or id in self._old:
            self._wanted[id] = None
            self._wanted.move_to_end(id)
            self._soon()
        return row

    def fragment(self, row: SpanRow) -> str:
        """What happened in a span, in a few words; "" while that is on its way."""
        said = self._fragments.get(row.id)
        if said is None:
            if row.id not in self._unsaid:
                self._unsaid[row.id] = row
                self._soon()
            return ""
        return said

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start(0)

    def _ask(self) -> None:
        if self._wanted:
            while len(self._wanted) > _AT_ONCE:
                self._wanted.popitem(last=False)
            question = asking(query_spans, list(self._wanted))
            self._jobs.start(self, "rows", question, self._take_rows)
        if self._unsaid and not self._jobs.is_busy(self, "fragments"):
            while len(self._unsaid) > _FRAGMENTS_AT_ONCE:
                self._unsaid.popitem(last=False)
            self._jobs.start(
                self, "fragments", steps(_read_fragments, list(self._unsaid.values())),
                self._all_said, partial=self._take_fragments, failed=self._not_said,
                lane=Lane.PAYLOADS,
            )  # fmt: skip

    def _take_rows(self, rows: list[SpanRow]) -> None:
        self.put(rows)
        for row in rows:
            self._wanted.pop(row.id, None)
        self.arrived.emit([row.id for row in rows])

    def _take_fragments(self, said: dict[int, str]) -> None:
        for id, fragment in said.items():
            self._fragments[id] = fragment
            self._unsaid.pop(id, None)
        self._shrink()
        self.arrived.emit([id for id, fragment in said.items() if fragment])

    def _all_said(self, said: dict[int, str]) -> None:
        self._take_fragments(said)
        if self._unsaid:
            self._soon()

    def _not_said(self, error: Exception) -> None:
        # Fragments are an extra: without them lines are shorter, and the inspector says why.
        self._unsaid.clear()

    def _shrink(self) -> None:
        while len(self._rows) > _ROWS_KEPT:
            self._old.discard(self._rows.popitem(last=False)[0])
        while len(self._fragments) > _FRAGMENTS_KEPT:
            self._fragments.popitem(last=False)


def _read_fragments(reader: Reader, rows: list[SpanRow]) -> Generator[Any, None, dict[int, str]]:
    from rollscope_desktop.query.fragments import query_fragments

    return (yield from query_fragments(reader, rows))
