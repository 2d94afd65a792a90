"""The moment that every view shows the run at, and how it moves: by hand, by event, by playing."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.viewmodels.stepping import (
    error_beside,
    moment_after,
    moment_before,
    play_on,
    steps_until,
)

if TYPE_CHECKING:
    from rollscope_desktop.query.structure import Int64, Structure
    from rollscope_desktop.viewmodels.marks import Marks
    from rollscope_desktop.viewmodels.run_watch import RunWatch

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
EVENTS_A_SECOND = 6
"""How fast a run without times is played at speed 1."""
_TICK = 33
_LONGEST_TICK = 250_000_000
_SECOND = 1_000_000_000


class Playhead(QObject):
    """``at`` is a moment on the run's axis, relative to its start; None stands for now: the end of
    a run that has ended, and of a live one whatever is newest."""

    moved = Signal(object)
    """The moment, or None."""
    playing_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, watch: RunWatch, marks: Marks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watch = watch
        self._marks = marks
        self.at: int | None = None
        self.speed = 1.0
        self._zero = watch.axis.start
        self._timer = QTimer(self, interval=_TICK)
        self._timer.timeout.connect(self._tick)
        self._told = 0
        self._rest = 0.0  # what is left of an event, in a run without times
        self._stretch: tuple[int, int] | None = None  # the events that the playhead is between
        self._counted: tuple[Structure, int, int] | None = None  # what number_of found last
        watch.begun.connect(self._forget)
        watch.axis_changed.connect(self._take_axis)
        watch.grown.connect(self._look_again)
        watch.opened.connect(self._look_again)

    @property
    def end(self) -> int:
        """The moment that now stands for."""
        return self._watch.axis.length

    @property
    def moment(self) -> int:
        """The moment that is shown, also when it is now."""
        return self.end if self.at is None else min(max(self.at, 0), self.end)

    @property
    def playing(self) -> bool:
        """Whether it moves by itself. One that follows a live run stands at now instead."""
        return self._timer.isActive()

    @property
    def following(self) -> bool:
        """Whether now is shown of a run that is still being written."""
        return self.at is None and self._watch.axis.live

    def set(self, at: int | None) -> None:
        """Show the run as it was at a moment, or as it is now."""
        if at != self.at:
            self.at = at
            self._stretch = None
            self.moved.emit(at)

    def seek(self, at: int) -> None:
        """Show the run at a moment that was pointed at; its end, and what is beyond it, is now."""
        self.set(None if at >= self.end else max(at, 0))

    def to_now(self) -> None:
        """Show the end of the run, and of a live one whatever comes."""
        self.pause()
        self.set(None)

    def step(self, by: int) -> None:
        """Go to the next event (``by`` > 0) or to the one before."""
        self.pause()
        run = self._run()
        if run is None or (by > 0 and self.at is None):
            return
        here = self.moment
        if by > 0:
            found = moment_after(run, self._times(), self._zero, here)
            self.seek(self.end if found is None else found)
        else:
            found = moment_before(run, self._times(), self._zero, here)
            self.set(max(found or 0, 0))

    def to_error(self, by: int) -> int | None:
        """Go to where the next span failed, or the one before; its id, or None if there is none."""
        self.pause()
        run = self._run()
        if run is None or (by > 0 and self.at is None):
            return None
        # What failed at the very end comes first on the way back from there.
        here = self.end + 1 if self.at is None else self.moment
        found = error_beside(run, self._zero, here, by)
        if found is None:
            return None
        moment, index = found
        self.set(min(max(moment, 0), self.end))
        return run.id_of(index)

    def number_of(self, at: int | None) -> int:
        """How many steps had begun at a moment: the number of the last of them."""
        run = self._run()
        if run is None or at is None:
            return self.steps
        counted = self._counted
        if counted is None or counted[0] is not run or counted[1] != self._zero + at:
            number = steps_until(run, self._zero, at)
            counted = self._counted = run, self._zero + at, number
        return counted[2]

    @property
    def steps(self) -> int:
        """How many steps the run has so far."""
        run = self._run()
        return 0 if run is None else len(run)

    # Playing

    def toggle(self) -> None:
        """Play, or stop. At the newest of a live run: stop following it, the run goes on."""
        if self.playing:
            self.pause()
        elif self.following:
            self.set(self.end)
        else:
            self.play()

    def play(self) -> None:
        """Move on by itself, from the start if it stands at the end. A live run is followed."""
        if self.playing or self.following or self._run() is None:
            return
        if self.at is None or self.at >= self.end:
            self.set(0)
        self._told, self._rest, self._stretch = perf_counter_ns(), 0.0, None
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stay where it is."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def set_speed(self, number: int) -> None:
        """Play at one of six speeds, from 1 (half as fast) to 6 (16 times as fast)."""
        if not 1 <= number <= len(SPEEDS):
            return
        speed = SPEEDS[number - 1]
        if speed != self.speed:
            self.speed = speed
            self.speed_changed.emit(speed)

    def _tick(self) -> None:
        now = perf_counter_ns()
        # Who was busy or asleep for long goes on from where it was.
        elapsed = min(now - self._told, _LONGEST_TICK)
        self._told = now
        if self.at is None or self._run() is None:
            self.pause()
            return
        self._advance(elapsed)

    def _advance(self, elapsed: int) -> None:
        """Play on for so many nanoseconds."""
        here = self.moment
        if self._watch.axis.clock == ORDER:
            self._rest += elapsed * self.speed * EVENTS_A_SECOND / _SECOND
            there = here + int(self._rest)
            self._rest -= int(self._rest)
        else:
            since, coming = self._between(here)
            there = play_on(here, elapsed, self.speed, since, coming)
        if there >= self.end:
            self.to_now()
        elif there != here:
            kept = self._stretch
            self.set(there)
            self._stretch = kept

    def _between(self, here: int) -> tuple[int, int]:
        """The events around the playhead; looked for only when it has passed the coming one."""
        if self._stretch is None or not self._stretch[0] <= here < self._stretch[1]:
            run = self._run()
            assert run is not None
            coming = moment_after(run, self._times(), self._zero, here)
            self._stretch = here, self.end if coming is None else coming
        return self._stretch

    # What the run says

    def _run(self) -> Structure | None:
        made = self._watch.outline
        return made.structure if made is not None and len(made) else None

    def _times(self) -> Int64 | None:
        ticks = self._marks.ticks
        return None if ticks is None else ticks.time

    def _forget(self) -> None:
        self.pause()
        self._stretch = self._counted = None

    def _look_again(self, news: object) -> None:
        self._stretch = self._counted = None

    def _take_axis(self) -> None:
        """When an earlier start has become known, the same moment has another number."""
        before, self._zero = self._zero, self._watch.axis.start
        if self.at is not None and before != self._zero:
            self.set(self.at + before - self._zero)
