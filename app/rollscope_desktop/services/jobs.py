"""Runs questions to the index on threads of their own, and brings the answers to the GUI thread.

A job is a generator function of a Reader: it yields Progress or Partial where it may be stopped,
and returns its result. It knows no Qt. Each lane is one thread with one connection; a new job of
the same owner and topic takes the place of the one before, wherever that one is.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from rollscope_desktop.query.connection import (
    IndexMissing,
    IndexProblem,
    Interrupted,
    Reader,
    open_reader,
)
from rollscope_desktop.query.payloads import PayloadGone
from rollscope_desktop.query.progress import Partial, Progress

if TYPE_CHECKING:
    from rollscope_desktop.services.notices import Notices

_PROGRESS_EVERY = 0.1

Question = Callable[[Reader], Generator[Any, None, Any]]
Slot = Callable[[Any], None]


class Lane(Enum):
    """The threads: lists and trees on one, single payloads on another, and on the third what goes
    through very many spans, so that none of these waits for the others."""

    INDEX = "index"
    PAYLOADS = "payloads"
    ORDERS = "orders"


@dataclass(slots=True, eq=False)
class _Job:
    owner: QObject | None
    topic: str
    question: Question
    done: Slot | None
    partial: Slot | None
    progress: Slot | None
    failed: Slot | None
    dropped: threading.Event = field(default_factory=threading.Event)

    def slot(self, kind: str) -> Slot | None:
        """Whom to tell news of a kind."""
        slots = {"done": self.done, "partial": self.partial, "progress": self.progress}
        return slots.get(kind, self.failed)

    def let_go(self) -> None:
        """Hold on to no widget any more. For the GUI thread, when nothing is to be delivered: the
        job itself may stay with its thread for longer, and what dies there takes its timers along
        on the wrong thread."""
        self.owner = self.done = self.partial = self.progress = self.failed = None


@dataclass(frozen=True, slots=True)
class _News:
    job: _Job
    kind: str
    value: Any


class Jobs(QObject):
    """Takes jobs and delivers what comes of them; every method is for the GUI thread.

    Slots are called on the GUI thread, and never after the owner has died, after ``drop``, or after
    a newer job of the same owner and topic was started. An expected failure goes to ``failed``, or
    becomes a notice when the owner did not ask for it; any other is raised on the GUI thread.
    """

    _arrived = Signal(object)

    def __init__(self, index: Path, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notices = notices
        self._latest: dict[tuple[QObject, str], _Job] = {}
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._threads = {lane: _LaneThread(lane, index, self._arrived.emit) for lane in Lane}

    def start(
        self,
        owner: QObject,
        topic: str,
        question: Question,
        done: Slot | None = None,
        *,
        partial: Slot | None = None,
        progress: Slot | None = None,
        failed: Slot | None = None,
        lane: Lane = Lane.INDEX,
    ) -> None:
        """Ask a question; what the owner asked about this topic before is taken back."""
        self.drop(owner, topic)
        job = _Job(owner, topic, question, done, partial, progress, failed)
        self._latest[owner, topic] = job
        self._threads[lane].put(job)

    def warm_up(self) -> None:
        """Import what the first run that is opened will need, once the window is there."""
        self.start(self, "warm up", asking(_import_late))

    def drop(self, owner: QObject, topic: str | None = None) -> None:
        """Take back what the owner asked about a topic, or everything."""
        for key in [k for k in self._latest if k[0] is owner and topic in (None, k[1])]:
            job = self._latest.pop(key)
            job.dropped.set()
            for thread in self._threads.values():
                thread.interrupt(job)
            job.let_go()

    def is_busy(self, owner: QObject, topic: str) -> bool:
        """Whether a question of this owner and topic is still on its way."""
        return (owner, topic) in self._latest

    def close(self) -> None:
        """Stop everything; all threads have ended when this returns."""
        for owner in {key[0] for key in self._latest}:
            self.drop(owner)
        for thread in self._threads.values():
            thread.stop()

    def _deliver(self, news: _News) -> None:
        job = news.job
        owner, slot = job.owner, job.slot(news.kind)
        if owner is None or self._latest.get((owner, job.topic)) is not job:
            return
        alive = isValid(owner)
        if not alive:
            job.dropped.set()
        if not alive or news.kind in ("done", "failed"):
            del self._latest[owner, job.topic]
            job.let_go()
        if not alive:
            return
        if news.kind == "failed":
            self._fail(slot, news.value)
        elif slot is not None:
            slot(news.value)

    def _fail(self, slot: Slot | None, error: Exception) -> None:
        if not isinstance(error, IndexProblem | Interrupted | PayloadGone):
            raise error
        if slot is not None:
            slot(error)
        elif not isinstance(error, IndexMissing | Interrupted):
            self._notices.say(str(error), "error", topic="index")


class _LaneThread:
    """One thread and its connection. The GUI thread puts, interrupts and stops."""

    def __init__(self, lane: Lane, index: Path, tell: Callable[[_News], None]) -> None:
        self._index = index
        self._tell = tell
        self._waiting: deque[_Job | None] = deque()
        self._ready = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._current: tuple[_Job, Reader] | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"rollscope-{lane.value}", daemon=True
        )
        self._begun = False

    def put(self, job: _Job | None) -> None:
        if not self._begun:
            self._begun = True
            self._thread.start()
        self._waiting.append(job)
        self._ready.release()

    def interrupt(self, job: _Job) -> None:
        with self._lock:
            if self._current is not None and self._current[0] is job:
                self._current[1].interrupt()

    def stop(self) -> None:
        if self._begun:
            self.put(None)
            self._thread.join()

    def _run(self) -> None:
        reader: Reader | None = None
        try:
            while True:
                self._ready.acquire()
                job = self._waiting.popleft()
                if job is None:
                    return
                if job.dropped.is_set():
                    continue
                try:
                    if reader is not None and not reader.is_current():
                        reader.close()
                        reader = None
                    if reader is None:
                        reader = open_reader(self._index)
                    self._work(job, reader)
                except Exception as error:  # noqa: BLE001 - delivered, and raised or shown there
                    if not job.dropped.is_set():
                        self._tell(_News(job, "failed", error))
                del job  # and with it what its question has read, while there is nothing to do
        finally:
            if reader is not None:
                reader.close()

    def _work(self, job: _Job, reader: Reader) -> None:
        with self._lock:
            self._current = (job, reader)
        steps = job.question(reader)
        told = 0.0
        try:
            while not job.dropped.is_set():
                try:
                    step = next(steps)
                except StopIteration as end:
                    self._tell(_News(job, "done", end.value))
                    return
                now = time.monotonic()
                if isinstance(step, Partial):
                    self._tell(_News(job, "partial", step.value))
                elif isinstance(step, Progress) and now - told >= _PROGRESS_EVERY:
                    told = now
                    self._tell(_News(job, "progress", step))
        finally:
            with self._lock:
                self._current = None
            steps.close()


def _import_late(reader: Reader) -> None:
    import rollscope_desktop.query.outline  # noqa: F401


def asking(function: Callable[..., Any], *arguments: Any) -> Question:
    """A question made of a plain function of a reader, which has nowhere to be stopped."""

    def question(reader: Reader) -> Generator[Any, None, Any]:
        yield Progress(0, 0)
        return function(reader, *arguments)

    return question


def steps(function: Callable[..., Any], *arguments: Any) -> Question:
    """A question made of a generator function of a reader."""

    def question(reader: Reader) -> Generator[Any, None, Any]:
        return (yield from function(reader, *arguments))

    return question
