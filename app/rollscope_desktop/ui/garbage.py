"""Collects garbage on the GUI thread only: Qt objects that die on another end the process."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_YOUNG, _FULL = 1_000, 20_000
"""Milliseconds between collections of what is new, and of everything."""


class Garbage(QObject):
    """From its making on, garbage is collected when it says so and never else."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._young = self._timer(_YOUNG, 1)
        self._full = self._timer(_FULL, 2)

    def settle(self) -> None:
        """What exists by now stays for good: collections need not look at it."""
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Let Python collect as it likes again."""
        self._young.stop()
        self._full.stop()
        gc.enable()

    def _timer(self, every: int, generation: int) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(every)
        timer.timeout.connect(lambda: gc.collect(generation))
        timer.start()
        return timer
