"""Where calls of a program wait for the user's word, while the application is there to give it.

It steers runs as ``rollscope.playing`` describes.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rollscope import wire
from rollscope.control.breakpoints import Breakpoint, Standing, hit
from rollscope.errors import EnforcementError
from rollscope.guard import guarded
from rollscope.playing import Asked, Decision, Divergence, Given
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from rollscope.context import Here
    from rollscope.playing import Sent
    from rollscope.spans import Span
    from rollscope.tracing import Trace

PATIENCE = 600.0
"""Seconds that a call waits; then it is made as if nothing had been."""

_WHOLE = 32 << 10
"""Bytes of arguments that can be edited: longer ones are not sent there and back."""
_SHOWN = 4_000
_NAME = 500

Verdict = Literal["continue", "edit", "give", "stop"]
_VERDICTS = ("continue", "edit", "give", "stop")
_ANY: tuple[Verdict, ...] = ("continue", "edit", "give", "stop")
_FEW: tuple[Verdict, ...] = ("continue", "stop")
_AS_IT_IS = Decision()


class Word(NamedTuple):
    """What is to be done with a call that waited. ``value``: the arguments by name for "edit", the
    result for "give"; ``why``: who said so ("word", "time-out", "gone")."""

    verdict: Verdict
    value: Any = None
    why: str = "word"


class Paused:
    """A call that waits. ``told`` is what the application knows of it."""

    def __init__(self, told: dict[str, Any], wake: Callable[[], object]) -> None:
        self.told = told
        self.word: Word | None = None
        self._wake = wake

    def settle(self, word: Word) -> None:
        """It waits no more; the first word counts."""
        if self.word is None:
            self.word = word
            self._wake()


class Gate:
    """Used by any thread; ``say`` tells the application."""

    is_rerun = False
    asks = False

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self.breakpoints: tuple[Breakpoint, ...] = ()
        self.paused_all = False
        self.paused_runs: set[str] = set()
        self.patience = PATIENCE
        """Seconds that a call waits at most."""
        self._say = say
        self._lock = threading.RLock()
        self._waiting: dict[str, Paused] = {}
        self._releases = 0

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to wait for."""
        return not (self.breakpoints or self.paused_all or self.paused_runs)

    def enter(self, place: Here, kind: str, name: str) -> Decision:
        """Wait before a block, if it stands for a call."""
        if kind == "tool":
            self._ask(place, kind, name, None, ("continue",))
        return _AS_IT_IS

    def call(self, place: Here, asked: Asked) -> Decision:
        """Wait before a call of a function, if there is a reason to. Raises EnforcementError where
        the run is to stop."""
        if not asked.is_call:
            return _AS_IT_IS
        kind, name, shown = asked.kind, asked.name, asked.arguments if asked.shown else None
        return _decided(self._ask(place, kind, name, shown, _ANY), asked)

    async def call_async(self, place: Here, asked: Asked) -> Decision:
        """The same, while other tasks go on."""
        if not asked.is_call:
            return _AS_IT_IS
        kind, name, shown = asked.kind, asked.name, asked.arguments if asked.shown else None
        return _decided(await self._ask_async(place, kind, name, shown, _ANY), asked)

    def model(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """Wait before a model is called. Raises EnforcementError where the run is to stop."""
        self._ask(place, sent.match.dialect.kind, name, sent.match.body, _FEW)
        return _AS_IT_IS

    async def model_async(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """The same, while other tasks go on."""
        await self._ask_async(place, sent.match.dialect.kind, name, sent.match.body, _FEW)
        return _AS_IT_IS

    def played(self, span: Span, decision: Decision) -> None:
        """Nothing is inside of a call that was answered by hand."""

    def returned(self, span: Span, decision: Decision, output: Any) -> None:
        """Nobody waits for that."""

    def begun(self, trace: Trace) -> dict[str, Any]:
        """A run of its own."""
        return {}

    def stop(self, why: str) -> Divergence:
        """Nothing here differs from a record."""
        return Divergence(why)

    def _ask(
        self, place: Here, kind: str, name: str, arguments: Any, choices: tuple[Verdict, ...]
    ) -> Paused | None:
        before = self._releases
        if (why := self._reason(place, kind, name)) is None:
            return None
        event = threading.Event()
        paused = self._pause(place, kind, name, arguments, choices, why, event.set, before)
        begun = time.monotonic()
        try:
            if not event.wait(self.patience):
                paused.settle(Word("continue", why="time-out"))
        finally:
            self._leave(paused)
        return self._followed(place, name, paused, begun)

    async def _ask_async(
        self, place: Here, kind: str, name: str, arguments: Any, choices: tuple[Verdict, ...]
    ) -> Paused | None:
        """Where the running loop is not one of asyncio, other tasks wait as well."""
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._ask(place, kind, name, arguments, choices)
        before = self._releases
        if (why := self._reason(place, kind, name)) is None:
            return None
        done: asyncio.Future[None] = loop.create_future()

        def finish() -> None:
            if not done.done():
                done.set_result(None)

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(finish)

        paused = self._pause(place, kind, name, arguments, choices, why, wake, before)
        begun = time.monotonic()
        timer = loop.call_later(self.patience, paused.settle, Word("continue", why="time-out"))
        try:
            await done
        finally:
            timer.cancel()
            self._leave(paused)
        return self._followed(place, name, paused, begun)

    def settle(self, call: str, word: Word) -> None:
        """The user's word on one call, which may have gone on meanwhile."""
        with self._lock:
            paused = self._waiting.get(call)
        if paused is not None and word.verdict in paused.told["choices"]:
            paused.settle(word)

    def release(self, run: str | None = None, why: str = "word") -> None:
        """Let all calls go on, or those of a run, and those that come."""
        with self._lock:
            self._releases += 1
            if run is None:
                self.paused_all = False
                self.paused_runs.clear()
            else:
                self.paused_runs.discard(run)
            waiting = [p for p in self._waiting.values() if run in (None, p.told["run"])]
        for paused in waiting:
            paused.settle(Word("continue", why=why))

    def clear(self, why: str = "gone") -> None:
        """There is nobody any more who could say a word."""
        self.breakpoints = ()
        self.release(why=why)

    def _reason(self, place: Here, kind: str, name: str) -> str | None:
        """Why the call is to wait, as a sentence; asked once a call, because a cost counts once."""
        trace = place.trace
        if self.paused_all or trace.id in self.paused_runs:
            return "Paused."
        standing = Standing(trace.usd, trace.stopped_usd, trace.failed)
        found = hit(self.breakpoints, kind, name, standing)
        if found is None:
            return None
        trace.failed = ""
        if found[0].kind == "cost":
            trace.stopped_usd = found[0].usd
        return found[1]

    def _pause(
        self, place: Here, kind: str, name: str, arguments: Any, choices: tuple[Verdict, ...],
        why: str, wake: Callable[[], object], before: int,
    ) -> Paused:  # fmt: skip
        now = time.time()
        told: dict[str, Any] = {
            "type": "paused", "call": secrets.token_hex(8), "run": place.trace.id, "kind": kind,
            "name": name[:_NAME], "reason": why[:_NAME], "since": now, "until": now + self.patience,
        }  # fmt: skip
        to = place.trace.recorder
        with guarded("show a call that waits"):
            if arguments is not None and to is not None and to.may_show:
                made = to_json(arguments, Limits())
                if len(made.data) <= _WHOLE:
                    told["arguments"] = wire.load(made.data)
                else:
                    told["text"] = made.data[:_SHOWN].decode("utf-8", "replace")
        told["choices"] = [c for c in choices if c != "edit" or "arguments" in told]
        paused = Paused(told, wake)
        at = place.span or place.trace
        at.note("paused", {"call": name, "reason": why})
        with self._lock:
            self._waiting[told["call"]] = paused
            is_late = self._releases != before
        self._say(told)
        if is_late:  # released after it was found that it waits
            paused.settle(Word("continue"))
        return paused

    def _leave(self, paused: Paused) -> None:
        with self._lock:
            self._waiting.pop(paused.told["call"], None)
        self._say({"type": "released", "call": paused.told["call"]})

    def _followed(self, place: Here, name: str, paused: Paused, begun: float) -> Paused:
        word = paused.word
        assert word is not None
        seconds = round(time.monotonic() - begun, 3)
        at = place.span or place.trace
        at.note(
            "continued",
            {"call": name, "verdict": word.verdict, "why": word.why, "seconds": seconds},
        )
        if word.verdict == "stop":
            raise EnforcementError("block", f"The run was stopped by hand before {name}.")
        return paused

    def forget(self) -> None:
        """In a child that was forked: those who wait are in the parent."""
        self._lock = threading.RLock()
        self._waiting.clear()


def _decided(paused: Paused | None, asked: Asked) -> Decision:
    """What the word on a call of a function means."""
    word = None if paused is None else paused.word
    if paused is None or word is None or word.verdict == "continue":
        return _AS_IT_IS
    if word.verdict == "give":
        return Decision(live=False, given=Given(word.value))
    # What was not changed stays what it is: JSON has no word for some objects.
    was, now = paused.told["arguments"], word.value
    kept = {name for name in now if name in was and was[name] == now[name]}
    arguments = {name: asked.arguments[name] if name in kept else now[name] for name in now}
    return Decision(arguments=arguments)


def word_of(said: dict[str, Any]) -> Word | None:
    """The word in a message; None where it is none."""
    verdict, value = said.get("verdict"), said.get("value")
    if verdict not in _VERDICTS or (verdict == "edit" and not isinstance(value, dict)):
        return None
    return Word(verdict, value)
