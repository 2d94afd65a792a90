"""The steps of a run, or of all runs, as a flat table: ids in an order, and rows for the screen.

What the order is, and which spans fit, is found out in jobs; until it is, the first page stands
there alone. A live run goes on at the end of the list, or is counted where the list is sorted.
"""

from __future__ import annotations

from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.span_list.orders import NUMBER
from rollscope_desktop.services.jobs import Lane, asking, steps
from rollscope_desktop.viewmodels.span_list.columns import signal_column
from rollscope_desktop.viewmodels.span_list.orders import (
    Asked,
    KeptOrders,
    read_count,
    read_first,
    read_order,
)
from rollscope_desktop.viewmodels.span_list.question import AS_IT_CAME, Question, Sort
from rollscope_desktop.viewmodels.span_list.sums import ListSums
from rollscope_desktop.viewmodels.span_list.table import OrderTable

if TYPE_CHECKING:
    from rollscope_desktop.query.outline import Following, Opening
    from rollscope_desktop.query.span_list.orders import First
    from rollscope_desktop.query.span_list.ranking import Order
    from rollscope_desktop.viewmodels.open_run import OpenRun

CALM = 1.0
"""Seconds that at least lie between two looks at a list that grows; four times what one takes."""


class ListState(Enum):
    """What the list can show."""

    READING = "reading"
    FULL = "full"
    NOTHING = "nothing"  # nothing fits
    FAILED = "failed"


