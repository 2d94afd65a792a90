"""Calls that are held until somebody says a word: who asks for which, and how long they wait.

One word is good for one call. Two askers of the same call share a hold, but the second one waits
for a word of its own.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from rollscope_desktop.model import text
from rollscope_desktop.model.rules import ALLOW, Question, Verdict

LIFETIME = 600.0
"""Seconds that a call is held, and that a word about it is remembered."""
PATIENCE = 30.0
"""Seconds after it was last asked about until it may be forgotten, if that is later."""
MOST = 1_000
"""Calls that wait at a time; of more, the oldest expire."""
LISTENING = 5.0
"""Seconds without a question after which nobody waits at the other end. Programs ask every two."""

_Key = tuple[str, str, str, str]


@dataclass(slots=True, eq=False)
class _Hold:
    """``asked``: questions that were answered with this hold; ``granted``: those that went on."""

    id: str
    question: Question
    verdict: Verdict
    sentence: str
    since: float
    heard: float
    asked: int = 1
    granted: int = 0
    state: Literal["pending", "approved", "denied"] = "pending"

    @property
    def key(self) -> _Key:
        asked = self.question
        return (asked.run, asked.kind, asked.name, asked.arguments_hash)


class Holds:
    """Not for several threads at a time. Times are seconds since the epoch."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        lifetime: float = LIFETIME,
        patience: float = PATIENCE,
        most: int = MOST,
    ) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._patience = patience
        self._most = most
        self._known: OrderedDict[str, _Hold] = OrderedDict()
        self._by_call: dict[_Key, _Hold] = {}
        self._has_news = False

    def ask(self, question: Question, reason: str, sentence: str) -> Verdict:
        """The verdict on a call that is to be held: the hold, or what somebody has said already.

        ``reason`` is for the program; ``sentence`` is the one that the user has set.
        """
        self._expire()
        now = self._clock()
        new = _Hold("", question, Verdict("hold", reason), sentence, now, now)
        hold = self._by_call.get(new.key)
        if hold is None:
            return self._add(new)
        hold.asked += 1
        hold.heard = now
        if hold.state == "approved":
            hold.granted += 1
            del self._by_call[hold.key]
            return ALLOW
        if hold.state == "denied":
            return Verdict("deny", _denied(hold))
        return hold.verdict

    def poll(self, id: str) -> tuple[str, Question | None]:
        """How it stands with a hold, and the question when the call is now made."""
        self._expire()
        hold = self._known.get(id)
        if hold is None:
            return "expired", None
        hold.heard = self._clock()
        if hold.state != "approved":
            return hold.state, None
        if not hold.granted:
            hold.granted = 1
            self._forget_call(hold)
            return "approved", hold.question
        if hold.granted >= hold.asked:
            return "approved", None  # the answer was lost on its way
        self._ask_again(hold)
        return "pending", None

    def reason(self, id: str) -> str:
        """Why a call waits or may not be made, for the program; "" for one that may."""
        hold = self._known.get(id)
        if hold is None:
            return "Nobody said in time whether the call may be made."
        return {"pending": hold.verdict.reason, "denied": _denied(hold)}.get(hold.state, "")

    def decide(self, id: str, allow: bool) -> None:
        """The user's word. Raises KeyError when the call does not wait."""
        self._expire()
        hold = self._known[id]
        if hold.state != "pending":
            raise KeyError(id)
        hold.state = "approved" if allow else "denied"
        hold.since = self._clock()
        self._has_news = True

    def waiting(self) -> list[dict[str, Any]]:
        """Those without a word, as the engine tells of them: first those whose programs wait, the
        oldest in front; a word for the others is for their next try."""
        self._expire()
        told = [self._told(hold) for hold in self._known.values() if hold.state == "pending"]
        return sorted(told, key=lambda each: not each["waiting"])

    def news(self) -> bool:
        """Whether others wait than the last time that this was asked."""
        news, self._has_news = self._has_news, False
        return news

    def _add(self, hold: _Hold) -> Verdict:
        pending = [each for each in self._known.values() if each.state == "pending"]
        for old in pending[: max(0, len(pending) - self._most + 1)]:
            self._forget(old)
        while len(self._known) >= 2 * self._most:
            self._forget(next(iter(self._known.values())))
        hold.id = secrets.token_hex(16)
        hold.verdict = Verdict("hold", hold.verdict.reason, hold.id)
        self._known[hold.id] = self._by_call[hold.key] = hold
        self._has_news = True
        return hold.verdict

    def _ask_again(self, hold: _Hold) -> None:
        """The word was for one call, and another asker of the same waits."""
        hold.state, hold.asked, hold.granted = "pending", hold.asked - hold.granted, 0
        hold.since = self._clock()
        self._known.move_to_end(hold.id)
        self._by_call.setdefault(hold.key, hold)
        self._has_news = True

    def _expire(self) -> None:
        now = self._clock()
        for hold in [hold for hold in self._known.values() if now > self._end(hold)]:
            self._forget(hold)

    def _end(self, hold: _Hold) -> float:
        return max(hold.since + self._lifetime, hold.heard + self._patience)

    def _forget(self, hold: _Hold) -> None:
        del self._known[hold.id]
        self._forget_call(hold)
        self._has_news = self._has_news or hold.state == "pending"

    def _forget_call(self, hold: _Hold) -> None:
        if self._by_call.get(hold.key) is hold:
            del self._by_call[hold.key]

    def _told(self, hold: _Hold) -> dict[str, Any]:
        asked = hold.question
        return {
            "id": hold.id, "run": asked.run, "project": asked.project, "kind": asked.kind,
            "name": asked.name, "made": asked.made, "span": asked.span,
            "arguments": asked.arguments or None, "reason": hold.sentence,
            "since": hold.since, "expires": self._end(hold),
            "waiting": self._clock() - hold.heard < LISTENING,
        }  # fmt: skip


def _denied(hold: _Hold) -> str:
    name = text.one_line(hold.question.name, 80)
    return f"This call of {name} was denied. {hold.sentence}".rstrip()
