"""Where a link leads: the run and the step that it names, as ids of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model.link import Link
from rollscope_desktop.query.spans import query_span_by_key

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader


class LeadsNowhere(Exception):
    """The index has nothing of what the link names; the text is a sentence for the user."""


def query_link(reader: Reader, link: Link) -> tuple[int, int | None] | LeadsNowhere:
    """The ids of the run and of the span, or why there are none."""
    row = reader.one('SELECT id FROM runs WHERE "key" = ?', (link.run,))
    if row is None:
        return LeadsNowhere(
            "The run of this link is not in the index. Open the folder that holds its log first."
        )
    if link.span is None:
        return row[0], None
    span = query_span_by_key(reader, row[0], link.span)
    if span is None:
        return LeadsNowhere("The run of this link has no such step.")
    return row[0], span.id
