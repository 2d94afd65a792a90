"""Narrows the filter to what has something in common with the selected step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from rollscope_desktop.query.filter.errors import FilterError
from rollscope_desktop.query.filter.parsing import parse
from rollscope_desktop.query.filter.patterns import quoted
from rollscope_desktop.query.filter.spots import Part, stretches
from rollscope_desktop.query.spans import query_span
from rollscope_desktop.services.jobs import Jobs, asking
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.viewmodels.open_run import OpenRun

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

TRAITS = ("name", "kind", "model", "agent")
"""Fields of a filter that a step can be asked for."""


class Narrowing(QObject):
    """``only`` adds a condition to the filter; what cannot be one is a notice."""

    def __init__(
        self, jobs: Jobs, run: OpenRun, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._run, self._notices = jobs, run, notices

    def add(self, field: str, value: str) -> None:
        """Add that a field is exactly a value."""
        filter = self._run.scope.scope.filter
        self._jobs.start(self, "narrow", asking(_add, filter, field, value), self._take)

    def only(self, trait: str) -> None:
        """Leave what has the same name, kind, model or agent as the selected step."""
        span = self._run.selection.span
        if span is not None:
            self._jobs.start(
                self, "narrow", asking(_narrow, self._run.scope.scope.filter, trait, span),
                self._take,
            )  # fmt: skip

    def _take(self, made: str | FilterError) -> None:
        if isinstance(made, FilterError):
            self._notices.say(made.sentence, "warning", topic="filter")
        else:
            self._run.scope.set_filter(made)


def trait_of(row: SpanRow, trait: str) -> str:
    """What a step has of a trait; "" if its log does not tell."""
    return getattr(row, trait) or ""


def narrowed(filter: str, field: str, value: str) -> str:
    """A filter with the condition that a field is exactly a value; it stands there only once."""
    part = f"{field}{':' if field == 'kind' else '='}{quoted(value)}"
    if not filter:
        return part
    said = stretches(filter)
    joins = {filter[each.start : each.end] for each in said if each.part is Part.JOIN}
    if not joins and f" {part} " in f" {filter} ":
        return filter
    return f"({filter}) {part}" if "OR" in joins else f"{filter} {part}"


def _narrow(reader: Reader, filter: str, trait: str, span: int) -> str | FilterError:
    row = query_span(reader, span)
    value = "" if row is None else trait_of(row, trait)
    if not value:
        return FilterError(f"The log names no {trait} of this step.", 0)
    return _add(reader, filter, trait, value)


def _add(reader: Reader, filter: str, field: str, value: str) -> str | FilterError:
    if not value.isprintable():
        return FilterError(f"This {field} has signs that no filter can have.", 0)
    made = narrowed(filter, field, value)
    try:
        parse(made)  # a filter can be too long, or have too many parts
    except FilterError as error:
        return error
    return made
