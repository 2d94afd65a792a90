"""Opens steps of the run that the code is part of: spans, tools, tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rollscope.active import NOTHING, Active
from rollscope.context import Branch, Here, here
from rollscope.decorators.opened import Opened, SpanCall
from rollscope.decorators.scopes import Calls, Scope
from rollscope.decorators.steered import Steered, StepCall
from rollscope.guard import failed
from rollscope.permit import permit, permit_async
from rollscope.playing import Asked
from rollscope.spans import Span
from rollscope.tracing import begin, inside
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from rollscope.client import Rollscope
    from rollscope.playing import Decision
    from rollscope.wire import Json


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
        self.effects = effects
        self._limits = None if max_length is None else Limits(bytes=max_length)

    @property
    def has_usual_limits(self) -> bool:
        """Whether what is recorded of it is bounded as everything is."""
        return self._limits is None

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
        """Open the step at this place, for a block."""
        span = self._begin(place, name, input)
        return SpanCall(place, inside(span, place), span, self.capture_output, self._limits)

    def open_call(
        self,
        place: Here,
        name: str,
        input: Any,
        fingerprint: str,
        decision: Decision | None = None,
        steered: Steered | None = None,
    ) -> Opened:
        """Open the step at this place, for a call."""
        span = self._begin(place, name, input, fingerprint, decision)
        return StepCall(
            place, inside(span, place), span, self.capture_output, self._limits,
            remade=self.counts, decision=decision, steered=steered,
        )  # fmt: skip

    def _begin(
        self,
        place: Here,
        name: str,
        input: Any,
        fingerprint: str = "",
        decision: Decision | None = None,
    ) -> Span:
        if self._limits is not None and input is not NOTHING:
            input = to_json(input, self._limits)
        attrs = self._attrs
        if attrs is not None and not self.counts and not _captures(place):
            attrs = None
        return begin(
            place, self.kind, name, input=input, attrs=attrs, effects=self.effects,
            fingerprint=fingerprint, decision=decision,
        )  # fmt: skip

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
        scope = self._scope
        arguments = self.arguments(args, kwargs)
        said = self._said(arguments)
        replay = place.trace.replay
        if replay is None:
            if scope.counts:
                permit(place, "tool", self.name, said, shown=scope.capture_input)
            return self._opened(place, arguments, said)
        decision = replay.call(place, self._asked(place, arguments, said))
        if scope.counts and decision.live:
            permit(place, "tool", self.name, said, shown=scope.capture_input)
        return self._opened(place, arguments, said, decision, args, kwargs)

    async def called_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
        """A call of an async function begins."""
        place = here()
        if place is None or (place.trace.client.enforcement is None and place.trace.replay is None):
            return self.called(args, kwargs)
        if place.trace.recorder is None:
            return None
        scope = self._scope
        arguments = self.arguments(args, kwargs)
        said = self._said(arguments)
        replay = place.trace.replay
        decision = None
        if replay is not None:
            decision = await replay.call_async(place, self._asked(place, arguments, said))
        if scope.counts and (decision is None or decision.live):
            await permit_async(place, "tool", self.name, said, shown=scope.capture_input)
        return self._opened(place, arguments, said, decision, args, kwargs)

    def _said(self, arguments: dict[str, Any]) -> Json | None:
        """The arguments as JSON, where they are needed as such."""
        scope = self._scope
        return to_json(arguments) if scope.counts or scope.capture_input else None

    def _asked(self, place: Here, arguments: dict[str, Any], said: Json | None) -> Asked:
        scope = self._scope
        fingerprint = "" if said is None else place.trace.client.fingerprints.of_data(said.data)
        return Asked(
            scope.kind, self.name, arguments, fingerprint, scope.effects, scope.counts,
            scope.capture_input,
        )  # fmt: skip

    def _opened(
        self,
        place: Here,
        arguments: dict[str, Any],
        said: Json | None,
        decision: Decision | None = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Opened:
        scope = self._scope
        prints = said is not None and (scope.counts or scope.kind != "tool")
        # Of what the code asks, also where somebody has changed that: it will ask the same again.
        fingerprint = place.trace.client.fingerprints.of_data(said.data) if prints and said else ""
        steered = None
        if decision is not None and (decision.given or decision.arguments is not None):
            if decision.arguments is not None:
                arguments = decision.arguments
                assert place.trace.replay is not None
                args, kwargs = self.edited(place.trace.replay, arguments, args)
                said = to_json(arguments) if said is not None else None
            steered = Steered(args, kwargs or {}, decision.given)
        given = scope.given(arguments)
        if given is arguments and scope.has_usual_limits:
            given = said
        return scope.open_call(place, self.name, given, fingerprint, decision, steered)


def _captures(place: Here) -> bool:
    to = place.trace.recorder
    return to is None or to.capture


def _caller() -> str:
    """Where in the user's code a block was opened."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("rollscope."):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
