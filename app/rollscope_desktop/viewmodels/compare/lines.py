"""What one line of a comparison shows, and how it is said in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model import text
from rollscope_desktop.model.alignment import Delta, Part, Sign
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.viewmodels.lines import SpanLine
from rollscope_desktop.viewmodels.runs.words import chain_of

if TYPE_CHECKING:
    from rollscope_desktop.model.alignment import Alignment, Counts, Side
    from rollscope_desktop.model.rows import RunRow, SpanRow

LEFT, RIBBON, RIGHT, DURATION, TOKENS, COST = range(6)
TITLES = ("A", "", "B", "Δ Duration", "Δ Tokens", "Δ Cost")
NO_DELTA = Delta(None, None, None)

SIGNS = {
    Sign.EQUAL: "equal",
    Sign.CHANGED: "changed",
    Sign.INSERTED: "new",
    Sign.REMOVED: "missing",
    Sign.MOVED: "moved",
}
_PARTS = (
    (Part.KIND, "another kind"),
    (Part.NAME, "another name"),
    (Part.MODEL, "another model"),
    (Part.INPUT, "other input"),
    (Part.SETTINGS, "other settings or tools"),
    (Part.OUTPUT, "other output"),
    (Part.STATUS, "ended in another way"),
    (Part.TIME, "took another time"),
)
_STATUS = {OPEN: "open", OK: "ok", ERROR: "failed", CANCELLED: "cancelled", ENDED: "ended"}


@dataclass(frozen=True, slots=True)
class CompareLine:
    """A visible line: a row of the comparison, or the head of ``fold`` equal ones.

    ``left`` and ``right`` are the steps, None where a run has none; their times are relative to
    their own start. ``below`` counts the rows inside that differ. ``place`` is the number of the
    step in its run, from 1: in the right one if it is there.
    """

    row: int
    sign: Sign
    parts: Part
    depth: int
    left: SpanLine | None
    right: SpanLine | None
    opens: bool
    expanded: bool
    below: int
    place: int
    came_from: int | None
    delta: Delta
    fold: int = 0


def step_line(
    side: Side,
    place: int,
    row: SpanRow | None,
    fragment: str,
    depth: int,
    inside: int,
    opened: bool,
) -> SpanLine:
    """A step as the tree paints it; what the alignment does not have comes with its row."""
    return SpanLine(
        int(side.id[place]), 0, side.kind[place] or "span", side.name[place] or "",
        side.status[place], depth, int(inside > 0), inside, opened, 1, 0,
        None if side.duration[place] is None else 0, side.duration[place], None,
        side.tokens[place], None, side.cost[place], None, side.model[place] or None,
        side.how[place], 0 if row is None else row.flags, OK, fragment,
    )  # fmt: skip


def fold_delta(made: Alignment, first: int, count: int) -> Delta:
    """What equal steps came to more or less, all together: of time, the outermost ones."""
    from rollscope_desktop.model.kinds import PAYING

    took = tokens = cost = 0
    at = first
    while at < first + count:
        took += made.row(at).delta.duration or 0
        at += max(int(made.size[at]), 1)
    for at in range(first, first + count):
        place = made.b_at[at]
        if place >= 0 and made.b.kind[place] in PAYING:
            delta = made.row(at).delta
            tokens += delta.tokens or 0
            cost += delta.cost or 0
    return Delta(took, tokens, cost)


def signed(value: int | None, column: int) -> str:
    """``+1.2 s``, ``−300``, ``+$0.0012``; "" for nothing and for no difference."""
    if not value:
        return ""
    said = {DURATION: text.duration, COST: text.cost}.get(column, text.short_count)
    return f"+{said(value)}" if value > 0 else said(value)


def figure(delta: Delta, column: int) -> int | None:
    """The part of a Delta that a column shows."""
    return {DURATION: delta.duration, TOKENS: delta.tokens, COST: delta.cost}.get(column)


def folded_words(count: int) -> str:
    """``27 equal steps``."""
    return f"{count:,} equal step" if count == 1 else f"{count:,} equal steps"


def counted(counts: Counts) -> str:
    """``+2  −1  ~3  ↔1``: how many steps of each sort there are, in their signs."""
    found = (
        (Sign.INSERTED, counts.inserted), (Sign.REMOVED, counts.removed),
        (Sign.CHANGED, counts.changed), (Sign.MOVED, counts.moved),
    )  # fmt: skip
    return "   ".join(f"{sign.value} {number:,}" for sign, number in found if number)


def counted_words(counts: Counts) -> str:
    """The same in words, and how many are equal."""
    found = (
        (counts.inserted, "new"), (counts.removed, "missing"), (counts.changed, "changed"),
        (counts.moved, "moved"), (counts.equal, "equal"),
    )  # fmt: skip
    said = ", ".join(f"{number:,} {what}" for number, what in found if number)
    return f"Steps: {said}" if said else ""


def parts_words(parts: Part) -> str:
    """``other input, other output``."""
    return ", ".join(said for part, said in _PARTS if parts & part)


def told_apart(run: RunRow, other: RunRow) -> str:
    """What tells a run from another of the same name: its chain or attempt, or when it began."""
    if run.name != other.name:
        return ""
    if run.chain is not None and run.chain != other.chain:
        return chain_of(run)
    if run.attempt is not None and run.attempt != other.attempt:
        return f"attempt {run.attempt}"
    return text.time_of_day(run.started)


def totals(run: RunRow, *, timeless: bool) -> str:
    """A run's own figures: how long it took, its tokens and cost."""
    took = None
    if run.started is not None and (end := run.ended or run.last) is not None:
        took = max(end - run.started, 0)
    tokens = run.tokens_in + run.tokens_out
    parts = (
        text.length(took, timeless=timeless),
        f"{text.short_count(tokens)} tokens" if tokens else "",
        text.cost(run.cost) if run.cost else "",
    )
    return " · ".join(part for part in parts if part)


