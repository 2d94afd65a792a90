"""What nobody expected: written to stderr, shown with a button that copies it, carried on from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from rollscope import __version__

if TYPE_CHECKING:
    from types import TracebackType


class CrashDialog(QDialog):
    """A sentence, what to do, and the details to copy."""

    def __init__(self, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.details = details
        self.setWindowTitle("Rollscope")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 400)
        words = QLabel(
            "Something went wrong that should not. Your logs are untouched, and you can go on; "
            "if it happens again, please report it with the text below."
        )
        words.setWordWrap(True)
        said = QPlainTextEdit(details)
        said.setReadOnly(True)
        said.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        said.setAccessibleName("Details")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(24, 16, 24, 16)
        rows.setSpacing(12)
        for widget in (words, said, buttons):
            rows.addWidget(widget)

    def copy(self) -> None:
        """Put the details on the clipboard."""
        QGuiApplication.clipboard().setText(self.details)


class Crashes:
    """Takes the place of ``sys.excepthook`` until ``restore``. One dialog at a time."""

    def __init__(self) -> None:
        self.parent: QWidget | None = None
        self._dialog: CrashDialog | None = None
        self._before = sys.excepthook
        sys.excepthook = self._caught

    def restore(self) -> None:
        """Give the hook back."""
        sys.excepthook = self._before

    def _caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        import logging  # late, all three: a start that goes well needs none of them
        import platform
        import traceback

        said = "".join(traceback.format_exception(kind, error, trace))
        logging.getLogger(__name__).error("unexpected: %s", said)
        if self._dialog is not None:
            return
        about = (
            f"Rollscope {__version__}, Python {platform.python_version()}, {platform.platform()}"
        )
        self._dialog = CrashDialog(f"{about}\n\n{said}", self.parent)
        self._dialog.finished.connect(self._closed)
        self._dialog.open()

    def _closed(self) -> None:
        self._dialog = None
