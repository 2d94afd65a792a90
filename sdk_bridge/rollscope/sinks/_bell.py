"""Wakes a thread that waits for sockets."""

from __future__ import annotations

import contextlib
import select
import socket
import sys


class Bell:
    """Rung by any thread, a signal handler too; ``alarm`` can be read once it was."""

    def __init__(self) -> None:
        self.alarm, self._button = socket.socketpair()
        self.alarm.setblocking(False)
        self._button.setblocking(False)

    def ring(self) -> None:
        """Wake whoever waits."""
        with contextlib.suppress(OSError):  # it rings already, or is closed
            self._button.send(b"\0")

    def quiet(self) -> None:
        """It has been heard."""
        with contextlib.suppress(OSError):
            while self.alarm.recv(4096):
                pass

    def wait(self, timeout: float) -> None:
        """Wait until it rings, or time is up (seconds)."""
        wait_for_alarm(self.alarm, timeout)
        self.quiet()

    def close(self) -> None:
        """Nobody waits any more."""
        self.alarm.close()
        self._button.close()


def wait_for_alarm(alarm: socket.socket, timeout: float) -> None:
    """Wait until the alarm can be read, or time is up. Its file number may be any."""
    if sys.platform != "win32":
        poll = select.poll()
        poll.register(alarm, select.POLLIN)
        poll.poll(max(0.0, timeout) * 1000)
    else:
        select.select([alarm], [], [], max(0.0, timeout))
