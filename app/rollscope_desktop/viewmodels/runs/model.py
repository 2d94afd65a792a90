"""The run list: all runs, as the person wants them arranged and filtered, kept up to date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from pathlib import Path
from time import monotonic, time_ns
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.model.rows import TIME
from rollscope_desktop.query.connection import IndexMissing
from rollscope_desktop.query.run_details import query_signal_names
from rollscope_desktop.query.runs import RunHead
from rollscope_desktop.services.jobs import Jobs, asking, steps
from rollscope_desktop.viewmodels.lines import RunLine
from rollscope_desktop.viewmodels.runs.as_json import query_json
from rollscope_desktop.viewmodels.runs.choice import RunChoice, can_group, can_order
from rollscope_desktop.viewmodels.runs.columns import in_place, wants_signals
from rollscope_desktop.viewmodels.runs.load import Known, Loaded, load
from rollscope_desktop.viewmodels.runs.rows import RunRows
from rollscope_desktop.viewmodels.runs.sums import Sums, sums_of
from rollscope_desktop.viewmodels.runs.table import RunTable
from rollscope_desktop.viewmodels.states import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.viewmodels.runs.units import Entry
    from rollscope_desktop.viewmodels.scope import ScopeStack

_CALM = 0.03
_QUIET_LOOK = 5_000
_SECOND = 1_000


class ListState(Enum):
    """What the whole list shows."""

    LOADING = "loading"
    EMPTY = "empty"
    FAILED = "failed"
    NOTHING = "nothing"  # there are runs, but none that fits the filter
    FULL = "full"


class RunListModel(RunTable):
    """All runs that fit the filter of a scope. ``own`` is the folder of our own logs.

    ``total`` counts all runs, ``fitting`` those in the list.
    """

    state_changed = Signal()
    choice_changed = Signal()
    counted = Signal()
    states_changed = Signal(object)
    """The states of all runs by their ids, whenever some may be others."""

    def __init__(
        self,
        jobs: Jobs,
        parent: QObject | None = None,
        *,
        scope: ScopeStack | None = None,
        own: Path | None = None,
    ) -> None:
        super().__init__(self._line_of, parent)
        self._jobs, self._scope, self._own = jobs, scope, own
        self.state = ListState.LOADING
        self.failure = ""
        self.choice = RunChoice()
        self.total = self.fitting = 0
        self._heads: dict[int, RunHead] = {}
        self._fits: frozenset[int] | None = None
        self._fits_text = ""
        self._changed: set[int] | None = set()  # None: everything
        self._asked: frozenset[int] | None = frozenset()  # what the question on its way is about
        self._rows = RunRows(jobs, self)
        self._rows.arrived.connect(self._repaint_runs)
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._load)
        self._quiet = QTimer(self, interval=_QUIET_LOOK)
        self._quiet.timeout.connect(self._check_quiet)
        self._tick = QTimer(self, interval=_SECOND)
        self._tick.timeout.connect(self._pass_time)
        self._states: dict[int, str] = {}
        self._at_work: list[int] = []
        self._asked_at = 0.0
        self._cost = 0.0
        if scope is not None:
            self.choice = replace(self.choice, filter=scope.scope.filter)
            scope.filter_changed.connect(self._filter)

    # What is shown

    def reload(self) -> None:
        """Read the whole list; what is there stays until the new one has come."""
        self._changed = None
        self._soon()

    def take_changes(self, runs: Iterable[int]) -> None:
        """These runs are new or have changed, or are gone."""
        if self._changed is not None:
            self._changed |= set(runs)
        self._soon()

    @property
    def order(self) -> str:
        """What the list is ordered by, one of ``ORDERS``."""
        return self.choice.order

    def set_order(self, order: str) -> None:
        """Order the list by one of ``ORDERS``."""
        if can_order(order):
            self._choose(replace(self.choice, order=order))

    def set_group(self, group: str) -> None:
        """Group the list by one of ``GROUPS``."""
        if can_group(group):
            self._choose(replace(self.choice, group=group))

    def set_columns(self, columns: Iterable[str]) -> None:
        """Show these figures of each run; they stand in the order of ``COLUMNS``."""
        self._choose(replace(self.choice, columns=in_place(set(columns))))

    def set_pinned_keys(self, keys: Iterable[str]) -> None:
        """Keep the runs with these keys on top, and no others."""
        self._choose(replace(self.choice, pinned=tuple(dict.fromkeys(keys))))

    def set_pinned(self, runs: Iterable[int], pinned: bool) -> None:
        """Keep runs on top of the list, or let them go back to their places."""
        keys = self.keys_of(runs)
        rest = [key for key in self.choice.pinned if key not in keys]
        self.set_pinned_keys([*rest, *keys] if pinned else rest)

    def set_hidden(self, runs: Iterable[int], hidden: bool) -> None:
        """Leave runs out that were thrown away, before the engine has noticed."""
        change = frozenset(runs)
        now = self.choice.hidden | change if hidden else self.choice.hidden - change
        self._choose(replace(self.choice, hidden=now))

    @property
    def is_filtering(self) -> bool:
        """Whether what is shown fits another filter than the one that is set by now."""
        return self._fits_text != self.choice.filter

    def clear_filter(self) -> None:
        """Show all runs again."""
        if self._scope is not None:
            self._scope.set_filter("")

    # Runs

    def row_of_id(self, run: int) -> RunRow | None:
        """The whole row of a run, if it was read already."""
        known = self._rows.known(run)
        return None if known is None else known.row

    def is_pinned(self, run: int) -> bool:
        """Whether a run is kept on top."""
        head = self._heads.get(run)
        return head is not None and head.key in self.choice.pinned

    def heads_of(self, runs: Iterable[int]) -> list[RunHead]:
        """What is known of these runs at once, as far as they are there."""
        return [self._heads[run] for run in runs if run in self._heads]

    def keys_of(self, runs: Iterable[int]) -> list[str]:
        """The keys of these runs, by which people and logs name them."""
        return [head.key for head in self.heads_of(runs)]

    def original_of(self, run: int) -> int | None:
        """The run that a fork was made from, if both are there."""
        head = self._heads.get(run)
        if head is None or not head.fork_of:
            return None
        return next((id for id, h in self._heads.items() if h.key == head.fork_of), None)

    def forks_of(self, run: int) -> tuple[int, ...]:
        """The forks of a run, the latest first."""
        head = self._heads.get(run)
        if head is None:
            return ()
        found = [h for h in self._heads.values() if h.fork_of == head.key and h.id != run]
        return tuple(h.id for h in sorted(found, key=_start, reverse=True))

    def in_order_of_start(self, runs: Sequence[int]) -> tuple[int, int] | None:
        """Two runs, the earlier one first, a fork after its original; None for any other number."""
        heads = sorted(self.heads_of(runs), key=_start) if len(runs) == 2 else []
        if len(heads) != 2:
            return None
        first, second = heads
        turned = first.fork_of == second.key and bool(first.fork_of)
        return (second.id, first.id) if turned else (first.id, second.id)

    def sums_of(self, runs: Iterable[int]) -> Sums:
        """What these runs come to together."""
        return sums_of(self.heads_of(runs))

    def newest_run(self) -> int | None:
        """The id of the run in the list that began last; of those without times, of the first."""
        heads = [self._heads[run] for run in self._arranged.places if run in self._heads]
        timed = [head for head in heads if head.started is not None and head.clock == TIME]
        if not timed:
            return self.first_run()
        return max(timed, key=lambda head: (head.started or 0, head.id)).id

    def read_json(self, runs: Iterable[int], done: Callable[[str], None]) -> None:
        """Hand over these runs with their signals as a JSON array, in this order."""
        ids = list(runs)
        states = {run: self._states.get(run, "") for run in ids}
        self._jobs.start(self, "json", asking(query_json, ids, states), done)

    def read_signal_names(self, done: Callable[[list[str]], None]) -> None:
        """Hand over the names of all signals and feedback, as figures are named."""
        self._jobs.start(self, "signals", asking(query_signal_names), done)

    def _line_of(self, entry: Entry) -> RunLine | None:
        head = entry.run
        assert head is not None
        known = self._rows.row(head)
        if known is None:
            return None
        return RunLine(
            known.row, self._states.get(head.id) or state_of(head, time_ns()), entry.depth,
            entry.attempts, self._share(known.row.reward), entry.inside,
            bool(entry.inside) and self.is_open(entry), head.key in self.choice.pinned,
            known.edited, known.signals, time_ns() if head.at_work else None, known.lost,
        )  # fmt: skip

    def _share(self, reward: float | None) -> float | None:
        rewards = self._arranged.rewards
        if reward is None or rewards is None or reward != reward:
            return None
        low, high = rewards
        return 1.0 if high <= low else min(1.0, max(0.0, (reward - low) / (high - low)))

    # Loading

    def _filter(self, text: str) -> None:
        self._choose(replace(self.choice, filter=text))

    def _choose(self, choice: RunChoice) -> None:
        before, self.choice = self.choice, choice
        if choice == before:
            return
        self._rows.signals = wants_signals(choice.columns)
        if choice.filter != before.filter:
            # What was asked about another filter is of no use; this may be typed on.
            self._again.stop()
            self._load()
        elif replace(before, columns=choice.columns) != choice:
            self._soon()
        else:
            self._repaint()
        self.choice_changed.emit()

    def _soon(self) -> None:
        if self._again.isActive() or self._jobs.is_busy(self, "list"):
            return
        wait = max(_CALM, 2 * self._cost) - (monotonic() - self._asked_at)
        self._again.start(max(0, round(wait * 1000)))

    def _load(self) -> None:
        if self._jobs.is_busy(self, "list"):
            # This takes the place of that, and so asks about the same as well.
            some = self._changed is not None and self._asked is not None
            self._changed = {*(self._changed or ()), *(self._asked or ())} if some else None
        asked = None if self._changed is None else frozenset(self._changed)
        self._asked, self._changed = asked, set()
        self._asked_at = monotonic()
        known = Known(self._heads, self._fits, self._fits_text, self._rows.all(), self._own)
        question = steps(load, known, asked, self.choice)
        self._jobs.start(self, "list", question, self._take, failed=self._failed)

    def _take(self, loaded: Loaded) -> None:
        self._cost = monotonic() - self._asked_at
        self._rows.put(loaded.rows)
        self._rows.forget(self._heads.keys() - loaded.heads.keys())
        self._heads, self._states = loaded.heads, loaded.states
        self.states_changed.emit(self._states)
        self._fits, self._fits_text = loaded.fitting, loaded.choice.filter
        self.total = len(self._heads) - len(self.choice.hidden & self._heads.keys())
        self.fitting = len(loaded.arrangement.places)
        self._switch(loaded.arrangement)
        if "running" in self._states.values():
            self._quiet.start()
        else:
            self._quiet.stop()
        self._at_work = [id for id, head in self._heads.items() if head.at_work]
        if not self._at_work:
            self._tick.stop()
        elif not self._tick.isActive():
            self._tick.start()
        self._repaint()
        full = ListState.FULL if self.fitting else ListState.NOTHING
        self._set_state(full if self.total else ListState.EMPTY)
        self.counted.emit()
        arranged = replace(loaded.choice, columns=self.choice.columns) == self.choice
        # What the engine has noticed by now need not be hidden any more.
        hidden = self.choice.hidden & self._heads.keys()
        self.choice = replace(self.choice, hidden=hidden)
        if self._changed is None or self._changed or not arranged:
            self._soon()

    def _failed(self, error: Exception) -> None:
        self._fits, self._fits_text = None, self.choice.filter
        self.failure = str(error)
        self._changed = None
        if isinstance(error, IndexMissing):
            # The engine is about to make it, and will tell.
            self._set_state(ListState.LOADING)
            return
        self._set_state(ListState.FAILED)

    def _check_quiet(self) -> None:
        now = time_ns()
        if any(state_of(h, now) != self._states.get(id) for id, h in self._heads.items()):
            self._soon()

    def _pass_time(self) -> None:
        """The runs at work have taken a second longer."""
        for run in self._at_work:
            self._repaint_runs((run,))

    def _set_state(self, state: ListState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()


def _start(head: RunHead) -> tuple[int, int]:
    return (head.started or 0, head.id)
