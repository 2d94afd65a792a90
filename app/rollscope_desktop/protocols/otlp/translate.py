"""Spans become lines of run logs, in whatever order they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rollscope.wire import VERSION
from rollscope_desktop.protocols.lines import Line, Lines
from rollscope_desktop.protocols.otlp import logged, run_facts
from rollscope_desktop.protocols.otlp.calls import Calls, Gift
from rollscope_desktop.protocols.otlp.pending import as_begun
from rollscope_desktop.protocols.otlp.received import Span
from rollscope_desktop.protocols.otlp.remarks import remarks
from rollscope_desktop.protocols.otlp.step import Asked, Told, tell
from rollscope_desktop.protocols.run import Run, Runs


def write_spans(runs: Runs, spans: Sequence[Span], calls: Calls) -> None:
    """Write the spans of one request to the logs of their runs.

    A span that was written already, from the same message, writes nothing. One that is sent again
    and says something else adds what is new of it.
    """
    told = [tell(as_begun(span)) for span in spans if not runs(span.trace).has(span.source)]
    new = [each for each in told if not runs(each.run).step(each.span.id).started]
    settled = calls.settle(runs, new)
    gifts: dict[int, list[Gift]] = {}
    for gift in settled.gifts:
        gifts.setdefault(id(gift.told), []).append(gift)
    for gift in settled.replaced:
        _take_back(runs(gift.call.run), gift)
    groups: dict[str, list[Told]] = {}
    for each in told:
        groups.setdefault(each.run, []).append(each)
    for name, group in groups.items():
        run, memory = runs(name), calls.of(runs(name))
        ids = frozenset(each.span.id for each in group)
        ranks = [run_facts.rank(run, each, ids) for each in group]
        run_facts.begin(run, memory, group, ranks)
        for each, rank in zip(group, ranks, strict=True):
            if run.has(each.span.source):
                continue  # twice in one request
            for gift in gifts.get(id(each), ()):
                _give(runs(gift.call.run), gift)
            step = run.step(each.span.id)
            if step.started:
                calls.again(run, each)
                lines = _more(run, each)
            else:
                lines = _new(run, each)
            if not step.ended or each.output is not None or each.failed:
                end = run_facts.ending(run, memory, each, rank)
                if end is not None:
                    lines.append(("run.end", each.span.end or 0, end))
            with Lines(run, each.span.source) as written:
                written.extend(lines)
    for nesting in settled.nestings:
        nesting.remember()


def _new(run: Run, told: Told) -> list[Line]:
    """The lines of a span that the log does not know."""
    span, id = told.span, told.span.id
    fields: dict[str, Any] = {
        "span": id, "parent": told.parent, "kind": told.kind, "name": told.name,
        "input": None, "attrs": logged.attributes(run, told.attrs) or None,
    }  # fmt: skip
    if told.agent is not None:
        fields["agent"] = {"id": told.agent}
    lines: list[Line] = [("span.start", span.start, fields)]
    step = run.step(id)
    earlier, later = step.messages, logged.not_before(step, span.end or span.start)
    if earlier is None:
        fields["input"] = logged.value(run, told.input, often=told.parent is None)
        if "input" in told.lossy:
            fields["lossy"] = ["input"]
    elif isinstance(told.input, Asked):
        lines.append(("span.set", later, _input(run, told)))
    elif told.asked is not None:  # log records brought the messages before the span
        known = {**logged.asked(run, told.asked), "messages": earlier}
        lines.append(("span.set", later, {"span": id, "input": known}))
        if told.parent is None:
            lines.append(("run.set", later, {"input": known}))
    if told.parent is None and told.output is None and step.answer is not None:
        lines.append(("run.set", later, {"output": step.answer}))
    lines.extend(remarks(run, told))
    if span.end is not None:
        end = _end(run, told)
        if (
            told.is_lone and told.used
        ):  # a later line can take the place of this one, but not of the end
            lines.append(("span.set", span.end, {"span": id, "usage": end.pop("usage")}))
        lines.append(("span.end", span.end, end))
    elif told.output is not None or _usage(told) is not None:
        lines.append(("span.set", span.start, {"span": id, **_outcome(run, told)}))
    return lines


def _more(run: Run, told: Told) -> list[Line]:
    """The lines of a span that the log knows: its end, or what is new of it."""
    span, step = told.span, run.step(told.span.id)
    time = logged.not_before(step, span.end or span.start)
    lines: list[Line] = []
    if told.input is not None and not step.input:
        lines.append(("span.set", time, _input(run, told)))
    lines.extend(remarks(run, told))
    attrs = logged.attributes(run, told.attrs) or None
    if span.end is not None and not step.ended:
        lines.append(("span.end", span.end, {**_end(run, told), "attrs": attrs}))
        return lines
    fields = {"span": span.id, **_outcome(run, told), "attrs": attrs}
    if step.output:
        fields.pop("output")
    if told.failed and not step.failed:
        fields["error"] = told.error
    lines.append(("span.set", time, fields))
    return lines


def _give(run: Run, gift: Gift) -> None:
    """Tell the call that counts what only another span knows of it."""
    call, told = gift
    step = run.step(call.span)
    fields: dict[str, Any] = {}
    if told.input is not None and not step.input:
        fields["input"] = logged.value(run, told.input)
    if told.output is not None and not step.output:
        fields["output"] = logged.value(run, told.output)
    if told.used and not call.has_usage:
        fields["usage"] = told.used
    if told.response is not None and step.model_call is None:
        fields["attrs"] = {"response_id": told.response}
    if fields:
        lossy = sorted(told.lossy & fields.keys()) or None
        time = logged.not_before(step, told.span.end or told.span.start)
        run.write("span.set", time=time, span=call.span, lossy=lossy, **fields)


def _take_back(run: Run, gift: Gift) -> None:
    """Say where the call of a run that is nothing else is counted now."""
    call, told = gift
    if run.has(told.span.source):
        return
    step = run.step(call.span)
    run.write(
        "span.set",
        time=logged.not_before(step, told.span.end or told.span.start),
        span=call.span,
        usage=dict.fromkeys(call.amounts, 0) or None,
        attrs={"same_call": told.span.id, "same_call_run": told.run},
    )
    caller = {"run": told.run, "span": told.span.id}
    start = {**run.start, "caller": caller}
    run.write("run.start", time=call.start, source=told.span.source, v=VERSION, **start)


def _input(run: Run, told: Told) -> dict[str, Any]:
    lossy = ["input"] if "input" in told.lossy else None
    return {"span": told.span.id, "input": logged.value(run, told.input), "lossy": lossy}


def _outcome(run: Run, told: Told) -> dict[str, Any]:
    return {
        "output": logged.value(run, told.output, often=told.parent is None),
        "usage": _usage(told),
        "lossy": ["output"] if "output" in told.lossy else None,
    }


def _end(run: Run, told: Told) -> dict[str, Any]:
    return {
        "span": told.span.id,
        "status": "error" if told.failed else "ok",
        **_outcome(run, told),
        "error": told.error,
        "first_token": told.first_token,
    }


def _usage(told: Told) -> dict[str, Any] | None:
    return told.used if told.counts else None
