"""How a process ends: runs that are under way are ended in the log, whatever ends them."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from rollscope.guard import guarded

if TYPE_CHECKING:
    from types import FrameType

    from rollscope.client import Rollscope

_SIGNALS = ("SIGTERM", "SIGBREAK")
"""Signals that end a process without a word: SIGTERM, and CTRL_BREAK on Windows."""


class _Watch:
    """The clients of this process, and the hooks that tell them when it forks or ends."""

    def __init__(self) -> None:
        self._clients: WeakSet[Rollscope] = WeakSet()
        self._hooked = False
        self._listening = False

    def __call__(self, client: Rollscope) -> None:
        """End this client's runs when the process ends. Cheap when said again."""
        self._clients.add(client)
        if not self._hooked:
            self._hooked = True
            atexit.register(self._end, "exit")
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self._after_fork)
        if not self._listening and threading.current_thread() is threading.main_thread():
            self._listening = True
            with guarded("listen to signals"):
                self._listen()

    def _end(self, why: str) -> None:
        for client in list(self._clients):
            client.shutdown(why)

    def _after_fork(self) -> None:
        from rollscope.client import default

        with guarded("go on in a child process"):
            default.after_fork()
            for client in list(self._clients):
                client.after_fork()

    def _listen(self) -> None:
        """Take signals that nobody else takes; only the main thread may."""
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> Any:
        with guarded("end runs on a signal"):
            self._end(signal.Signals(number).name)
        signal.signal(number, signal.SIG_DFL)
        if sys.platform == "win32":
            os._exit(3)  # what the system makes of a console event that nobody takes
        os.kill(os.getpid(), number)


watch = _Watch()
"""Watches the end of the process."""
