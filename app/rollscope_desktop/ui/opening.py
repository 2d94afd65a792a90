"""Asks what to open, and opens it: folders, files, the demo; the pictures that are saved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    import subprocess

    from rollscope_desktop.ui.session import Session


class Opening(QObject):
    """What starts with a dialog of the system, or with the demo."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._window = session.window
        self._agent: subprocess.Popen[str] | None = None

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

    def open_one(self, path: str) -> None:
        """Open one path that is known."""
        self._session.open_paths([path])

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

    def save_picture(self) -> None:
        """Ask for a file, and write what the middle of the window shows to it."""
        from rollscope_desktop.ui.picture_file import NotWritten, best_name, write

        row = self._session.run.watch.row
        name = best_name(f"{(row and row.name) or 'run'} {self._session.views.key}")
        pictures = QStandardPaths.StandardLocation.PicturesLocation
        folder = QStandardPaths.writableLocation(pictures) or "."
        chosen, kind = QFileDialog.getSaveFileName(
            self._window, "Save Picture", f"{folder}/{name}.png",
            "Picture (*.png);;Drawing (*.svg)",
        )  # fmt: skip
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(".svg" if "svg" in kind else ".png")
        notices = self._session.notices
        try:
            write(self._session.views, self._session.look.theme, path, scale=2)
        except NotWritten as error:
            notices.say(str(error), "warning", topic="picture")
        else:
            notices.say(f"The picture was saved as {path}.", "note", topic="picture")

    def close(self) -> None:
        """End the demo's agent, if it is at work."""
        if self._agent is not None:
            from rollscope_desktop import demo

            demo.stop(self._agent)
            self._agent = None
