"""How a run that is made again is steered and ended from outside: by the engine, by its death, by a
signal, or because its time is over.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope.bridge.channel import Channel
from rollscope.bridge.deadline import Deadline
from rollscope.ending import watch
from rollscope.replay.plan import Answer, Question
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from types import FrameType

GRACE = 3.0
"""Seconds that a program has to end by itself when it was asked to."""

_SOON = 0.01
_MOST_DEFERRED = 50
"""An interruption that comes while a line is written comes again so soon, and so often at most."""

_LAST_WORDS = 2.0
"""Seconds for ending the runs in their logs where the program does not end."""

_SHOWN = Limits(bytes=256 << 10)
"""How much of a call a person is shown. A line of the channel is bounded, too."""

_VERDICTS = ("allow", "edit", "give", "stop", "serve", "live")


class Control:
    """Hears the engine while the program runs on the main thread, where this is made.

    ``unfinished`` is called on another thread when the program did not end in time: its runs are
    ended in their logs by then, and the process is left after it.
    """

    def __init__(
        self, channel: Channel, unfinished: Callable[[], None], timeout: float | None = None
    ) -> None:
        self.why = ""
        """Why the run was to end; a sentence, or "" as long as it is not."""
        self._channel = channel
        self._unfinished = unfinished
        self._lock = threading.RLock()  # a signal may come while its thread has it
        self._numbers = count(1)
        self._asked: dict[int, SimpleQueue[Answer]] = {}
        self._finished = threading.Event()
        self._deadline = None if timeout is None else Deadline(timeout, self._late)
        self._deferred = 0
        self._after = "" if timeout is None else f"{timeout:,g} seconds"

    def start(self, lines: Iterator[bytes]) -> None:
        """Listen from now on, to the engine and to signals."""
        signal.signal(signal.SIGINT, self._interrupted)
        for name in ("SIGTERM", "SIGBREAK"):
            if (number := getattr(signal, name, None)) is not None:
                signal.signal(number, lambda *_: self.cancel("It was told to end by a signal."))
        threading.Thread(
            target=self._hear, args=(lines,), name="rollscope control", daemon=True
        ).start()
        if self._deadline is not None:
            self._deadline.start()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-C on the main thread: it may not break into the writing of a line of the log."""
        name = "" if frame is None else str(frame.f_globals.get("__name__"))
        if name.startswith("rollscope.") and self._deferred < _MOST_DEFERRED:
            self._deferred += 1
            again = threading.Timer(_SOON, _interrupt)
            again.daemon = True
            again.start()
            return
        raise KeyboardInterrupt

    def ask(self, question: Question) -> Answer:
        """Put it to a person; this thread waits, others go on."""
        answers: SimpleQueue[Answer] = SimpleQueue()
        with self._lock:
            if self.why or self._finished.is_set():
                return Answer("stop")
            number = next(self._numbers)
            self._asked[number] = answers
        told = {name: getattr(question, name) for name in ("kind", "name", "span", "reason")}
        told |= {name: to_json(getattr(question, name), _SHOWN) for name in ("input", "expected")}
        try:
            with self._deadline.paused() if self._deadline is not None else nullcontext():
                self._channel.send({"type": "ask", "id": number, "question": told})
                return answers.get()
        finally:
            self._asked.pop(number, None)

    def cancel(self, why: str) -> None:
        """End the run: as Ctrl-C does, and by force if that does not help."""
        with self._lock:
            if self.why or self._finished.is_set():
                return
            self.why = why
            waiting = list(self._asked.values())
            for answers in waiting:
                answers.put(Answer("stop"))
            threading.Thread(
                target=self._force, args=(bool(waiting),), name="rollscope end", daemon=True
            ).start()
            if not waiting:
                _interrupt()

    def finish(self) -> None:
        """The program has ended; nothing interrupts from here on."""
        with self._lock:
            self._finished.set()
        if self._deadline is not None:
            self._deadline.stop()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _hear(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            try:
                said = wire.load(line)
            except wire.WireError:
                continue
            match said:
                case {"type": "answer"}:
                    self._answered(said)
                case {"type": "cancel"}:
                    self.cancel("It was stopped.")
        self.cancel("It was stopped, because the application has ended.")

    def _answered(self, said: dict[str, Any]) -> None:
        number, verdict = said.get("id"), said.get("verdict")
        answers = self._asked.get(number) if isinstance(number, int) else None
        if answers is not None and verdict in _VERDICTS:
            answers.put(Answer(verdict, said.get("value")))

    def _late(self) -> None:
        self.cancel(f"It was stopped after {self._after}.")

    def _force(self, was_asked: bool) -> None:
        if was_asked:
            # The answer ends the run, and an interruption must not break into the writing of that.
            if self._finished.wait(_LAST_WORDS):
                return
            _interrupt()
        if self._finished.wait(GRACE):
            return
        ending = threading.Thread(target=watch._end, args=("cancelled",), daemon=True)
        ending.start()
        ending.join(_LAST_WORDS)
        self._unfinished()
        leave()


def _interrupt() -> None:
    """Ctrl-C for the main thread, whatever it waits for."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)  # wakes a main thread that sleeps
    else:
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)  # type: ignore[arg-type]


def leave(status: int = 0) -> None:
    """End this process at once."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # there is none, or nobody reads it
            continue
    os._exit(status)
