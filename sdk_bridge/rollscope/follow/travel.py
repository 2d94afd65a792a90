"""Carries a place in a run to code that cannot be given the place itself: to other processes.

A ticket is plain data. Whoever gets it stands in the same step of the same run: in the run itself
where it is under way in this process, else in a log of this process that belongs to that run.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from rollscope import ending
from rollscope.context import Agent, Branch, Here, enter, here
from rollscope.elsewhere import Elsewhere
from rollscope.guard import guarded
from rollscope.playing import Divergence, stop_in

if TYPE_CHECKING:
    from types import TracebackType

    from rollscope.client import Rollscope
    from rollscope.config import Settings
    from rollscope.tracing import Trace

_INHERITED = (
    "log_dir", "endpoint", "capture", "capture_models", "max_value_bytes", "spool_max_bytes",
    "prices", "masks", "pickle_results", "listen",
)  # fmt: skip
"""Settings that processes of one run have in common."""

_IDLE = 32
"""Runs of other processes that are kept open in case that they come back: a file each."""


class Ticket(NamedTuple):
    """A place in a run; ``variables`` are settings of its client, as the environment says them."""

    run: str
    span: str | None
    sampled: bool = True
    branch: int = 0
    agent: Agent | None = None
    redacted: bool = False
    """Its contents went through a hook of the program, which another process may not have."""
    variables: tuple[tuple[str, str], ...] = ()
    rerun: str = ""
    """It is a part of a re-run: before the edited step ("p"), or after it, where tools are called
    ("l") or need a word first ("w")."""

    def __repr__(self) -> str:
        return f"<place in the run {self.run}>"  # the variables hold the token


def ticket(place: Here, branch: Branch) -> Ticket:
    """The place, for something that is a branch of its own."""
    trace, span, _, agent = place
    settings = trace.client.settings
    said = variables(settings)
    if settings.api_key is not None:
        said["ROLLSCOPE_API_KEY"] = settings.api_key
    return Ticket(
        trace.id,
        None if span is None else span.id,
        not trace.silent,
        branch.number,
        agent,
        settings.redact is not None,
        tuple(said.items()),
        _rerun(trace, branch),
    )


def _rerun(trace: Trace, branch: Branch) -> str:
    replay = trace.replay
    if replay is None or not replay.is_rerun:
        return ""
    return ("w" if replay.asks else "l") if branch.after else "p"


def variables(settings: Settings) -> dict[str, str]:
    """What other processes of the run must be told of the settings: all that is not the default."""
    said = {}
    for name in _INHERITED:
        value = getattr(settings, name)
        if value != _default_of(name):
            if isinstance(value, tuple):
                text = "\n".join(value)
            else:
                text = str(value).lower() if isinstance(value, bool) else str(value)
            said[f"ROLLSCOPE_{name.upper()}"] = text
    return said


def _default_of(name: str) -> Any:
    from rollscope.config import Settings

    return Settings.__dataclass_fields__[name].default


class Job(NamedTuple):
    """Calls a function in a place of a run, in whatever process."""

    ticket: Ticket

    def __call__(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with visiting(self.ticket), sent_back(self.ticket):
            return function(*args, **kwargs)


class Each(NamedTuple):
    """Calls a function with one of many items, each of which has a place; ``spread``: with the
    members of the item."""

    function: Callable[..., Any]
    spread: bool

    def __call__(self, item: tuple[Ticket, Any]) -> Any:
        with visiting(item[0]), sent_back(item[0]):
            return self.function(*item[1]) if self.spread else self.function(item[1])


class Stopped(Exception):
    """Carries a Divergence out of a pool, whose workers die of what is no Exception: who waits
    for the job would wait for ever. Where it was sent from another process it is a Divergence."""

    def __init__(self, run: str, why: str) -> None:
        super().__init__(why)
        self._run = run

    def __reduce__(self) -> tuple[Any, ...]:
        return _stopped, (self._run, str(self))


def _stopped(run: str, why: str) -> Divergence:
    trace = _Visitors._own(run)
    replay = None if trace is None else trace.replay
    return Divergence(why) if replay is None else replay.stop(why)


@contextmanager
def sent_back(ticket: Ticket) -> Iterator[None]:
    """Within, a re-run that may go no further says so to who waits for the job."""
    try:
        yield
    except BaseException as error:
        stop = stop_in(error)
        if stop is None:
            raise
        raise Stopped(ticket.run, str(stop)) from None


class visiting:
    """``with visiting(ticket):`` stands in that place, and where it stood before afterwards."""

    __slots__ = ("_before", "_ticket", "_trace")

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._trace: Trace | None = None
        self._before: Here | None = None

    def __enter__(self) -> None:
        from rollscope import api as _ready  # noqa: F401 - model calls are seen in this process too

        self._before = here()
        with guarded("go on in a run of another process"):
            place = _visitors.come(self._ticket)
            self._trace = place.trace
            enter(place)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        enter(self._before)
        if self._trace is not None:
            with guarded("leave a run of another process"):
                _visitors.go(self._trace)


def come(ticket: Ticket) -> Here:
    """The place that a ticket leads to, for good."""
    return _visitors.come(ticket)


class _Visitors:
    """The runs of other processes that this one takes part in, one log each."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._joined: OrderedDict[tuple[Rollscope, str], Trace] = OrderedDict()  # idle ones first
        self._users: dict[Trace, int] = {}
        self._clients: dict[tuple[object, ...], Rollscope] = {}
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def come(self, ticket: Ticket) -> Here:
        """The place, until ``go``."""
        from rollscope.client import remote

        branch = Branch(ticket.branch)
        branch.after = ticket.rerun != "p"
        trace = self._own(ticket.run)
        if trace is None:
            client = self._client(ticket)
            with self._lock:
                trace = self._joined.get((client, ticket.run))
                if trace is None or trace.ended:
                    place = client.join(ticket.run, ticket.span, ticket.sampled)
                    trace = place.trace
                    if trace.silent:
                        return place
                    self._joined[client, ticket.run] = trace
                if ticket.rerun:
                    trace.replay = Elsewhere(asks=ticket.rerun == "w")
                self._users[trace] = self._users.get(trace, 0) + 1
        span = None
        if ticket.span is not None:
            span = trace._open.get(ticket.span) or remote(trace, ticket.span)
        return Here(trace, span, branch, ticket.agent)

    def go(self, trace: Trace) -> None:
        """One that came has left. What nobody has used for long is closed."""
        with self._lock:
            if trace not in self._users:
                return
            self._users[trace] -= 1
            if self._users[trace] == 0:
                key = next((key for key, found in self._joined.items() if found is trace), None)
                if key is None:  # it was ended meanwhile, and another has taken its place
                    del self._users[trace]
                    return
                self._joined.move_to_end(key)
                idle = [k for k, found in self._joined.items() if self._users[found] == 0]
                for old in idle[:-_IDLE]:
                    closed = self._joined.pop(old)
                    del self._users[closed]
                    closed.finish()

    @staticmethod
    def _own(run: str) -> Trace | None:
        """The run, if it was begun in this process, or in one that this is a fork of."""
        for client in list(ending.watch._clients):
            for trace in list(client.live):
                if trace.id == run and not trace.ended:
                    return trace
        return None

    def _client(self, ticket: Ticket) -> Rollscope:
        """One that records where and how the ticket says: the global one, as a rule."""
        from rollscope.client import Rollscope, default

        client = default()
        settings = client.settings
        here_so = {**variables(settings), "ROLLSCOPE_API_KEY": settings.api_key}
        differs = any(here_so.get(name) != text for name, text in ticket.variables)
        # Contents that the hook would have changed may not be written as they are.
        hide = ticket.redacted and settings.redact is None and settings.capture
        if not differs and not hide:
            return client
        key = (client, ticket.variables, hide)
        with self._lock:
            if key not in self._clients:
                environ = {**os.environ, **dict(ticket.variables)}
                if hide:
                    environ["ROLLSCOPE_CAPTURE"] = "false"
                self._clients[key] = Rollscope(
                    environ=environ, redact=settings.redact, on_error=settings.on_error
                )
            return self._clients[key]

    def _after_fork(self) -> None:
        self._lock = RLock()  # another thread of the parent may have held it


_visitors = _Visitors()
