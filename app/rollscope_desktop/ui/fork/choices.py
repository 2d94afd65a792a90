"""How the fork is made: how often, what is made anew, what to do at a difference."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QSpinBox, QWidget

from rollscope_desktop.ui.fork.parts import Choices
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.fork.model import MOST_TIMES, ForkModel
from rollscope_desktop.viewmodels.fork.words import DIVERGENCE


class _Times(QSpinBox):
    """Shows that it can be reached, and leaves the wheel to the page."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ForkChoices(QWidget):
    """Writes into the model at once."""

    def __init__(self, look: Look, model: ForkModel) -> None:
        super().__init__()
        self._model = model
        self.times = _Times()
        self.times.setRange(1, MOST_TIMES)
        self.times.setAccessibleName("How often to run")
        self.fresh = QCheckBox("Ask every model again")
        self.fresh.setToolTip(
            "After the edited step no answer of a model is taken from the record, not even where "
            "it is asked exactly the same"
        )
        self.divergence = Choices("At a difference before the edit", DIVERGENCE)
        self.divergence.setToolTip(
            "What to do if the agent does something else than was recorded, before the edited step"
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 8, 16, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        times, other = QLabel("Run"), QLabel("At a difference")
        times.setBuddy(self.times)
        other.setBuddy(self.divergence)
        often = QHBoxLayout()
        often.setSpacing(8)
        often.addWidget(self.times)
        often.addWidget(QLabel("times"))
        often.addStretch(1)
        grid.addWidget(times, 0, 0, right | middle)
        grid.addLayout(often, 0, 1)
        grid.addWidget(other, 1, 0, right | middle)
        grid.addWidget(self.divergence, 1, 1, left | middle)
        grid.addWidget(self.fresh, 2, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(3, 1)
        self.times.valueChanged.connect(lambda value: model.set_choice("times", value))
        self.fresh.toggled.connect(lambda on: model.set_choice("fresh", on))
        self.divergence.activated.connect(
            lambda _: model.set_choice("divergence", self.divergence.key)
        )

    def follow(self) -> None:
        """Show what the model holds."""
        model = self._model
        self.times.setValue(model.times)
        self.fresh.setChecked(model.fresh)
        self.divergence.choose(model.divergence)
