"""Runs a user's own methods while we look at a value: no exception gets out, and few of them long.

A method cannot be interrupted. But an object whose text takes long is one of thousands as a rule,
so its type is not asked again in this process.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

_LONG = 0.010
"""Seconds. Twice in a row as long, and a type is not asked again: once may be the scheduler's."""

_FAR_TOO_LONG = 0.100
"""Seconds after which once is enough."""

_IN_ALL = 0.050
"""Seconds for all that is asked about one value; from then on, names of types have to do."""

_MOST_TYPES = 1024

_strikes: dict[int, tuple[type, int]] = {}


class RefusedError(Exception):
    """The object was not asked, or did not answer."""


class Patience:
    """What may still be asked about one value."""

    def __init__(self) -> None:
        self._spent = 0.0

    def ask(self, kind: type, question: Callable[[], Any]) -> Any:
        """The answer of an object of this type. Raises RefusedError, and what ends a program."""
        known = _strikes.get(id(kind))
        if (known is not None and known[1] > 1) or self._spent > _IN_ALL:
            raise RefusedError
        start = perf_counter()
        try:
            return question()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - a user's method may raise anything
            raise RefusedError from None
        finally:
            took = perf_counter() - start
            self._spent += took
            if took > _LONG:
                _strike(kind, 2 if took > _FAR_TOO_LONG or known is not None else 1)
            elif known is not None:
                _strikes.pop(id(kind), None)


def _strike(kind: type, count: int) -> None:
    if len(_strikes) >= _MOST_TYPES:
        _strikes.pop(next(iter(_strikes), 0), None)
    _strikes[id(kind)] = kind, count  # the type is kept, so that its id is no other's