def title_of(line: CompareLine) -> str:
    """What the selected row is, and how its two steps differ."""
    step = line.right or line.left
    name = "" if step is None else text.one_line(step.name) or step.kind
    if line.sign is Sign.INSERTED:
        return f"{name}: only in B"
    if line.sign is Sign.REMOVED:
        return f"{name}: only in A"
    said = parts_words(line.parts)
    if line.sign is Sign.MOVED:
        said = f"moved here from step {line.came_from}{', ' if said else ''}{said}"
    return f"{name}: {said or 'equal'}"


def state_of_run(run: RunRow, *, live: bool) -> str:
    """The state of one of the runs, as icons are named; ``live``: one of them goes on."""
    if run.status != OPEN:
        return {OK: "ok", ERROR: "error", CANCELLED: "cancelled"}.get(run.status, "ended")
    return "interrupted" if run.cut_off else "running" if live else "quiet"


def described(line: CompareLine) -> str:
    """A line for those who hear it."""
    if line.fold:
        state = "expanded" if line.expanded else "folded"
        return f"{folded_words(line.fold)}, {state}, {', '.join(_deltas(line))}".rstrip(", ")
    step = line.right or line.left
    assert step is not None
    words = [
        SIGNS[line.sign],
        f"step {line.place}",
        step.kind,
        text.one_line(step.name),
        parts_words(line.parts),
        f"it was step {line.came_from}" if line.came_from else "",
        f"level {line.depth + 1}",
        *_steps(line),
        *_deltas(line),
        f"{text.count(line.below, 'difference')} inside" if line.below else "",
        ("expanded" if line.expanded else "collapsed") if line.opens else "",
    ]
    return ", ".join(word for word in words if word)


def _steps(line: CompareLine) -> list[str]:
    found = []
    for title, step in (("A", line.left), ("B", line.right)):
        if step is None:
            continue
        said = (
            "" if step.status == OK else _STATUS.get(step.status, ""),
            {"played": "played back", "reused": "reused", "edited": "edited"}.get(step.how or ""),
            step.fragment,
        )
        whole = ", ".join(part for part in said if part)
        found.append(f"{title}: {whole}" if whole else "")
    return found


def _deltas(line: CompareLine) -> list[str]:
    names = ((DURATION, "time"), (TOKENS, "tokens"), (COST, "cost"))
    return [
        f"{name} {said}"
        for column, name in names
        if (said := signed(figure(line.delta, column), column))
    ]
