"""Wraps functions of every kind so that something happens around each call of them."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Protocol

from rollscope.active import NOTHING
from rollscope.context import Here, enter, here
from rollscope.errors import ConfigError
from rollscope.packing import NotPackable, packed
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from rollscope.decorators.steered import Steered

Function = Callable[..., Any]

_LEAST = 256  # bytes: room for a value, be it only to say that it was cut


class Call(Protocol):
    """One call of a function that is recorded."""

    place: Here | None
    """Where the code of the function stands."""
    keeps: bool
    """Whether its output is recorded."""
    remade: bool
    """Whether a re-run may have to give what it gave."""
    steered: Steered | None
    """Set where the function is called with something else, or not at all."""

    def leave(self) -> None:
        """Stand where the call was made; it goes on."""

    def done(self, output: Any) -> None:
        """It returned, and the code stands where it was called. Raises Divergence at most."""

    def broke(self, error: BaseException, output: Any = NOTHING) -> None:
        """It raised, after it gave this output; otherwise as ``done``."""

    def known(self, *, awaited: bool = False, pieces: dict[str, Any] | None = None) -> None:
        """More of it is known: it is async; or it is a generator, and what of its items a re-run
        needs beside the output."""


class Around(Protocol):
    """What happens around the calls of one function."""

    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
        """A call begins; None if it is not recorded. Raises EnforcementError if it may not."""

    async def called_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
        """The same, for functions that may not keep others waiting."""


def checked(function: Any, decorator: str) -> Function:
    """The function, if it is one that can be wrapped. Raises ConfigError."""
    if isinstance(function, staticmethod | classmethod):
        function = function.__func__
    if isinstance(function, type):
        raise ConfigError(
            f"@{decorator} stands before functions; {function.__qualname__} is a class. Decorate"
            " the method that does the work."
        )
    if not callable(function):
        raise ConfigError(
            f"@{decorator} stands before functions, not before {type(function).__name__} objects."
        )
    return function  # type: ignore[no-any-return]


def wrapped(function: Any, around: Around) -> Any:
    """A function of the same kind and signature that tells ``around`` of its calls."""
    if isinstance(function, staticmethod | classmethod):
        return type(function)(wrapped(function.__func__, around))
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if not inspect.isroutine(inner):
        inner = type(inner).__call__
    if inspect.isasyncgenfunction(inner):
        made = _async_generator(function, around)
    elif inspect.isgeneratorfunction(inner):
        made = _generator(function, around)
    elif inspect.iscoroutinefunction(inner):
        made = _coroutine(function, around)
    else:
        made = _plain(function, around)
    return functools.wraps(function)(made)


def _plain(function: Function, around: Around) -> Function:
    called = around.called

    def call(*args: Any, **kwargs: Any) -> Any:
        current = called(args, kwargs)
        if current is None:
            return function(*args, **kwargs)
        if current.steered is not None:
            args, kwargs = current.steered.args, current.steered.kwargs
            if current.steered.given is not None:
                return current.steered.give()
        try:
            output = function(*args, **kwargs)
        except BaseException as error:
            current.broke(error)
            raise
        if type(output) is CoroutineType:  # of an async function that another decorator hides
            place = current.place
            current.leave()
            current.known(awaited=True)
            return _awaited(output, current, place)
        current.done(output)
        return output

    return call


async def _awaited(coroutine: Any, current: Call, place: Here | None) -> Any:
    enter(place)
    try:
        output = await coroutine
    except BaseException as error:
        current.broke(error)
        raise
    current.done(output)
    return output


def _coroutine(function: Function, around: Around) -> Function:
    called = around.called_async

    async def call(*args: Any, **kwargs: Any) -> Any:
        current = await called(args, kwargs)
        if current is None:
            return await function(*args, **kwargs)
        if current.steered is not None:
            args, kwargs = current.steered.args, current.steered.kwargs
            if current.steered.given is not None:
                return await current.steered.give_async()
        try:
            output = await function(*args, **kwargs)
        except BaseException as error:
            current.broke(error)
            raise
        current.done(output)
        return output

    return call


class Yielded:
    """What a generator gave, for the log: the items, or one text if all of them are text.

    None of them is held on to: an item is the program's, which may change it, or need its memory.
    """

    MOST = 10_000
    ROOM = Limits().bytes
    """Bytes of all items together."""

    def __init__(self, keeps: bool, remade: bool = False) -> None:
        self._items: list[Any] = []
        self._packed: list[Any] = []
        self._count = 0
        self._left = self.ROOM if keeps else 0
        self._remade = keeps and remade
        self._why = ""

    def add(self, item: Any) -> None:
        """It gave an item."""
        self._count += 1
        if self._left <= 0 or self._count > self.MOST:
            self._why = self._why or "It gave more than the log holds."
            return
        if self._remade and not self._why:
            self._keep(item)
        if type(item) is str:
            item = item[: self._left]
            self._left -= len(item)
        elif item is not None:
            item = to_json(item, Limits(bytes=max(_LEAST, self._left)))
            self._left -= len(item.data)
        self._items.append(item)

    def _keep(self, item: Any) -> None:
        """For a re-run, which gives the very same."""
        try:
            if type(item) is str and len(item) > self._left:
                raise NotPackable("It gave more than the log holds.")
            self._packed.append(packed(item))
        except NotPackable as why:
            self._why = str(why)

    def pieces(self, returned: Any = None) -> dict[str, Any] | None:
        """What a re-run needs beside ``output``; None if it needs nothing."""
        if not self._remade or (returned is None and not self._count):
            return None
        if not self._why and returned is not None:
            try:
                return {"items": self._packed, "returned": packed(returned)}
            except NotPackable as why:
                self._why = str(why)
        return {"not": self._why} if self._why else {"items": self._packed}

    def output(self, returned: Any = None) -> Any:
        """All of it, with what it returned at its end."""
        items: Any = self._items
        missing = self._count > len(items)
        if items and all(type(item) is str for item in items):
            items = "".join(items)
        if missing:
            items = {"items": items, "count": self._count}
        return items if returned is None else {"yielded": items, "returned": returned}


def _generator(function: Function, around: Around) -> Function:
    def call(*args: Any, **kwargs: Any) -> Any:
        current = around.called(args, kwargs)
        if current is None:
            return (yield from function(*args, **kwargs))
        if current.steered is not None:
            args, kwargs = current.steered.args, current.steered.kwargs
            if current.steered.given is not None:
                return (yield from current.steered.items())
        yielded, inside = Yielded(current.keeps, current.remade), _Inside(current)
        try:
            iterator = function(*args, **kwargs)
            step = functools.partial(next, iterator)
            while True:
                with inside:
                    item = step()
                yielded.add(item)
                try:
                    step = functools.partial(iterator.send, (yield item))
                except GeneratorExit:
                    with inside:
                        iterator.close()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - the generator is to have it
                    step = functools.partial(iterator.throw, thrown)
        except StopIteration as end:
            with inside.at_its_end():
                current.known(pieces=yielded.pieces(end.value))
                current.done(yielded.output(end.value))
            return end.value
        except BaseException as error:
            with inside.at_its_end():
                current.known(pieces=yielded.pieces())
                current.broke(error, yielded.output())
            raise

    return call


def _async_generator(function: Function, around: Around) -> Function:
    async def call(*args: Any, **kwargs: Any) -> Any:
        # Recorded or not, it is driven by hand: an async generator knows no "yield from".
        current = await around.called_async(args, kwargs)
        if current is not None and current.steered is not None:
            args, kwargs = current.steered.args, current.steered.kwargs
            if current.steered.given is not None:
                async for item in current.steered.items_async():
                    yield item
                return
        yielded, inside = Yielded(False), _Inside(current)
        if current is not None:
            yielded = Yielded(current.keeps, current.remade)
        try:
            iterator = function(*args, **kwargs)
            step = iterator.__anext__
            while True:
                with inside:
                    item = await step()
                if current is not None:
                    yielded.add(item)
                try:
                    step = functools.partial(iterator.asend, (yield item))
                except GeneratorExit:
                    with inside:
                        await iterator.aclose()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - the generator is to have it
                    step = functools.partial(iterator.athrow, thrown)
        except StopAsyncIteration:
            if current is not None:
                with inside.at_its_end():
                    current.known(pieces=yielded.pieces())
                    current.done(yielded.output())
        except BaseException as error:
            if current is not None:
                with inside.at_its_end():
                    current.known(pieces=yielded.pieces())
                    current.broke(error, yielded.output())
            raise

    return call


class _Inside:
    """Stands inside the call while a generator works, and outside while it waits to go on.

    The code between two items may be run from anywhere, so where it comes from is asked each time.
    """

    def __init__(self, current: Call | None) -> None:
        self._recorded = current is not None
        self._place: Here | None = None
        self._outside: Here | None = None
        if current is not None:
            self._place = current.place
            current.leave()

    def __enter__(self) -> None:
        if self._recorded:
            self._outside = here()
            enter(self._place)

    def __exit__(self, *_: object) -> None:
        if self._recorded:
            self._place = here()
            enter(self._outside)

    @contextlib.contextmanager
    def at_its_end(self) -> Iterator[None]:
        """Ending a call leads to where it was begun; a generator is somewhere else by now."""
        outside = here()
        try:
            yield
        finally:
            enter(outside)