class SpanListModel(OrderTable):
    """The list. ``active``: somebody looks at it; while nobody does, nothing is asked. ``settled``
    says that all of the list is there."""

    settled = Signal()
    state_changed = Signal()
    busy_changed = Signal(bool)
    sort_changed = Signal()
    news_changed = Signal(int)
    """So many steps fit by now that are not in the list, which is sorted."""

    def __init__(self, run: OpenRun, parent: QObject | None = None) -> None:
        super().__init__(run, parent)
        self._run, self._jobs, self._watch = run, run.jobs, run.watch
        self.state, self.failure = ListState.READING, ""
        self.active = self.busy = False
        self.news = 0
        self._question = Question(run)
        self._asked: Asked | None = None
        self._before: tuple[Sort, Order] | None = None
        self._kept = KeptOrders()
        self._partial, self._stale = False, True
        self._asked_by_person = True
        self.sums = ListSums(run.jobs, self._question.asked, self)
        self._asked_at = self._cost = 0.0
        self._calm = QTimer(self, singleShot=True)
        self._calm.timeout.connect(self._look_again)
        self._connect()

    def _connect(self) -> None:
        watch, scope = self._watch, self._run.scope
        watch.begun.connect(self._begin)
        watch.opened.connect(self._open)
        watch.grown.connect(self._grow)
        watch.axis_changed.connect(self.look_different)
        scope.filter_changed.connect(self.ask)
        scope.range_changed.connect(self._take_range)
        self._run.playhead.moved.connect(self.look_different)
        self.sums.signals_found.connect(self._take_signals)

    # What is listed

    @property
    def sort(self) -> Sort:
        """How the list is sorted."""
        return self._question.sort

    def sort_by(self, column: str, descending: bool) -> None:
        """Stand in the order of a column."""
        if (column, descending) == self.sort:
            return
        order = self._order
        self._before = None if order is None or self._partial else (self.sort, order)
        self._question.sort = Sort(column, descending)
        self.sort_changed.emit()
        self.ask(keep=True)

    def set_everything(self, on: bool) -> None:
        """List the steps of all runs, or those of the open one."""
        if on != self.everything:
            self._question.everything = self._lines.everything = on
            self._forget()
            self.sort_changed.emit()
            self.ask()
            self._ask_signals()

    def set_active(self, on: bool) -> None:
        """Somebody looks, or nobody does any more."""
        self.active = on
        if on and self._stale:
            self.ask()
            self._ask_signals()
        elif not on:
            self._calm.stop()
            self.sums.pause()

    def ask(self, _why: object = None, *, keep: bool = False, quiet: bool = False) -> None:
        """Find out the order anew. ``keep``: the same spans in another order; ``quiet``: nobody
        asked, so that what is shown stays until all is known."""
        self._stale = not self.active
        if self._stale:
            return
        for topic in ("page", "order", "count"):
            self._jobs.drop(self, topic)
        self._calm.stop()
        self.sums.pause()
        if quiet:
            self.sums.outdate()
        elif not keep:
            self.sums.forget()
        if not keep:
            self._before = None
        self._asked_by_person = not quiet
        self._partial = False
        if not self.everything and (self._watch.outline is None or self._question.is_plain()):
            self._set_busy(False)
            self._take_plain()
            return
        asked = self._asked = self._question.asked()
        if not self.everything and not self._watch.whole:
            self._set_busy(True)  # it is asked when all of the run is there
            return
        found = self._kept.find(asked)
        if found is not None and not found[1]:
            self._take_whole(found[0])
            return
        self._set_busy(True)
        self._asked_at = monotonic()
        if asked.filter.strip() and found is None and not quiet:
            # The runs and all views ask what fits, one after another; this page need not wait.
            self._jobs.start(
                self, "page", asking(read_first, asked), self._take_page, failed=self._fail,
                lane=Lane.PAYLOADS,
            )  # fmt: skip
        else:
            self._ask_whole(asked, found and found[0], page=not quiet)

    def _ask_whole(self, asked: Asked, turn: Order | None, *, page: bool) -> None:
        outline = None if self.everything else self._watch.outline
        self._jobs.start(
            self, "order", steps(read_order, asked, outline, turn, page), self._take_whole,
            partial=self._take_first if page else None, failed=self._fail, lane=Lane.ORDERS,
        )  # fmt: skip

    @property
    def can_cancel(self) -> bool:
        """Whether the list is being sorted, and there is a way back to how it stood."""
        return self.busy and self._before is not None

    def cancel(self) -> bool:
        """Stop sorting, and go back to how the list stood; False when it is not being sorted."""
        if not self.busy or self._before is None:
            return False
        self._jobs.drop(self)
        self._question.sort, order = self._before
        self._before, self._partial = None, False
        self._asked = self._question.asked()
        self.sort_changed.emit()
        self._set_busy(False)
        self.set_order(order, asked=True)
        self.settled.emit()
        return True

    def take_changes(self) -> None:
        """Runs have changed, which may not be the open one."""
        if self.everything:
            self._kept.clear()
            self._lines.outdate_runs()
            self._follow_soon()

    def _take_range(self, range: object) -> None:
        if not self.everything:
            self.ask()

    # What arrives

    def _begin(self) -> None:
        if self.everything:
            self.look_different()
            return
        self._forget()
        self._set_state(ListState.READING)

    def _forget(self) -> None:
        self._jobs.drop(self)
        self._calm.stop()
        self._kept.clear()
        self._lines.forget()
        self._before = None
        self._partial = False
        self.sums.forget()
        self._set_busy(False)
        self.set_order(None, asked=True)

    def _open(self, opening: Opening) -> None:
        if self.everything:
            self.look_different()
            return
        if self._question.is_plain() and self._order is not None and len(self._order):
            self._append_numbers(opening.outline.structure.number)
        else:
            self.ask()
        if opening.whole:
            self._sum_later()
            self._ask_signals()
            self.settled.emit()

    def _grow(self, following: Following) -> None:
        made = following.growth.structure
        changed = [made.id_of(index) for index in following.growth.changed.tolist()]
        self._lines.outdate(changed)
        self._lines.put(following.rows)
        if self.everything:
            self.take_changes()
            return
        self._kept.clear()
        if self._question.is_plain() and self._order is not None:
            self._append_numbers(made.number)
            self.sums.outdate()
            self._sum_later()
        else:
            self._follow_soon()

    def _take_plain(self) -> None:
        from rollscope_desktop.query.span_list.ranking import as_they_came

        self._asked = self._question.asked()
        outline, run = self._watch.outline, self._watch.run
        if outline is None or run is None:
            self.set_order(None, asked=True)
            self._set_state(ListState.READING)
        else:
            self._show(as_they_came(run, outline.structure.number))

    def _take_first(self, first: First) -> None:
        from rollscope_desktop.query.span_list.ranking import listed

        self._lines.put(first.rows)
        self.set_order(listed(first.ids), asked=True)
        self._partial = True
        self._set_state(ListState.FULL)

    def _take_page(self, first: First | None) -> None:
        if first is not None:
            self._take_first(first)
        if self._asked is not None:
            self._ask_whole(self._asked, None, page=False)

    def _take_whole(self, order: Order) -> None:
        if self.busy:
            self._cost = monotonic() - self._asked_at
        if self._asked is not None:
            self._kept.keep(self._asked, order)
        self._set_busy(False)
        self._before = None
        self._show(order)

    def _show(self, order: Order) -> None:
        shown = self._order
        partial, self._partial = self._partial, False
        if partial and shown is not None and _begins(order, shown):
            self.append(order)
        elif not self._asked_by_person and shown is not None and self.sort.column == NUMBER:
            self.change_to(order)
        else:
            self.set_order(order, asked=self._asked_by_person)
        self._set_news(0)
        self._set_state(ListState.FULL if len(order) else ListState.NOTHING)
        self.settled.emit()
        self._sum_later()

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self._set_busy(False)
        self._before = None
        self.set_order(None, asked=True)
        self._set_state(ListState.FAILED)

    # A list that grows

    def _follow_soon(self) -> None:
        self._stale = self._stale or not self.active
        if self.active and not self._calm.isActive() and not self.busy:
            self._calm.start(round(1000 * max(CALM, 4 * self._cost)))

    def _look_again(self) -> None:
        if self.busy:
            return
        if self.sort == AS_IT_CAME:
            self.ask(quiet=True)
            return
        self._asked_at = monotonic()
        question = asking(read_count, self._question.asked())
        self._jobs.start(
            self, "count", question, self._take_count, failed=self._no_count, lane=Lane.ORDERS
        )

    def _take_count(self, count: int) -> None:
        self._cost = monotonic() - self._asked_at
        shown = 0 if self._order is None else len(self._order)
        if shown:
            self._set_news(max(0, count - shown))
        elif count:
            self.ask()
            return
        self.sums.outdate()
        self._sum_later()

    def _no_count(self, error: Exception) -> None:
        pass  # the list stays as it is, and is counted again at the next news

    def _append_numbers(self, numbers: Any) -> None:
        from rollscope_desktop.query.span_list.ranking import as_they_came

        self.append(as_they_came(self._watch.run or 0, numbers))
        if len(numbers):
            self._set_state(ListState.FULL)

    # Beside the rows

    def _sum_later(self) -> None:
        if self.active and (self.everything or self._watch.whole):
            self.sums.ask_later(max(CALM, 4 * self._cost))

    def _ask_signals(self) -> None:
        if self.active and (self.everything or self._watch.run is not None):
            self.sums.ask_signals(None if self.everything else self._watch.run)

    def _take_signals(self, names: list[str]) -> None:
        self._lines.signals = bool(names)
        if not self.set_more_columns(tuple(map(signal_column, names))):
            return
        self.look_different()
        if self.sort.column not in {column.key for column in self.columns}:
            self._question.sort = AS_IT_CAME
            self.sort_changed.emit()
            self.ask()

    def _set_news(self, news: int) -> None:
        if news != self.news:
            self.news = news
            self.news_changed.emit(news)

    def _set_busy(self, busy: bool) -> None:
        if busy != self.busy:
            self.busy = busy
            self.busy_changed.emit(busy)

    def _set_state(self, state: ListState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()


def _begins(order: Order, first: Order) -> bool:
    return order.ids(0, len(first)) == first.ids(0, len(first))
