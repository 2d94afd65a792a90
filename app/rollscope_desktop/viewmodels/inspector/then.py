"""What was known of a run or a span at the playhead: the same subject without what came later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.query.call import CallFacts, failed_attempts
from rollscope_desktop.viewmodels.moment import Standing, standing

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow, SetRow, SpanRow
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
    ahead = there is Standing.AHEAD
    sets = tuple(told for told in subject.sets if told.time is None or told.time <= at)
    sets = () if ahead else sets
    if span is not None:
        span = _span(span, at, sets, ahead=ahead)
    call = subject.call
    if call is not None:
        call = CallFacts() if ahead else replace(
            call, finish="", written=None, reasoning=None, request="",
            attempts=failed_attempts(notes) + 1,
        )  # fmt: skip
    known = replace(
        subject, run=_run(run), span=span, notes=notes, output=None, error=None, sets=sets,
        call=call, input=None if ahead else subject.input,
    )  # fmt: skip
    return there, known


def _span(span: SpanRow, at: int, sets: tuple[SetRow, ...], *, ahead: bool) -> SpanRow:
    first = span.first_token
    if ahead:
        span = replace(span, start=None, model=None, how=None, input=None)
    return replace(
        span, status=OPEN, end=None, tokens_in=None, tokens_out=None, tokens_cached=None, cost=None,
        saved=None, output=None, sets=sets,
        first_token=None if first is None or first > at else first,
        flags=0 if ahead else span.flags & ~_OF_THE_END,
    )  # fmt: skip


def _run(run: RunRow) -> RunRow:
    """Totals are of the whole run: none of them was known before its end."""
    return replace(
        run, status=OPEN, gone=0, ended=None, last=None, finish=None, error=None, reward=None,
        spans=0, errors=0, llm=0, tools=0, tokens_in=0, tokens_out=0, cost=0, saved=0,
    )  # fmt: skip
