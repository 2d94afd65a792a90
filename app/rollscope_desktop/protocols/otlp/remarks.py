"""What was noted in a span: its events, and what somebody judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from rollscope_desktop.protocols.lines import Line
from rollscope_desktop.protocols.otlp import errors
from rollscope_desktop.protocols.otlp.lenient import first, text
from rollscope_desktop.protocols.otlp.messages import CONTENT_EVENTS
from rollscope_desktop.protocols.otlp.received import Attributes
from rollscope_desktop.protocols.otlp.step import Told
from rollscope_desktop.protocols.run import Run

EVALUATION = "gen_ai.evaluation.result"
_CHUNK = frozenset({"gen_ai.content.completion.chunk", "llm.content.completion.chunk"})
_PREFIXES = ("annotations.", "trace.annotations.")

_JUDGED = frozenset(
    {"gen_ai.evaluation.name", *(f"{prefix}0.annotation.name" for prefix in _PREFIXES)}
)


def remarks(run: Run, told: Told) -> Iterator[Line]:
    """Lines of type ``event`` and ``feedback`` that are not in the log yet.

    They are told again with each update of the span; each has its own ``source``.
    """
    span = told.span
    noted = [event for event in span.events if event.name not in CONTENT_EVENTS]
    if told.failed:  # the last exception is its error
        last = max((at for at, e in enumerate(noted) if e.name == errors.EXCEPTION), default=-1)
        if last >= 0:
            del noted[last]
    for number, event in enumerate(noted):
        if event.name in _CHUNK and not event.attributes:
            continue  # thousands of them say nothing
        source = _source(span.id, number, event.name, event.time)
        if run.has(source):
            continue
        fields: dict[str, Any] = {"span": span.id, "source": source}
        if event.name == EVALUATION and (judged := judgement(event.attributes)) is not None:
            yield "feedback", event.time or span.start, {**fields, **judged}
        else:
            data = run.plain(event.attributes) if event.attributes else None
            name = event.name or "event"
            yield "event", event.time or span.start, {**fields, "name": name, "data": data}
    if not _JUDGED.isdisjoint(span.attributes):
        for judged in _judgements(span.attributes):
            source = _source(span.id, -1, "feedback", judged)
            if not run.has(source):
                whole = judged.pop("run", False)
                place = {} if whole else {"span": span.id}
                yield "feedback", span.end or span.start, {**place, "source": source, **judged}


def judgement(attributes: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of ``feedback`` out of ``gen_ai.evaluation.…``; None if it is none."""
    name = text(attributes.get("gen_ai.evaluation.name"))
    if name is None:
        return None
    value = attributes.get("gen_ai.evaluation.score.value")
    if value is None:
        value = attributes.get("gen_ai.evaluation.score.label")
    return {
        "name": name,
        "value": _plain(value),
        "comment": first(attributes, ("gen_ai.evaluation.explanation",)),
    }


def _judgements(attributes: Attributes) -> Iterator[dict[str, Any]]:
    if (judged := judgement(attributes)) is not None:
        yield judged
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for key, value in attributes.items():
        prefix = next(filter(key.startswith, _PREFIXES), None)
        if prefix is not None:
            number, _, field = key[len(prefix) :].partition(".annotation.")
            found.setdefault((prefix, number), {})[field] = value
    for (prefix, _), said in found.items():
        name = text(said.get("name"))
        if name is not None:
            value = said.get("score")
            yield {
                "name": name,
                "value": _plain(said.get("label") if value is None else value),
                "comment": text(said.get("explanation")),
                "run": prefix != "annotations.",
            }


def _plain(value: Any) -> Any:
    return value if type(value) in (int, float, str, bool) else None


def _source(*parts: object) -> str:
    return blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()
