"""Where the running code stands: its run, span, branch and agent."""

from __future__ import annotations

from contextvars import ContextVar
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from rollscope.tracing import Span, Trace


class Pending(Protocol):
    """A model call that failed, and that may be tried again."""

    def give_up(self) -> None:
        """It is not: something else comes now."""


class Branch:
    """One line of execution of a run: its main thread, a task, a thread, a job of a pool.

    The number is handed out when the task is created. The code of one branch runs in order, so the
    order in which it creates others repeats from run to run; the order in which they finish does
    not. So a number depends on the creating branch and how many that has created, on nothing else.

    ``retrying`` is a model call of this branch that failed, while it may still be tried again;
    ``raised`` tells which error ended the step before (its id and message), while nothing else has
    begun.
    """

    __slots__ = ("_made", "number", "raised", "retrying")

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.retrying: Pending | None = None
        self.raised: tuple[int, str | None] | None = None
        self._made = count(1)

    def fork(self) -> Branch:
        """The branch of something that is being created."""
        n = next(self._made)
        return Branch(n if self.number == 0 else _mixed(self.number, n))


def _mixed(parent: int, n: int) -> int:
    """A number for the n-th branch of another than the main one: 61 bits, above all small ones."""
    digest = blake2b(b"%d.%d" % (parent, n), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 4 | 1 << 60


class Agent:
    """The agent at work; ``parent`` is the id of the one that called it.

    ``fields`` is how the log tells of it, made once for all steps that it marks.
    """

    __slots__ = ("fields", "id", "parent", "role")

    def __init__(self, id: str, role: str | None = None, parent: str | None = None) -> None:
        self.id = id
        self.role = role
        self.parent = parent
        told = {"id": id, "role": role, "parent": parent}
        self.fields = {name: value for name, value in told.items() if value}


class Here(NamedTuple):
    """A place in a run; what is recorded there becomes a part of ``span``, or of the run itself."""

    trace: Trace
    span: Span | None
    branch: Branch
    agent: Agent | None = None


_here: ContextVar[Here | None] = ContextVar("rollscope", default=None)

here = _here.get
"""Where the running code stands; None outside every run."""


def enter(place: Here | None) -> None:
    """Stand there from now on.

    Leaving is entering what was before: a token would have to be given back in the same context,
    and generators are closed in whichever context their last reference dies.
    """
    _here.set(place)
