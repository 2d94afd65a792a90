"""The real viewer in this process, its event loop, and what is watched in it. Imports Qt."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractScrollArea

from rollscope_desktop.platform import Places
from rollscope_desktop.services.engine_client import EngineState
from rollscope_desktop.ui import app as viewer_app
from rollscope_desktop.ui.session import Session
from tests.bench.child import Failed

TICK = 5
"""Milliseconds between two ticks of the watch over the GUI thread."""
_LOOK = 2  # milliseconds between two looks at what is waited for


@contextlib.contextmanager
def viewer(places: Places) -> Iterator[Session]:
    """The viewer, its window shown, attached to the engine that runs there."""
    made = viewer_app.build(viewer_app.build_application(), places)
    sys.excepthook = lambda kind, error, trace: _die(error)
    threading.excepthook = lambda said: _die(said.exc_value)
    painted: list[bool] = []
    made.window.when_painted(lambda: painted.append(True))
    made.window.show()
    until(lambda: bool(painted), "the window was not painted")
    viewer_app.go_on(made, (), True)
    session = made.session
    assert isinstance(session, Session)
    try:
        until(lambda: session.client.state is EngineState.CONNECTED, "the engine did not answer")
        yield session
    finally:
        viewer_app.close(made)
        made.window.close()


def _die(error: BaseException | None) -> None:
    """No dialog here: whoever measures is told."""
    if error is not None:
        traceback.print_exception(error)
    sys.stderr.flush()
    os._exit(1)


def until(condition: Callable[[], bool], otherwise: str, seconds: float = 60.0) -> None:
    """Let the event loop run until something is so. Raises Failed when it takes too long."""
    loop = QEventLoop()
    deadline = time.monotonic() + seconds

    def look() -> None:
        if condition() or time.monotonic() > deadline:
            loop.quit()

    timer = QTimer(interval=_LOOK)
    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()
    if not condition():
        raise Failed(otherwise)


def rest(seconds: float) -> None:
    """Let the event loop run for so long."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


class Paints(QObject):
    """Hears of every paint of a view, and notes when one was done that showed what is waited for.

    A paint is done when the event loop goes round again: the whole window has been painted and
    handed over by then.
    """

    def __init__(self, view: QAbstractScrollArea) -> None:
        super().__init__(view)
        self._waiting: dict[str, Callable[[], bool]] = {}
        self._due: list[Callable[[], None]] = []
        self.at: dict[str, float] = {}
        self.each: Callable[[], Callable[[], None]] | None = None
        """Called at every paint; what it returns is called when the paint is done."""
        view.viewport().installEventFilter(self)

    def wait_for(self, **conditions: Callable[[], bool]) -> None:
        """Note under each name when the first paint was done that met its condition."""
        self.at.clear()
        self._waiting = dict(conditions)

    @property
    def all_met(self) -> bool:
        """Whether each condition was met."""
        return not self._waiting and not self._due

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            met = [name for name, condition in self._waiting.items() if condition()]
            for name in met:
                del self._waiting[name]
            if met:
                self._later(lambda: self.at.update(dict.fromkeys(met, time.perf_counter())))
            if self.each is not None:
                self._later(self.each())
        return False

    def _later(self, act: Callable[[], None]) -> None:
        self._due.append(act)
        if len(self._due) == 1:
            QTimer.singleShot(0, self._done)

    def _done(self) -> None:
        due, self._due = self._due, []
        for act in due:
            act()


class Gaps(QObject):
    """A tick of the GUI thread every 5 ms: how long it did not come is how long nothing did."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=TICK, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._ticks: list[tuple[float, float]] = []

    def start(self) -> None:
        """Begin to watch."""
        self._ticks.clear()
        self._tick()
        self._timer.start()

    def stop(self) -> dict[str, Any]:
        """The gaps between ticks in ms: ``gap_max`` and ``gap_p99``, and how many are long.

        ``gap_work`` is how much of the longest the thread itself was at work.
        """
        self._tick()
        self._timer.stop()
        return judge_gaps(self._ticks)

    def _tick(self) -> None:
        self._ticks.append((time.perf_counter(), time.thread_time()))


def judge_gaps(ticks: list[tuple[float, float]]) -> dict[str, Any]:
    """What ticks, as (time, processor time of the thread), say of the gaps between them."""
    gaps = sorted(((b[0] - a[0]) * 1e3, (b[1] - a[1]) * 1e3) for a, b in pairwise(ticks))
    if not gaps:
        return {}
    return {
        "gap_max": gaps[-1][0],
        "gap_work": gaps[-1][1],
        "gap_p99": gaps[len(gaps) * 99 // 100][0],
        "gaps_50": sum(gap > 50 for gap, _ in gaps),
        "gaps_16": sum(gap > 16 for gap, _ in gaps),
    }


def resident() -> float:
    """Resident memory of this process in MB; 0 where that cannot be told."""
    try:
        import psutil
    except ImportError:
        return 0.0
    return float(psutil.Process().memory_info().rss) / 1e6


def runs_by_size(index: Path) -> list[tuple[int, int]]:
    """Ids and numbers of spans of all runs, the shortest first."""
    from rollscope_desktop.query.connection import open_reader

    reader = open_reader(index)
    try:
        rows = reader.all("SELECT id, spans FROM runs ORDER BY spans")
        return [(id, spans) for id, spans in rows]
    finally:
        reader.close()
