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
    """The threads: lists and trees on one, single payloads on the other, so neither waits."""

    INDEX = "index"
    PAYLOADS = "payloads"


@dataclass(slots=True, eq=False)
class _Job:
    owner: QObject
    topic: str
    question: Question
    done: Slot | None
    partial: Slot | None
    progress: Slot | None
    failed: Callable[[Exception], None] | None
    dropped: threading.Event = field(default_factory=threading.Event)


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
        failed: Callable[[Exception], None] | None = None,
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

    def is_busy(self, owner: QObject, topic: str) -> bool:
        """Whether a question of this owner and topic is still on its way."""
        return (owner, topic) in self._latest

    def close(self) -> None:
        """Stop everything; both threads have ended when this returns."""
        for owner in {key[0] for key in self._latest}:
            self.drop(owner)
        for thread in self._threads.values():
            thread.stop()

    def _deliver(self, news: _News) -> None:
        job = news.job
        key = (job.owner, job.topic)
        if self._latest.get(key) is not job:
            return
        if news.kind in ("done", "failed"):
            del self._latest[key]
        if not isValid(job.owner):
            job.dropped.set()
            self._latest.pop(key, None)
            return
        if news.kind == "failed":
            self._fail(job, news.value)
            return
        slot = {"done": job.done, "partial": job.partial, "progress": job.progress}[news.kind]
        if slot is not None:
            slot(news.value)

    def _fail(self, job: _Job, error: Exception) -> None:
        if not isinstance(error, IndexProblem | Interrupted | PayloadGone):
            raise error
        if job.failed is not None:
            job.failed(error)
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
                # Nothing of the job may stay behind here: its owner must die on the GUI thread.
                del job
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
