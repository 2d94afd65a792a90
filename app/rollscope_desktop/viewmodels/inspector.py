"""What the inspector shows of the selected run or span; each tab is read when it is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

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
from rollscope_desktop.viewmodels.facts import Fact, Title, facts_of, remarks_of, title_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollscope_desktop.model.rows import NoteRow


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


class Inspector(QObject):
    """Holds one subject. ``part`` answers at once; ``part_changed`` says when there is more."""

    subject_changed = Signal()
    part_changed = Signal(object)
    """The Tab whose part is another now."""
    reindex_wanted = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._run: int | None = None
        self._span: int | None = None
        self.subject: Subject | None = None
        self.title: Title | None = None
        self.failure = ""
        self._parts: dict[Tab, Part] = {}
        self._wanted: set[Tab] = set()

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
        self._jobs.drop(self)
        self._run, self._span = run, span
        self.subject = self.title = None
        self.failure = ""
        self._parts.clear()
        self._wanted.clear()
        if run is None:
            self.subject_changed.emit()
            return
        self._ask()

    def follow(self) -> None:
        """The run has changed: look again; what is shown stays until there is something newer."""
        if self._run is not None and not self._jobs.is_busy(self, "subject"):
            self._ask()

    def part(self, tab: Tab) -> Part:
        """What a tab shows; asks for it if it was not read yet."""
        known = self._parts.get(tab)
        if known is None or tab not in self._wanted:
            self._wanted.add(tab)
            if tab is not Tab.SUMMARY and self.subject is not None:
                self._read(tab)
        return known or _LOADING

    def read_whole(self, tab: Tab) -> None:
        """Read an input or output however long it is."""
        self._parts[tab] = _LOADING
        self.part_changed.emit(tab)
        self._read(tab, even_big=True)

    def _ask(self) -> None:
        self._jobs.start(
            self, "subject", asking(query_subject, self._run, self._span),
            self._take_subject, failed=self._failed, lane=Lane.PAYLOADS,
        )  # fmt: skip

    def _take_subject(self, subject: Subject | None) -> None:
        if subject is None:
            self._failed(LookupError("This step is no longer in the index."))
            return
        before, self.subject = self.subject, subject
        self.failure = ""
        self.title = title_of(subject)
        summary = Summary(
            tuple(facts_of(subject)), tuple(remarks_of(subject)), subject.notes, subject.error
        )
        new = before is None
        if new:
            self.subject_changed.emit()
        self._put(Tab.SUMMARY, Part(PartState.FULL, summary))
        same_content = (
            before is not None
            and (before.input, before.output, before.notes)
            == (subject.input, subject.output, subject.notes)
        )  # fmt: skip
        if new or not same_content:
            if not new and before is not None and before.has_messages != subject.has_messages:
                self.subject_changed.emit()
            wanted = self._wanted - {Tab.SUMMARY}
            for tab in set(self._parts) - {Tab.SUMMARY} - wanted:
                del self._parts[tab]
            for tab in wanted:
                self._read(tab)

    def _read(self, tab: Tab, even_big: bool = False) -> None:
        extra = (even_big,) if even_big else ()
        self._jobs.start(
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
        self.subject = None
        self._put(Tab.SUMMARY, Part(PartState.FAILED, None, str(error)))
        self.subject_changed.emit()
