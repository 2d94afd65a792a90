"""What to do when the server cannot be reached: how long to wait, which way to try next."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from rollscope.errors import AuthError, RateLimitError, RollscopeError, TransportError
from rollscope.sinks._link import LinkDown, LinkRefused

_LONGEST_SPELL = 60.0


class Pace(NamedTuple):
    """How fast the sender goes. Seconds and bytes."""

    batch: int = 256 << 10
    window: int = 4 << 20
    """What may be on its way without having been acknowledged."""
    rest: float = 0.01
    """Between two looks at logs that grow: what came in between goes together."""
    timeout: float = 5.0
    """To connect, and to be welcomed."""
    patience: float = 30.0
    """Without any sign of life while something is expected."""
    least_wait: float = 0.2
    most_wait: float = 10.0
    """After a failure, then twice as long each time."""
    http_spell: float = 5.0
    """How long HTTP is used before a WebSocket is tried again; twice as long each time, to a
    minute."""
    adopt_every: float = 30.0
    """Between two looks for files that other processes have left."""
    adopted: int = 16
    """Logs of other processes that are at work at a time."""


class Wait(NamedTuple):
    """How long to wait before the next attempt; ``firm``: the server asked for it, so that no hurry
    shortens it."""

    seconds: float = 0.0
    firm: bool = False


class Stopped(Exception):
    """Nothing can be sent until the program is started anew."""


class Retry:
    """The state of an outage. Each is told of once."""

    def __init__(self, pace: Pace, report: Callable[[RollscopeError], object]) -> None:
        self.by_http = False
        """Whether the next attempt is made by HTTP."""
        self.spell = pace.http_spell
        """For how long, in seconds."""
        self.failing = False
        """Whether the last attempt failed by every way."""
        self._pace = pace
        self._report = report
        self._progress = False
        self._told = False
        self._failures = 0

    def welcomed(self) -> None:
        """The server speaks."""
        self.failing = False

    def acknowledged(self) -> None:
        """Something has arrived."""
        self._progress = True
        self._told = False
        self._failures = 0
        if not self.by_http:
            self.spell = self._pace.http_spell

    def spell_over(self) -> None:
        """HTTP was used for long enough: a WebSocket may work again."""
        self.by_http = False
        self.spell = min(_LONGEST_SPELL, self.spell * 2)

    def after(self, error: LinkDown | LinkRefused) -> Wait:
        """An attempt has failed. Raises Stopped when no other can help."""
        if isinstance(error, LinkRefused):
            if error.status in (401, 403):
                self._report(AuthError(str(error)))
                raise Stopped from error
            if error.status in (429, 503):
                wait = self._failed(RateLimitError(str(error), error.retry_after))
                return Wait(max(wait, error.retry_after or 0.0), firm=True)
        progress, self._progress = self._progress, False
        by_http, self.by_http = self.by_http, False
        if progress:  # not all clients come back at the same moment
            return Wait(random.uniform(0.0, self._pace.least_wait) / 4)
        if not by_http and (isinstance(error, LinkRefused) or error.reached):
            self.by_http = True  # a WebSocket does not work here, or not at present
            return Wait()
        return Wait(self._failed(TransportError(str(error))))

    def _failed(self, error: RollscopeError) -> float:
        self._failures += 1
        self.failing = True
        if not self._told:
            self._told = True
            self._report(error)
        longest: float = self._pace.least_wait * 2 ** min(self._failures - 1, 16)
        return min(self._pace.most_wait, longest) * random.uniform(0.5, 1.0)
