"""The menus of the run list: how it is grouped and ordered, which figures it shows, and what can be
done with the runs that are selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import RunRow
from rollscope_desktop.viewmodels.runs.choice import GROUPS, USUAL_COLUMNS
from rollscope_desktop.viewmodels.runs.columns import COLUMNS, SIGNS, column_of
from rollscope_desktop.viewmodels.runs.model import RunListModel
from rollscope_desktop.viewmodels.runs.order import ORDERS

MOST_FORKS = 30
"""So many forks of a run are offered, the latest."""
LONGEST = 32
"""So many characters of a value are in a menu."""


class ChoiceMenu(QMenu):
    """What the list is grouped by, and its order; one of each is checked."""

    def __init__(self, model: RunListModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.groups = self._part("Group by", GROUPS, model.set_group)
        self.addSeparator()
        orders = {order: title for order, (title, _) in ORDERS.items()}
        self.orders = self._part("Order", orders, model.set_order)
        self.check()

    def check(self) -> None:
        """Show what is chosen now."""
        choice = self._model.choice
        for part, chosen in ((self.groups, choice.group), (self.orders, choice.order)):
            for action in part.actions():
                action.setChecked(action.data() == chosen)

    def _part(
        self, title: str, choices: dict[str, str], choose: Callable[[str], None]
    ) -> QActionGroup:
        self.addAction(title).setEnabled(False)
        part = QActionGroup(self)
        for key, name in choices.items():
            action = self.addAction(name)
            action.setCheckable(True)
            action.setData(key)
            part.addAction(action)
        part.triggered.connect(lambda action: choose(action.data()))
        return part


class ColumnMenu(QMenu):
    """Check marks for the figures of a run. It stays open, so that several can be chosen."""

    def __init__(self, model: RunListModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._names: list[str] = []
        self._fill()
        self.aboutToShow.connect(self._ask)

    def check(self) -> None:
        """Show what is chosen now."""
        chosen = self._model.choice.columns
        for action in self.actions():
            action.setChecked(action.data() in chosen)

    def _ask(self) -> None:
        self.check()
        self._model.read_signal_names(self._take)

    def _take(self, names: list[str]) -> None:
        if names != self._names:
            self._names = names
            self._fill()

    def _fill(self) -> None:
        self.clear()
        for key in COLUMNS:
            self._add(key)
        chosen = self._model.choice.columns
        signals = sorted({*self._names, *(key for key in chosen if key.startswith(SIGNS))})
        if signals:
            self.addSeparator()
            self.addAction("Signals and feedback").setEnabled(False)
        for key in signals:
            self._add(key)
        self.addSeparator()
        self.addAction("As at First").triggered.connect(self._reset)
        self.check()

    def _add(self, key: str) -> None:
        column = column_of(key)
        if column is None:
            return
        action = self.addAction(column.title.replace("&", "&&"))
        action.setCheckable(True)
        action.setData(key)
        action.triggered.connect(lambda on, key=key: self._choose(key, on))

    def _choose(self, key: str, shown: bool) -> None:
        chosen = set(self._model.choice.columns)
        self._model.set_columns(chosen | {key} if shown else chosen - {key})

    def _reset(self) -> None:
        self._model.set_columns(USUAL_COLUMNS)
        self.check()

    def _trigger(self, action: QAction | None) -> bool:
        if action is None or not action.isCheckable() or not action.isEnabled():
            return False
        action.trigger()
        return True

    # Qt

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._trigger(self.actionAt(event.position().toPoint())):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() not in keys or not self._trigger(self.activeAction()):
            super().keyPressEvent(event)


class Deed:
    """One line of the menu for selected runs."""

    def __init__(
        self,
        title: str,
        do: Callable[[], object] = lambda: None,
        key: str = "",
        *,
        can: bool = True,
        inside: Sequence[Deed] = (),
    ) -> None:
        """With something ``inside`` it opens a menu, and does nothing itself."""
        self.title, self.do, self.key, self.can, self.inside = title, do, key, can, inside


def deeds_menu(parent: QWidget, parts: Sequence[Sequence[Deed]]) -> QMenu:
    """A menu of what can be done, in parts with a line between them."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for number, part in enumerate(parts):
        if number and part:
            menu.addSeparator()
        for deed in part:
            _add(menu, deed)
    return menu


def _add(menu: QMenu, deed: Deed) -> None:
    title = deed.title.replace("&", "&&")
    if deed.inside:
        inner = menu.addMenu(title)
        for one in deed.inside:
            _add(inner, one)
        return
    action = menu.addAction(title)
    action.setEnabled(deed.can)
    if deed.key:
        # Only told: the view hears the key itself.
        action.setShortcut(QKeySequence(deed.key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    action.triggered.connect(lambda checked=False: deed.do())


def filter_deeds(run: RunRow | None, wanted: Callable[[str, str], object]) -> list[Deed]:
    """Filters for what a run has in common with others: by field and value."""
    found = [] if run is None else [
        ("run", run.name), ("agent", run.agent), ("session", run.session), ("group", run.group_id),
    ]  # fmt: skip
    return [
        Deed(
            f"Filter: {field.title()} “{text.end_cut(text.one_line(said), LONGEST)}”",
            partial(wanted, field, said),
        )
        for field, said in found
        if said
    ]


def compare_deeds(
    model: RunListModel, picked: Sequence[int], wanted: Callable[[int, int], object]
) -> list[Deed]:
    """Two runs beside each other; one beside the run it was made from, or one of its forks."""
    pair = model.in_order_of_start(picked)
    if pair is not None:
        return [Deed("Compare Runs", partial(wanted, *pair))]
    if len(picked) != 1:
        return []
    run, found = picked[0], []
    original = model.original_of(run)
    if original is not None:
        found.append(Deed("Compare with Original", partial(wanted, original, run)))
    forks = model.forks_of(run)[:MOST_FORKS]
    if forks:
        inside = [Deed(_fork_title(model, fork), partial(wanted, run, fork)) for fork in forks]
        found.append(Deed("Compare with Fork", inside=inside))
    return found


def _fork_title(model: RunListModel, fork: int) -> str:
    head = model.heads_of([fork])[0]
    name = text.end_cut(text.one_line(head.name or head.agent or head.key[:8]), LONGEST)
    began = text.time_of_day(head.started)
    return f"{name}, {began}" if began else name


def of_runs(verb: str, number: int, noun: str = "Run") -> str:
    """``Pin Run``, ``Pin 3 Runs``."""
    return f"{verb} {noun}" if number == 1 else f"{verb} {text.count(number, noun)}"
