"""Forks as the engine makes them: permission, begin, follow, answer, stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.services.engine_client import EngineRefused, EngineState

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.notices import Notices

OVER: Final = frozenset({"done", "failed", "cancelled"})
"""States in which nothing more will come of a fork."""
_TOPIC: Final = "forks"


@dataclass(frozen=True, slots=True)
class Question:
    """What a fork wants to know before it goes on; see ``rollscope.replay.plan.Question``."""

    id: Any
    kind: str
    name: str
    span: str | None = None
    input: Any = None
    expected: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """One fork. ``of`` is the key of the original run and ``run`` that of the new one, "" until it
    has begun. ``at`` is the key of the edited step, None for the entry. ``state`` is "starting",
    "running", "asking" or one of OVER; ``details`` are the last lines that it said on its way.
    ``played``, ``reused`` and ``live`` count calls."""

    id: str
    batch: str
    number: int = 0
    of: str = ""
    at: str | None = None
    run: str = ""
    state: str = "starting"
    status: str = ""
    sentence: str = ""
    details: str = ""
    played: int = 0
    reused: int = 0
    live: int = 0
    question: Question | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in OVER


@dataclass(frozen=True, slots=True)
class Permission:
    """What a fork would run, and whether the person must be asked first.

    ``changed``: its source is not what was recorded; ``missing`` names variables of the environment
    that the recording had. ``signed``: the log was written by a recorder of this user.
    """

    needed: bool = True
    interpreter: str = ""
    folder: str = ""
    file: str = ""
    function: str = ""
    signed: bool = False
    changed: bool = False
    known: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """Who makes a fork: a new "process", the "program" itself, which is still connected, or
    "retrace", the vendor's SDK in it. ``arguments`` are what that one starts from, where told."""

    kind: str = "process"
    possible: bool = True
    sentence: str = ""
    arguments: Any = None


@dataclass(frozen=True, slots=True)
class Order:
    """A fork to be made: ``edit`` is None to run again unchanged; see docs/engine-protocol.md."""

    run: str
    edit: dict[str, Any] | None
    times: int = 1
    policies: tuple[tuple[str, str], ...] = ()
    divergence: str = "stop"
    fresh: bool = False


class Forks(QObject):
    """Follows the engine. For the GUI thread."""

    changed = Signal()
    """``forks`` are others, or have changed."""

    def __init__(
        self, client: EngineClient, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client, self._notices = client, notices
        self.forks: tuple[Fork, ...] = ()
        """In the order in which they were begun."""
        client.noted.connect(self._hear)
        client.greeted.connect(self._ask)
        client.state_changed.connect(self._see_engine)

    @property
    def under_way(self) -> int:
        """How many have not ended."""
        return sum(not fork.over for fork in self.forks)

    def ask_permission(
        self, run: str, done: Callable[[Permission], None], failed: Callable[[Exception], None]
    ) -> None:
        """Ask what a fork of a run would start, and whether it may."""
        self._client.request(
            "fork_permission", lambda said: done(_permission(said)), failed, run=run
        )

    def ask_way(self, run: str, done: Callable[[Way], None]) -> None:
        """Ask who would make a fork of a run; an engine that cannot say makes it in a process."""
        self._client.request(
            "fork_way", lambda said: done(_way(said)), lambda _: done(Way()), run=run
        )

    def begin(
        self,
        order: Order,
        done: Callable[[str], None],
        failed: Callable[[Exception], None],
        allow: str = "",
    ) -> None:
        """Make a fork; ``done`` gets the id of its batch. ``allow`` is "once" or "always"."""

        def take(said: dict[str, Any]) -> None:
            done(_word(said, "batch"))
            told = _forks(said)
            known = {fork.id for fork in told}
            self._set(tuple(fork for fork in self.forks if fork.id not in known) + told)

        more = {"allow": allow} if allow else {}
        self._client.request(
            "fork", take, failed, run=order.run, edit=order.edit, times=order.times,
            policies=dict(order.policies), divergence=order.divergence, fresh=order.fresh, **more,
        )  # fmt: skip

    def answer(self, fork: Fork, verdict: str, value: Any = None) -> None:
        """Answer the question of a fork; ``value`` goes with "edit" and "give"."""
        if fork.question is None:
            return
        more = {"value": value} if verdict in ("edit", "give") else {}
        self._client.request(
            "fork_answer", None, self._fail,
            fork=fork.id, question=fork.question.id, verdict=verdict, **more,
        )  # fmt: skip

    def cancel(self, fork: Fork) -> None:
        """Stop a fork; what it has recorded stays."""
        self._client.request("fork_cancel", None, self._fail, fork=fork.id)

    def _hear(self, note: dict[str, Any]) -> None:
        if note.get("note") == "forks":
            self._set(_forks(note))

    def _ask(self, hello: object = None) -> None:
        # An engine of another version may not know any.
        self._client.request("forks", lambda said: self._set(_forks(said)), lambda _: None)

    def _fail(self, error: Exception) -> None:
        # What has been answered or stopped meanwhile needs no word any more.
        if not (isinstance(error, EngineRefused) and error.code == "unknown"):
            self._notices.say(str(error), "warning", topic=_TOPIC)
        self._ask()

    def _see_engine(self) -> None:
        if self._client.state is not EngineState.CONNECTED:
            self._set(())

    def _set(self, forks: tuple[Fork, ...]) -> None:
        if forks != self.forks:
            self.forks = forks
            self.changed.emit()


def _forks(said: dict[str, Any]) -> tuple[Fork, ...]:
    told = said.get("forks")
    return tuple(_fork(one) for one in told if isinstance(one, dict)) if told else ()


def _fork(said: dict[str, Any]) -> Fork:
    at, asked = said.get("at"), said.get("question")
    return Fork(
        _word(said, "id"), _word(said, "batch"), _number(said, "number"), _word(said, "of"),
        at if isinstance(at, str) else None, _word(said, "run"), _word(said, "state"),
        _word(said, "status"), _word(said, "sentence"), _word(said, "details"),
        _number(said, "played"), _number(said, "reused"), _number(said, "live"),
        _question(asked) if isinstance(asked, dict) else None,
    )  # fmt: skip


def _question(said: dict[str, Any]) -> Question:
    span = said.get("span")
    return Question(
        said.get("id"), _word(said, "kind"), _word(said, "name"),
        span if isinstance(span, str) else None,
        said.get("input"), said.get("expected"), _word(said, "reason"),
    )  # fmt: skip


def _way(said: dict[str, Any]) -> Way:
    kind = _word(said, "way") or "process"
    possible = said.get("possible") is not False
    return Way(kind, possible, _word(said, "sentence"), said.get("arguments"))


def _permission(said: dict[str, Any]) -> Permission:
    missing = said.get("missing")
    names = [name for name in missing if isinstance(name, str)] if missing else []
    return Permission(
        needed=said.get("needed") is not False, interpreter=_word(said, "interpreter"),
        folder=_word(said, "folder"), file=_word(said, "file"), function=_word(said, "function"),
        signed=said.get("signed") is True, changed=said.get("changed") is True,
        known=said.get("known") is True, missing=tuple(names),
    )  # fmt: skip


def _word(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _number(said: dict[str, Any], name: str) -> int:
    value = said.get(name)
    return value if type(value) is int else 0
