"""A comparison of two runs told in lines of text, or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from rollscope_desktop.model import text
from rollscope_desktop.model.aligning.parts import BEFORE
from rollscope_desktop.model.alignment import Delta, Part, Row, Sign
from rollscope_desktop.query.compare.pair import query_pair
from rollscope_desktop.query.compare.read import MOST
from rollscope_desktop.query.condition import query_conditions
from rollscope_desktop.query.summary import STATES

if TYPE_CHECKING:
    from rollscope_desktop.model.difference import Line
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.compare.records import Comparison
    from rollscope_desktop.query.connection import Reader

_WORDS = {
    Part.KIND: "kind", Part.NAME: "name", Part.MODEL: "model", Part.INPUT: "input",
    Part.SETTINGS: "settings", Part.OUTPUT: "output", Part.STATUS: "status", Part.TIME: "time",
}  # fmt: skip
_DEEPEST = 30
_CENTS = 50_000
"""Nano-dollars that are worth a word."""
_LINES, _WIDE = 20, 200
"""Lines of a difference that are shown of the step where two runs first part, and their width."""


def report(reader: Reader, found: Comparison, *, full: bool) -> Iterator[str]:
    """Where two runs first part, then their steps as a table; equal ones only if ``full``."""
    yield from _head(reader, found)
    first = found.alignment.first
    if first is not None:
        yield first.sentence
        if not full and first.a is not None and first.b is not None:
            began = found.alignment.parts[first.row] & BEFORE
            name = "input" if began else "output"
            yield from _pair(reader, found, first.a, first.b, (name,), _LINES)
    yield from found.endings
    if found.equal:
        yield "Nothing differs."
    if found.cut:
        yield f"Only the first {MOST:,} steps of each were compared."
    if found.unread:
        yield f"{text.count(found.unread, 'step')} could not be read: compared without contents."
    if len(found.alignment) and (full or not found.alignment.equal):
        yield ""
        yield from _table(reader, found, full=full)
    yield ""
    yield _sums(found)


def json(found: Comparison, *, full: bool) -> str:
    """The comparison as one JSON object; ``rows`` has equal steps only if ``full``."""
    made, first = found.alignment, found.alignment.first
    numbers = range(len(made))
    return orjson.dumps({
        "a": _run(found.a), "b": _run(found.b), "equal": found.equal, "live": found.live,
        "unread": found.unread, "cut": found.cut, "endings": found.endings,
        "first": None if first is None else {
            "row": first.row, "a": _hex(found.keys[0], first.a), "b": _hex(found.keys[1], first.b),
            "step": first.step, "in": "a" if first.in_a else "b",
            "reason": first.reason.name.lower(), "sentence": first.sentence,
        },
        "counts": asdict(made.counts), "total": asdict(made.total),
        "rows": [_row(found, made.row(number)) for number in numbers
                 if full or made.signs[number] is not Sign.EQUAL],
    }).decode()  # fmt: skip


def _run(run: RunRow) -> dict[str, Any]:
    return {"key": run.key, "name": run.name, "status": STATES.get(run.status, "open"),
            "steps": run.spans, "format": run.format}  # fmt: skip


def _row(found: Comparison, row: Row) -> dict[str, Any]:
    side, place = _side(found, row)
    return {
        "row": row.number, "sign": row.sign.name.lower(), "depth": row.depth,
        "kind": side.kind[place], "name": side.name[place],
        "a": _hex(found.keys[0], row.a), "b": _hex(found.keys[1], row.b),
        "parts": [word for part, word in _WORDS.items() if row.parts & part],
        "delta": asdict(row.delta),
    }  # fmt: skip


def _hex(keys: Any, place: int | None) -> str | None:
    return None if place is None else f"{keys[place] & (1 << 64) - 1:016x}"


def _side(found: Comparison, row: Row) -> tuple[Any, int]:
    if row.b is not None:
        return found.alignment.b, row.b
    assert row.a is not None
    return found.alignment.a, row.a


def _head(reader: Reader, found: Comparison) -> Iterator[str]:
    stands = query_conditions(reader, [found.a, found.b])
    for letter, run in (("A", found.a), ("B", found.b)):
        said = (stands[run.id].said, text.count(run.spans, "step"))
        name = text.one_line(run.name or "(no name)", 60)
        yield f"{letter}  {run.key[:8]}  {name}  {' · '.join(said)}"
    if found.live:
        yield "One of them has not ended: what is there so far is compared."
    yield ""


def _table(reader: Reader, found: Comparison, *, full: bool) -> Iterator[str]:
    made = found.alignment
    folds = {} if full else {fold.first: fold.count for fold in made.folds}
    wide = max(len(str(max(len(made.a), len(made.b)))), 1)
    number = 0
    while number < len(made):
        if number in folds:
            yield f"{'':{2 * wide + 5}}({folds[number]:,} equal steps)"
            number += folds[number]
            continue
        row = made.row(number)
        yield _line(found, row, wide)
        if full and row.a is not None and row.b is not None and row.sign is Sign.CHANGED:
            yield from _pair(reader, found, row.a, row.b, ("input", "output"), None)
        number += 1


def _line(found: Comparison, row: Row, wide: int) -> str:
    side, place = _side(found, row)
    a, b = ("" if at is None else str(at + 1) for at in (row.a, row.b))
    depth = "  " * row.depth if row.depth <= _DEEPEST else "  " * _DEEPEST + f"({row.depth}) "
    parts = ", ".join(word for part, word in _WORDS.items() if row.parts & part)
    name = f"{text.one_line(side.kind[place])} {text.one_line(side.name[place], 80)}"
    cells = (f"{row.sign.value} {a:>{wide}} {b:>{wide}}  {depth}{name}", parts, _delta(row.delta))
    return "  ".join(cell for cell in cells if cell).rstrip()


def _pair(
    reader: Reader, found: Comparison, a: int, b: int, names: tuple[str, ...], most: int | None
) -> Iterator[str]:
    pair = query_pair(reader, found.alignment.a.id[a], found.alignment.b.id[b])
    if pair.trouble:
        yield f"    {pair.trouble}"
    for name in names:
        between = pair.input if name == "input" else pair.output
        if between is None or between.equal:
            continue
        yield f"    {name}:"
        for line in islice(between.lines, most):
            yield f"    {line.sign.value} {_shown(line)}".rstrip()
        if most is not None and len(between.lines) > most:
            yield f"    (and {text.count(len(between.lines) - most, 'line')} more)"


def _shown(line: Line) -> str:
    if line.folded:
        return f"({line.folded:,} equal lines)"
    room = len(line.text) - len(line.text.lstrip())
    return " " * min(room, 2 * _DEEPEST) + text.one_line(line.text, _WIDE)


def _sums(found: Comparison) -> str:
    counts = found.alignment.counts
    said = [f"{number:,} {word}" for word, number in asdict(counts).items() if number]
    total = _delta(found.alignment.total) or "no difference of time, tokens or cost"
    return f"{', '.join(said) or 'no steps'}. B less A: {total}."


def _delta(delta: Delta) -> str:
    said = (
        _signed(delta.duration, text.duration),
        _signed(delta.tokens, lambda n: f"{text.short_count(n)} tokens"),
        _signed(delta.cost, text.cost) if abs(delta.cost or 0) >= _CENTS else "",
    )
    return ", ".join(part for part in said if part)


def _signed(value: int | None, written: Callable[[int], str]) -> str:
    if not value:
        return ""
    return ("+" if value > 0 else text.MINUS) + written(abs(value))
