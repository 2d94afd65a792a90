"""Steps of the SDK: what begins, what more becomes known, what ends."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.lines import Lines
from rollscope_desktop.protocols.retrace.call import call_input, call_output, is_captured, usage_of
from rollscope_desktop.protocols.retrace.fields import (
    agent_of,
    attributes_of,
    began_at,
    kind_of,
    name_of,
    own_error,
    tool_call_of,
    when,
)
from rollscope_desktop.protocols.retrace.ids import source_of, span_of
from rollscope_desktop.protocols.retrace.memory import Memory, SpanMemory
from rollscope_desktop.protocols.retrace.results import find_call, is_told, tell_result
from rollscope_desktop.protocols.retrace.said import (
    Data,
    amount,
    count,
    failure,
    instant,
    table,
    text,
)
from rollscope_desktop.protocols.run import Run


class Spans:
    """The steps of one run. ``now`` is when a message came, in ns, for what says no time. An
    ``old`` SDK does not say how much of a model call it has cut off."""

    def __init__(self, run: Run, memory: Memory, now: int, *, old: bool = False) -> None:
        self._run = run
        self._memory = memory
        self._now = now
        self._old = old

    def started(self, data: Data) -> None:
        """``span_started``: it may hold everything already, and the same step may start again."""
        self._take(data, source_of("span_started", data), is_whole=False)

    def whole(self, data: Data) -> None:
        """A step of a trace that is told as a whole."""
        self._take(data, source_of("span", data), is_whole=True)

    def ended(self, data: Data) -> None:
        """``span_ended``: repeats what ``span_started`` said, or says it for the first time."""
        source = source_of("span_ended", data)
        span = span_of(data["id"])
        known = self._memory.span(span, self._run.id)
        if self._run.has(source) or is_told(self._run, data):
            return
        if known.call is not None:
            tell_result(self._run, self._memory, known.call, data, self._now)
            return
        said = {
            "output_tokens": count(data.get("output_tokens")), "cost_usd": amount(data.get("cost")),
        }  # fmt: skip
        used = {name: value for name, value in said.items() if value}
        with Lines(self._run, source) as lines:
            self._end(lines, span, known, data, failure(data.get("error")), used or None)

    def settle(self) -> None:
        """The trace is over: calls that were asked for, and of which no more came, have ended when
        they were told to."""
        for span, step in list(self._run.steps.items()):
            known = self._memory.known(span) if step.kind == "tool" and not step.ended else None
            if known is not None and known.asked is not None and known.run == self._run.id:
                self._run.write("span.end", time=known.asked, span=span, status="ok")

    def _take(self, data: Data, source: str, *, is_whole: bool) -> None:
        if self._run.has(source) or is_told(self._run, data):
            return
        call = find_call(self._run, data)
        if call is not None:
            tell_result(self._run, self._memory, call, data, self._now)
            return
        span = span_of(data["id"])
        known = self._memory.span(span, self._run.id)
        known.captured = is_captured(data)
        known.error = failure(data.get("error")) or own_error(data) or known.error
        ended = instant(data.get("ended_at"))
        if not is_whole and _is_asked_for(data):
            known.asked = ended
        with Lines(self._run, source) as lines:
            began = began_at(data, self._now)
            attrs = self._begin(lines, span, data, began)
            used = usage_of(data, kind_of(data), began)
            if is_whole and ended is not None:
                self._end(lines, span, known, data, known.error, used, attrs)
            else:
                self._set(lines, span, known, data, known.error, used, attrs)

    def _begin(self, lines: Lines, span: str, data: Data, began: int) -> Data | None:
        """Tell of the beginning; what is known now of a step that has begun before."""
        kind = kind_of(data)
        attrs = attributes_of(self._run, data, kind, began)
        if self._run.step(span).started:
            return attrs
        sent, cut = self._run.plain(data.get("input")), False
        if kind == "llm":
            sent, cut = call_input(self._run, data, self._old)
        parent = text(data.get("parent_id"))
        within = None if parent is None else span_of(parent)
        lines.add(
            "span.start", began, span=span, parent=None if within == span else within, kind=kind,
            name=name_of(data, kind), input=sent, agent=agent_of(data), attrs=attrs,
            lossy=["input"] if cut else None,
        )  # fmt: skip
        return None

    def _set(
        self, lines: Lines, span: str, known: SpanMemory, data: Data,
        error: Data | None, used: Data | None, attrs: Data | None,
    ) -> None:  # fmt: skip
        """Tell what is known beside the beginning and the end."""
        output, lossy = self._output(span, known, data)
        if (output, error, used, attrs) != (None, None, None, None):
            lines.add(
                "span.set", when(data, self._now), span=span, output=output, error=error,
                usage=used, attrs=attrs, lossy=lossy,
            )  # fmt: skip

    def _end(
        self, lines: Lines, span: str, known: SpanMemory, data: Data,
        error: Data | None, used: Data | None, attrs: Data | None = None,
    ) -> None:  # fmt: skip
        """Tell of the end. Where one was told before, only what is new."""
        time = instant(data.get("ended_at")) or self._now
        attrs = {**(attrs or {})}
        if data.get("duration_ms") is not None:
            attrs["duration_ms"] = self._run.plain(data["duration_ms"])
        waits = time == known.asked and data.get("output") is None and error is None
        if waits or self._run.step(span).ended:
            attrs["ended_at"] = text(data.get("ended_at")) or ""
            self._set(lines, span, known, data, error, used, attrs)
            return
        known.asked = None
        error = error or known.error
        output, lossy = self._output(span, known, data)
        lines.add(
            "span.end", time, span=span, status="ok" if error is None else "error", output=output,
            error=error, usage=used, attrs=attrs or None, lossy=lossy,
        )  # fmt: skip

    def _output(self, span: str, known: SpanMemory, data: Data) -> tuple[Any, list[str] | None]:
        """What came out, unless that was told already, and ``lossy`` if it is not all."""
        said, step = data.get("output"), self._run.step(span)
        if said is None:
            return None, None
        told = source_of("output", said)
        if step.output and told == known.told:
            return None, None
        known.told = told
        if (step.kind or kind_of(data)) == "llm":
            output, cut = call_output(self._run, data, known.captured)
        else:
            output = self._run.plain(said)
            cut = table(data.get("metadata")).get("truncated") is True
        return output, ["output"] if cut else None


def _is_asked_for(data: Data) -> bool:
    """Whether a model has asked for this call, and that is all that is known."""
    return (
        kind_of(data) == "tool"
        and tool_call_of(data) is not None
        and data.get("output") is None
        and not data.get("error")
    )
