"""Tells of runs that have ended: through the system where it can, else in the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from rollscope_desktop.model import text
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.endings import Ending, Endings

ONE_BY_ONE = 3
"""So many runs that end at once are told of each by itself; more are counted."""


class Notifier(QObject):
    """Listens to the endings. Says nothing unless the person has asked for it in the settings."""

    run_wanted = Signal(object)
    """The id of a run: its notification was pressed."""

    def __init__(
        self, look: Look, settings: Settings, notices: Notices, endings: Endings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._settings = settings
        self._notices = notices
        self._tray: QSystemTrayIcon | None = None
        self._last: int | None = None
        endings.happened.connect(self._tell)
        settings.changed.connect(self._follow)

    def close(self) -> None:
        """Take the icon out of the system's tray."""
        if self._tray is not None:
            self._tray.hide()
            self._tray.deleteLater()
            self._tray = None

    def _tell(self, endings: tuple[Ending, ...]) -> None:
        if not self._settings.values.notify or not endings:
            return
        tray = self._shown_tray()
        for title, said, failed in _messages(endings):
            if tray is None:
                self._notices.say(f"{title}: {said}.", "warning" if failed else "note")
            else:
                icons = QSystemTrayIcon.MessageIcon
                tray.showMessage(title, said, icons.Warning if failed else icons.Information)
        self._last = endings[-1].run

    def _shown_tray(self) -> QSystemTrayIcon | None:
        """The icon that notifications come from; it is there from the first one on."""
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return None
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._look.icon("logo", "accent"), self)
            self._tray.setToolTip("Rollscope")
            self._tray.messageClicked.connect(self._want)
            self._tray.activated.connect(self._want)
            self._tray.show()
        return self._tray

    def _want(self, reason: object = None) -> None:
        if self._last is not None:
            self.run_wanted.emit(self._last)

    def _follow(self, name: str) -> None:
        if name == "notify" and not self._settings.values.notify:
            self.close()


def _messages(endings: tuple[Ending, ...]) -> list[tuple[str, str, bool]]:
    """Title, text and whether something failed, of each message."""
    if len(endings) <= ONE_BY_ONE:
        return [(each.title, each.text, each.failed) for each in endings]
    failed = sum(each.failed for each in endings)
    return [(f"{text.count(len(endings), 'run')} ended", f"{failed:,} of them failed", failed > 0)]
