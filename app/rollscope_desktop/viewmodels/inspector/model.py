"""What the inspector shows of the selected run or span; each tab is read when it is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.rows import outputs
from rollscope_desktop.query.messages import Talk
from rollscope_desktop.query.payloads import Payload
from rollscope_desktop.query.subject import (
    Subject,
    query_subject,
    read_attributes,
    read_input,
    read_messages,
    read_output,
    read_raw,
)
from rollscope_desktop.services.jobs import Jobs, Lane, asking
from rollscope_desktop.viewmodels.inspector.facts import (
    NOT_STARTED,
    Fact,
    Title,
    facts_of,
    remarks_of,
    title_of,
)
from rollscope_desktop.viewmodels.inspector.then import then
from rollscope_desktop.viewmodels.moment import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollscope_desktop.model.rows import NoteRow
    from rollscope_desktop.viewmodels.open_run import OpenRun


class Tab(Enum):
    """The tabs, in order; the value is the title."""

    SUMMARY = "Summary"
    INPUT = "Input"
    OUTPUT = "Output"
    MESSAGES = "Messages"
    ATTRIBUTES = "Attributes"
    RAW = "Raw"


class PartState(Enum):
    """What a tab shows."""

    LOADING = "loading"
    EMPTY = "empty"
    LATER = "later"  # not known yet at the playhead
    FAILED = "failed"
    TOO_BIG = "too big"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the summary tab shows. ``error`` is what the log says went wrong: a dict or a text."""

    facts: tuple[Fact, ...]
    remarks: tuple[str, ...]
    notes: tuple[NoteRow, ...]
    error: Any


@dataclass(frozen=True, slots=True)
class Part:
    """A tab's state, and by tab: a Summary, a Payload (INPUT, OUTPUT, ATTRIBUTES), a Talk
    (MESSAGES), a list of Raw (RAW). ``sentence`` says why there is nothing, or what is wrong."""

    state: PartState
    value: Any = None
    sentence: str = ""


_READ: dict[Tab, Callable[..., Any]] = {
    Tab.INPUT: read_input,
    Tab.OUTPUT: read_output,
    Tab.MESSAGES: read_messages,
    Tab.ATTRIBUTES: read_attributes,
    Tab.RAW: read_raw,
}
_NOTHING = {
    Tab.INPUT: "The log does not say what went in.",
    Tab.OUTPUT: "The log does not say what came out.",
    Tab.MESSAGES: "There are no messages here.",
    Tab.ATTRIBUTES: "The log says nothing else about this step.",
    Tab.RAW: "The log has no record of this.",
}
_LOADING = Part(PartState.LOADING)
_STILL_RUNNING = {True: "At this moment the run was still going on",
                  False: "At this moment the step was still running"}  # fmt: skip


