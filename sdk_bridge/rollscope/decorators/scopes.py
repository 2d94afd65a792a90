"""What a decorator and a ``with`` open: around each call of a function, or around a block."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from rollscope.active import NOTHING, Active
from rollscope.context import Here, here
from rollscope.decorators.entry import Entry
from rollscope.decorators.functions import checked, wrapped

if TYPE_CHECKING:
    from types import TracebackType

    from rollscope.client import Rollscope
    from rollscope.decorators.opened import Opened
    from rollscope.playing import Playing

F = TypeVar("F")


class Scope(ABC):
    """Opens something: around each call of a function that it decorates, or around a block."""

    resumable = False
    """Whether a call may be made again from its record."""

    def __init__(
        self,
        client: Callable[[], Rollscope],
        decorator: str,
        kind: str,
        name: str | None,
        input: Any,
        capture_input: bool,
        capture_output: bool,
    ) -> None:
        self.client = client
        self.decorator = decorator
        self.kind = kind
        self.name = name
        self.input = input
        self.capture_input = capture_input
        self.capture_output = capture_output
        # By the place that each led to: several tasks may be in blocks of the same object.
        self._blocks: dict[int, list[Opened | None]] = {}

    @abstractmethod
    def calls(self, function: Any) -> Calls:
        """What opens it around the calls of a function."""

    @abstractmethod
    def entered(self) -> Opened | None:
        """Open it for a block; None if nothing is recorded. Raises EnforcementError."""

    @abstractmethod
    def silent(self) -> Active:
        """What a block speaks to where nothing is recorded."""

    def __call__(self, function: F) -> F:
        """The function, with something opened around each of its calls. Raises ConfigError."""
        made: F = wrapped(function, self.calls(checked(function, f"rollscope.{self.decorator}")))
        if self.resumable:
            marked: Any = getattr(made, "__func__", made)
            marked.__rollscope_resumable__ = True
        return made

    def __enter__(self) -> Any:
        call = self.entered()
        self._blocks.setdefault(id(here()), []).append(call)
        return self.silent() if call is None else call.active

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        call = self._left(here())
        if call is None:
            return
        if error is None:
            call.done()
        else:
            call.broke(error)

    def _left(self, at: Here | None) -> Opened | None:
        """The block that is left by code that stands here."""
        key = id(at)
        if key not in self._blocks:  # something inside was not left, or it is closed from elsewhere
            found = [k for k, calls in self._blocks.copy().items() if calls and calls[-1]]
            inner = [k for k in found if (call := self._blocks[k][-1]) and call.holds(at)]
            key = [*found, *inner][-1] if found else key
        calls = self._blocks.get(key)
        call = calls.pop() if calls else None
        if not calls and key != id(None):
            self._blocks.pop(key, None)
        return call

    async def __aenter__(self) -> Any:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def given(self, arguments: dict[str, Any]) -> Any:
        """What is recorded as the input of a call; may be NOTHING."""
        if self.input is not NOTHING:
            return self.input
        return arguments if self.capture_input else NOTHING


class Calls(ABC):
    """The calls of one decorated function."""

    def __init__(self, scope: Scope, function: Any) -> None:
        self.name = scope.name or _name_of(function)
        self.entry = Entry(function, scope.resumable)
        self._function = function
        self._names, self._rest, self._own = _parameters(function)

    @abstractmethod
    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
        """A call begins; None if it is not recorded. Raises EnforcementError if it may not."""

    async def called_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
        """The same for a call of an async function: asking whether it may keeps nobody waiting."""
        return self.called(args, kwargs)

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """What the function is called with, by name; without the object that it is a method of."""
        names = self._names
        given = dict(zip(names, args, strict=False))
        if len(args) > len(names) and self._rest:
            given[self._rest] = list(args[len(names) :])
        if self._own:
            given.pop(self._own, None)
        return {**given, **kwargs} if kwargs else given

    def bound(
        self, arguments: dict[str, Any], args: tuple[Any, ...]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """How the function is called with arguments by name; ``args`` is how it would have been:
        it brings the object that it is a method of. Raises TypeError where they do not fit it."""
        left = dict(arguments)
        rest = left.pop(self._rest, None) if self._rest else None
        positional = list(args[:1]) if self._own else []
        for name in self._names[len(positional) :]:
            if name not in left:
                break
            positional.append(left.pop(name))
        if isinstance(rest, list | tuple):
            positional.extend(rest)
        with suppress(ValueError):  # it is written in C, and does not say
            inspect.signature(self._function).bind(*positional, **left)
        return tuple(positional), left

    def edited(
        self, playing: Playing, arguments: dict[str, Any], args: tuple[Any, ...]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The same after somebody has edited them. Raises Divergence where they do not fit."""
        try:
            return self.bound(arguments, args)
        except TypeError as error:
            why = f"The edited arguments do not fit {self.name}: {error}."
            raise playing.stop(why) from None


def _name_of(function: Any) -> str:
    named = getattr(function, "func", function)  # a partial is called as what it calls
    return str(getattr(named, "__name__", None) or type(named).__name__)


def _parameters(function: Any) -> tuple[tuple[str, ...], str, str]:
    """Names of the positional parameters, of the one that takes more, and of self or cls."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C, and does not say
        return (), "args", ""
    names = tuple(
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    )
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "")
    own = names[0] if names and names[0] in ("self", "cls") else ""
    return names, rest, own
