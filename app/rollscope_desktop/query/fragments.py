"""Fragments of many spans at once: reads their payloads as far as a few words need."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.fragment import fragment
from rollscope_desktop.query.expand import Limits
from rollscope_desktop.query.messages import input_of, output_of
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.progress import Partial, Progress
from rollscope_desktop.query.spans import run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

_LONGEST = 1 << 20
"""Bytes. A few words are not worth more; the inspector shows what is longer."""
_AT_ONCE = 10
_LIMITS = Limits(text=2_000, items=200, depth=12, values=3_000)


def query_fragments(
    reader: Reader, rows: Iterable[SpanRow]
) -> Generator[Progress | Partial, None, dict[int, str]]:
    """The fragment of each span by its id, some at a time as Partial; "" where there is none."""
    some: dict[int, str] = {}
    by_run: dict[int, list[SpanRow]] = {}
    for row in rows:
        by_run.setdefault(run_of(row.id), []).append(row)
    for run, mine in by_run.items():
        with Payloads(reader, run, _LIMITS) as payloads:
            for row in mine:
                some[row.id] = _fragment(payloads, row)
                if len(some) >= _AT_ONCE:
                    yield Partial(some)
                    some = {}
                else:
                    yield Progress(0, 0)
    return some


def _fragment(payloads: Payloads, row: SpanRow) -> str:
    try:
        error = None
        if row.status == ERROR and row.output is not None and row.output.length <= _LONGEST:
            error = payloads.part(row.output, "error").value
        return fragment(row.kind, _value(payloads, row, False), _value(payloads, row, True), error)
    except PayloadGone:
        return ""


def _value(payloads: Payloads, row: SpanRow, out: bool) -> Any:
    places = row.outputs if out else row.inputs
    if any(locator.length > _LONGEST for locator in places):
        return None
    return (output_of if out else input_of)(payloads, row)
