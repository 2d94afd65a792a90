"""Makes the menus and their actions from the table of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.commands.keys import ControlKeys
from rollscope_desktop.ui.commands.now import Now
from rollscope_desktop.ui.commands.table import CHOICE, COMMANDS, Command, why_not
from rollscope_desktop.ui.look import Look

Handler = Callable[[], object]
_ROLES = {
    "app.settings": QAction.MenuRole.PreferencesRole,
    "app.quit": QAction.MenuRole.QuitRole,
    "help.about": QAction.MenuRole.AboutRole,
}
"""What a Mac moves into the menu of the program; otherwise it goes by the words of titles."""


class Menus(QObject):
    """Owns one action per command. ``enable`` derives which can be given, in one place."""

    recent_chosen = Signal(str)

    def __init__(self, look: Look, window: QWidget, bar: QMenuBar) -> None:
        super().__init__(window)
        self._look = look
        self._bar = bar
        self.now = Now()
        self.actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._choices: dict[str, QActionGroup] = {}
        self.recent = QMenu("Open Recent", window)
        for command in COMMANDS:
            self.actions[command.id] = self._make(command, window)
        self._controls = ControlKeys(window)
        look.changed.connect(self.tint)
        self._allow()

    def connect_handlers(self, handlers: Mapping[str, Handler]) -> None:
        """Say what each command does; one without a handler is an error.

        The titles of all that switch or choose something are set by ``check``.
        """
        for id, action in self.actions.items():
            if id == "open.recent":
                continue
            handler = handlers[id]
            action.triggered.connect(lambda checked=False, handler=handler: handler())
        self._allow()

    def part(self, path: str) -> QMenu:
        """One of the menus, by its place in the table, to be shown elsewhere too."""
        return self._menus[path]

    def confine(self, where: str, panel: QWidget) -> None:
        """Say which panel a name of ``Command.where`` stands for: keys of such commands work only
        while the focus is inside it."""
        for command in COMMANDS:
            if command.where == where:
                panel.addAction(self.actions[command.id])

    def enable(self, now: Now) -> None:
        """Allow what can be done now."""
        if now != self.now:
            self.now = now
            self._allow()

    def check(self, id: str, on: bool = True) -> None:
        """Show a switch as it is; of several choices, show this one as chosen."""
        self.actions[id].setChecked(on)

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
        """Draw the icons; asked for once the window is up, because a menu is opened later.

        What can be checked has none: it would stand where the check mark does.
        """
        for command in COMMANDS:
            if command.icon and not command.check:
                self.actions[command.id].setIcon(self._look.icon(command.icon))

    def _make(self, command: Command, window: QWidget) -> QAction:
        menu = self._menu(command.menu.removeprefix("-"), line=command.menu.startswith("-"))
        if command.id == "open.recent":
            return menu.addMenu(self.recent)
        action = QAction(command.title, window)
        action.setShortcut(QKeySequence(command.key))
        if command.where:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setMenuRole(_ROLES.get(command.id, QAction.MenuRole.NoRole))
        action.setCheckable(bool(command.check))
        if command.check == CHOICE:
            topic = command.id.rpartition(".")[0]
            self._choices.setdefault(topic, QActionGroup(window)).addAction(action)
        menu.addAction(action)
        return action

    def _menu(self, path: str, *, line: bool) -> QMenu:
        """The menu of a path, made if it was not yet; ``line``: what comes next is set apart."""
        outer, _, title = path.rpartition("/")
        made = self._menus.get(path)
        if made is None:
            if outer:
                made = self._menu(outer, line=line).addMenu(title)
            else:
                made = self._bar.addMenu(f"&{title}")
            self._menus[path] = made
        elif line:
            made.addSeparator()
        return made

    def _allow(self) -> None:
        for command in COMMANDS:
            if command.id != "open.recent":
                can = not why_not(command, self.now)
                self.actions[command.id].setEnabled(can)