class Inspector(QObject):
    """Holds one subject. ``part`` answers at once; ``part_changed`` says when there is more.

    While the playhead is before the end, everything is as it was known then; ``there`` says how the
    subject stood at that moment.
    """

    leaving = Signal()
    """Something else is about to be shown."""
    subject_changed = Signal()
    title_changed = Signal()
    part_changed = Signal(object)
    """The Tab whose part is another now."""
    note_chosen = Signal(object)
    """The id of the note of the subject that was chosen somewhere, or None."""
    reindex_wanted = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self._run: int | None = None
        self._span: int | None = None
        self.subject: Subject | None = None
        self.title: Title | None = None
        self.there = Standing.OVER
        self._whole: Subject | None = None  # as it is now
        self._open_run: OpenRun | None = None
        self.failure = ""
        self._parts: dict[Tab, Part] = {}
        self._wanted: set[Tab] = set()

    def attend(self, run: OpenRun) -> None:
        """Show what is selected as it was at the playhead of the open run."""
        self._open_run = run
        run.playhead.moved.connect(self._move)
        for news in (run.watch.ticked, run.watch.axis_changed):
            news.connect(self._pass_time)
        run.marks.chosen_changed.connect(self.note_chosen)

    @property
    def about(self) -> tuple[int | None, int | None]:
        """The ids of the run and the span that are shown."""
        return self._run, self._span

    @property
    def chosen(self) -> int | None:
        """The note that was chosen, if any."""
        return None if self._open_run is None else self._open_run.marks.chosen

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self._run is None

    @property
    def tabs(self) -> list[Tab]:
        """The tabs that have something to say about this subject."""
        if self.subject is None:
            return [Tab.SUMMARY]
        return [tab for tab in Tab if tab is not Tab.MESSAGES or self.subject.has_messages]

    def show_subject(self, run: int | None, span: int | None = None) -> None:
        """Show a run, or one of its spans, by their ids; None for nothing."""
        if (run, span) == (self._run, self._span):
            return
        self.leaving.emit()
        self.jobs.drop(self)
        self._run, self._span = run, span
        self.subject = self.title = self._whole = None
        self.failure = ""
        self._parts.clear()
        self._wanted.clear()
        if run is None:
            self.subject_changed.emit()
            return
        self._ask()

    def follow(self) -> None:
        """The run has changed: look again; what is shown stays until there is something newer."""
        if self._run is not None and not self.jobs.is_busy(self, "subject"):
            self._ask()

    def part(self, tab: Tab) -> Part:
        """What a tab shows; asks for it if it was not read yet."""
        later = self._later(tab)
        if later is not None:
            return later
        known = self._parts.get(tab)
        if known is None or tab not in self._wanted:
            self._wanted.add(tab)
            if tab is not Tab.SUMMARY and self.subject is not None:
                self._read(tab)
        return known or _LOADING

    def _later(self, tab: Tab) -> Part | None:
        """What a tab says of that which was not there yet at the playhead."""
        if self.subject is None or tab is Tab.SUMMARY:
            return None
        if self.there is Standing.AHEAD:
            return Part(PartState.LATER, None, NOT_STARTED)
        known = outputs(None, self.subject.sets)  # of what came out, something may be known before
        if self.there is Standing.OPEN and tab is Tab.OUTPUT and self.title and not known:
            return Part(PartState.LATER, None, _STILL_RUNNING[self.title.kind == "run"])
        return None

    def read_whole(self, tab: Tab) -> None:
        """Read an input or output however long it is."""
        self._parts[tab] = _LOADING
        self.part_changed.emit(tab)
        self._read(tab, even_big=True)

    def _ask(self) -> None:
        self.jobs.start(
            self, "subject", asking(query_subject, self._run, self._span),
            self._take_subject, failed=self._failed, lane=Lane.PAYLOADS,
        )  # fmt: skip

    def _take_subject(self, subject: Subject | None) -> None:
        if subject is None:
            self._failed(LookupError("This step is no longer in the index."))
            return
        self._whole = subject
        self.failure = ""
        self._show_then()

    def _move(self, at: int | None) -> None:
        """The playhead moved: what is known may be less now, or more."""
        if self._whole is not None:
            self._show_then()

    def _pass_time(self) -> None:
        """The open run is at work, and so is what is shown if it has not ended: say how long."""
        title = self.title
        if self._whole is not None and title is not None and title.status == OPEN:
            self._show_then()

    def _until(self) -> int | None:
        """Now, as far as what is shown is known to be at work, absolute."""
        run = self._open_run
        if run is None or run.playhead.at is not None or run.watch.run != self._run:
            return None
        axis = run.watch.axis
        return axis.start + axis.length if axis.counting else None

    def _show_then(self) -> None:
        assert self._whole is not None
        before, stood, titled = self.subject, self.there, self.title
        at = self._moment()
        self.there, subject = then(self._whole, at)
        self.subject, self.title = subject, title_of(subject)
        until = self._until()
        now = until if self.there is Standing.OVER else at
        facts = facts_of(subject, self.there, now, running=until is not None)
        remarks = remarks_of(subject)
        summary = Summary(tuple(facts), tuple(remarks), subject.notes, subject.error)
        if before is None:
            self.subject_changed.emit()
        elif self.title != titled or stood is not self.there:
            self.title_changed.emit()
        self._put(Tab.SUMMARY, Part(PartState.FULL, summary))
        if before is None or _content(before) != _content(subject) or stood is not self.there:
            if before is not None and before.has_messages != subject.has_messages:
                self.subject_changed.emit()
            self._read_anew()

    def _read_anew(self) -> None:
        """What the log says may be other than before; a tab keeps the old until there is new."""
        wanted = self._wanted - {Tab.SUMMARY}
        for tab in set(self._parts) - {Tab.SUMMARY} - wanted:
            del self._parts[tab]
        for tab in wanted:
            if (later := self._later(tab)) is not None:
                self.jobs.drop(self, tab.name)
                self._parts[tab] = later
                self.part_changed.emit(tab)
            else:
                self._read(tab)

    def _moment(self) -> int | None:
        """The playhead as an absolute moment, if what is shown is of the open run."""
        run = self._open_run
        if run is None or run.playhead.at is None or run.watch.run != self._run:
            return None
        return run.watch.axis.start + run.playhead.at

    def _read(self, tab: Tab, even_big: bool = False) -> None:
        extra = (even_big,) if even_big else ()
        self.jobs.start(
            self, tab.name, asking(_READ[tab], self.subject, *extra),
            getattr(self, f"_take_{tab.name.lower()}"),
            failed=getattr(self, f"_fail_{tab.name.lower()}"), lane=Lane.PAYLOADS,
        )  # fmt: skip

    def _take_input(self, payload: Payload) -> None:
        self._put_payload(Tab.INPUT, payload)

    def _take_output(self, payload: Payload) -> None:
        self._put_payload(Tab.OUTPUT, payload)

    def _take_attributes(self, payload: Payload) -> None:
        self._put_payload(Tab.ATTRIBUTES, payload)

    def _take_messages(self, talk: Talk) -> None:
        state = PartState.FULL if talk.all else PartState.EMPTY
        self._put(Tab.MESSAGES, Part(state, talk, "" if talk.all else _NOTHING[Tab.MESSAGES]))

    def _take_raw(self, raw: list[Any]) -> None:
        state = PartState.FULL if raw else PartState.EMPTY
        self._put(Tab.RAW, Part(state, raw, "" if raw else _NOTHING[Tab.RAW]))

    def _put_payload(self, tab: Tab, payload: Payload) -> None:
        if payload.too_big:
            said = f"This record is {payload.size / 1e6:,.0f} MB long."
            self._put(tab, Part(PartState.TOO_BIG, payload, said))
        elif not payload.present:
            self._put(tab, Part(PartState.EMPTY, payload, _NOTHING[tab]))
        else:
            self._put(tab, Part(PartState.FULL, payload))

    def _fail_input(self, error: Exception) -> None:
        self._put(Tab.INPUT, Part(PartState.FAILED, None, str(error)))

    def _fail_output(self, error: Exception) -> None:
        self._put(Tab.OUTPUT, Part(PartState.FAILED, None, str(error)))

    def _fail_messages(self, error: Exception) -> None:
        self._put(Tab.MESSAGES, Part(PartState.FAILED, None, str(error)))

    def _fail_attributes(self, error: Exception) -> None:
        self._put(Tab.ATTRIBUTES, Part(PartState.FAILED, None, str(error)))

    def _fail_raw(self, error: Exception) -> None:
        self._put(Tab.RAW, Part(PartState.FAILED, None, str(error)))

    def _put(self, tab: Tab, part: Part) -> None:
        if self._parts.get(tab) != part:
            self._parts[tab] = part
            self.part_changed.emit(tab)

    def _failed(self, error: Exception) -> None:
        self.failure = str(error)
        self.subject = self._whole = None
        self._put(Tab.SUMMARY, Part(PartState.FAILED, None, str(error)))
        self.subject_changed.emit()


def _content(subject: Subject) -> tuple[object, ...]:
    return subject.input, subject.output, subject.notes, subject.sets
