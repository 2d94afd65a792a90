"""What is open around a call or a block, and how it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from rollscope.active import NOTHING, Active
from rollscope.context import Branch, Here, enter, here
from rollscope.guard import guarded
from rollscope.playing import Divergence, stop_in
from rollscope.spans import Span
from rollscope.tracing import Trace, outside
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from rollscope.decorators.steered import Steered


class Opened(Protocol):
    """Something that is open around a call or a block: a ``functions.Call``."""

    place: Here | None
    active: Active
    keeps: bool
    remade: bool
    steered: Steered | None

    def leave(self) -> None:
        """Stand where it was opened; it goes on."""

    def done(self, output: Any = NOTHING) -> None:
        """It went well."""

    def broke(self, error: BaseException, output: Any = NOTHING) -> None:
        """It raised."""

    def holds(self, at: Here | None) -> bool:
        """Whether the place is inside of it."""

    def known(self, *, awaited: bool = False, pieces: dict[str, Any] | None = None) -> None:
        """More of it is known, which only a re-run needs."""


class Unrecorded:
    """A run of a client that is switched off, as cheap as can be.

    Code in it can speak to a run that says nothing. That run is made when somebody asks for it:
    what is told to it stays with it (``rollscope.client.current_trace``).
    """

    keeps = False
    remade = False
    steered: Steered | None = None

    def __init__(self, quiet: Trace) -> None:
        self.active: Active = quiet
        self._inside = Here(quiet, None, Branch())
        self.place: Here | None = self._inside

    def entered(self) -> Opened:
        """Stand in it, coming from outside of every run."""
        enter(self._inside)
        return self

    def holds(self, at: Here | None) -> bool:
        """Whether the place is inside of it."""
        return at is self.place

    def leave(self) -> None:
        """Stand outside again."""
        enter(None)

    def known(self, *, awaited: bool = False, pieces: dict[str, Any] | None = None) -> None:
        """Nothing is recorded."""

    def done(self, output: Any = NOTHING) -> None:
        """It is over."""
        enter(None)

    def broke(self, error: BaseException, output: Any = NOTHING) -> None:
        """It is over."""
        enter(None)


class SpanCall:
    """A step that is open around a call or a block; ``keeps`` says whether its output is recorded,
    and within which limits."""

    __slots__ = ("_before", "_limits", "active", "keeps", "place")

    steered: Steered | None = None
    """Set where the function is called with something else, or not at all."""
    remade = False

    def __init__(
        self,
        before: Here | None,
        place: Here,
        span: Span,
        keeps: bool,
        limits: Limits | None = None,
    ) -> None:
        self._before = before
        self.keeps = keeps
        self._limits = limits
        self.place: Here | None = place
        self.active: Active = span
        enter(place)

    def leave(self, error: BaseException | None = None) -> None:
        """Stand where it was opened, unless the running code stands somewhere else by now.

        A generator that was left half-way may be closed from anywhere: then the place is not ours.
        What was opened inside and not left, such a generator again, is left too.
        """
        at = here()
        if at is self.place or (not isinstance(error, GeneratorExit) and self.holds(at)):
            enter(outside(self._before))

    def holds(self, at: Here | None) -> bool:
        """Whether the place is inside of what this opened."""
        span = None if at is None else at.span
        while span is not None and span is not self.active:
            span = span.parent
        return span is not None

    def known(self, *, awaited: bool = False, pieces: dict[str, Any] | None = None) -> None:
        """A step that no re-run gives again needs none of it."""

    def done(self, output: Any = NOTHING) -> None:
        """It went well."""
        self.leave()
        self._finish("ok", self._kept(output), None)

    def broke(self, error: BaseException, output: Any = NOTHING) -> None:
        """It raised."""
        self.leave(error)
        status, told = ending_of(error)
        self._finish(status, self._kept(output), told)

    def _kept(self, output: Any) -> Any:
        if not self.keeps:
            return NOTHING
        if self._limits is None or output is NOTHING:
            return output
        return to_json(output, self._limits)

    def _finish(self, status: str, output: Any, error: BaseException | None) -> None:
        assert isinstance(self.active, Span)
        self.active.finish(status, output=output, error=error)


class RunCall(SpanCall):
    """A run that is open around a call or a block; ``flushes`` has it sent off at its end."""

    __slots__ = ("_flushes",)

    def __init__(
        self, before: Here | None, place: Here, keeps: bool, flushes: bool = False
    ) -> None:
        self._flushes = flushes
        self._before = before
        self.keeps = keeps
        self._limits = None
        self.place = place
        self.active = place.trace
        enter(place)

    def holds(self, at: Here | None) -> bool:
        """Whether the place is inside of it."""
        return at is not None and at.trace is self.active

    def _finish(self, status: str, output: Any, error: BaseException | None) -> None:
        assert isinstance(self.active, Trace)
        self.active.finish(status, output=output, error=error)
        if self._flushes:
            with guarded("flush"):
                self.active.client.flush(0)  # it is on the disk; nobody waits until it is sent


def ending_of(error: BaseException) -> tuple[str, BaseException | None]:
    """How a step ends that this leaves, and what is told of it."""
    error = stop_in(error) or error
    if isinstance(error, Exception | Divergence):
        return "error", error
    if isinstance(error, SystemExit):
        return ("ok", None) if error.code in (None, 0) else ("error", error)
    return "cancelled", None  # KeyboardInterrupt, GeneratorExit, the CancelledError of any loop
