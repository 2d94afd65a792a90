"""The timeline of the open run: what its views need to know, read when a view wants to paint it.

Nothing is read before something is painted. While a run grows its lanes are arranged anew, but not
more often than half of the time.
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.model.viewport import LEAST_EVENTS, LEAST_TIME, Gap, Viewport
from rollscope_desktop.services.jobs import Lane, steps
from rollscope_desktop.viewmodels.timeline import read
from rollscope_desktop.viewmodels.timeline.walk import extent, plain_extent

if TYPE_CHECKING:
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int32, Int64
    from rollscope_desktop.query.timeline.critical import CriticalPath
    from rollscope_desktop.query.timeline.lanes import Lanes
    from rollscope_desktop.query.timeline.range_sums import Sums
    from rollscope_desktop.query.timeline.tints import Tints
    from rollscope_desktop.viewmodels.open_run import OpenRun
    from rollscope_desktop.viewmodels.scope import Range
    from rollscope_desktop.viewmodels.timeline.frame import Frame, Situation

FOLD_FROM = 600_000_000_000
"""Nanoseconds: idle gaps of longer runs are folded unless the person wants them."""


class TimelineModel(QObject):
    """What the timeline of ``run`` shows. ``want`` reads what is missing, and is for painters."""

    changed = Signal()
    """Something looks different now."""
    arranged_anew = Signal()
    """There may be other rows."""

    def __init__(self, run: OpenRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.arranged: read.Arranged | None = None
        self.tints: Tints | None = None
        self.path: CriticalPath | None = None
        self.tokens: tuple[Int64, Int64] | None = None
        self.sums: Sums | None = None
        self.mode = "kind"
        self.folding: bool | None = None
        self.shows_path = False
        self.shows_tokens = False
        self.failure = ""
        self._fits: tuple[Any, Any, Int32] | None = None
        self._view: tuple[Any, Viewport] | None = None
        self._frame: tuple[Any, Frame] | None = None
        self._calls: tuple[Frame, list[int], list[tuple[int, int]]] | None = None
        self._asked = self._tinted = ""
        self._tints_of: Outline | None = None
        self._tokens_of: Outline | None = None
        self._path_of: Outline | None = None
        self._began = 0.0
        self._cost = 0.0
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self.changed)
        watch = run.watch
        watch.begun.connect(self._forget)
        watch.opened.connect(self._try_again)
        watch.grown.connect(self._try_again)
        watch.axis_changed.connect(self._take_axis)
        watch.ticked.connect(self.changed)
        run.matches.changed.connect(self.changed)
        run.scope.zoom_changed.connect(self.changed)
        run.scope.range_changed.connect(self._take_range)
        run.playhead.moved.connect(self.changed)
        run.marks.changed.connect(self.changed)
        run.details.arrived.connect(self.changed)

    # What is shown

    @property
    def lanes(self) -> Lanes | None:
        """Where the spans lie, as far as that is known."""
        return None if self.arranged is None else self.arranged.lanes

    @property
    def timeless(self) -> bool:
        """Whether the log has an order instead of times."""
        return self.run.watch.axis.clock == ORDER

    @property
    def folds(self) -> bool:
        """Whether idle gaps are folded."""
        axis = self.run.watch.axis
        if self.timeless:
            return False
        return axis.length > FOLD_FROM if self.folding is None else self.folding

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps that are folded."""
        if self.arranged is None or not self.arranged.folded or not self.folds:
            return ()
        return self.arranged.gaps

    def whole(self, width: int) -> Viewport:
        """All of the run over so many pixels."""
        least = LEAST_EVENTS if self.timeless else LEAST_TIME
        return Viewport.whole(self.run.watch.axis.length, width, self.gaps, least)

    def viewport(self, width: int) -> Viewport:
        """The part of the run that is looked at, over so many pixels."""
        zoom = self.run.scope.scope.zoom
        key = (self.run.watch.axis.length, width, self.gaps, zoom)
        if self._view is None or self._view[0] != key:
            whole = self.whole(width)
            self._view = key, whole if zoom is None else whole.showing(*zoom)
        return self._view[1]

    def situation(self) -> Situation:
        """How the run is looked at beside its viewport."""
        from rollscope_desktop.viewmodels.timeline.frame import Situation, fits_before

        lanes, mask = self.lanes, self.run.matches.mask
        zero, at = self.run.watch.axis.start, self.run.playhead.at
        if lanes is None or mask is None:
            return Situation(zero, at)
        if self._fits is None or self._fits[0] is not lanes or self._fits[1] is not mask:
            self._fits = lanes, mask, fits_before(lanes, mask)
        return Situation(zero, at, mask, self._fits[2])

    def frame(self, width: int, low: int, high: int) -> Frame | None:
        """What is to be drawn of some rows; None while there are no lanes."""
        from rollscope_desktop.viewmodels.timeline.frame import frame

        lanes = self.lanes
        if lanes is None:
            return None
        view, situation = self.viewport(width), self.situation()
        key = (lanes, view, low, high, situation.zero, situation.at, situation.mask)
        if self._frame is None or not _same(self._frame[0], key):
            self._frame = key, frame(lanes, view, low, high, situation)
        return self._frame[1]

    def extent_of(self, index: int) -> tuple[int, int] | None:
        """When a span is drawn to begin and end, relative to the axis; None when the log does not
        say when it was."""
        outline, axis = self.run.watch.outline, self.run.watch.axis
        if self.lanes is not None and index < len(self.lanes.outline):
            return extent(self.lanes, index, axis.start, axis.length, self.run.playhead.at)
        if outline is None:
            return None
        return plain_extent(outline.structure, index, axis.start, axis.length)

    def calls(
        self, width: int, low: int, high: int, near: list[int], most: int
    ) -> list[tuple[int, int]]:
        """Pairs of a model's call and a tool that it called: those in view while they are at most
        ``most``, and those of the spans ``near``."""
        from rollscope_desktop.query.timeline.calls import calls_among
        from rollscope_desktop.viewmodels.timeline.frame import PLAIN

        shown = self.frame(width, low, high)
        if shown is None or self.arranged is None:
            return []
        if self._calls is not None and self._calls[0] is shown and self._calls[1] == near:
            return self._calls[2]
        bars, arranged = shown.bars, self.arranged
        plain = bars.index[bars.shade == PLAIN]
        pairs = calls_among(arranged.lanes.outline, arranged.kinds, plain, near, most)
        self._calls = shown, near, pairs
        return self._calls[2]

    def is_ready(self) -> bool:
        """Whether everything that was asked for is there."""
        outline, watch = self.run.watch.outline, self.run.watch
        if not outline:
            return watch.whole
        known = self.lanes is not None and self.lanes.outline is outline
        return bool(self.failure) or (known and self._tints_of is outline)

    # Choices

    def set_mode(self, mode: str) -> None:
        """Colour bars by kind, model, agent, tool or status."""
        if mode != self.mode:
            self.mode = mode
            self.changed.emit()

    def set_folding(self, on: bool) -> None:
        """Fold idle gaps, or show them as long as they were."""
        self.folding = on
        self.changed.emit()

    def show_path(self, on: bool) -> None:
        """Show the critical path."""
        self.shows_path = on
        self.changed.emit()

    def show_tokens(self, on: bool) -> None:
        """Show a ruler of tokens."""
        self.shows_tokens = on
        self.changed.emit()

    # Reading

    def want(self) -> None:
        """Read what is missing for what is shown now."""
        outline = self.run.watch.outline
        if not outline or self.failure:
            return
        self._want_lanes(outline)
        if self.lanes is None:
            return
        if self._tints_of is not self.lanes.outline or self._tinted != self.mode:
            self._start("tints", self._take_tints, read.tints, self.lanes.outline, self.mode,
                        fresh=self._asked != self.mode)  # fmt: skip
            self._asked = self.mode
        if self.shows_path and self._path_of is not self.lanes.outline:
            axis = self.run.watch.axis
            self._start("path", self._take_path, read.path, self.lanes.outline,
                        axis.start + axis.length)  # fmt: skip
        if self.shows_tokens and self._tokens_of is not self.lanes.outline:
            self._start("tokens", self._take_tokens, read.tokens, self.lanes.outline)
        chosen = self.run.scope.scope.range
        if chosen is not None and self.sums is None:
            self._ask_sums(chosen)

    def _want_lanes(self, outline: Outline) -> None:
        known = self.arranged
        if known is not None and known.lanes.outline is outline and known.folded == self.folds:
            return
        jobs = self.run.jobs
        if jobs.is_busy(self, "lanes"):
            return
        calm = 2 * self._cost - (monotonic() - self._began)
        if known is not None and known.folded == self.folds and calm > 0:
            if not self._again.isActive():
                self._again.start(round(calm * 1000) + 1)
            return
        self._began = monotonic()
        axis = self.run.watch.axis
        before = known.lanes if known is not None and known.lanes.outline is outline else None
        jobs.start(
            self, "lanes", steps(read.arrange, outline, axis, self.folds, before),
            self._take_lanes, failed=self._fail, lane=Lane.ORDERS,
        )  # fmt: skip

    def _start(
        self, topic: str, done: Any, function: Any, *arguments: Any, fresh: bool = False
    ) -> None:
        """Ask, unless that was asked already; ``fresh``: this is another question."""
        jobs = self.run.jobs
        if fresh or not jobs.is_busy(self, topic):
            jobs.start(
                self, topic, steps(function, *arguments), done, failed=self._fail, lane=Lane.ORDERS
            )

    def _ask_sums(self, chosen: Range) -> None:
        run, start = self.run.watch.run, self.run.watch.axis.start
        if run is not None and not self.run.jobs.is_busy(self, "sums"):
            question = steps(read.sums, run, start + chosen[0], start + chosen[1])
            self.run.jobs.start(
                self, "sums", question, self._take_sums, failed=self._fail, lane=Lane.ORDERS
            )

    def _take_lanes(self, arranged: read.Arranged) -> None:
        self._cost = monotonic() - self._began
        self.arranged = arranged
        self.sums = None
        self.want()
        self.arranged_anew.emit()
        self.changed.emit()

    def _take_tints(self, answer: tuple[Outline, Tints]) -> None:
        self._tints_of, self.tints = answer
        self._tinted = self.tints.mode
        self.changed.emit()

    def _take_path(self, answer: tuple[Outline, CriticalPath]) -> None:
        self._path_of, self.path = answer
        self.changed.emit()

    def _take_tokens(self, answer: tuple[Outline, Int64, Int64]) -> None:
        self._tokens_of = answer[0]
        self.tokens = answer[1], answer[2]
        self.changed.emit()

    def _take_sums(self, sums: Sums) -> None:
        self.sums = sums
        self.changed.emit()

    def _take_range(self, chosen: Range | None) -> None:
        self.run.jobs.drop(self, "sums")
        self.sums = None
        self.changed.emit()

    def _take_axis(self) -> None:
        known, axis = self.arranged, self.run.watch.axis
        if known is not None and known.axis.start != axis.start:
            # Gaps and overview count from there.
            self.arranged = replace(known, gaps=(), folded=not self.folds)
        self.changed.emit()

    def _try_again(self) -> None:
        """There is more of the run: what failed before may go well now."""
        self.failure = ""
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self.changed.emit()

    def _forget(self) -> None:
        self.run.jobs.drop(self)
        self._again.stop()
        self.arranged = self.tints = self.path = self.tokens = self.sums = None
        self._fits = self._view = self._frame = self._calls = None
        self._path_of = self._tokens_of = self._tints_of = None
        self._cost, self.failure = 0.0, ""
        self.folding = None
        self.arranged_anew.emit()
        self.changed.emit()


def _same(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    """Arrays and what holds arrays are compared by identity."""
    return all(
        a is b or (isinstance(a, int | Viewport) and type(a) is type(b) and a == b)
        for a, b in zip(first, second, strict=True)
    )
