"""Turns what is known of a span now into what was known of it at the playhead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK, OPEN
from rollscope_desktop.model.fragment import ARROW
from rollscope_desktop.viewmodels.moment import Standing, standing

if TYPE_CHECKING:
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.viewmodels.lines import SpanLine

_SAY_AN_ANSWER = frozenset({"llm", "agent", "task", "workflow", "span", "evaluator", "guardrail"})
"""Kinds whose fragment is what came out of them, and not what they were called with."""


def standing_of(line: SpanLine, at: int | None) -> Standing:
    """How the span of a line stood at a moment; a line of folded siblings is always over."""
    return standing(line.start, line.end, at)


def as_of(line: SpanLine, at: int | None) -> SpanLine:
    """The line as it read at a moment; the very same one where nothing has come since.

    What ended later was open then: without its end, its status, its figures and its answer. What
    is still ahead is left as it is: views draw it at 35 %, as ``standing_of`` says.
    """
    if at is None or line.end is None or standing_of(line, at) is not Standing.OPEN:
        return line
    first = line.first_token
    return replace(
        line,
        end=None,
        status=OPEN,
        worst=OPEN if line.worst == line.status else line.worst,
        first_token=None if first is not None and first > at else first,
        tokens_in=None,
        tokens_out=None,
        cost=None,
        saved=None,
        fragment=_asked(line),
    )


def worst_as_of(outline: Outline, place: int, at: int | None, zero: int) -> int:
    """The worst status in the subtree at a place, of what had ended at a moment; of what had not,
    whether the span itself was open.

    ``at`` is relative to ``zero``, the start of the axis.
    """
    if at is None:
        return outline.worst(place)
    run, now = outline.structure, zero + at
    bounds = (place, place + int(outline.size[place]))
    for places, status in ((outline.errors, ERROR), (outline.cancelled, CANCELLED)):
        # Of the array's own type: for any other, numpy converts a copy of the whole array.
        low, high = (int(places.searchsorted(places.dtype.type(bound))) for bound in bounds)
        if (run.end[outline.order[places[low:high]]] <= now).any():
            return status
    index = int(outline.order[place])
    return OPEN if run.start[index] <= now < run.end[index] else OK


def _asked(line: SpanLine) -> str:
    """What a step was called with, which was known when it began."""
    if line.kind in _SAY_AN_ANSWER:
        return ""
    asked = line.fragment.partition(f" {ARROW} ")[0]
    return asked if asked.startswith("(") else ""
