"""Follows everything that was opened: sleeps until something may have changed, then looks.

Hints from the system wake it; a slow poll of what was active lately and a slower walk of all
folders back them up, because hints get lost. When hints come faster than they can be heard, it
stops listening and looks at the active files every 20 ms instead, until it is calm again.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from rollscope_desktop.ingest.pipeline import Changed, Pipeline, Progress
from rollscope_desktop.ingest.scan import shown
from rollscope_desktop.ingest.watch import Watch
from rollscope_desktop.model.events import Problem
from rollscope_desktop.platform import process_alive
from rollscope_desktop.store.schema import IndexDamaged, IndexProblem, damage_remark, set_aside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rollscope_desktop.store.writer import Writer

LOUD = 8_000
"""Hints a second from which listening costs more than looking."""
CALM = 2_000
"""Events a second below which it listens again."""

_FAST_POLL = 0.02
_SLOW_POLL = 1.0
_WALK = 5.0
_STATUS = 0.5
_REST = 2.0  # seconds without a try, when the index could not be written
_CALM_FOR = 3.0
_SECOND = 1_000_000_000
_FEW = 100  # new files that are looked at one by one, and not by a walk

Note = dict[str, Any]


class Live:
    """Owns the writer and the pipeline on a thread of its own. Other threads call ``post``.

    ``own`` is the folder of our own logs: runs that were thrown away from there do not count.
    """

    def __init__(
        self,
        index: Callable[[], Writer],
        notify: Callable[[Note], None],
        own: Path | None = None,
    ) -> None:
        self._make = index
        self._own = own
        self._notify = notify
        self._wake = threading.Event()
        self._posted: deque[Callable[[], None]] = deque()
        self._told: deque[bytes] = deque()
        self._stopping = threading.Event()
        self._roots: dict[int, bytes] = {}
        self._to_open: dict[bytes, None] = {}
        self._to_recall = False
        self._thread = threading.Thread(target=self._run, name="ingest")
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._trouble = ""
        self._damaged = False
        self._seen_dead = False
        self._events = 0
        self._lag = 0.0
        self._rate = 0.0
        self._heard = 0
        self._next = {"slow": 0.0, "walk": 0.0, "status": 0.0}
        self._counted_since = self._calm_since = 0.0

    def start(self) -> None:
        """Open the index. Raises IndexProblem with a sentence when that fails."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            self._thread.join()
            raise self._failed

    def stop(self) -> None:
        """Finish the transaction in progress, fold the index and end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def post(self, work: Callable[[], None]) -> None:
        """Have ``work`` done on the ingest thread, which then may use the methods below."""
        self._posted.append(work)
        self._wake.set()

    def hear(self, path: bytes) -> None:
        """This file has grown: sooner than the system tells."""
        self._told.append(path)
        self._wake.set()

    @property
    def running(self) -> bool:
        """Whether it still follows; False after a fault, too."""
        return self._thread.is_alive()

    # -- on the ingest thread ------------------------------------------------------------------

    def open(self, paths: list[bytes]) -> None:
        """Take folders or files in and follow them; what cannot be taken in now is tried again."""
        self._to_open |= dict.fromkeys(paths)
        self._open_waiting()

    def follow_known(self) -> None:
        """Go on following what was opened before and never closed."""
        self._to_recall = True
        self._open_waiting()

    def close(self, root: int) -> None:
        """Forget a folder."""
        self._pipeline.forget(root)
        path = self._roots.pop(root, None)
        if path is not None and (folder := _folder(path)) not in map(_folder, self._roots.values()):
            self._watch.remove(folder)

    def cancel(self) -> None:
        """Stop reading what was opened."""
        self._pipeline.cancel()

    def reindex(self, file: str) -> bool:
        """Read one file from its start again."""
        return self._pipeline.reindex(os.fsencode(file))

    def status(self) -> Note:
        """Numbers for the status bar."""
        return {
            **self._writer.counts(self._own),
            "rate": round(self._rate),
            "lag_ms": round(self._lag, 1),
            "listening": self._watch.listening,
            "idle": self._pipeline.idle,
            **_said(self._pipeline.progress),
            "roots": [{"id": root, "path": shown(path)} for root, path in self._roots.items()],
        }

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open_index()
            self._watch = Watch(self._wake.set)
        except BaseException as error:  # noqa: BLE001 - whatever it is, start() raises it
            self._failed = error
            self._ready.set()
            return
        self._host = socket.gethostname()
        self._ready.set()
        try:
            self._forget_warnings()
            if self._writer.remark:
                self._warn(self._writer.remark)
            now = time.monotonic()
            self._next = {"slow": now + _SLOW_POLL, "walk": now + _WALK, "status": now}
            self._counted_since = self._calm_since = now
            while not self._stopping.is_set():
                self._sleep()
                self._turn_safely()
        finally:
            self._watch.close()
            self._pipeline.close()
            self._writer.close()

    def _open_index(self) -> None:
        self._writer = self._make()
        try:
            self._pipeline = Pipeline(self._writer, self._changed, self._progress)
        except IndexDamaged:
            aside = self._put_aside()
            self._writer = self._make()
            self._writer.remark = damage_remark(aside)
            self._pipeline = Pipeline(self._writer, self._changed, self._progress)
        except BaseException:
            self._writer.close()
            raise

    def _sleep(self) -> None:
        pause = 0.0
        if self._pipeline.idle and not self._posted and not self._told:
            pause = min(self._next.values()) - time.monotonic()
            if self._watch.paused:
                pause = min(pause, _FAST_POLL)
        if pause > 0:
            self._wake.wait(pause)
        self._wake.clear()

    def _turn_safely(self) -> None:
        try:
            if self._damaged:
                self._begin_anew()
            self._turn()
        except IndexDamaged as error:
            self._damaged = True
            self._say("error", f"{error} It is put aside and made again from the logs.")
        except IndexProblem as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say("error", f"{error} Nothing is lost: it is tried again.")
            self._stopping.wait(_REST)
        else:
            self._trouble = ""

    def _turn(self) -> None:
        while self._posted and not self._stopping.is_set():
            self._posted.popleft()()
        self._open_waiting()
        now = time.monotonic()
        self._look_where_told()
        if self._watch.paused:
            self._pipeline.hint(self._pipeline.active(time.time_ns() - 10 * _SECOND))
        if now >= self._next["slow"]:
            self._next["slow"] = now + _SLOW_POLL
            self._pipeline.hint(self._pipeline.active(time.time_ns() - 60 * _SECOND))
            self._pipeline.settle(time.time_ns() - 2 * _SECOND)
            self._seen_dead = False
        if now >= self._next["walk"]:
            self._walk()
            taken = time.monotonic() - now
            self._next["walk"] = now + max(1.0 if self._watch.paused else _WALK, 50 * taken)
        self._pipeline.step(0.1)
        if self._pipeline.idle and not self._seen_dead:
            self._look_for_the_dead()
        if now >= self._next["status"]:
            self._next["status"] = now + _STATUS
            self._count(now)

    def _open_waiting(self) -> None:
        if self._to_recall:
            with self._writer.asking():
                known = self._writer.files.roots()
            self._to_recall = False
            self._to_open |= dict.fromkeys(path for root, path in known if root not in self._roots)
        while self._to_open and not self._stopping.is_set():
            path = next(iter(self._to_open))
            # Watched first: what is written after the look is then told.
            folder = _folder(path)
            if refused := self._watch.add(folder, recursive=folder == path):
                self._warn(refused)
            root = self._pipeline.open(path)
            self._roots[root] = path
            del self._to_open[path]

    def _look_where_told(self) -> None:
        told = {self._told.popleft() for _ in range(len(self._told))}
        for path in told:
            if self._pipeline.knows(path):
                self._pipeline.hint((path,))
            else:
                self._look_at(path)
        hints = self._watch.take()
        self._heard += hints.heard
        new = [path for path in hints.files if not self._pipeline.knows(path)]
        self._pipeline.hint(hints.files)
        if hints.lost or len(new) + len(hints.folders) > _FEW:
            self._walk()
        else:
            for path in (*hints.folders, *new):
                self._look_at(path)
        if hints.lost:
            # The system dropped hints: look at the size of every file there is.
            self._pipeline.hint(self._pipeline.active(0))

    def _look_at(self, path: bytes) -> None:
        for root, folder in list(self._roots.items()):
            if path == folder:
                self._pipeline.look_over(root, folder)
            elif path.startswith(os.path.join(folder, b"")):
                self._pipeline.look_at(root, folder, path)

    def _walk(self) -> None:
        self._watch.renew()
        for root, path in list(self._roots.items()):
            if not self._stopping.is_set():
                self._pipeline.look_over(root, path)

    def _look_for_the_dead(self) -> None:
        """Runs whose process is known to be gone will not end; the list says so.

        Only when all has been read: the end may be what is still due.
        """
        self._seen_dead = True
        with self._writer.asking():
            unfinished = self._writer.runs.unfinished_here(self._host)
        dead = [run for run, pid in unfinished if not process_alive(pid)]
        if dead:
            with self._writer.transaction():
                self._writer.runs.set_gone(dead)
            self._changed(Changed(frozenset(dead), removed=False, events=0, lag=None))

    def _count(self, now: float) -> None:
        """Say how it goes, and stop or begin to listen as the rate demands."""
        seconds = max(now - self._counted_since, 1e-3)
        self._rate = self._events / seconds
        if not self._watch.paused and self._heard / seconds > LOUD:
            self._watch.pause()
            self._calm_since = now
        elif self._watch.paused and self._rate > CALM:
            self._calm_since = now
        elif self._watch.paused and now - self._calm_since > _CALM_FOR:
            for refused in self._watch.resume():
                self._warn(refused)
            self._walk()
        if self._events or self._heard or self._lag:
            self._notify({"note": "status", **self.status()})
        if not self._events:
            self._lag = 0.0
        self._events = self._heard = 0
        self._counted_since = now

    def _begin_anew(self) -> None:
        """Put a damaged index aside and take everything in again. Raises IndexProblem."""
        self._pipeline.close()
        self._put_aside()
        self._open_index()
        self._damaged = False
        self._changed(Changed(frozenset(), removed=True, events=0, lag=None))

    def _put_aside(self) -> Path:
        """Move a damaged index away; which folders were open may still be read in it."""
        self._to_open |= dict.fromkeys(self._roots.values())
        self._roots.clear()
        with contextlib.suppress(IndexProblem), self._writer.asking():
            self._to_open |= dict.fromkeys(path for _, path in self._writer.files.roots())
        self._writer.close()
        return set_aside(self._writer.path)

    # -- what is said --------------------------------------------------------------------------

    def _changed(self, changed: Changed) -> None:
        self._events += changed.events
        if changed.lag is not None and changed.lag < 60 * _SECOND:
            self._lag = changed.lag / 1e6
        self._notify(
            {
                "note": "changed",
                "runs": sorted(changed.runs),
                "removed": changed.removed,
                "lag_ms": round(self._lag, 1),
            }
        )

    def _progress(self, progress: Progress) -> None:
        self._notify({"note": "progress", **_said(progress)})

    def _say(self, severity: str, sentence: str) -> None:
        self._notify({"note": "notice", "severity": severity, "sentence": sentence})

    def trouble(self, sentence: str, code: str) -> None:
        """Say what goes wrong elsewhere in the engine, and list it until "" is said under the same
        code, or until the next start."""
        with contextlib.suppress(IndexProblem), self._writer.transaction():
            self._writer.problems.clear(None, code)
            if sentence:
                self._writer.problems.add(None, [Problem(sentence, code=code, severity="error")])
        if sentence:
            self._say("error", sentence)

    def _warn(self, sentence: str) -> None:
        """Say it, and list it among the problems until the next start."""
        self._say("warning", sentence)
        with contextlib.suppress(IndexProblem), self._writer.transaction():
            self._writer.problems.add(None, [Problem(sentence, code="engine")])

    def _forget_warnings(self) -> None:
        with contextlib.suppress(IndexProblem), self._writer.transaction():
            self._writer.problems.clear(None, "engine", "journal")


def _folder(path: bytes) -> bytes:
    return path if os.path.isdir(path) else os.path.dirname(path)


def _said(progress: Progress) -> Note:
    return {
        "state": progress.state,
        "done": progress.done,
        "total": progress.total,
        "files_done": progress.files_done,
        "files_total": progress.files_total,
    }
