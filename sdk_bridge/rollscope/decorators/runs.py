"""Opens runs: agents, traces, records; inside of another run they are steps of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rollscope.active import Active
from rollscope.context import Agent, Here, here
from rollscope.decorators.opened import Opened, RunCall, SpanCall
from rollscope.decorators.scopes import Calls, Scope
from rollscope.told import word
from rollscope.tracing import begin, inside

if TYPE_CHECKING:
    from rollscope.client import Rollscope
    from rollscope.decorators.entry import Entry


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
        if before is not None and not self._new_run:
            agent = self._agent_at(name, before.agent)
            to = before.trace.recorder
            attrs = self._metadata if to is None or to.capture else None
            span = begin(before, self.kind, name, input=input, attrs=attrs, agent=agent)
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
            if not client.enabled:
                return client.unrecorded.entered()
        elif before.trace.recorder is None:
            return None
        arguments = self.arguments(args, kwargs)
        scope = self._scope
        input, session = scope.given(arguments), arguments.get("session_id")
        beside = arguments if scope.capture_input and input is not arguments else None
        return scope.open(before, self.name, input, session, self.entry, beside)


def _as_session(value: Any) -> str | None:
    """The session that a function was called with, if it is of a kind that ids are of."""
    known = isinstance(value, str | int | UUID) and not isinstance(value, bool)
    return word(value) or None if known else None
