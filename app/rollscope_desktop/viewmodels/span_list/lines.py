"""Makes the lines of the list of steps of what is known of a span, its run and its signals."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.rows import ORDER, RunRow, SpanRow
from rollscope_desktop.query.progress import Progress
from rollscope_desktop.query.runs import query_rows
from rollscope_desktop.query.span_list.signals import query_signals
from rollscope_desktop.query.spans import RUN_SHIFT, query_spans, run_of
from rollscope_desktop.viewmodels.as_of import as_of, standing_of
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.span_list.columns import Column, ListLine
from rollscope_desktop.viewmodels.span_text import span_line
from rollscope_desktop.viewmodels.states import QUIET_AFTER

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Outline

MOST_COPIED = 100_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Setting:
    """What the lines of one run share: ``name`` only when those of other runs stand beside them.
    ``at`` is the playhead; ``now`` is how far the run has come, while that is known; ``live``: it
    is being written; ``cut_off``: it was interrupted, and what is open will not end."""

    zero: int
    timeless: bool
    name: str | None = None
    at: int | None = None
    now: int | None = None
    live: bool = False
    cut_off: bool = False


def name_of(run: RunRow) -> str:
    """What a run is called."""
    return text.one_line(run.name or run.agent or "Run")


def setting_of(run: RunRow) -> Setting:
    """The setting of a run beside others, as it is now, as far as its row tells."""
    now = time_ns()
    heard = run.touched is not None and now - run.touched < QUIET_AFTER
    live = run.status == OPEN and heard and not run.gone
    timeless, zero = run.clock == ORDER, run.started or 0
    far = max((run.last or zero) - zero if timeless else now - zero, 0)
    return Setting(zero, timeless, name_of(run), None, far if live else None, live, run.cut_off)


def list_line(
    row: SpanRow,
    setting: Setting,
    fragment: str = "",
    signals: Mapping[str, str | float] | None = None,
    level: int | None = None,
) -> ListLine:
    """The line of a span."""
    made = span_line(row, setting.zero, 0, 0, 0, False, 1, row.status, fragment)
    standing = standing_of(made, setting.at)
    shown = as_of(made, setting.at)
    open_until = setting.at if standing is Standing.OPEN and shown is not made else None
    return ListLine(
        shown,
        row.id & ((1 << RUN_SHIFT) - 1),
        None if setting.timeless else row.start,
        row.tokens_cached if open_until is None else None,
        row.agent,
        level,
        setting.name,
        setting.timeless,
        setting.now if open_until is None else open_until,
        standing,
        signals or {},
        setting.live or open_until is not None,
        setting.cut_off,
    )


def level_of(outline: Outline | None, span: int) -> int | None:
    """How many steps a step of the open run is inside of."""
    index = None if outline is None else outline.structure.index_of(span)
    if outline is None or index is None or index >= len(outline):
        return None
    return int(outline.depth[outline.place[index]])


def copy_lines(
    reader: Reader,
    ids: list[int],
    columns: tuple[Column, ...],
    setting: Setting | None,
    outline: Outline | None,
) -> Generator[Any, None, str]:
    """Lines as a table of text, its cells parted by tabs, below their titles; as exact as tooltips
    are. ``setting`` None: the spans are of several runs."""
    out = ["\t".join(column.title for column in columns)]
    settings: dict[int, Setting] = {}
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        rows = {row.id: row for row in query_spans(reader, some)}
        if setting is None:
            missing = {run_of(id) for id in some} - settings.keys()
            settings |= {run.id: setting_of(run) for run in query_rows(reader, missing)}
        signals = query_signals(reader, rows.values())
        for id in some:
            of_run = setting or settings.get(run_of(id))
            if id in rows and of_run is not None:
                level = level_of(outline, id)
                line = list_line(rows[id], of_run, "", signals[id], level)
                out.append("\t".join(c.full(line) or c.said(line) for c in columns))
        yield Progress(at, len(ids), "Copying")
    return "\n".join(out) + "\n"
