"""Where the running code stands: its run, span, branch and agent."""

from __future__ import annotations

from contextvars import ContextVar
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from rollscope.spans import Span
    from rollscope.tracing import Trace


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
    begun. ``made`` is how many others it has created, ``of`` the one that created it. ``after`` is
    set in a re-run once it no longer follows its record; those that it creates do not, either.
    """

    __slots__ = ("_asides", "after", "made", "number", "of", "raised", "retrying")

    def __init__(self, number: int = 0, of: Branch | None = None) -> None:
        self.number = number
        self.of = of
        self.after: bool = of is not None and of.after
        self.retrying: Pending | None = None
        self.raised: tuple[int, str | None] | None = None
        self.made = 0
        self._asides = 0

    def fork(self) -> Branch:
        """The branch of something that is being created."""
        # The code of a branch runs in order: nobody else counts meanwhile.
        n = self.made = self.made + 1
        return Branch(n if self.number == 0 else _mixed(self.number, n), self)

    def aside(self) -> Branch:
        """This branch while a library is at work: what that creates takes none of its numbers.

        Whether a client of HTTP needs a task, to make a connection, depends on the moment.
        """
        self._asides += 1
        return _Aside(self, _mixed(self.number, -self._asides))


class _Aside(Branch):
    """A branch under its own number, with others for what is created there."""

    __slots__ = ("_count", "_real", "_seed")

    def __init__(self, real: Branch, seed: int) -> None:
        self.number = real.number
        self._real = real
        self._seed = seed
        self._count = count(1)

    @property
    def retrying(self) -> Pending | None:
        return self._real.retrying

    @retrying.setter
    def retrying(self, call: Pending | None) -> None:
        self._real.retrying = call

    @property
    def raised(self) -> tuple[int, str | None] | None:
        return self._real.raised

    @raised.setter
    def raised(self, error: tuple[int, str | None] | None) -> None:
        self._real.raised = error

    @property
    def after(self) -> bool:
        return self._real.after

    @after.setter
    def after(self, after: bool) -> None:
        self._real.after = after

    @property
    def of(self) -> Branch | None:
        return self._real.of

    @of.setter
    def of(self, of: Branch | None) -> None:
        self._real.of = of

    @property
    def made(self) -> int:
        return self._real.made

    @made.setter
    def made(self, made: int) -> None:
        self._real.made = made

    def fork(self) -> Branch:
        return Branch(_mixed(self._seed, next(self._count)), self._real)

    def aside(self) -> Branch:
        return self._real.aside()


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


enter = _here.set
"""Stand there from now on.

Leaving is entering what was before: a token would have to be given back in the same context, and
generators are closed in whichever context their last reference dies.
"""


class aside:
    """``with aside():`` stands in the same place, on the branch as it is while a library works."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        before = self._before = here()
        if before is not None:
            trace, span, branch, agent = before
            enter(Here(trace, span, branch.aside(), agent))

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            enter(self._before)
