"""Runs while they are under way, and where their steps begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope.active import NOTHING, Active, Metadata
from rollscope.context import Agent, Branch, Here, here
from rollscope.guard import failed
from rollscope.pinning import release
from rollscope.spans import Span, give_up, told_of
from rollscope.told import as_number, in_full, metrics, without, word

if TYPE_CHECKING:
    from rollscope.client import Rollscope
    from rollscope.playing import Decision, Playing
    from rollscope.recorder import Recorder


class Trace(Active):
    """A run that is under way."""

    __slots__ = (
        "_branch",
        "_error",
        "_final",
        "_open",
        "_output",
        "_owned",
        "_sampled",
        "client",
        "ended",
        "failed",
        "meter",
        "replay",
        "stopped_usd",
        "usd",
    )

    def __init__(
        self,
        client: Rollscope,
        id: str,
        name: str,
        recorder: Recorder | None,
        *,
        metadata: dict[str, Any] | None = None,
        owned: bool = True,
        sampled: bool = True,
    ) -> None:
        self.client = client
        self.id = id
        self.name = name
        self.recorder = recorder
        self.ended = False
        self.meter = client.meter() if recorder is not None else None
        self.replay: Playing | None = None
        self.usd = self.stopped_usd = 0.0
        self.failed = ""
        self._metadata = Metadata(self, metadata) if metadata else None
        self._owned = owned
        self._branch = Branch()
        self._sampled = sampled
        self._open: dict[str, Span] = {}
        self._output: Any = NOTHING
        self._error: dict[str, Any] | None = None
        self._final: dict[str, Any] = {}

    def _span(self) -> str | None:
        return None

    def _more_known(self, values: dict[str, Any]) -> None:
        if (to := self.recorder) is not None:
            to.write("run.set", meta=to.value(values))

    @property
    def silent(self) -> bool:
        """Whether nothing of the run is kept: switched off, or left out by sampling."""
        return self.recorder is None or not self._sampled

    @property
    def output(self) -> Any:
        """What the run gives; set by the program, or by what the function returns."""
        return None if self._output is NOTHING else self._output

    @output.setter
    def output(self, value: Any) -> None:
        self.set(output=value)

    def set(self, /, **values: Any) -> None:
        """Record what is known of the run: ``input``, ``output``, ``reward`` (a number),
        ``metrics`` (named numbers), ``finish_reason``; any other name is metadata."""
        to = self.recorder
        if "output" in values:
            self._output = values.pop("output")
            if to is not None:
                to.write("run.set", output=to.value(self._output))
        if "input" in values:
            given = values.pop("input")
            if to is not None:
                to.write("run.set", input=to.value(given))
        for name in ("reward", "metrics", "finish_reason"):
            if name in values:
                self._final[name] = values[name]
                self.signal(name, values.pop(name))  # at once, so that it survives a kill
        if values:
            self.metadata.update(values)

    def usage(self, /, **counts: Any) -> None:
        """Record what the run used beside its steps, as a step of its own."""
        place = here()
        if place is None or place.trace is not self:
            place = self.place()
        if self.recorder is not None:
            span = begin(place, "span", "usage")
            span.usage(**counts)
            span.finish()

    def record_error(self, error: BaseException | str) -> None:
        """Record that the run failed, although no exception leaves it."""
        if (to := self.recorder) is not None:
            self._error = without(in_full(error, to.capture), to.secrets)

    def place(self, agent: Agent | None = None) -> Here:
        """Where code stands that runs in the run, and in no step of it."""
        return Here(self, None, self._branch, agent)

    def spend(self, usage: dict[str, Any]) -> None:
        """Count what a step used towards the ceilings of the run, and its breakpoints."""
        self.usd += usage.get("cost_usd") or 0.0
        if self.meter is not None:
            tokens = (usage.get("input_tokens") or 0) + (usage.get("output_tokens") or 0)
            self.meter.spend(tokens, usage.get("cost_usd") or 0.0)

    def left(self, span: Span) -> None:
        """A step of the run has ended."""
        self._open.pop(span.id, None)
        if self.ended and not self._open:
            self._close()

    def finish(
        self,
        status: str = "ok",
        *,
        output: Any = NOTHING,
        error: BaseException | dict[str, Any] | None = None,
        finish_reason: str | None = None,
    ) -> None:
        """Write the end of the run, once. Steps that are still under way may end later."""
        to = self.recorder
        if to is None or self.ended:
            return
        self.ended = True
        try:
            for span in list(self._open.values()):
                give_up(span.branch)
            place = here()
            branch = self._branch if place is None or place.trace is not self else place.branch
            if error is not None:
                self._error = told_of(error, branch, to)
            if self._error is not None and status == "ok":
                status = "error"
            given = self._output if output is NOTHING or output is None else output
            final = {"finish_reason": finish_reason, **self._final}
            if "reward" in final:
                final["reward"] = as_number(final["reward"])
            if "metrics" in final:
                final["metrics"] = metrics(final["metrics"])
            if final["finish_reason"] is not None:
                final["finish_reason"] = word(final["finish_reason"])
            if self._owned:
                given = None if given is NOTHING else to.value(given)
                to.write("run.end", status=status, output=given, error=self._error, **final)
        except Exception as problem:  # noqa: BLE001 - a recorder never harms the program
            failed("end a run", problem)
        if not self._open:
            self._close()

    def cut(self, why: str) -> None:
        """The process ends: so do all steps that are under way, and the run."""
        for span in reversed(self._open.copy().values()):
            span.finish("cancelled")
        self.finish("cancelled", finish_reason=why)

    def after_fork(self) -> None:
        """In a child that was forked: the run and its open steps are the parent's to end."""
        if self.recorder is not None:
            self._owned = False
            self.recorder.after_fork()
            if self.replay is not None and self.replay.is_rerun:
                from rollscope.elsewhere import Elsewhere  # late: few runs need it

                self.replay = Elsewhere(asks=self.replay.asks)
            if self.meter is not None:
                self.meter.after_fork()
            for span in self._open.values():
                span._inherited = True

    def _close(self) -> None:
        release(self.id)
        if self.recorder is not None:
            self.recorder.close()
            self.client.live.discard(self)


