"""Decorators and context managers: agent, trace, record, span, tool, task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from rollscope.active import NOTHING
from rollscope.context import Agent
from rollscope.decorators.runs import Run
from rollscope.decorators.scopes import Scope
from rollscope.decorators.steps import Step
from rollscope.errors import ConfigError
from rollscope.wire.vocabulary import EFFECTS

if TYPE_CHECKING:
    from rollscope.client import Rollscope

F = TypeVar("F", bound=Callable[..., Any])


class Decorators(ABC):
    """What a client and the module both offer.

    Each works on functions, async functions, generators and async generators, with and without
    parentheses, and as ``with`` around a block. What a decorated function returns and raises does
    not change. A wrong use raises ConfigError where it is written.
    """

    @abstractmethod
    def _client(self) -> Rollscope:
        """The client that records."""

    @overload
    def agent(self, name: F, /) -> F: ...
    @overload
    def agent(
        self,
        name: str | None = None,
        *,
        role: str | None = None,
        id: str | None = None,
        parent: str | None = None,
        session: str | None = None,
        metadata: dict[str, Any] | None = None,
        resumable: bool = True,
        capture_input: bool = True,
        capture_output: bool = True,
        new_run: bool = False,
    ) -> Scope: ...
    def agent(
        self,
        name: Any = None,
        *,
        role: str | None = None,
        id: str | None = None,
        parent: str | None = None,
        session: str | None = None,
        metadata: dict[str, Any] | None = None,
        resumable: bool = True,
        capture_input: bool = True,
        capture_output: bool = True,
        new_run: bool = False,
    ) -> Any:
        """An agent: each call is a run of its own. Inside a run it is a step of that run, unless
        ``new_run`` is set; then the two runs are linked.

        All that happens inside is marked with the agent: ``id`` (its name unless said), ``role``,
        and the ``parent`` agent (the one around it unless said). A ``resumable`` one may be called
        again from its record. When a call returns, all of it is on the disk, and on its way.
        """
        _mapping(metadata, "metadata")
        _texts(role=role, id=id, parent=parent, session=session)
        scope = Run(
            self._client, "agent", "agent", _name(name, "agent"), NOTHING, session, metadata,
            resumable, capture_input, capture_output, new_run, Agent(id or "", role, parent),
        )  # fmt: skip
        return _made(scope, name)

    @overload
    def trace(self, name: F, /) -> F: ...
    @overload
    def trace(
        self,
        name: str | None = None,
        *,
        input: Any = NOTHING,
        session: str | None = None,
        metadata: dict[str, Any] | None = None,
        resumable: bool = False,
        capture_input: bool = False,
        capture_output: bool = False,
        new_run: bool = False,
    ) -> Scope: ...
    def trace(
        self,
        name: Any = None,
        *,
        input: Any = NOTHING,
        session: str | None = None,
        metadata: dict[str, Any] | None = None,
        resumable: bool = False,
        capture_input: bool = False,
        capture_output: bool = False,
        new_run: bool = False,
    ) -> Any:
        """A run for each call, or around a block; inside a run a step of it, unless ``new_run``."""
        _mapping(metadata, "metadata")
        _texts(session=session)
        scope = Run(
            self._client, "trace", "workflow", _name(name, "trace"), input, session, metadata,
            resumable, capture_input, capture_output, new_run,
        )  # fmt: skip
        return _made(scope, name)

    @overload
    def record(self, name: F, /) -> F: ...
    @overload
    def record(
        self,
        name: str | None = None,
        *,
        input: Any = NOTHING,
        metadata: dict[str, Any] | None = None,
        resumable: bool = False,
        session_id: str | None = None,
        capture_input: bool = True,
        capture_output: bool = True,
        new_run: bool = False,
    ) -> Scope: ...
    def record(
        self,
        name: Any = None,
        *,
        input: Any = NOTHING,
        metadata: dict[str, Any] | None = None,
        resumable: bool = False,
        session_id: str | None = None,
        capture_input: bool = True,
        capture_output: bool = True,
        new_run: bool = False,
    ) -> Any:
        """A run for each call, with what went in and came out; otherwise as ``trace``.

        ``input`` is shown in the place of the arguments of the call, which stand with the entry
        point then. Without ``session_id``, the function's argument of that name is taken.
        """
        _mapping(metadata, "metadata")
        _texts(session_id=session_id)
        scope = Run(
            self._client, "record", "workflow", _name(name, "record"), input, session_id, metadata,
            resumable, capture_input, capture_output, new_run,
        )  # fmt: skip
        return _made(scope, name)

    @overload
    def span(self, name: F, /) -> F: ...
    @overload
    def span(
        self,
        name: str | None = None,
        *,
        kind: str = "span",
        input: Any = NOTHING,
        attributes: dict[str, Any] | None = None,
        capture_input: bool = False,
        capture_output: bool = False,
    ) -> Scope: ...
    def span(
        self,
        name: Any = None,
        *,
        kind: str = "span",
        input: Any = NOTHING,
        attributes: dict[str, Any] | None = None,
        capture_input: bool = False,
        capture_output: bool = False,
    ) -> Any:
        """A step of the run that the code is part of. ``kind`` is one of ``rollscope.wire.KINDS``,
        or a word of your own."""
        if not isinstance(kind, str) or not kind:
            raise ConfigError(f"The kind of a span is a word, like retriever, not {kind!r}.")
        _mapping(attributes, "attributes")
        scope = Step(
            self._client, "span", kind, _name(name, "span"), capture_input, capture_output,
            input=input, attrs=attributes,
        )  # fmt: skip
        return _made(scope, name)

    @overload
    def tool(self, name: F, /) -> F: ...
    @overload
    def tool(
        self,
        name: str | None = None,
        *,
        capture_input: bool = True,
        capture_output: bool = True,
        effects: str | None = None,
        schema: dict[str, Any] | None = None,
        terminal: bool = False,
        max_length: int | None = None,
    ) -> Scope: ...
    def tool(
        self,
        name: Any = None,
        *,
        capture_input: bool = True,
        capture_output: bool = True,
        effects: str | None = None,
        schema: dict[str, Any] | None = None,
        terminal: bool = False,
        max_length: int | None = None,
    ) -> Any:
        """A tool: the call is written before the function runs, the result after it.

        ``effects`` says what a call changes: "none" (it only reads), "state" (the memory of this
        process), "write" (the world); undeclared unless said. ``schema`` is the JSON Schema of the
        arguments. A ``terminal`` tool ends the agent's work. ``max_length`` bounds what is recorded
        of an input or an output, in bytes of JSON; what the function returns is never cut.
        """
        if effects is not None and effects not in EFFECTS:
            raise ConfigError(f"effects must be one of {', '.join(EFFECTS)}, not {effects!r}.")
        if max_length is not None and (type(max_length) is not int or max_length < 1):
            raise ConfigError(f"max_length must be a positive whole number, not {max_length!r}.")
        if schema is not None and not isinstance(schema, dict):
            raise ConfigError("schema must be a JSON Schema: a dictionary.")
        attrs = {"schema": schema, "terminal": terminal or None}
        scope = Step(
            self._client, "tool", "tool", _name(name, "tool"), capture_input, capture_output,
            attrs={k: v for k, v in attrs.items() if v is not None} or None,
            effects=effects, max_length=max_length, counts=True,
        )  # fmt: skip
        return _made(scope, name)

    @overload
    def task(self, name: F, /) -> F: ...
    @overload
    def task(
        self,
        name: str | None = None,
        *,
        input: Any = NOTHING,
        attributes: dict[str, Any] | None = None,
        capture_input: bool = False,
        capture_output: bool = False,
    ) -> Scope: ...
    def task(
        self,
        name: Any = None,
        *,
        input: Any = NOTHING,
        attributes: dict[str, Any] | None = None,
        capture_input: bool = False,
        capture_output: bool = False,
    ) -> Any:
        """A piece of work that takes several steps."""
        _mapping(attributes, "attributes")
        scope = Step(
            self._client, "task", "task", _name(name, "task"), capture_input, capture_output,
            input=input, attrs=attributes,
        )  # fmt: skip
        return _made(scope, name)


def _name(name: Any, decorator: str) -> str | None:
    """The name, where one was given. Raises ConfigError."""
    if name is None or isinstance(name, str):
        return name or None
    if callable(name) or isinstance(name, staticmethod | classmethod):
        return None
    article = "an" if decorator == "agent" else "a"
    raise ConfigError(f"The name of {article} {decorator} is text, not {type(name).__name__}.")


def _mapping(value: Any, what: str) -> None:
    if value is not None and not isinstance(value, dict):
        raise ConfigError(f"The {what} is a dictionary, not {type(value).__name__}.")


def _texts(**values: Any) -> None:
    for what, value in values.items():
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"The {what} is text, not {type(value).__name__}.")


def _made(scope: Scope, name: Any) -> Any:
    """The scope, or the function that it was put before without parentheses."""
    return scope if name is None or isinstance(name, str) else scope(name)
