"""What each command of the table does, and when it can be given."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

if TYPE_CHECKING:
    import subprocess

    from rollscope_desktop.ui.session import Session


class Handlers(QObject):
    """One method or bound method per command."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._window = window = session.window
        self._settings = session.settings
        self._agent: subprocess.Popen[str] | None = None
        tree = session.span_panel
        window.menus.connect_handlers(
            {
                "open.folder": self.choose_folder,
                "open.files": self.choose_files,
                "open.demo": self.open_demo,
                "app.settings": self.show_settings,
                "app.quit": window.close,
                "view.runs": lambda: self._focus(session.run_panel.view),
                "view.tree": lambda: self._focus(tree.view),
                "view.inspector": lambda: self._focus(session.inspector_panel.tabs),
                "view.problems": self.toggle_problems,
                "view.follow": tree.following.toggle,
                "view.theme.system": lambda: self._settings.set_theme("system"),
                "view.theme.light": lambda: self._settings.set_theme("light"),
                "view.theme.dark": lambda: self._settings.set_theme("dark"),
                "tree.error": tree.show_next_error,
                "tree.error.back": tree.show_previous_error,
                "tree.expand": tree.expand_all,
                "tree.collapse": tree.collapse_all,
                "span.copy": session.inspector_panel.copy_id,
                "help.keys": self.show_keys,
                "help.about": self.show_about,
            }
        )
        window.menus.tint()
        window.empty.folder_wanted.connect(self.choose_folder)
        window.empty.demo_wanted.connect(self.open_demo)
        window.empty.recent_wanted.connect(self._open_one)
        window.menus.recent_chosen.connect(self._open_one)
        window.drops.dropped.connect(session.open_paths)
        window.status.problems_pressed.connect(self.toggle_problems)
        session.problems_panel.closed.connect(self.toggle_problems)
        session.problems.counted.connect(self._count_problems)
        self._settings.changed.connect(self._apply)
        self._apply("recent")

    def choose_folder(self) -> None:
        """Ask for a folder, and open it."""
        folder = QFileDialog.getExistingDirectory(self._window, "Open Folder")
        if folder:
            self._session.open_paths([folder])

    def choose_files(self) -> None:
        """Ask for files, and open them."""
        files, _ = QFileDialog.getOpenFileNames(
            self._window, "Open Files", "", "Logs (*.jsonl *.json *.ndjson *.log);;All files (*)"
        )
        if files:
            self._session.open_paths(files)

    def open_demo(self) -> None:
        """Open the runs that ship with the program, and start the agent that writes one more."""
        from rollscope_desktop import demo  # late: few ask for it

        folder = self._session.places.data / "demo"
        try:
            demo.unpack(folder, time.time_ns())
        except FileNotFoundError:
            self._session.notices.say("The demo did not come with this installation.", "warning")
            return
        except OSError as error:
            self._session.notices.say(f"The demo cannot be unpacked: {error.strerror}.", "warning")
            return
        if self._agent is None or self._agent.poll() is not None:
            self._agent = demo.start(folder)
        self._session.open_paths([str(folder)])

    def close(self) -> None:
        """End the demo's agent, if it is at work."""
        if self._agent is not None:
            from rollscope_desktop import demo

            demo.stop(self._agent)
            self._agent = None

    def show_settings(self) -> None:
        """Show the settings."""
        from rollscope_desktop.ui.dialogs import SettingsDialog  # late: few ask for it

        SettingsDialog(self._session.look, self._settings, self._window).open()

    def show_keys(self) -> None:
        """Show what the keyboard does."""
        from rollscope_desktop.ui.dialogs import KeysDialog

        KeysDialog(self._session.look, self._window).open()

    def show_about(self) -> None:
        """Show the version and the licences."""
        from rollscope_desktop.ui.dialogs import AboutDialog

        AboutDialog(self._session.look, self._window).open()

    def toggle_problems(self) -> None:
        """Show the problems panel, or hide it."""
        panel = self._session.problems_panel
        panel.setVisible(panel.isHidden())
        self._window.menus.actions["view.problems"].setChecked(not panel.isHidden())

    def enable(self) -> None:
        """Allow what can be done now."""
        runs = self._session.runs.total > 0
        self._window.menus.enable(runs=runs, run=self._session.selection.run is not None)

    def _focus(self, widget: QWidget) -> None:
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open_one(self, path: str) -> None:
        self._session.open_paths([path])

    def _count_problems(self, total: int) -> None:
        if not total and not self._session.problems_panel.isHidden():
            self.toggle_problems()

    def _apply(self, name: str) -> None:
        settings, look = self._settings, self._session.look
        if name == "theme":
            look.choose(settings.theme)
        elif name == "compact":
            look.set_compact(settings.values.compact)
        elif name == "recent":
            recent = settings.values.recent
            self._window.menus.show_recent(recent, settings.forget_recent)
            self._window.empty.show_recent(recent)
