"""Lines of the span tree: how they are made, and how they are said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.remark import REMARKS
from rollscope_desktop.viewmodels.lines import NoteLine, SpanLine

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow

STEP, DURATION, TOKENS, COST, WATERFALL = range(5)

INDEXED = 300
"""Characters of a note's text that the index keeps."""

_STATUS = {OPEN: "open", OK: "ok", ERROR: "failed", CANCELLED: "cancelled", ENDED: "ended"}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def span_line(
    row: SpanRow,
    zero: int,
    depth: int,
    children: int,
    inside: int,
    expanded: bool,
    repeats: int,
    worst: int,
    fragment: str,
    fits: bool = True,
) -> SpanLine:
    """The line of a span; times become relative to ``zero``.

    A line that stands for several attempts counts the hidden ones as children: it opens like one.
    """
    return SpanLine(
        row.id, row.key, row.kind, row.name or "", row.status, depth,
        children + repeats - 1, inside, expanded, repeats, 0,
        _after(row.start, zero), _after(row.end, zero), _after(row.first_token, zero),
        row.tokens_in, row.tokens_out, row.cost, row.saved, row.model, row.how, row.flags,
        worst, fragment, fits,
    )  # fmt: skip


def fold_line(depth: int, hidden: int) -> SpanLine:
    """The line that stands for further siblings."""
    return SpanLine(
        0, 0, "span", "", OK, depth, 0, 0, False, 1, hidden, None, None, None,
        None, None, None, None, None, None, 0, OK, "",
    )  # fmt: skip


def _after(time: int | None, zero: int) -> int | None:
    return None if time is None else time - zero


def note_said(name: str, value: str | float | None) -> str:
    """A note in short: ``score = 0.8``, or only its name when it has no short value. What the
    recorder itself noted is a sentence."""
    if name in REMARKS and isinstance(value, str) and value[:1] not in ("", "{", "["):
        return text.one_line(value)
    said = text.one_line(name)
    if value is None or value == "":
        return said
    short = f"{value:g}" if isinstance(value, float) else text.one_line(str(value), 120)
    return f"{said} = {short}" if said else short


def note_value(value: str | float | None) -> str:
    """The value of a note as far as the index has it: of a long text, its beginning."""
    if value is None:
        return ""
    said = repr(value) if isinstance(value, float) else str(value)
    return f"{said}{text.ELLIPSIS} (the log has more)" if len(said) >= INDEXED else said


def note_words(line: NoteLine, column: int, timeless: bool, role: int) -> str | None:
    """A cell of a note: its words, and for those who hear it of which type it is, and when."""
    said = note_said(line.name, line.value)
    if column != STEP:
        return None
    if role == Qt.ItemDataRole.DisplayRole:
        return said
    at = f"event {line.time:,}" if timeless else f"at {text.duration(line.time)}"
    return f"{line.type}, {said}, level {line.depth + 1}, {at}"


def alignment(column: int) -> Qt.AlignmentFlag:
    """How a column stands in its cells."""
    return _RIGHT if column in (DURATION, TOKENS, COST) else _LEFT


def shown(line: SpanLine, column: int, timeless: bool) -> str | None:
    """The text of a cell."""
    if column == STEP:
        if line.fold:
            return f"{line.fold:,} more"
        times = f" {text.TIMES}{line.repeats}" if line.repeats > 1 else ""
        return text.one_line(line.name or line.kind) + times
    if line.fold or column == WATERFALL:
        return None
    if column == DURATION:
        if line.start is None or line.end is None:
            return ""
        return text.length(line.end - line.start, timeless=timeless)
    if column == TOKENS:
        return text.tokens(line.tokens_in, line.tokens_out)
    return text.cost(line.cost)


def described(line: SpanLine, column: int, timeless: bool, *, cut_off: bool = False) -> str:
    """A cell for those who hear it: the first column says everything. ``cut_off``: the run was
    interrupted."""
    if column != STEP:
        return shown(line, column, timeless) or ""
    if line.fold:
        return f"{line.fold} further steps, folded"
    words = [
        line.kind,
        text.one_line(line.name),
        "interrupted" if cut_off and line.status == OPEN else _STATUS.get(line.status, ""),
        f"{line.repeats} attempts" if line.repeats > 1 else "",
        f"level {line.depth + 1}",
        *(f"{name} {said}" for name, said in _figures(line, timeless)),
        "expanded" if line.expanded else f"collapsed, {line.inside} inside" if line.inside else "",
        "an error is inside" if line.worst == ERROR and line.status != ERROR else "",
        line.fragment,
    ]
    return ", ".join(word for word in words if word)


def _figures(line: SpanLine, timeless: bool) -> list[tuple[str, str]]:
    found = [
        ("duration", shown(line, DURATION, timeless)),
        ("tokens", shown(line, TOKENS, timeless)),
        ("cost", shown(line, COST, timeless)),
        ("model", line.model and text.one_line(line.model)),
    ]
    return [(name, said) for name, said in found if said]