def begin(
    place: Here,
    kind: str,
    name: str,
    *,
    input: Any = NOTHING,
    ready: dict[str, Any] | None = None,
    attrs: dict[str, Any] | None = None,
    effects: str | None = None,
    agent: Agent | None = None,
    fingerprint: str = "",
    decision: Decision | None = None,
) -> Span:
    """A step that begins at this place of a run; its start is written. Raises nothing.

    ``ready`` is an input whose parts are made for the line already: Json, and references.
    ``decision`` is what was decided of a call; any other step has its place in a re-run, too.
    """
    trace = place.trace
    above = place.span
    span = Span(trace, trace.client.span_id(), kind, name, place.branch, above)
    to = trace.recorder
    if to is None:
        return span
    try:
        if decision is None and trace.replay is not None:
            decision = trace.replay.enter(place, kind, name)
        branch = place.branch
        if branch.retrying is not None:
            give_up(branch)
        branch.raised = None
        trace._open[span.id] = span
        fields: dict[str, Any] = {"span": span.id}
        if above is not None:
            fields["parent"] = above.id
        fields["kind"] = kind
        fields["name"] = name
        if input is not NOTHING:
            given = to.value(input)
            if given is not None:
                fields["input"] = given
        elif ready is not None:
            fields["input"] = ready
        if attrs:
            fields["attrs"] = to.fact(attrs)
        if branch.number:
            fields["branch"] = branch.number
        if effects is not None:
            fields["effects"] = effects
        if fingerprint:
            fields["fingerprint"] = fingerprint
        if decision is not None:
            span.key = decision.key
            if (told := decision.told) is not None:
                fields["replay"] = told
        agent = agent or place.agent
        if agent is not None:
            fields["agent"] = agent.fields
        to.put("span.start", fields)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        failed("begin a span", error)
    return span


def inside(span: Span, place: Here, agent: Agent | None = None) -> Here:
    """Where code stands that runs inside the span."""
    # Half as dear as calling the class, and steps are many.
    return tuple.__new__(Here, (place.trace, span, place.branch, agent or place.agent))


def outside(before: Here | None) -> Here | None:
    """Where code stands that leaves for ``before``: what has ended meanwhile is left, too."""
    if before is None or (span := before.span) is None or not span.ended:
        return before
    while span is not None and span.ended:
        span = span.parent
    return Here(before.trace, span, before.branch, before.agent)
