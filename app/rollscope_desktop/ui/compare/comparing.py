"""Which two runs are compared: what was selected in the list, a fork and its original."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.ui.compare.view import Compare
from rollscope_desktop.ui.view import View

if TYPE_CHECKING:
    from rollscope_desktop.ui.runs.panel import RunPanel
    from rollscope_desktop.ui.views import Views
    from rollscope_desktop.viewmodels.runs.model import RunListModel
    from rollscope_desktop.viewmodels.selection import Selection

KEY = "compare"


class Comparing(QObject):
    """Opens the view on two runs. ``pair`` are two runs that are selected in the list, ``original``
    and ``forks`` are those of the run that is open."""

    changed = Signal()
    """What can be compared is another."""

    def __init__(
        self, views: Views, panel: RunPanel, runs: RunListModel, selection: Selection,
        parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._views, self._panel, self._runs, self._selection = views, panel, runs, selection
        self.pair: tuple[int, int] | None = None
        self.original: int | None = None
        self.forks: tuple[int, ...] = ()
        self._view: Compare | None = None
        panel.runs_selected.connect(self._look)
        panel.compare_wanted.connect(self.compare)
        selection.run_changed.connect(self._look)
        runs.counted.connect(self._look)
        views.made.connect(self._attend)

    @property
    def view(self) -> Compare:
        """The view, made if it was not yet."""
        view = self._views.get(KEY)
        assert isinstance(view, Compare)
        return view

    @property
    def is_shown(self) -> bool:
        """Whether a comparison is what one sees."""
        return self._views.key == KEY and self._view is not None and self._view.shows_pair()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the commands do."""
        return {
            "view.compare": self.open,
            "runs.compare": self.compare_picked,
            "compare.original": self.compare_with_original,
            "compare.fork": self.compare_with_fork,
            "compare.next": lambda: self.view.go(1),
            "compare.back": lambda: self.view.go(-1),
            "compare.first": lambda: self.view.show_first(),
            "compare.copy": lambda: self.view.copy(),
            "compare.swap": self.swap,
        }

    def compare(self, left: int, right: int) -> None:
        """Show two runs beside each other; the left one is the run that is open from now on."""
        view = self.view
        if view.runs() != (left, right):
            view.compare(left, right)
        if self._selection.run != left:
            self._selection.select_run(left)
        self._views.open(KEY).take_focus()

    def open(self) -> None:
        """Show what is compared, or compare what suggests itself; or say how to choose."""
        shown = self.view.runs()
        if self.pair is not None and set(self.pair) != set(shown):
            self.compare_picked()
        elif self._selection.run not in shown and (self.original is not None or self.forks):
            self._take_offer()
        else:
            self._views.open(KEY).take_focus()

    def compare_picked(self) -> None:
        """Compare the two runs that are selected, the earlier one on the left."""
        if self.pair is not None:
            self.compare(*self.pair)

    def compare_with_original(self) -> None:
        """Compare the open run, a fork, with the run it was made from."""
        if self.original is not None and self._selection.run is not None:
            self.compare(self.original, self._selection.run)

    def compare_with_fork(self) -> None:
        """Compare the open run with the latest of its forks."""
        if self.forks and self._selection.run is not None:
            self.compare(self._selection.run, self.forks[0])

    def swap(self) -> None:
        """Put the right run on the left, and open it."""
        view = self.view
        step = view.right_step
        view.swap()
        if view.runs():
            left = view.runs()[0]
            if step is None:
                self._selection.select_run(left)
            else:
                self._selection.select(left, step)

    def take_changes(self, runs: Iterable[int], *, removed: bool = False) -> None:
        """These runs have changed; ``removed``: others are gone, and it may be one of the two."""
        if self._view is not None:
            self._view.model.runs.take_changes(self._view.runs() if removed else runs)

    def close(self) -> None:
        """End what was started."""
        if self._view is not None:
            self._view.model.runs.compare(None, None)

    def _look(self, *news: object) -> None:
        run, runs = self._selection.run, self._runs
        before = (self.pair, self.original, self.forks)
        self.pair = runs.in_order_of_start(self._panel.selected_runs())
        self.original = None if run is None else runs.original_of(run)
        self.forks = () if run is None else runs.forks_of(run)
        if before != (self.pair, self.original, self.forks):
            self._offer()
            self.changed.emit()

    def _attend(self, view: View) -> None:
        if isinstance(view, Compare):
            self._view = view
            view.offer_taken.connect(self._take_offer)
            view.compared.connect(self.changed)
            view.swap_wanted.connect(self.swap)
            self._offer()

    def _offer(self) -> None:
        if self._view is not None:
            self._view.offer(next((title for title, _ in self._offers()), ""))

    def _take_offer(self) -> None:
        do = next((do for _, do in self._offers()), None)
        if do is not None:
            do()

    def _offers(self) -> list[tuple[str, Callable[[], None]]]:
        found: list[tuple[str, Callable[[], None]]] = []
        if self.pair is not None:
            found.append(("Compare the Selected Runs", self.compare_picked))
        if self.original is not None:
            found.append(("Compare with Original", self.compare_with_original))
        if self.forks:
            found.append(("Compare with Latest Fork", self.compare_with_fork))
        return found
