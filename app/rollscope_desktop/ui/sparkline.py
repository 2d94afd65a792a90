"""A figure's last minute as a line of small bars, which goes away once nothing happened in it."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QRect, QSize, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from rollscope_desktop.ui.look import Look

SECONDS = 60
HEIGHT = 14
_BEAT = 1_000


class Sparkline(QWidget):
    """One bar for each of the last sixty seconds, the newest at the right."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._now = 0.0
        self._most = 0.0  # since the last beat, so that a short burst is seen too
        self._past: deque[float] = deque([0.0] * (SECONDS - 1), SECONDS - 1)
        self._beat = QTimer(self, interval=_BEAT)
        self._beat.timeout.connect(self.pass_second)
        self.setFixedSize(QSize(SECONDS, HEIGHT))
        look.changed.connect(self.update)

    def show_value(self, value: float) -> None:
        """The figure is this from now on."""
        self._now = value
        self._most = max(self._most, value)
        if value > 0 and self.isVisible() and not self._beat.isActive():
            self._beat.start()
        self.update()

    def pass_second(self) -> None:
        """Move everything one bar to the left."""
        self._past.append(self._most)
        self._most = self._now
        if not any(self.values()):
            self._beat.stop()
        self.update()

    def values(self) -> list[float]:
        """The last minute, oldest first."""
        return [*self._past, self._most]

    def paintEvent(self, event: QPaintEvent) -> None:
        values = self.values()
        highest = max(values)
        if not highest:
            return
        theme = self._look.theme
        with QPainter(self) as painter:
            painter.fillRect(QRect(0, HEIGHT - 1, SECONDS, 1), theme.border)
            for x, value in enumerate(values):
                if value > 0:
                    high = max(round((HEIGHT - 1) * value / highest), 1)
                    painter.fillRect(QRect(x, HEIGHT - 1 - high, 1, high), theme.accent)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if any(self.values()):
            self._beat.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._beat.stop()
