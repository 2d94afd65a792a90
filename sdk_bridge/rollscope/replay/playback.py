"""Steers a re-run: what the record answers, where the edit applies, what is live after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rollscope.playing import Asked, Coming, Decision, Divergence, Sent
from rollscope.replay.copies import copy_inside
from rollscope.replay.course import Course
from rollscope.replay.functions import Functions
from rollscope.replay.model_calls import ModelCalls
from rollscope.replay.plan import Answer, Plan, Progress, Question
from rollscope.replay.policies import Tools, Wants, ask_elsewhere
from rollscope.replay.record import Record, RecordedSpan
from rollscope.replay.running import Outcome, called
from rollscope.replay.standing import Standing

if TYPE_CHECKING:
    from pathlib import Path

    from rollscope.context import Here
    from rollscope.spans import Span
    from rollscope.tracing import Trace

Ask = Callable[[Question], Answer]


class Playback:
    """The steering of one re-run: a ``rollscope.playing.Playing``. Any thread may ask it.

    Calls that the record holds under the same key are answered from it, until their branch comes
    to the edited step; from there on, and in what that spawns or joins, calls are live. Strict: a
    call that the record does not hold ends the run, unless it may be a consequence of the edit.

    ``ask`` puts a question to a person and waits; ``told`` hears how far it is. ``signed``: the
    record is this user's own. Raises ReplayError where the edit has no place in the record.
    """

    is_rerun = True

    def __init__(
        self,
        record: Record,
        plan: Plan,
        *,
        ask: Ask | None = None,
        told: Callable[[Progress], None] | None = None,
        signed: bool = False,
    ) -> None:
        self.record = record
        self.plan = plan
        self.new_run: str | None = None
        self._ask = ask
        self._group: dict[str, Any] | None = None
        self._course = Course(record, plan, told, signed=signed)
        self._standing = Standing(self._course, can_ask=ask is not None)
        tools = Tools(plan, signed=signed, can_ask=ask is not None)
        self._functions = Functions(self._course, self._standing, tools)
        self._models = ModelCalls(self._course, self._standing)
        self.asks = tools.asks

    @property
    def stopped(self) -> str:
        """Why it was stopped, as a sentence."""
        return self._course.stopped

    @property
    def reached(self) -> bool:
        """Whether it came to the edited step."""
        return self._course.reached

    @property
    def progress(self) -> Progress:
        """How many calls were decided so far."""
        return self._course.progress

    def run(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        folder: Path | None = None,
        group: dict[str, Any] | None = None,
    ) -> Outcome:
        """Call the function so that the run that it begins is the re-run; once.

        Its log is written into ``folder``, and names the ``group`` (``id``, ``chain``). A coroutine
        is run in a loop of its own, a generator is read to its end. What the agent raises is in the
        outcome; KeyboardInterrupt and SystemExit are raised when the run has ended.
        """
        self._group = group
        coming = Coming(self, folder, self.record.seed)
        status, sentence = called(function, args, kwargs or {}, coming)
        if self.stopped:
            status, sentence = "diverged", self.stopped
        elif self.new_run is None:
            status, sentence = "error", sentence or "The function did not begin a run."
        elif self.plan.edit is not None and not self.reached and status == "ok":
            status, sentence = "unreached", "The agent ended before it came to the edited step."
        done = self.progress
        return Outcome(
            self.new_run, status, sentence, done.played, done.reused, done.live, self.reached
        )

    # What the trunk asks.

    def begun(self, trace: Trace) -> dict[str, Any]:
        """The run begins; more fields of its start."""
        edit = self.plan.edit
        self._course.trace = trace
        self.new_run = trace.id
        fork: dict[str, Any] = {"of": self.record.run, "mode": self.plan.divergence}
        if edit is not None:
            fork["edit"] = edit.to_json()
            if edit.span is not None:
                fork["at"] = edit.span
            else:
                self._course.reached = True
                trace.place().branch.after = True
        return {"fork": fork, "group": self._group} if self._group else {"fork": fork}

    def enter(self, place: Here, kind: str, name: str) -> Decision:
        """A block runs again, and has its place."""
        key = self._standing.key(place, kind, name)
        found = self._standing.find(key)
        if found is not None and found is self._course.edited:
            raise self.stop(f"{name} is a block of the program, which cannot be edited.")
        return Decision(key, None if found is None else found.id, "live")

    def call(self, place: Here, asked: Asked) -> Decision:
        """What becomes of the call of a function."""
        return self._settled(self._functions.decide(place, asked))

    async def call_async(self, place: Here, asked: Asked) -> Decision:
        """The same; other tasks go on while a person is asked."""
        return await self._settled_async(self._functions.decide(place, asked))

    def model(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """What becomes of the call of a model."""
        return self._settled(self._models.decide(place, sent, name, fingerprint))

    async def model_async(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """The same; other tasks go on while a person is asked."""
        return await self._settled_async(self._models.decide(place, sent, name, fingerprint))

    def played(self, span: Span, decision: Decision) -> None:
        """Tell what the record has inside a step that was not called."""
        found = self._recorded(decision)
        if found is None:
            return
        if decision.how in ("played", "reused"):
            copy_inside(span, found)
        # What it created took numbers of its branch; those that follow are to be the same.
        span.branch.made += found.branches

    def returned(self, span: Span, decision: Decision, output: Any) -> None:
        """Compare what a tool that was called again gave with what it gave then."""
        found = self._recorded(decision)
        if found is not None:
            self._functions.returned(span, found, output)

    def stop(self, why: str) -> Divergence:
        """The run is to end: whatever else of it still runs gets no further, either."""
        return self._course.stop(why)

    def _recorded(self, decision: Decision) -> RecordedSpan | None:
        return None if decision.of is None else self.record.spans.get(decision.of)

    def _settled(self, decision: Decision | Wants) -> Decision:
        while isinstance(decision, Wants):
            assert self._ask is not None
            decision = decision.then(self._ask(decision.question))
        return decision

    async def _settled_async(self, decision: Decision | Wants) -> Decision:
        while isinstance(decision, Wants):
            assert self._ask is not None
            decision = decision.then(await ask_elsewhere(self._ask, decision.question))
        return decision
