"""Reads many files or one large one in several processes; results come back in order per file."""

from __future__ import annotations

import gc
import marshal
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from dataclasses import replace
from itertools import chain, islice
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from rollscope_desktop import formats
from rollscope_desktop.ingest.tail import Job, Result, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PIECE = 2 << 20
"""Bytes that one task reads: small enough to stay in the processor's cache."""
_FILES_A_TASK = 64


class Bulk:
    """Runs jobs in ``workers`` processes, a few ahead; files are read by pieces of ``piece`` bytes.

    ``broken`` is set when a process died; what was given to it is then not read.
    """

    def __init__(self, workers: int, piece: int = PIECE) -> None:
        self.broken = False
        self._pool: ProcessPoolExecutor | None = None
        self._collecting = False  # whether a collector ran before
        self._workers = workers
        self._piece = piece
        self._tasks: Iterator[list[Job]] = iter(())
        self._running: deque[tuple[list[Job], Future[bytes]]] = deque()

    @property
    def busy(self) -> bool:
        """Whether something is still being read."""
        return bool(self._running)

    def prepare(self) -> None:
        """Start the processes, which takes a while: there may be something else to do meanwhile.

        Until they are let go no collector runs here: it would look at every row that they send.
        """
        if self._pool is None:
            self.broken = False
            self._pool = ProcessPoolExecutor(
                self._workers, multiprocessing.get_context("spawn"), initializer=_prepare
            )
            for _ in range(self._workers):
                self._pool.submit(_work, [])
            self._collecting = gc.isenabled()
            gc.disable()

    def start(self, jobs: Iterable[tuple[Job, int]]) -> None:
        """Read these files, in this order, after those that are being read.

        Each job comes with the size of its file.
        """
        self.prepare()
        self._tasks = chain(self._tasks, _tasks(jobs, self._piece))
        self._fill()

    def step(self, seconds: float) -> list[tuple[Job, Result]]:
        """The next results, after waiting for them so long at most; none if they are not ready."""
        if not self._running:
            return []
        jobs, future = self._running[0]
        try:
            packed = future.result(timeout=seconds)
        except TimeoutError:
            return []
        except BrokenExecutor:
            self._break()
            return []
        self._running.popleft()
        self._fill()
        return list(zip(jobs, unpack(packed), strict=True))

    def cancel(self) -> None:
        """Read nothing further."""
        self._tasks = iter(())
        for _, future in self._running:
            future.cancel()
        self._running.clear()

    def close(self) -> None:
        """Let the processes go; they would keep memory while nothing is to be read."""
        self.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
            if self._collecting:
                gc.enable()

    def _fill(self) -> None:
        assert self._pool is not None
        try:
            for jobs in islice(self._tasks, self._workers * 3 - len(self._running)):
                self._running.append((jobs, self._pool.submit(_work, jobs)))
        except BrokenExecutor:
            self._break()

    def _break(self) -> None:
        self.broken = True
        self.close()


def _tasks(jobs: Iterable[tuple[Job, int]], piece: int) -> Iterator[list[Job]]:
    """Small files several to a task, large ones a piece a task where their format allows it."""
    together: list[Job] = []
    size = 0
    for job, length in jobs:
        todo = length - job.offset
        if todo > piece and _in_pieces(job.format):
            if together:
                yield together
                together, size = [], 0
            for start in range(job.offset, length, piece):
                stop = start + piece if start + piece < length else 1 << 62
                yield [replace(job, offset=start, stop=stop, inside=start > job.offset)]
            continue
        together.append(job)
        size += todo
        if size >= piece or len(together) >= _FILES_A_TASK:
            yield together
            together, size = [], 0
    if together:
        yield together


def _in_pieces(format: str) -> bool:
    if not format:
        return False
    known = formats.by_name(format)
    return known.framing == "lines" and not known.ordered


def _prepare() -> None:
    # What a task makes dies with it, all by reference counts: a collector would only look on.
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the engine, which ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool does not notice that its owner was killed, and would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _work(jobs: list[Job]) -> bytes:
    return pack([read(job) for job in jobs])


def pack(results: list[Result]) -> bytes:
    """Results as bytes. ``marshal`` moves rows four times as fast as pickling alone does."""
    rows = [[(c.spans, c.notes, c.blobs, c.sets) for c in result.changes] for result in results]
    for result in results:
        for change in result.changes:
            change.spans, change.notes, change.blobs, change.sets = [], [], [], []
    return marshal.dumps((pickle.dumps(results), rows))


def unpack(data: bytes) -> list[Result]:
    """The results that ``pack`` packed, by another process of this program."""
    packed, rows = marshal.loads(data)
    results: list[Result] = pickle.loads(packed)
    for result, changes in zip(results, rows, strict=True):
        for change, held in zip(result.changes, changes, strict=True):
            change.spans, change.notes, change.blobs, change.sets = held
    return results
