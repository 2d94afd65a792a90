"""Everything that a decorator may be put before: functions of each kind, and what is called like
one. All of them take ``x`` and give ``[x, x * 2]`` or ``x * 2``, or raise Boom at 13."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

Decorator = Callable[[Any], Any]
Shape = Callable[[Decorator], Callable[[Any], Any]]


class Boom(Exception):
    """What they raise."""


def work(x: int) -> int:
    if x == 13:
        raise Boom("thirteen")
    return x * 2


def function(decorate: Decorator) -> Any:
    @decorate
    def double(x: int) -> int:
        return work(x)

    return double


def lambda_(decorate: Decorator) -> Any:
    return decorate(lambda x: work(x))


def coroutine(decorate: Decorator) -> Any:
    @decorate
    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return work(x)

    return lambda x: asyncio.run(double(x))


def generator(decorate: Decorator) -> Any:
    @decorate
    def double(x: int) -> Iterator[int]:
        yield x
        yield work(x)

    return lambda x: list(double(x))


def async_generator(decorate: Decorator) -> Any:
    @decorate
    async def double(x: int) -> AsyncIterator[int]:
        yield x
        await asyncio.sleep(0)
        yield work(x)

    async def drain(x: int) -> list[int]:
        return [item async for item in double(x)]

    return lambda x: asyncio.run(drain(x))


def method(decorate: Decorator) -> Any:
    class Thing:
        @decorate
        def double(self, x: int) -> int:
            assert type(self) is Thing
            return work(x)

    return Thing().double


def async_method(decorate: Decorator) -> Any:
    class Thing:
        @decorate
        async def double(self, x: int) -> int:
            assert type(self) is Thing
            return work(x)

    return lambda x: asyncio.run(Thing().double(x))


def bound_method(decorate: Decorator) -> Any:
    class Thing:
        def double(self, x: int) -> int:
            assert type(self) is Thing
            return work(x)

    return decorate(Thing().double)


def class_method_above(decorate: Decorator) -> Any:
    class Thing:
        @classmethod
        @decorate
        def double(cls, x: int) -> int:
            assert cls is Thing
            return work(x)

    return Thing.double


def class_method_below(decorate: Decorator) -> Any:
    class Thing:
        @decorate
        @classmethod
        def double(cls, x: int) -> int:
            assert cls is Thing
            return work(x)

    return Thing().double


def static_method_above(decorate: Decorator) -> Any:
    class Thing:
        @staticmethod
        @decorate
        def double(x: int) -> int:
            return work(x)

    return Thing().double


def static_method_below(decorate: Decorator) -> Any:
    class Thing:
        @decorate
        @staticmethod
        async def double(x: int) -> int:
            return work(x)

    return lambda x: asyncio.run(Thing.double(x))


def partial(decorate: Decorator) -> Any:
    def double(factor: int, x: int) -> int:
        return work(x) // 2 * factor

    return decorate(functools.partial(double, 2))


def async_partial(decorate: Decorator) -> Any:
    async def double(factor: int, x: int) -> int:
        return work(x) // 2 * factor

    decorated = decorate(functools.partial(double, 2))
    return lambda x: asyncio.run(decorated(x))


class _Callable:
    def __call__(self, x: int) -> int:
        return work(x)


class _AsyncCallable:
    async def __call__(self, x: int) -> int:
        return work(x)


def callable_object(decorate: Decorator) -> Any:
    return decorate(_Callable())


def async_callable_object(decorate: Decorator) -> Any:
    decorated = decorate(_AsyncCallable())
    return lambda x: asyncio.run(decorated(x))


def _other(inner: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(inner)
    def call(*args: Any, **kwargs: Any) -> Any:
        return inner(*args, **kwargs)

    return call


def hidden(decorate: Decorator) -> Any:
    @decorate
    @_other
    def double(x: int) -> int:
        return work(x)

    return double


def hidden_coroutine(decorate: Decorator) -> Any:
    @decorate
    @_other
    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return work(x)

    async def awaited(x: int) -> Any:
        coroutine: Awaitable[int] = double(x)
        return await coroutine

    return lambda x: asyncio.run(awaited(x))


def cached(decorate: Decorator) -> Any:
    @decorate
    @functools.lru_cache
    def double(x: int) -> int:
        return work(x)

    return double


SHAPES: dict[str, Shape] = {
    made.__name__.rstrip("_"): made
    for made in (
        function, lambda_, coroutine, generator, async_generator, method, async_method,
        bound_method, class_method_above, class_method_below, static_method_above,
        static_method_below, partial, async_partial, callable_object, async_callable_object,
        hidden, hidden_coroutine, cached,
    )
}  # fmt: skip
