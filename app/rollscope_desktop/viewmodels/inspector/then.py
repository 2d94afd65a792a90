"""What was known of a run or a span at the playhead: the same subject without what came later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.viewmodels.moment import Standing, standing

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow, SpanRow
    from rollscope_desktop.query.subject import Subject

_OF_THE_END = Flag.NO_OUTPUT | Flag.OUTPUT_PREVIEW | Flag.NO_RESULT


def then(subject: Subject, at: int | None) -> tuple[Standing, Subject]:
    """How the subject stood at an absolute moment (None: now), and what was known of it."""
    run, span = subject.run, subject.span
    if at is None:
        return Standing.OVER, subject
    start, end = (run.started, run.ended) if span is None else (span.start, span.end)
    if span is None and end is None:
        end = run.last  # until then something was heard of it
    there = standing(start, end, at)
    notes = tuple(note for note in subject.notes if note.time is None or note.time <= at)
    if there is Standing.OVER:
        return there, replace(subject, notes=notes)
    if span is not None:
        span = _span(span, at, ahead=there is Standing.AHEAD)
    known = replace(
        subject, run=_run(run), span=span, notes=notes, output=None, error=None,
        input=None if there is Standing.AHEAD else subject.input,
    )  # fmt: skip
    return there, known


def _span(span: SpanRow, at: int, *, ahead: bool) -> SpanRow:
    first = span.first_token
    if ahead:
        span = replace(span, start=None, model=None, how=None, input=None)
    return replace(
        span, status=OPEN, end=None, tokens_in=None, tokens_out=None, tokens_cached=None, cost=None,
        saved=None, output=None, first_token=None if first is None or first > at else first,
        flags=0 if ahead else span.flags & ~_OF_THE_END,
    )  # fmt: skip


def _run(run: RunRow) -> RunRow:
    """Totals are of the whole run: none of them was known before its end."""
    return replace(
        run, status=OPEN, ended=None, last=None, finish=None, error=None, reward=None, spans=0,
        errors=0, llm=0, tools=0, tokens_in=0, tokens_out=0, cost=0, saved=0,
    )  # fmt: skip
