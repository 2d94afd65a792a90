"""What the recording trunk asks who steers a run: what is to become of a call.

A re-run answers from its record (``rollscope.replay``); a person at a breakpoint answers by hand
(``rollscope.control``). A run that nobody steers has none of this, and pays one look for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from rollscope.context import Here
    from rollscope.spans import Span
    from rollscope.tracing import Trace


class Divergence(BaseException):
    """The program does something else than its record says, and nobody allowed it.

    It is no Exception: an agent that goes on after every error must not go on after this one.
    """


def stop_in(error: BaseException) -> Divergence | None:
    """The Divergence that an error is, or that is among those of a group of tasks."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := stop_in(one))), None)
    return error if isinstance(error, Divergence) else None


class EntryCalled(BaseException):
    """A run would begin while a program is only loaded."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a call gives although its function is not called: a value, or an error that it raises.

    ``hangs``: it never returned, and is waited for until somebody cancels it. ``awaited``: it is an
    async function that looks like another. ``result`` is what the record says beside the output.
    """

    value: Any = None
    error: BaseException | None = None
    hangs: bool = False
    awaited: bool = False
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a model server out of a record. ``failure`` names the client's exception that
    was raised in its place, or after the body. ``hangs``: none came, until somebody gave up."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""
    hangs: bool = False


class Sent(NamedTuple):
    """A request for a model, as a client is about to send it; names of headers in lower case.
    ``match`` is a ``rollscope.capture.dialects.Match``: what the request says."""

    url: str
    headers: list[tuple[str, str]]
    data: bytes
    match: Any


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a call.

    ``key`` names its place in the run, for the steps inside of it. ``of`` is the step of the record
    that it is, ``how`` a word of ``wire.REPLAYS``; without ``how`` the log does not tell of it.
    ``arguments``, by name, take the place of those it was called with; ``given`` that of calling
    it. For a model call ``replies`` take the place of sending it, ``sent`` that of what is sent.
    ``live`` says whether it is really made, so that ceilings and rules have a say.
    """

    key: int = 0
    of: str | None = None
    how: str = ""
    live: bool = True
    arguments: dict[str, Any] | None = None
    given: Given | None = None
    replies: tuple[Reply, ...] | None = None
    sent: Sent | None = None
    usage: Mapping[str, Any] | None = None
    """What the call of the record used: this one saves it."""

    @property
    def told(self) -> dict[str, str] | None:
        """``replay`` of ``span.start``."""
        if not self.how:
            return None
        return {"how": self.how} if self.of is None else {"of": self.of, "how": self.how}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a function that is about to be made. ``fingerprint`` is of its arguments.

    ``arguments`` are by name, and ``is_call`` is whether it can be answered without calling it: a
    tool; else it is a step that holds others.
    """

    kind: str
    name: str
    arguments: dict[str, Any]
    fingerprint: str
    effects: str | None = None
    is_call: bool = True
    shown: bool = True
    """Whether its arguments may be seen: they are recorded."""


class Playing(Protocol):
    """Who steers a run. Any thread may ask. Each may raise Divergence, or EnforcementError."""

    is_rerun: bool
    """Whether it is made again from a record."""
    asks: bool
    """Whether tools may need a word first."""

    def enter(self, place: Here, kind: str, name: str) -> Decision:
        """A step begins that is no call of a function: a block."""

    def call(self, place: Here, asked: Asked) -> Decision:
        """A function is about to be called; this may wait for a person's word."""

    async def call_async(self, place: Here, asked: Asked) -> Decision:
        """The same; other tasks go on meanwhile."""

    def model(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """A model is about to be called; this may wait for a person's word."""

    async def model_async(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """The same; other tasks go on meanwhile."""

    def played(self, span: Span, decision: Decision) -> None:
        """A step was given what it gives: what the record has inside of it may be told now."""

    def returned(self, span: Span, decision: Decision, output: Any) -> None:
        """A function that was called has returned."""

    def begun(self, trace: Trace) -> dict[str, Any]:
        """The run begins; more fields of its ``run.start``."""

    def stop(self, why: str) -> Divergence:
        """The run gets no further, and this is to be raised."""


@dataclass(frozen=True, slots=True)
class Coming:
    """The next run that begins is steered, and its log is written into ``folder``. It draws random
    numbers from ``seed``, where the record's were pinned."""

    playing: Playing
    folder: Path | None = None
    seed: str = ""


upcoming: ContextVar[Coming | None] = ContextVar("rollscope_upcoming", default=None)


class _Loading:
    """Counts what is being loaded, for the process: a program may start threads as it is loaded."""

    depth = 0


_loading = _Loading()


@contextmanager
def loading() -> Iterator[None]:
    """Within, a program is loaded and not run: a run that would begin raises EntryCalled."""
    _loading.depth += 1
    try:
        yield
    finally:
        _loading.depth -= 1


def expected() -> Coming | None:
    """The steering of the run that begins now, which takes it. Raises EntryCalled."""
    if _loading.depth:
        raise EntryCalled
    found = upcoming.get()
    if found is not None:
        upcoming.set(None)
    return found
