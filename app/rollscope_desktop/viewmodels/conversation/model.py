"""The conversation of the open run, or of its whole session, as rows of different heights.

A row is a step, or a rule that stands for steps which the filter hides. What a step holds is read
when its row comes near the screen, kept while there is room, and read again when it has changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.services.jobs import steps as asked
from rollscope_desktop.viewmodels.conversation.chapter import Chapter
from rollscope_desktop.viewmodels.conversation.pages import Pages
from rollscope_desktop.viewmodels.run_watch import State

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.conversation.items import Page
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.viewmodels.open_run import OpenRun

_AGAIN = 60
"""Milliseconds that at least lie between two looks at a run that grows."""
_LONGEST = 1_000


class Part(Enum):
    """What of a session is shown."""

    RUN = "run"
    SESSION = "session"


class ConversationModel(QObject):
    """Rows for a view. It works while it is ``active``: while someone looks at it."""

    replaced = Signal(object)
    """All rows are others now. For each the row it was before or -1, or None: nothing remains."""
    grown = Signal(int)
    """Rows came at the end; the first of them."""
    arrived = Signal(object)
    """Rows of which more is known now."""
    state_changed = Signal()

    def __init__(self, run: OpenRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.chapters: list[Chapter] = []
        self.part = Part.RUN
        self.state = State.EMPTY if run.watch.run is None else State.LOADING
        self.failure = ""
        self.runs_in_session = 0
        self.left_out = 0
        self._starts: list[int] = [0]
        self._active = False
        self._outdated = True
        self._asked_at = 0.0
        self.pages = Pages(run.jobs, self)
        self.pages.arrived.connect(self._tell)
        self.pages.failed.connect(self._fail)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN)
        self._again.timeout.connect(self._look)
        watch = run.watch
        watch.begun.connect(self._begin)
        watch.opened.connect(self._outdate)
        watch.grown.connect(self._outdate)
        watch.axis_changed.connect(self._outdate)
        run.matches.changed.connect(self._filter)

    def __len__(self) -> int:
        return self._starts[-1]

    def set_active(self, on: bool) -> None:
        """Whether anyone looks."""
        self._active = on
        self._again.stop()
        if on and self._outdated:
            self._look()

    def set_part(self, part: Part) -> None:
        """Show the open run, or all runs of its session."""
        if part is not self.part:
            self.part = part
            self._outdate()

    def chapter(self, row: int) -> tuple[Chapter, int]:
        """The run of a row, and the place of its step there; negative where steps are hidden."""
        number = min(max(bisect_right(self._starts, row) - 1, 0), len(self.chapters) - 1)
        chapter = self.chapters[number]
        return chapter, chapter.place(row - self._starts[number])

    def page(self, row: int) -> Page | None:
        """What a row shows; None while that is on its way, or where steps are hidden."""
        chapter, place = self.chapter(row)
        return None if place < 0 else self.pages.get(chapter.steps, place)

    def want(self, rows: Iterable[int]) -> None:
        """These rows are on screen or near it, the first of them most."""
        found = [self.chapter(row) for row in rows]
        self.pages.want([(chapter.steps, place) for chapter, place in found if place >= 0])

    def span_of(self, row: int) -> int | None:
        """The id of the span behind a row."""
        chapter, place = self.chapter(row)
        return None if place < 0 else chapter.steps.span_of(place)

    def code_of(self, row: int) -> tuple[int, int]:
        """What a row is, however many others come before it."""
        chapter, place = self.chapter(row)
        return chapter.run, chapter.steps.code_of(place) if place >= 0 else place

    def row_of(self, span: int | None) -> int:
        """The row of a span, or the first inside of it; of the open run if it is None. Else -1."""
        from rollscope_desktop.query.spans import run_of
        from rollscope_desktop.viewmodels.conversation.rows import place_of

        run = self.run.watch.run if span is None else run_of(span)
        for number, chapter in enumerate(self.chapters):
            if chapter.run == run:
                own = self.run.watch.outline if run == self.run.watch.run else None
                place = 0 if span is None else place_of(chapter.steps, span, own)
                return -1 if place < 0 else self._starts[number] + chapter.row(place)
        return -1

    def row_at(self, chapter: int, place: int) -> int:
        """The row of a step of one of the runs."""
        return self._starts[chapter] + self.chapters[chapter].row(place)

    def row_at_moment(self, at: int) -> int:
        """The row that began last in the open run, as of a moment on its axis; -1 for none."""
        from rollscope_desktop.viewmodels.conversation.rows import place_at

        for number, chapter in enumerate(self.chapters):
            if chapter.run == self.run.watch.run and len(chapter):
                place = place_at(chapter.steps, at + self.run.watch.axis.start)
                return self._starts[number] + chapter.row(place)
        return -1

    def is_current(self, row: int) -> bool:
        """Whether a row is of the run that is open, and not of another of its session."""
        return self.chapter(row)[0].run == self.run.watch.run

    def places(self) -> int:
        """How many steps there are, hidden ones included."""
        return sum(len(chapter.steps) for chapter in self.chapters)

    def _begin(self) -> None:
        """Another run is opened; if it is one of those shown, they stay until more is known."""
        run = self.run.watch.run
        if self.part is Part.SESSION and any(c.run == run for c in self.chapters):
            self._outdated = True
            return
        self.part = Part.RUN
        self.runs_in_session = 0
        self.run.jobs.drop(self)
        self._again.stop()
        self.pages.clear()
        self._take_chapters([])
        self._set_state(State.EMPTY if run is None else State.LOADING)

    def _outdate(self, *news: object) -> None:
        self._outdated = True
        if self._active and not self._again.isActive():
            self._again.start()

    def _look(self) -> None:
        watch = self.run.watch
        if watch.run is None or watch.outline is None or watch.row is None or not self._active:
            return
        if self.run.jobs.is_busy(self, "steps"):
            self._again.start()
            return
        self._outdated = False
        known = tuple(self.chapters)
        question = asked(_make, watch.row, watch.outline, self.part, known, self.runs_in_session)
        self._asked_at = monotonic()
        self.run.jobs.start(self, "steps", question, self._take, failed=self._fail)

    def _take(self, made: _Made) -> None:
        # A look costs more the longer a run is, so the next one waits longer than that.
        cost = monotonic() - self._asked_at
        self._again.setInterval(max(_AGAIN, min(round(2000 * cost), _LONGEST)))
        if made.part is not self.part:
            return
        self.runs_in_session, self.left_out = made.runs, made.left_out
        self.pages.refresh(made.chapters)
        self._take_chapters(made.chapters)
        said = any(len(chapter.steps) > 1 for chapter in made.chapters)
        self._set_state(State.FULL if said else State.EMPTY)

    def _take_chapters(self, chapters: list[Chapter]) -> None:
        from rollscope_desktop.viewmodels.conversation.rows import follow_on

        for chapter in chapters:
            chapter.rows = self._visible(chapter)
        before, self.chapters = self.chapters, chapters
        known = self._starts
        self._starts = [0]
        for chapter in chapters:
            self._starts.append(self._starts[-1] + len(chapter))
        mapping = follow_on(before, known, chapters, self._starts)
        if isinstance(mapping, int):
            if mapping < len(self):
                self.grown.emit(mapping)
            self.arrived.emit(None)
        else:
            self.replaced.emit(mapping)

    def _visible(self, chapter: Chapter) -> NDArray[np.int32] | None:
        mask = self.run.matches.mask
        if mask is None or chapter.run != self.run.watch.run:
            return None
        from rollscope_desktop.viewmodels.conversation.rows import visible_rows

        return visible_rows(chapter.steps, mask)

    def _filter(self) -> None:
        if self.chapters:
            self._take_chapters([Chapter(chapter.run, chapter.steps) for chapter in self.chapters])

    def _tell(self, places: object) -> None:
        """Places of steps have their pages now: say which rows these are."""
        found = set()
        for run, place in places:  # type: ignore[attr-defined]
            for number, chapter in enumerate(self.chapters):
                if chapter.run == run and place < len(chapter.steps):
                    found.add(self._starts[number] + chapter.row(place))
        self.arrived.emit(found)

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self._set_state(State.FAILED)

    def _set_state(self, state: State) -> None:
        self.state = state
        self.state_changed.emit()


@dataclass(frozen=True, slots=True)
class _Made:
    part: Part
    chapters: list[Chapter]
    runs: int
    left_out: int


def _make(
    reader: Reader,
    run: RunRow,
    outline: Outline,
    part: Part,
    known: tuple[Chapter, ...],
    runs: int,
) -> Generator[Any, None, _Made]:
    from rollscope_desktop.query.conversation.session import query_others, query_session
    from rollscope_desktop.query.conversation.steps import query_steps

    if part is Part.RUN:
        made = yield from query_steps(reader, run, outline)
        if not known or not runs:  # counting looks at every run there is
            session = query_session(reader, run)
            runs = len(session.runs) + session.left_out
        return _Made(part, [Chapter(run.id, made)], runs, 0)
    members = query_session(reader, run)
    chapters = []
    for member in members.runs:
        before = next((c for c in known if c.run == member.id), None)
        if member.id == run.id:
            steps = yield from query_steps(reader, run, outline)
        elif before is not None and before.steps.run.revision == member.revision:
            steps = before.steps
        else:
            steps = yield from query_others(reader, member)
        chapters.append(Chapter(member.id, steps))
    count = len(members.runs) + members.left_out
    return _Made(part, chapters, count, members.left_out)
