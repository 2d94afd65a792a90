"""Ctrl+C in the terminal and a polite kill close the viewer as its own Quit does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier


class Signals(QObject):
    """Python runs signal handlers between its own steps, which Qt's loop does not take while it
    sleeps: a byte on a socket wakes it."""

    def __init__(self, then: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._then = then
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)
        self._wake = QSocketNotifier(self._near.fileno(), QSocketNotifier.Type.Read, self)
        self._wake.activated.connect(self._woken)
        self._old_wake = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        self._old = {
            number: signal.signal(number, self._heard) for number in (signal.SIGINT, signal.SIGTERM)
        }

    def restore(self) -> None:
        """Give the signals back."""
        for number, handler in self._old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_wake)
        self._wake.setEnabled(False)
        self._near.close()
        self._far.close()

    def _heard(self, number: int, frame: object) -> None:
        self._then()

    def _woken(self) -> None:
        # Reading the byte is a step of Python's, so the handler has run by now.
        self._near.recv(64)
