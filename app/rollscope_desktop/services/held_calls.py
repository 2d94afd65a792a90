"""The calls that wait for the user's word: what the engine says of them, and the word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.services.engine_client import EngineState

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.notices import Notices

AGAIN = 2_000
"""Milliseconds between two looks while calls wait: that a program has stopped waiting is no news
of the engine's."""
_TOPIC = "held"


@dataclass(frozen=True, slots=True)
class Held:
    """A call that is held. ``run`` is the key of its run; ``reason`` the sentence of the rules.
    ``made``: the program has made it already, and asks whether it may go on.

    ``since`` and ``expires`` are seconds since the epoch. ``waiting``: the program asks again and
    again; else it has given up, and a word is for its next try.

    ``choices`` are the verdicts on a call that waits at a breakpoint; there are none for one that
    the rules hold, which is allowed or denied.
    """

    id: str
    run: str
    project: str
    kind: str
    name: str
    made: bool
    arguments: str
    reason: str
    since: float
    expires: float
    waiting: bool
    choices: tuple[str, ...] = ()


class HeldCalls(QObject):
    """Follows the engine. For the GUI thread."""

    changed = Signal()
    """``calls`` are others, or have changed."""

    def __init__(
        self, client: EngineClient, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._notices = notices
        self._again = QTimer(self, singleShot=True, interval=AGAIN)
        self._again.timeout.connect(self._ask)
        self.calls: tuple[Held, ...] = ()
        """The oldest first."""
        client.noted.connect(self._hear)
        client.greeted.connect(self._ask)
        client.state_changed.connect(self._see_engine)

    def decide(self, id: str, allow: bool) -> None:
        """Say whether a call may be made."""
        self._client.request("decide", self._take, self._not_decided, hold=id, allow=allow)

    def answer(self, id: str, verdict: str, value: object) -> None:
        """Say what becomes of a call at a breakpoint; ``value``: its arguments, or its result."""
        more = {"value": value} if verdict in ("edit", "give") else {}
        self._client.request(
            "paused_answer", lambda _: None, self._not_decided, call=id, verdict=verdict, **more
        )

    def close(self) -> None:
        """Ask for nothing any more."""
        self._again.stop()

    def _hear(self, note: dict[str, Any]) -> None:
        if note.get("note") == "holds":
            self._take(note)

    def _ask(self, hello: object = None) -> None:
        # An engine of another version may not know any.
        self._client.request("holds", self._take, lambda _: None)

    def _not_decided(self, error: Exception) -> None:
        self._notices.say(str(error), "warning", topic=_TOPIC)
        self._ask()

    def _see_engine(self) -> None:
        if self._client.state is not EngineState.CONNECTED:
            self._take({})

    def _take(self, said: dict[str, Any]) -> None:
        told = said.get("holds")
        calls = [_held(one) for one in told if isinstance(one, dict)] if told else []
        if calls:
            self._again.start()
        else:
            self._again.stop()
        if tuple(calls) != self.calls:
            self.calls = tuple(calls)
            self.changed.emit()


def _held(said: dict[str, Any]) -> Held:
    def word(name: str) -> str:
        value = said.get(name)
        return value if isinstance(value, str) else ""

    return Held(
        id=word("id"), run=word("run"), project=word("project"), kind=word("kind"),
        name=word("name"), made=said.get("made") is True,
        arguments=word("arguments"), reason=word("reason"),
        since=float(said.get("since") or 0), expires=float(said.get("expires") or 0),
        waiting=bool(said.get("waiting", True)),
        choices=tuple(map(str, said.get("choices") or ())),
    )  # fmt: skip
