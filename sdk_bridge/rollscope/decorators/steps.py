"""Opens steps of the run that the code is part of: spans, tools, tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rollscope.active import NOTHING, Active
from rollscope.context import Branch, Here, here
from rollscope.decorators.opened import Opened, SpanCall
from rollscope.decorators.scopes import Calls, Scope
from rollscope.guard import failed
from rollscope.permit import permit, permit_async
from rollscope.spans import Span
from rollscope.tracing import begin, inside
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from rollscope.client import Rollscope


class Step(Scope):
    """Opens a step of the run that the code is part of.

    ``counts`` says whether it is a call that ceilings count; ``max_length`` bounds what is recorded
    of an input or output, in bytes.
    """

    def __init__(
        self,
        client: Callable[[], Rollscope],
        decorator: str,
        kind: str,
        name: str | None,
        capture_input: bool,
        capture_output: bool,
        *,
        input: Any = NOTHING,
        attrs: dict[str, Any] | None = None,
        effects: str | None = None,
        max_length: int | None = None,
        counts: bool = False,
    ) -> None:
        super().__init__(client, decorator, kind, name, input, capture_input, capture_output)
        self.counts = counts
        self._attrs = attrs
        self._effects = effects
        self._limits = None if max_length is None else Limits(bytes=max_length)

    def calls(self, function: Any) -> Calls:
        """What opens the step around the calls of a function."""
        return _StepCalls(self, function)

    def entered(self) -> Opened | None:
        """Open the step for a block."""
        place = here()
        if place is None:
            self.warn(_caller())
            return None
        if place.trace.recorder is None:
            return None
        name = self.name or self.decorator
        if self.counts:
            permit(place, "tool", name, None)
        return self.open(place, name, self.input)

    def silent(self) -> Active:
        """What a block speaks to where nothing is recorded."""
        return Span(self.client().quiet, "0" * 16, self.kind, self.name or "", Branch())

    def open(self, place: Here, name: str, input: Any) -> Opened:
        """Open the step at this place."""
        if self._limits is not None and input is not NOTHING:
            input = to_json(input, self._limits)
        attrs = self._attrs
        if attrs is not None and not self.counts and not _captures(place):
            attrs = None
        span = begin(place, self.kind, name, input=input, attrs=attrs, effects=self._effects)
        return SpanCall(place, inside(span, place), span, self.capture_output, self._limits)

    def warn(self, where: str) -> None:
        """Say that what stands outside of every run is not recorded."""
        if self.client().enabled:
            failed.say(
                f"outside {where}",
                f"A {self.decorator} outside of a run is not recorded ({where}). Open a run around"
                " it: @rollscope.agent before a function, or with rollscope.trace(…).",
            )


class _StepCalls(Calls):
    """Opens a step around each call of a function."""

    def __init__(self, scope: Step, function: Any) -> None:
        super().__init__(scope, function)
        self._scope = scope
        self._warned = False

    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
        """A call begins."""
        place = here()
        if place is None:
            if not self._warned:
                self._warned = True
                self._scope.warn(f"{self.name}, {self.entry.file}:{self.entry.line}")
            return None
        if place.trace.recorder is None:
            return None
        arguments = self.arguments(args, kwargs)
        if self._scope.counts:
            permit(place, "tool", self.name, arguments, shown=self._scope.capture_input)
        return self._scope.open(place, self.name, self._scope.given(arguments))

    async def called_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
        """A call of an async function begins."""
        place = here()
        if place is None or place.trace.client.enforcement is None or not self._scope.counts:
            return self.called(args, kwargs)
        if place.trace.recorder is None:
            return None
        arguments = self.arguments(args, kwargs)
        shown = self._scope.capture_input
        await permit_async(place, "tool", self.name, arguments, shown=shown)
        return self._scope.open(place, self.name, self._scope.given(arguments))


def _captures(place: Here) -> bool:
    to = place.trace.recorder
    return to is None or to.capture


def _caller() -> str:
    """Where in the user's code a block was opened."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("rollscope."):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
