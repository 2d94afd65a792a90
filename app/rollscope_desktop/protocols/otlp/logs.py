"""Log records of spans: some senders put the messages of a call there, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from time import time_ns
from typing import Any

from rollscope_desktop.protocols.otlp import logged, run_facts
from rollscope_desktop.protocols.otlp.kind import CALLS
from rollscope_desktop.protocols.otlp.messages import CONTENT_EVENTS, Content, content_of_records
from rollscope_desktop.protocols.otlp.model import models_of, settings_of
from rollscope_desktop.protocols.otlp.received import Record
from rollscope_desktop.protocols.otlp.remarks import EVALUATION, judgement
from rollscope_desktop.protocols.otlp.step import Asked, answer_of
from rollscope_desktop.protocols.run import Run, Runs


def write_records(runs: Runs, records: Sequence[Record]) -> None:
    """Write the log records of one request to the logs of their runs.

    They come before or after their span, over several requests, often without a time. Messages
    become the input and the output of the span, unless it has its own; anything else is noted as
    an event of it.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if record.span and not runs(record.trace).has(record.source):
            groups.setdefault((record.trace, record.span), []).append(record)
    latest: dict[str, int] = {}
    for record in records:
        latest[record.trace] = max(record.time, latest.get(record.trace, 0))
    for (trace, span), found in groups.items():
        run, now = runs(trace), latest[trace] or time_ns()
        if not run.start:
            run_facts.begin_bare(run, found[0].resource, found[0].name or "trace", now)
        found.sort(key=lambda record: record.time or now)
        said = [record for record in found if record.name in CONTENT_EVENTS]
        if said:
            _write_content(run, span, said, now)
        for record in found:
            if record.name not in CONTENT_EVENTS and not run.has(record.source):
                _note(run, record, now)


def _write_content(run: Run, span: str, records: list[Record], now: int) -> None:
    source = _source(records)
    if run.has(source):
        return
    step, content = run.step(span), content_of_records(records)
    fields: dict[str, Any] = {}
    lossy = []
    if content.messages and not (step.input and step.messages is None):
        fields["input"] = _asked(run, span, records, content)
        lossy += ["input"] if "input" in content.lossy else []
    answer = answer_of(content)
    if answer is not None and not step.output:
        fields["output"] = run.plain(answer)
        lossy += ["output"] if "output" in content.lossy else []
    if fields:
        time = logged.not_before(step, max(record.time for record in records) or now)
        if step.started and step.parent is None:
            run.write("run.set", time=time, lossy=lossy or None, **fields)
        run.write("span.set", time=time, source=source, span=span, lossy=lossy or None, **fields)


def _asked(run: Run, span: str, records: list[Record], content: Content) -> dict[str, Any]:
    """The input of a call, with the messages that came in earlier requests in front."""
    step = run.step(span)
    model: str | None = step.name if step.kind in CALLS else None
    settings: dict[str, Any] = {}
    for record in records:
        model = models_of(record.attributes)[0] or model
        settings |= settings_of(record.attributes)[0]
    asked = Asked(model, content.messages or [], content.tools, settings)
    found = logged.asked(run, asked)
    found["messages"] = [*(step.messages or ()), *found["messages"]]
    if not settings and step.settings is not None:
        found["settings"] = step.settings
    return found


def _note(run: Run, record: Record, now: int) -> None:
    fields: dict[str, Any] = {"span": record.span, "source": record.source}
    time = record.time or now
    if record.name == EVALUATION and (judged := judgement(record.attributes)) is not None:
        run.write("feedback", time=time, **fields, **judged)
        return
    data = {"body": record.body, "attributes": record.attributes}
    told = {name: value for name, value in data.items() if value not in (None, {}, "")}
    run.write("event", time=time, **fields, name=record.name or "log", data=run.plain(told or None))


def _source(records: list[Record]) -> str:
    """One hash for records that make one line: a request is sent again as it was."""
    if len(records) == 1:
        return records[0].source
    together = " ".join(record.source for record in records)
    return blake2b(together.encode("utf-8", "replace"), digest_size=8).hexdigest()
