"""Makes the menus and their actions from the table of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.commands import ALWAYS, COMMANDS, WITH_RUN, WITH_RUNS
from rollscope_desktop.ui.look import Look

Handler = Callable[[], object]


class Menus(QObject):
    """Owns one action per command. ``enable`` derives which can be given, in one place."""

    recent_chosen = Signal(str)

    def __init__(self, look: Look, window: QWidget, bar: QMenuBar) -> None:
        super().__init__(window)
        self._look = look
        self.actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self.recent = QMenu("Open Recent", window)
        for command in COMMANDS:
            menu = self._menu(bar, command.menu.removeprefix("-"))
            if command.menu.startswith("-"):
                menu.addSeparator()
            if command.id == "open.recent":
                self.actions[command.id] = menu.addMenu(self.recent)
                continue
            action = QAction(command.title, window)
            action.setShortcut(QKeySequence(command.key))
            action.setCheckable(command.check)
            menu.addAction(action)
            self.actions[command.id] = action
        look.changed.connect(self.tint)
        self.enable(runs=False, run=False)

    def connect_handlers(self, handlers: Mapping[str, Handler]) -> None:
        """Say what each command does; one without a handler is an error."""
        for id, action in self.actions.items():
            if id != "open.recent":
                handler = handlers[id]
                action.triggered.connect(lambda checked=False, handler=handler: handler())

    def enable(self, *, runs: bool, run: bool) -> None:
        """Allow what can be done now."""
        can = {ALWAYS: True, WITH_RUNS: runs, WITH_RUN: run}
        for command in COMMANDS:
            self.actions[command.id].setEnabled(can.get(command.when, run))

    def show_recent(self, folders: Sequence[str], forget: Handler) -> None:
        """Offer the folders that were open before."""
        self.recent.clear()
        for folder in folders:
            title = text.middle_cut(text.one_line(folder), 72).replace("&", "&&")
            action = self.recent.addAction(title)
            action.triggered.connect(lambda checked=False, f=folder: self.recent_chosen.emit(f))
        if folders:
            self.recent.addSeparator()
            self.recent.addAction("Forget These").triggered.connect(lambda: forget())
        self.recent.setEnabled(bool(folders))

    def tint(self) -> None:
        """Draw the icons; asked for once the window is up, because a menu is opened later."""
        for command in COMMANDS:
            if command.icon:
                self.actions[command.id].setIcon(self._look.icon(command.icon))

    def _menu(self, bar: QMenuBar, title: str) -> QMenu:
        if title not in self._menus:
            self._menus[title] = bar.addMenu(f"&{title}")
        return self._menus[title]
