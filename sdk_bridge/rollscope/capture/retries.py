"""Which attempts belong to one model call: a client tries again, or the program does."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Self

from rollscope.context import aside
from rollscope.errors import EnforcementError
from rollscope.guard import guarded

if TYPE_CHECKING:
    from types import TracebackType

    from rollscope.capture.calls import Call
    from rollscope.context import Here

RETRYABLE = frozenset({408, 409, 429})
_CONNECTION = frozenset({"TransportError", "ClientConnectionError", "ClientPayloadError"})


def is_retryable(status: int) -> bool:
    """Whether an answer of this status is worth another attempt."""
    return status in RETRYABLE or status >= 500


def may_pass(error: BaseException) -> bool:
    """Whether an exception of a client is worth another attempt: it is the network's."""
    if isinstance(error, OSError | TimeoutError):
        return True
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return is_retryable(status)
    return any(kind.__name__ in _CONNECTION for kind in type(error).__mro__)


class NotPermitted(BaseException):
    """Carries an EnforcementError out of a client that catches every Exception and tries again."""

    def __init__(self, error: EnforcementError) -> None:
        super().__init__(str(error))
        self.error = error


class Logical:
    """A call of a client that tries again by itself, while it lasts: it is one model call."""

    __slots__ = ("_aside", "_before", "call", "over")

    def __init__(self) -> None:
        self._aside = aside()
        self.call: Call | None = None
        self.over = False
        self._before: Logical | None = None

    def __enter__(self) -> Self:
        self._aside.__enter__()
        self._before = _logical.get()
        _logical.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over = True
        _logical.set(self._before)
        self._aside.__exit__()
        if self.call is not None:
            with guarded("end a model call"):
                self.call.settle()

    def raised(self, error: BaseException) -> None:
        """It failed for good, with the error that the program gets."""
        self.over = True
        if self.call is not None:
            with guarded("end a model call"):
                self.call.settle(error)


_logical: ContextVar[Logical | None] = ContextVar("rollscope_logical", default=None)


def logical() -> Logical | None:
    """The logical call that the running code is part of."""
    found = _logical.get()
    return None if found is None or found.over else found


class Retrying:
    """A failed model call that the program may make again, kept by its branch."""

    __slots__ = ("call",)

    def __init__(self, call: Call) -> None:
        self.call = call

    def give_up(self) -> None:
        """It does not: something else is recorded in the branch, or the run ends."""
        with guarded("end a model call"):
            self.call.settle()


def taken_up(place: Here, url: str, data: bytes) -> Call | None:
    """The call that failed here and is made again by this request."""
    found = logical()
    if found is not None:
        call = found.call
        return call if call is not None and call.has_failed and call.asked.url == url else None
    pending = place.branch.retrying
    if not isinstance(pending, Retrying):
        return None
    call = pending.call
    asked = call.asked
    if call.place.span is not place.span or asked.url != url or asked.data != data:
        return None
    place.branch.retrying = None
    return call
