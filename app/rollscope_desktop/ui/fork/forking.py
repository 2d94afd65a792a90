"""What the window has to do with forks: the dialog, the bar, the tables, the way to the new run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from rollscope_desktop.model import text
from rollscope_desktop.model.link import Link
from rollscope_desktop.query.runs import find_runs
from rollscope_desktop.services.forks import Forks
from rollscope_desktop.services.jobs import asking
from rollscope_desktop.ui import tips
from rollscope_desktop.viewmodels.fork.going import Batch, batches
from rollscope_desktop.viewmodels.fork.possible import Possible

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.notices import Notices
    from rollscope_desktop.services.settings import Settings
    from rollscope_desktop.ui.fork.batch import BatchWindow
    from rollscope_desktop.ui.fork.dialog import ForkDialog
    from rollscope_desktop.ui.links import Links
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.ui.window import Window
    from rollscope_desktop.viewmodels.open_run import OpenRun


class Forking(QObject):
    """Made once, with the window."""

    compare_wanted = Signal(object, object)
    """The ids, in the index, of an original run and of its fork."""

    def __init__(
        self,
        window: Window,
        look: Look,
        client: EngineClient,
        run: OpenRun,
        links: Links,
        settings: Settings,
        notices: Notices,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._look, self._run, self._links = window, look, run, links
        self._settings, self._notices = settings, notices
        self.forks = Forks(client, notices, self)
        self.possible = Possible(run.jobs, run.selection, self)
        self._mine: set[str] = set()
        self._put_away: set[str] = set()
        self._followed: set[str] = set()
        self._names: dict[str, str] = {}
        self.dialog: ForkDialog | None = None
        self.tables: dict[str, BatchWindow] = {}
        bar = window.forks
        self.forks.changed.connect(self._follow)
        bar.answered.connect(self.forks.answer)
        bar.stopped.connect(self._stop)
        bar.put_away.connect(self._hide)
        bar.run_wanted.connect(self._go)
        bar.compare_wanted.connect(self._compare)
        bar.table_wanted.connect(self._show_table)

    def fork_step(self) -> None:
        """Open the dialog for the selected step."""
        selection = self._run.selection
        if selection.run is not None and selection.span is not None:
            self._open(selection.run, selection.span)

    def fork_run(self) -> None:
        """Open the dialog for the selected run, from its start."""
        run = self._run.selection.run
        if run is not None:
            self.open_run(run)

    def open_run(self, run: int) -> None:
        """Open the dialog for a run by its id, from its start."""
        self._open(run, None)

    def offer(self, menu: QMenu, command: QAction) -> None:
        """The command in a step's menu: with the reason where it cannot be given."""
        _Offer(menu, command, self.possible)

    def close(self) -> None:
        """Ask for nothing any more."""
        if self.dialog is not None:
            self.dialog.model.close()
        for table in self.tables.values():
            table.model.close()

    # The dialog

    def _open(self, run: int, span: int | None) -> None:
        from rollscope_desktop.ui.fork.dialog import ForkDialog  # late: few ask for it
        from rollscope_desktop.viewmodels.fork.model import ForkModel
        from rollscope_desktop.viewmodels.fork.policies import PolicyMemory

        if self.dialog is None:
            model = ForkModel(self.forks, self._run.jobs, PolicyMemory(self._settings))
            dialog = self.dialog = ForkDialog(self._look, model, self._window)
            dialog.span_wanted.connect(self._run.selection.select_span)
            model.begun.connect(self._begun)
            dialog.destroyed.connect(self._forget_dialog)
            model.open(run, span)
            dialog.show()
        elif not self.dialog.model.is_edited:
            self.dialog.model.open(run, span)
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _forget_dialog(self) -> None:
        self.dialog = None

    def _begun(self, batch: str, times: int) -> None:
        if times == 1:
            self._mine.add(batch)  # of several, the table leads to each
        else:
            # Once the engine has told of the forks, which is in the same answer.
            QTimer.singleShot(0, self, lambda: self._show_table_of(batch))

    # Forks under way

    def _follow(self) -> None:
        forks = self.forks.forks
        for fork in forks:
            if fork.batch in self._mine and fork.run:
                self._mine.discard(fork.batch)
                self._go(fork.run)
        for batch, table in self.tables.items():
            table.model.take([fork for fork in forks if fork.batch == batch])
        self._show()

    def _show(self) -> None:
        shown = [
            batch for batch in batches(self.forks.forks, self._put_away)
            # What was over before this window heard of it is no news.
            if batch.id in self._followed or not batch.over
        ]  # fmt: skip
        self._followed.update(batch.id for batch in shown)
        of = shown[0].first.of if shown else ""
        if of and of not in self._names:
            self._names[of] = of[:8]
            self._run.jobs.start(self, f"name {of}", asking(_read, (of,)), self._take_names)
        self._window.forks.show_batches(shown, self._names.get(of, ""))

    def _take_names(self, found: dict[str, RunRow]) -> None:
        for key, row in found.items():
            self._names[key] = text.one_line(row.name or row.agent or key[:8], 60)
        for table in self.tables.values():
            table.set_name(self._names.get(table.model.original, table.model.original[:8]))
        self._show()

    def _stop(self, batch: Batch) -> None:
        for fork in batch.forks:
            if not fork.over:
                self.forks.cancel(fork)

    def _hide(self, batch: Batch) -> None:
        self._put_away.add(batch.id)
        self._show()

    def _go(self, run: str) -> None:
        self._links.go(str(Link(run)), patient=True)

    def _compare(self, original: str, fork: str) -> None:
        def take(found: dict[str, RunRow]) -> None:
            if original in found and fork in found:
                self.compare_wanted.emit(found[original].id, found[fork].id)
            else:
                self._notices.say("One of the two runs is not in the index.", topic="forks")

        self._run.jobs.start(self, "compare", asking(_read, (original, fork)), take)

    # Tables

    def _show_table_of(self, id: str) -> None:
        own = [fork for fork in self.forks.forks if fork.batch == id]
        if own:
            self._show_table(Batch(id, tuple(own)))

    def _show_table(self, batch: Batch) -> None:
        from rollscope_desktop.ui.fork.batch import BatchWindow  # late: few ask for it
        from rollscope_desktop.viewmodels.fork.outcomes import Outcomes

        table = self.tables.get(batch.id)
        if table is None:
            model = Outcomes(self._run.jobs, batch.id)
            name = self._names.get(batch.first.of, batch.first.of[:8])
            table = BatchWindow(self._look, model, name, self._window)
            self.tables[batch.id] = table
            table.run_wanted.connect(self._go)
            table.compare_wanted.connect(self._compare)
            table.destroyed.connect(lambda _=None, id=batch.id: self.tables.pop(id, None))
            model.take(batch.forks)
            table.show()
        table.raise_()
        table.activateWindow()


class _Offer(QObject):
    """An entry of a menu, which may learn while it is open that it cannot be."""

    def __init__(self, menu: QMenu, command: QAction, possible: Possible) -> None:
        super().__init__(menu)
        self._command, self._possible = command, possible
        self._action = QAction(command.icon(), command.text(), menu)
        self._action.setShortcut(command.shortcut())
        # Only told: the window hears the key itself.
        self._action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._action.triggered.connect(self._command.trigger)
        menu.setToolTipsVisible(True)
        menu.addAction(self._action)
        possible.changed.connect(self._follow)
        possible.ask()
        self._follow()

    def _follow(self) -> None:
        why = self._possible.why
        self._action.setEnabled(self._command.isEnabled() and not why)
        self._action.setToolTip(tips.plain(why))
        self._action.setStatusTip(why)


def _read(reader: Reader, keys: tuple[str, ...]) -> dict[str, RunRow]:
    found = [find_runs(reader, key, 1) for key in keys]
    return {rows[0].key: rows[0] for rows in found if rows}
