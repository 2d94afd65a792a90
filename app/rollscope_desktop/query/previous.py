"""The call before a call: what a step is compared with to see what changed since the last time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model.difference import Difference, difference
from rollscope_desktop.query.messages import input_of, output_of
from rollscope_desktop.query.payloads import Payloads
from rollscope_desktop.query.spans import RUN_SHIFT, query_span, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader


@dataclass(frozen=True, slots=True)
class Compared:
    """A step, the call of the same kind before it, and what differs of what went in and came out.

    ``before`` is None when there was no such call; then there are no differences either.
    """

    after: SpanRow
    before: SpanRow | None
    input: Difference | None = None
    output: Difference | None = None


def query_previous(reader: Reader, span: SpanRow) -> SpanRow | None:
    """The last call before a span of the same kind, and the same agent if there is one.

    Model calls of another name serve as well, as they carry on with the same messages; what another
    tool was given says nothing. A call without a start counts from where it stands in the log.
    """
    run = run_of(span.id)
    row = reader.one(
        "SELECT s.id FROM spans s JOIN spans o ON o.id = ? "
        "WHERE s.id >= ? AND s.id < ? AND s.id != o.id AND s.kind IS o.kind "
        "AND (s.name IS o.name OR s.kind = (SELECT id FROM words WHERE text = 'llm')) "
        'AND (ifnull(s.start, s."end"), s.id) < (ifnull(o.start, o."end"), o.id) '
        "ORDER BY s.name IS o.name DESC, s.agent IS o.agent DESC, "
        'ifnull(s.start, s."end") DESC, s.id DESC LIMIT 1',
        (span.id, run << RUN_SHIFT, (run + 1) << RUN_SHIFT),
    )
    return None if row is None else query_span(reader, row[0])


def compare_with_previous(reader: Reader, id: int) -> Compared | None:
    """A span against the call of its kind before it; None when the span is gone.

    Raises PayloadGone when one of the logs is not as it was.
    """
    after = query_span(reader, id)
    if after is None:
        return None
    before = query_previous(reader, after)
    if before is None:
        return Compared(after, None)
    with Payloads(reader, run_of(id)) as payloads:
        sent = [input_of(payloads, row) for row in (before, after)]
        came = [output_of(payloads, row) for row in (before, after)]
    return Compared(after, before, difference(*sent), difference(*came))
