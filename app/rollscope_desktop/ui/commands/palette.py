"""The palette: type a few letters of a command, a step, a run or a folder, and press Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.link import is_link
from rollscope_desktop.query.runs import find_runs
from rollscope_desktop.services.jobs import asking, steps
from rollscope_desktop.ui.commands.palette_panel import PalettePanel
from rollscope_desktop.ui.commands.table import COMMANDS, why_not
from rollscope_desktop.viewmodels.palette import (
    Offer,
    Section,
    best,
    best_commands,
    commands_first,
    marked,
)
from rollscope_desktop.viewmodels.runs.words import name_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.names import SpanName
    from rollscope_desktop.query.structure import Structure
    from rollscope_desktop.services.settings import Settings
    from rollscope_desktop.ui.commands.menus import Menus
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.viewmodels.open_run import OpenRun

WIDTH = 560
_TOP, _MARGIN = 56, 16
_KEYS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
}


class Palette(QWidget):
    """Lies over a window while it is open; a click beside it, or Esc, closes it. ``toggle`` is for
    the command that opens it. What was chosen is done, or told by a signal."""

    span_wanted = Signal(object)
    run_wanted = Signal(object)
    folder_wanted = Signal(str)
    link_wanted = Signal(str)

    def __init__(
        self, look: Look, window: QWidget, menus: Menus, run: OpenRun, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window, self._menus, self._run, self._settings = window, menus, run, settings
        self._names: list[SpanName] = []
        self._runs: list[RunRow] = []
        self._before: QWidget | None = None
        self.panel = PalettePanel(look, self)
        self.field, self.view, self.lines = self.panel.field, self.panel.view, self.panel.lines
        self.field.textChanged.connect(self._type)
        self.field.installEventFilter(self)
        self.view.activated_row.connect(self._give)
        self.view.clicked.connect(lambda index: self._give(index.row()))
        self.view.selectionModel().currentChanged.connect(self._tell)
        window.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Open the palette, or close it."""
        if self.isVisible():
            self.leave()
        else:
            self.open()

    def open(self) -> None:
        """Ask what is wanted."""
        self._before = QApplication.focusWidget()
        self._names, self._runs = [], []
        self._ask_names()
        self.field.clear()
        self._show()
        self._fit()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def leave(self) -> None:
        """Close, and let keys go to where they went before."""
        before = self._before
        self._close()
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def _close(self) -> None:
        self._run.jobs.drop(self)
        self._before = None
        self.hide()

    def _type(self) -> None:
        typed = self.field.text().strip()
        if typed:
            self._run.jobs.start(
                self, "runs", asking(find_runs, typed), self._take_runs, failed=self._no_runs
            )
        else:
            self._run.jobs.drop(self, "runs")
            self._runs = []
        self._show()

    def _ask_names(self) -> None:
        outline = self._run.watch.outline
        if outline is not None:
            question = steps(_names, outline.structure)
            self._run.jobs.start(self, "names", question, self._take_names, failed=self._no_names)

    def _take_names(self, names: list[SpanName]) -> None:
        self._names = names
        self._show(keep=True)

    def _no_names(self, error: Exception) -> None:
        self._names = []

    def _take_runs(self, runs: list[RunRow]) -> None:
        self._runs = runs
        self._show(keep=True)

    def _no_runs(self, error: Exception) -> None:
        self._runs = []
        self._show(keep=True)

    def _show(self, *, keep: bool = False) -> None:
        """Show what fits now; ``keep``: what is chosen stays so, as more has come."""
        row = self.view.currentIndex().row()
        chosen = self.lines.offer(row) if keep else None
        self.lines.show_offers(self._offers(self.field.text().strip()))
        at = -1 if chosen is None else self.lines.row_of(chosen.section, chosen.id)
        self.panel.lay_out()
        self._fit()
        self.view.go(at if at >= 0 else self.lines.near(-1, 1))

    def _offers(self, typed: str) -> list[Offer]:
        used, now = self._settings.values.used, self._menus.now
        native = QKeySequence.SequenceFormat.NativeText
        commands = [
            Offer(
                Section.COMMANDS, c.id, c.title.rstrip("…"), c.menu.strip("-").partition("/")[0],
                QKeySequence(c.key).toString(native), why_not(c, now), c.icon,
            )
            for c in COMMANDS
            if c.id not in ("palette.show", "open.recent")
        ]  # fmt: skip
        if not typed:
            return commands_first(commands, used)
        if is_link(typed):
            return [Offer(Section.LINK, typed, "Go to Where the Link Leads", icon="link")]
        named = [
            Offer(Section.STEPS, name.label, text.one_line(name.name),
                  f"{name.kind} · {text.count(name.count, 'step')}", icon="tree")
            for name in self._names
        ]  # fmt: skip
        found = [
            Offer(Section.RUNS, run.id, name_of(run), _about(run), icon="list")
            for run in self._runs
        ]
        folders = [
            Offer(Section.FOLDERS, folder, text.one_line(folder), icon="folder")
            for folder in self._settings.values.recent
        ]
        return [
            *best_commands(commands, typed, used),
            *best(named, typed),
            *marked(found, typed),
            *best(folders, typed),
        ]

    def _give(self, row: int) -> None:
        """Do what stands in a row, if it can be done now."""
        offer = self.lines.offer(row)
        if offer is None or offer.lacking:
            return
        self.leave()
        if offer.section is Section.COMMANDS:
            self._settings.add_used(str(offer.id))
            self._menus.actions[str(offer.id)].trigger()
        elif offer.section is Section.FOLDERS:
            self.folder_wanted.emit(str(offer.id))
        elif offer.section is Section.RUNS:
            self.run_wanted.emit(offer.id)
        elif offer.section is Section.LINK:
            self.link_wanted.emit(str(offer.id))
        else:
            self._go_to_step(int(offer.id))

    def _go_to_step(self, label: int) -> None:
        from rollscope_desktop.query.names import next_named  # late: it brings numpy

        outline = self._run.watch.outline
        if outline is not None:
            span = next_named(outline.structure, label, self._run.selection.span)
            if span is not None:
                self.span_wanted.emit(span)

    def _tell(self, current: QModelIndex, before: QModelIndex) -> None:
        offer = self.lines.offer(current.row())
        if offer is not None and self.isVisible() and QAccessible.isActive():
            said = QAccessibleAnnouncementEvent(self.field, offer.described())
            QAccessible.updateAccessibility(said)

    def _fit(self) -> None:
        self.setGeometry(self._window.rect())
        wide = min(WIDTH, self.width() - 2 * _MARGIN)
        tall = min(self.panel.wanted(), self.height() - _TOP - _MARGIN)
        self.panel.setGeometry(QRect((self.width() - wide) // 2, _TOP, wide, tall))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._fit()
        elif isinstance(event, QKeyEvent) and watched is self.field:
            return self._key(event)
        elif event.type() == QEvent.Type.FocusOut and self.isVisible():
            reason = event.reason()  # type: ignore[attr-defined]
            gone = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
            if reason not in gone:
                self._close()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ours = key in _KEYS or enter or key in (Qt.Key.Key_Escape, Qt.Key.Key_Tab)
        bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not ours or not bare:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            row = self.view.currentIndex().row()
            if key in _KEYS:
                self.view.go(self.lines.near(row, _KEYS[key]))
            elif enter:
                self._give(row)
            elif key == Qt.Key.Key_Escape:
                self.leave()
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.leave()


def _names(reader: Reader, structure: Structure) -> Generator[Any, None, list[SpanName]]:
    from rollscope_desktop.query.names import query_names

    return (yield from query_names(reader, structure))


def _about(run: RunRow) -> str:
    when = text.timestamp(run.started)[:16] if run.started else ""
    return " · ".join(part for part in (when, text.count(run.spans, "step")) if part)
