"""Makes what a run draws at random repeat: ``random`` and random UUIDs come from a seed."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from hashlib import blake2b
from random import Random
from typing import Any

from rollscope.context import here

_SEEDED: dict[str, dict[int, Random]] = {}
"""By run, then by branch: what runs beside a branch does not change what it draws."""

_LONGEST_UUID = 16

_DRAWN = ("random", "getrandbits", "gauss", "seed", "getstate", "setstate")
"""What all other functions of the module ``random`` are made of, and what sets it going."""


def pin(run: str, seed: str) -> None:
    """Draw from ``seed`` in this run, which begins now."""
    _install()
    if not _SEEDED:
        _before.append(_shared.getstate())
    # Some import random.random by name, and so ask the generator that all have in common.
    Random.seed(_shared, seed)
    _SEEDED[run] = _Branches(seed)


def release(run: str) -> None:
    """The run is over. The generator that all have in common goes on where it was before."""
    if _SEEDED.pop(run, None) is not None and not _SEEDED:
        Random.setstate(_shared, _before.pop())


_shared: Random = random._inst
_before: list[Any] = []


class _Branches(dict[int, Random]):
    def __init__(self, seed: str) -> None:
        self._seed = seed

    def __missing__(self, branch: int) -> Random:
        made = blake2b(f"{self._seed}.{branch}".encode(), digest_size=16).digest()
        self[branch] = found = Random(made)
        return found


def _seeded() -> Random | None:
    """What the running code draws from, if it is part of a run that is pinned."""
    place = here()
    found = None if place is None else _SEEDED.get(place.trace.id)
    return None if place is None or found is None else found[place.branch.number]


def _install() -> None:
    """Answer what is asked of ``random``, and what the module ``uuid`` asks of the system: nothing
    that anybody else asks of that.

    Programs import functions by name, so what those call is put in the place of what they call.
    """
    if getattr(os.urandom, "__rollscope__", False):
        return
    for name in _DRAWN:
        made = _from_seed(name, getattr(_shared, name))
        setattr(_shared, name, made)
        setattr(random, name, made)
    drawn = os.urandom

    def urandom(size: int, /) -> bytes:
        if size == _LONGEST_UUID and sys._getframe(1).f_globals.get("__name__") == "uuid":
            seeded = _seeded()
            if seeded is not None:
                return seeded.randbytes(size)
        return drawn(size)

    marked: Any = urandom
    marked.__rollscope__ = True
    os.urandom = marked


def _from_seed(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        seeded = _seeded() if _SEEDED else None
        return inner(*args, **kwargs) if seeded is None else getattr(seeded, name)(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    return call
