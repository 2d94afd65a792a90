"""The top of a comparison: one sentence that says where the runs first part, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, line, tool
from rollscope_desktop.viewmodels.compare.lines import counted, counted_words

if TYPE_CHECKING:
    from rollscope_desktop.query.compare.records import Comparison

HEIGHT = 36
_UNFILTERED = "The filter does not count here: all steps of both runs are compared."


class CompareHead(QWidget):
    """Says it, and leads there."""

    first_wanted = Signal()
    """The person wants to see where the runs first part."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._notes: list[str] = []
        self._is_filtered = False
        self.sentence = CutLabel()
        self.sentence.setFont(look.fonts.strong)
        self.counts = QLabel()
        self.counts.setFont(look.fonts.number)
        self.counts.setProperty("role", "muted")
        self.note = CutLabel()
        self.note.setProperty("role", "muted")
        self.note.setFont(look.fonts.table)
        self.note.setContentsMargins(8, 0, 8, 4)
        self.first = tool(look, "reveal", "Go to where the runs first part")
        self.first.clicked.connect(self.first_wanted)
        upper = QWidget()
        upper.setFixedHeight(HEIGHT)
        row = QHBoxLayout(upper)
        row.setContentsMargins(8, 0, 4, 0)
        row.setSpacing(12)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.counts)
        row.addWidget(self.first)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(upper)
        rows.addWidget(self.note)
        rows.addWidget(line())
        self.note.hide()
        look.changed.connect(self._tint)

    def say(self, made: Comparison) -> None:
        """Show what came of a comparison."""
        first = made.alignment.first
        live = " so far" if made.live else ""
        nothing = f"Nothing differs{live}: both runs took the same steps."
        self.sentence.say(nothing if first is None else first.sentence)
        counts = made.alignment.counts
        self.counts.setText(counted(counts))
        self.counts.setToolTip(counted_words(counts))
        self.counts.setAccessibleName(counted_words(counts))
        self.first.setVisible(first is not None)
        notes = list(made.endings)
        if made.unread:
            notes.append(f"{text.count(made.unread, 'step')} could not be read, and were compared "
                         "without what went in and came out.")  # fmt: skip
        self._notes = notes
        self._show_notes()

    def set_filter(self, filter: str) -> None:
        """Say that the filter does nothing here, while there is one."""
        self._is_filtered = bool(filter.strip())
        self._show_notes()

    def _show_notes(self) -> None:
        notes = [*([_UNFILTERED] if self._is_filtered else []), *self._notes]
        self.note.setVisible(bool(notes))
        self.note.say(" ".join(notes))

    def _tint(self) -> None:
        self.first.setIcon(self._look.icon("reveal"))
