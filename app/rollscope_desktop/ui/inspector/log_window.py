"""A window on a place in a log: the record as it is on disk, and the lines around it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QTextCursor
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.excerpt import Excerpt
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.ui.inspector.payload import PayloadView
from rollscope_desktop.ui.inspector.talk import Block, Style
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import Panel
from rollscope_desktop.viewmodels.inspector.log_place import LogPlace


class LogWindow(QDialog):
    """Shows a LogPlace. It may stay open beside the main window."""

    def __init__(self, look: Look, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Log")
        self.resize(860, 520)
        self.place = LogPlace(jobs, self)
        self.panel = Panel(look, "Log")
        self.page = PayloadView(look, "The log")
        self.panel.set_content(self.page)
        self.panel.show_content()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.panel)
        find = self.panel.add_tool("search", "Find (Ctrl+F)")
        find.setShortcut("Ctrl+F")
        find.clicked.connect(self.page.find)
        self.panel.add_tool("copy", "Copy the path").clicked.connect(self.copy_path)
        self.panel.add_tool("reveal", "Show the folder").clicked.connect(self.show_folder)
        self.place.changed.connect(self._show)

    def copy_path(self) -> None:
        """Copy the path of the log."""
        if self.place.excerpt is not None:
            QGuiApplication.clipboard().setText(self.place.excerpt.path)

    def show_folder(self) -> None:
        """Show the folder that the log is in, in the system's own window."""
        if self.place.excerpt is not None:
            folder = Path(self.place.excerpt.path).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _show(self) -> None:
        excerpt = self.place.excerpt
        if excerpt is not None:
            where = f"{text.visible(excerpt.path)} at byte {excerpt.offset:,}"
            self.panel.title.say(where)
            self.page.show_blocks(blocks(excerpt))
            view = self.page.text
            lines = excerpt.before.count("\n") + bool(excerpt.before)
            view.setTextCursor(QTextCursor(view.document().findBlockByNumber(lines)))
            view.centerCursor()
        elif self.place.failure:
            self.page.say("Not shown", self.place.failure, icon="warning", role="warn")
        else:
            self.page.load("Reading the log")


def blocks(excerpt: Excerpt) -> tuple[Block, ...]:
    """The record, and muted what is around it."""
    left = f"\n… {excerpt.left:,} more bytes" if excerpt.left > 0 else ""
    found = (
        Block(Style.AROUND, excerpt.before),
        Block(Style.CODE, excerpt.record + left),
        Block(Style.AROUND, excerpt.after),
    )
    return tuple(block for block in found if block.text)
