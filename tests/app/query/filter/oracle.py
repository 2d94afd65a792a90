"""What a filter means, said a second time: over whole rows, in plain Python, without the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.rows import NoteRow, RunRow, SpanRow
from rollscope_desktop.query.filter.patterns import Pattern
from rollscope_desktop.query.filter.tree import (
    All,
    Bounds,
    Check,
    Condition,
    Either,
    Node,
    Not,
    Text,
)

STATES = {OPEN: "open", OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}


@dataclass(frozen=True)
class Item:
    """A span (or none) in its run, and all notes of that run."""

    run: RunRow
    span: SpanRow | None
    notes: list[NoteRow]


def fits(node: Node | None, item: Item) -> bool:
    match node:
        case None:
            return True
        case All(parts):
            return all(fits(part, item) for part in parts)
        case Either(parts):
            return any(fits(part, item) for part in parts)
        case Not(part):
            return not fits(part, item)
        case Text(pattern):
            run, span = item.run, item.span
            texts = [run.name, run.agent, run.error]
            if span is not None:
                texts += [span.name, span.model, span.agent]
            return any(matches(pattern, text) for text in texts)
        case Condition():
            return any(holds(node, check, item) for check in node.checks)


def matches(pattern: Pattern | None, text: Any) -> bool:
    """A text against pieces with anything between them, from the left, without regard to case."""
    if pattern is None or not isinstance(text, str):
        return False
    low = text.lower()
    pieces = [piece.lower() for piece in pattern.pieces]
    if pattern.whole:
        return glob(low, pieces)
    return any(
        glob(low[at:end], pieces) for at in range(len(low) + 1) for end in range(len(low) + 1)
    )


def glob(text: str, pieces: list[str]) -> bool:
    first, *rest = pieces
    if not text.startswith(first):
        return False
    if not rest:
        return text == first
    left = text[len(first) :]
    return any(glob(left[at:], rest) for at in range(len(left) + 1))


def within(number: float | None, bounds: Bounds | None) -> bool:
    if number is None or bounds is None:
        return False
    if bounds.low is not None and (number <= bounds.low if bounds.above else number < bounds.low):
        return False
    return bounds.high is None or (number < bounds.high if bounds.below else number <= bounds.high)


def holds(asked: Condition, check: Check, item: Item) -> bool:
    run, span = item.run, item.span
    field = asked.field.name
    of_run = {
        "run": run.name, "id": run.key, "session": run.session, "group": run.group_id,
        "fork": run.fork_of, "error": run.error, "finish": run.finish, "format": run.format,
        "run.status": STATES[run.status],
    }  # fmt: skip
    if field in of_run:
        return matches(check.pattern, of_run[field])
    end = run.last if run.ended is None else run.ended
    took = end - run.started if end is not None and run.started is not None else None
    numbers = {
        "reward": run.reward, "run.tokens": run.tokens_in + run.tokens_out, "run.cost": run.cost,
        "run.steps": run.spans, "run.errors": run.errors,
        "run.dur": took if run.clock == 0 else None,
    }  # fmt: skip
    if field in numbers:
        return within(numbers[field], check.bounds)
    if field == "has":
        return any(matches(check.pattern, word) for word in known(item))
    if field == "agent":
        return matches(check.pattern, run.agent) or (
            span is not None and matches(check.pattern, span.agent)
        )
    if field in ("tag", "signal", "feedback"):
        types = ("signal", "feedback", "event") if field == "tag" else (field,)
        for note in notes_of(item):
            if note.type not in types:
                continue
            if field == "tag":
                if matches(check.pattern, note.name):
                    return True
            elif note.name.lower() == asked.name.lower():
                value = note.value
                if matches(check.pattern, value):
                    return True
                if isinstance(value, int | float) and within(value, check.bounds):
                    return True
        return False
    if span is None:
        return False
    if field in ("kind", "name", "model", "how"):
        return matches(check.pattern, getattr(span, field))
    if field == "status":
        return matches(check.pattern, STATES[span.status])
    return within(number_of(field, item), check.bounds)


def number_of(field: str, item: Item) -> float | None:
    span = item.span
    assert span is not None
    if field == "tokens":
        both = [n for n in (span.tokens_in, span.tokens_out) if n is not None]
        return sum(both) if both else None
    if field in ("dur", "first_token"):
        end = span.end if field == "dur" else span.first_token
        if item.run.clock != 0 or span.start is None or end is None:
            return None
        return end - span.start
    held: float | None = getattr(span, field.replace(".", "_"))
    return held


def notes_of(item: Item) -> list[NoteRow]:
    """Notes of the run as a whole, and of the span."""
    key = None if item.span is None else item.span.key
    return [note for note in item.notes if note.span is None or note.span == key]


def known(item: Item) -> set[str]:
    run, span = item.run, item.span
    facts: dict[str, bool] = {
        "reward": run.reward is not None, "session": run.session is not None,
        "group": run.group_id is not None, "fork": run.fork_of is not None,
        "retry": (run.attempt or 0) > 1,
    }  # fmt: skip
    types = {note.type for note in notes_of(item)}
    facts |= {type: type in types for type in ("signal", "feedback", "event", "message")}
    facts["note"] = bool(types)
    if span is not None:
        facts |= {
            "error": span.status == ERROR, "input": span.input is not None,
            "output": span.output is not None, "model": span.model is not None,
            "tokens": span.tokens_in is not None or span.tokens_out is not None,
            "cost": span.cost is not None, "saved": span.saved is not None,
            "agent": span.agent is not None, "fold": bool(span.flags & Flag.FOLDED),
            "preview": bool(span.flags & (Flag.INPUT_PREVIEW | Flag.OUTPUT_PREVIEW)),
        }  # fmt: skip
    return {word for word, holds in facts.items() if holds}
