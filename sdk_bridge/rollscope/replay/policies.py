"""What becomes of tools after the edit: live, from the record, asked for, or denied."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollscope import wire
from rollscope.errors import EnforcementError
from rollscope.packing import NotPackable, pack
from rollscope.packing.reshaping import reshaped
from rollscope.playing import Asked, Decision, Divergence
from rollscope.replay.plan import Answer, Plan, Question
from rollscope.values import to_json

USUAL = {"state": "live", "write": "ask", "none": "same", None: "live"}
"""By declared effects. ``same``: from the record when it is called with the same, else live."""


@dataclass(frozen=True, slots=True)
class Wants:
    """A decision that waits for an answer."""

    question: Question
    then: Callable[[Answer], Decision | Wants]


class Tools:
    """The policies of a plan. Tools of a log that is not ``signed`` are asked for."""

    def __init__(self, plan: Plan, *, signed: bool, can_ask: bool) -> None:
        self._plan = plan
        self._others = plan.others or ("" if signed else "ask")
        self._can_ask = can_ask

    @property
    def asks(self) -> bool:
        """Whether the plan itself says of some tools that they are not to be live."""
        return {*self._plan.policies.values(), self._others} - {"", "live"} != set()

    def policy(self, asked: Asked) -> str:
        """What is to become of a tool."""
        said = self._plan.policies.get(asked.name) or self._others
        return said or USUAL.get(asked.effects, "live")

    def decide(
        self,
        asked: Asked,
        *,
        live: Callable[[dict[str, Any] | None], Decision],
        reused: Callable[[], Decision | None],
        given: Callable[[Any], Decision],
        stop: Callable[[str], Divergence],
    ) -> Decision | Wants:
        """What becomes of the call. Raises EnforcementError where it is denied, or Divergence."""
        policy, name = self.policy(asked), asked.name
        if policy == "deny":
            raise EnforcementError("deny", f"{name} may not be called in this re-run.")
        if policy in ("recorded", "same"):
            found = reused()
            if found is not None:
                return found
            if policy == "recorded":
                why = f"The record holds no result of {name} for these arguments."
                return self._asking(asked, why, live, given, stop)
        if policy == "ask":
            return self._asking(asked, f"Calls of {name} are asked about first.", live, given, stop)
        return live(None)

    def _asking(
        self,
        asked: Asked,
        why: str,
        live: Callable[[dict[str, Any] | None], Decision],
        given: Callable[[Any], Decision],
        stop: Callable[[str], Divergence],
    ) -> Decision | Wants:
        if not self._can_ask:
            raise stop(f"{why} Nobody is there to answer: choose another policy for {asked.name}.")

        def then(answer: Answer) -> Decision:
            if answer.verdict == "allow":
                return live(None)
            if answer.verdict == "edit" and isinstance(answer.value, dict):
                shown = wire.load(to_json(asked.arguments).data)
                return live(merged(asked.arguments, shown, answer.value))
            if answer.verdict == "give":
                return given(answer.value)
            raise stop(f"You stopped the re-run before it called {asked.name}.")

        return Wants(Question("tool", asked.name, asked.arguments, why), then)


def merged(arguments: dict[str, Any], shown: Any, edited: dict[str, Any]) -> dict[str, Any]:
    """What a function is called with after an edit of its arguments, which were ``shown`` as JSON.

    What was not changed stays the object that it is: JSON has no word for many. What was shown and
    is not there any more is left out; what was not shown stays.
    """
    known = shown if isinstance(shown, dict) else {}
    kept = {n: value for n, value in arguments.items() if n not in known or n in edited}
    changed = {n: value for n, value in edited.items() if n not in kept or known.get(n) != value}
    typed = {n: _of_its_kind(arguments.get(n), known.get(n), value) for n, value in changed.items()}
    return kept | typed


def _of_its_kind(was: Any, shown: Any, edited: Any) -> Any:
    """An edited argument as an object of the kind that it was; as JSON where that cannot be."""
    try:
        packed = pack(was)
        return edited if packed is None else reshaped(packed, shown, edited)
    except NotPackable:
        return edited


async def ask_elsewhere(ask: Callable[[Question], Answer], question: Question) -> Answer:
    """Ask in a thread of its own, so that the loop goes on.

    No executor: its threads are the program's, and their jobs are numbered.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[Answer] = loop.create_future()

    def tell(answer: Answer | None, error: BaseException | None) -> None:
        if waiting.done():
            return
        if error is not None:
            waiting.set_exception(error)
        elif answer is not None:
            waiting.set_result(answer)

    def work() -> None:
        answer, error = None, None
        try:
            answer = ask(question)
        except BaseException as wrong:  # noqa: BLE001 - it is raised where the answer is awaited
            error = wrong
        loop.call_soon_threadsafe(tell, answer, error)

    threading.Thread(target=work, name="rollscope question", daemon=True).start()
    return await waiting
