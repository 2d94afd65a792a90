"""Opens runs: agents, traces, records; inside of another run they are steps of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rollscope.active import Active
from rollscope.context import Agent, Here, here
from rollscope.decorators.opened import Opened, RunCall, SpanCall
from rollscope.decorators.scopes import Calls, Scope
from rollscope.decorators.steered import Steered, StepCall
from rollscope.playing import Asked, upcoming
from rollscope.spans import Span
from rollscope.told import word
from rollscope.tracing import begin, inside
from rollscope.values import to_json

if TYPE_CHECKING:
    from rollscope.client import Rollscope
    from rollscope.decorators.entry import Entry
    from rollscope.playing import Decision


class Run(Scope):
    """Opens a run; inside another run a step of it, unless a new one is asked for.

    ``agent`` is set for agents; an empty id stands for the name.
    """

    def __init__(
        self,
        client: Callable[[], Rollscope],
        decorator: str,
        kind: str,
        name: str | None,
        input: Any,
        session: str | None,
        metadata: dict[str, Any] | None,
        resumable: bool,
        capture_input: bool,
        capture_output: bool,
        new_run: bool,
        agent: Agent | None = None,
    ) -> None:
        super().__init__(client, decorator, kind, name, input, capture_input, capture_output)
        self.resumable = resumable
        self._session = session
        self._metadata = metadata
        self._new_run = new_run
        self._agent = agent

    def calls(self, function: Any) -> Calls:
        """What opens the run around the calls of a function."""
        return _RunCalls(self, function)

    def entered(self) -> Opened | None:
        """Open the run, or the step, for a block."""
        before = here()
        name = self.name or self.decorator
        if before is None:
            return self.open(None, name, self.input)
        return None if before.trace.recorder is None else self.open(before, name, self.input)

    def silent(self) -> Active:
        """What a block speaks to where nothing is recorded."""
        return self.client().quiet_run().trace

    def open(
        self,
        before: Here | None,
        name: str,
        input: Any,
        session: Any = None,
        entry: Entry | None = None,
        arguments: dict[str, Any] | None = None,
    ) -> Opened:
        """Open the run, or the step of the one that the code is part of."""
        if before is not None and self.is_step(before):
            agent = self._agent_at(name, before.agent)
            span = self._begin(before, name, input, agent)
            return SpanCall(before, inside(span, before, agent), span, self.capture_output)
        client = self.client()
        place = client.begin(
            name,
            input=input,
            session=self._session or _as_session(session),
            metadata=self._metadata,
            agent=self._agent_at(name, None),
            entry=entry,
            arguments=arguments,
            caller=before,
        )
        return RunCall(before, place, self.capture_output, flushes=self._agent is not None)

    def is_step(self, before: Here) -> bool:
        """Whether it is a step of the run that the code is part of. A re-run is always one run:
        what is not part of it would not be steered."""
        replay = before.trace.replay
        return not self._new_run or (replay is not None and replay.is_rerun)

    def open_call(
        self,
        before: Here,
        name: str,
        input: Any,
        decision: Decision | None,
        steered: Steered | None,
        fingerprint: str,
    ) -> Opened:
        """Open a step around a call."""
        agent = self._agent_at(name, before.agent)
        span = self._begin(before, name, input, agent, fingerprint, decision)
        return StepCall(
            before, inside(span, before, agent), span, self.capture_output, None,
            remade=False, decision=decision, steered=steered,
        )  # fmt: skip

    def _begin(
        self,
        before: Here,
        name: str,
        input: Any,
        agent: Agent | None,
        fingerprint: str = "",
        decision: Decision | None = None,
    ) -> Span:
        to = before.trace.recorder
        attrs = self._metadata if to is None or to.capture else None
        return begin(
            before, self.kind, name, input=input, attrs=attrs, agent=agent,
            fingerprint=fingerprint, decision=decision,
        )  # fmt: skip

    def _agent_at(self, name: str, above: Agent | None) -> Agent | None:
        if self._agent is None:
            return None
        said = self._agent
        usual = name
        if above is None and self.name is None:
            usual = self.client().settings.agent_name or name  # the function's name is a guess
        return Agent(
            said.id or usual, said.role, said.parent or (None if above is None else above.id)
        )


class _RunCalls(Calls):
    """Opens a run around each call of a function."""

    def __init__(self, scope: Run, function: Any) -> None:
        super().__init__(scope, function)
        self._scope = scope

    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
        """A call begins."""
        before = here()
        if before is None:
            client = self._scope.client()
            if not client.enabled and upcoming.get() is None:
                return client.unrecorded.entered()
        elif before.trace.recorder is None:
            return None
        arguments = self.arguments(args, kwargs)
        scope = self._scope
        if before is not None and scope.is_step(before):
            return self._step(before, arguments, args, kwargs)
        input, session = scope.given(arguments), arguments.get("session_id")
        beside = arguments if scope.capture_input and input is not arguments else None
        return scope.open(before, self.name, input, session, self.entry, beside)

    def _step(
        self,
        before: Here,
        arguments: dict[str, Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Opened:
        """A call inside a run is a step of it."""
        scope, trace = self._scope, before.trace
        given: Any = scope.given(arguments)
        fingerprint = ""
        if given is arguments:
            given = to_json(arguments)
            fingerprint = trace.client.fingerprints.of_data(given.data)
        if trace.replay is None:
            return scope.open_call(before, self.name, given, None, None, fingerprint)
        asked = Asked(scope.kind, self.name, arguments, fingerprint, is_call=False)
        decision = trace.replay.call(before, asked)
        steered = None
        if decision.given or decision.arguments is not None:
            if decision.arguments is not None:
                given = decision.arguments if scope.capture_input else given
                args, kwargs = self.edited(trace.replay, decision.arguments, args)
            steered = Steered(args, kwargs, decision.given)
        return scope.open_call(before, self.name, given, decision, steered, fingerprint)


def _as_session(value: Any) -> str | None:
    """The session that a function was called with, if it is of a kind that ids are of."""
    known = isinstance(value, str | int | UUID) and not isinstance(value, bool)
    return word(value) or None if known else None
