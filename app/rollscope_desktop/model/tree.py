"""The spans of a run as a tree: in which order, how deep, and as indented text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.rows import TIME, NoteRow, SpanRow
from rollscope_desktop.model.text import duration, one_line

_MARKS = {OPEN: "…", OK: "✓", ERROR: "✗", CANCELLED: "⊘", ENDED: "·"}
_FLAGS = {
    Flag.INPUT_PREVIEW: "input is a preview",
    Flag.OUTPUT_PREVIEW: "output is a preview",
    Flag.NO_INPUT: "input not logged",
    Flag.NO_OUTPUT: "output not logged",
    Flag.NO_NAME: "name not logged",
    Flag.NO_RESULT: "call without result",
    Flag.NO_CALL: "result without call",
    Flag.FOLDED: "after a fold",
}
_CONTENT = Flag.NO_INPUT | Flag.NO_OUTPUT
_DEEPEST = 60
"""Levels that are indented; below, the depth stands as a number: 10,000 levels are 10,000 lines."""


def preorder(spans: Sequence[SpanRow]) -> list[tuple[int, int]]:
    """The places of ``spans`` in pre-order, each with its depth.

    Children are ordered by start, then id. A span whose parent is not there stands at the top, and
    so does each member of a circle of parents: every span comes exactly once.
    """
    index = {span.key: place for place, span in enumerate(spans)}
    parents = [-1 if s.parent is None else index.get(s.parent, -1) for s in spans]
    _cut_circles(parents)
    order = sorted(range(len(spans)), key=lambda place: _when(spans[place]), reverse=True)
    children: dict[int, list[int]] = {}
    waiting: list[tuple[int, int]] = []
    for place in order:
        if parents[place] < 0:
            waiting.append((place, 0))
        else:
            children.setdefault(parents[place], []).append(place)
    out: list[tuple[int, int]] = []
    while waiting:
        place, depth = waiting.pop()
        out.append((place, depth))
        waiting.extend((child, depth + 1) for child in children.pop(place, ()))
    return out


def _when(span: SpanRow) -> tuple[bool, int, int]:
    start = span.end if span.start is None else span.start
    return (start is None, start or 0, span.id)


def _cut_circles(parents: list[int]) -> None:
    """Set the parent of every member of a circle to -1."""
    seen = [0] * len(parents)  # the walk that came by first
    for begin in range(len(parents)):
        place = begin
        while place >= 0 and not seen[place]:
            seen[place] = begin + 1
            place = parents[place]
        if place >= 0 and seen[place] == begin + 1:
            while place >= 0:
                parents[place], place = -1, parents[place]


def outline(
    spans: Sequence[SpanRow],
    clock: int = TIME,
    notes: Sequence[NoteRow] = (),
    fragment: Callable[[SpanRow], str] = lambda span: "",
    *,
    cut_off: bool = False,
) -> Iterator[str]:
    """The tree as indented lines, one a span; ``notes`` stand below what they are about, in the
    order of time with the steps inside of that.

    ``fragment`` says what happened in a span, in a few words. ``cut_off``: the run was interrupted,
    and with it every span that has not ended.
    """
    about: dict[int | None, list[NoteRow]] = {}
    known = {span.key for span in spans}
    for note in notes:
        about.setdefault(note.span if note.span in known else None, []).append(note)
    for some in about.values():
        some[:] = _by_time(some)[::-1]
    # What the line of a step is inside of, from the run on, each with its notes that are to come.
    inside: list[tuple[int, list[NoteRow]]] = [(0, about.get(None, []))]
    for place, depth in preorder(spans):
        span = spans[place]
        while inside[-1][0] > depth:
            yield from _notes(inside.pop(), None, clock)
        yield from _notes(inside[-1], span.end if span.start is None else span.start, clock)
        yield _indent(depth) + _line(span, clock, fragment(span), cut_off=cut_off)
        inside.append((depth + 1, about.get(span.key, [])))
    while inside:
        yield from _notes(inside.pop(), None, clock)


def _by_time(notes: list[NoteRow]) -> list[NoteRow]:
    """In the order of time; a note without one stays behind the one that it came after."""
    latest, times = 0, []
    for note in notes:
        latest = latest if note.time is None else note.time
        times.append(latest)
    return [notes[n] for n in sorted(range(len(notes)), key=lambda n: times[n])]


def _notes(level: tuple[int, list[NoteRow]], until: int | None, clock: int) -> Iterator[str]:
    """The notes of a level that come before a moment, or all that are left; they are used up."""
    depth, notes = level
    while notes and (until is None or (notes[-1].time or 0) < until):
        yield _indent(depth) + _note(notes.pop(), clock)


def _indent(depth: int) -> str:
    return "  " * depth if depth <= _DEEPEST else "  " * _DEEPEST + f"({depth}) "


def _line(span: SpanRow, clock: int, fragment: str = "", *, cut_off: bool = False) -> str:
    name = "(start not logged)" if span.name is None else span.name
    parts = [one_line(span.kind), one_line(name)]
    interrupted = cut_off and span.status == OPEN
    parts.append("✗ interrupted" if interrupted else _MARKS.get(span.status, "?"))
    parts.append(_extent(span.start, span.end, clock))
    if span.model and span.model != name:
        parts.append(one_line(span.model))
    if span.tokens_in is not None or span.tokens_out is not None:
        parts.append(f"{_count(span.tokens_in)}→{_count(span.tokens_out)} tokens")
    # A container that a format made of other steps has no content of its own to be missed.
    flags = span.flags & ~_CONTENT if span.kind == "task" else span.flags
    said = [words for flag, words in _FLAGS.items() if flags & flag]
    if span.how:
        said.insert(0, span.how)
    if said:
        parts.append(f"({', '.join(said)})")
    line = " ".join(part for part in parts if part)
    return f"{line}  {one_line(fragment)}" if fragment else line


def _note(note: NoteRow, clock: int) -> str:
    value = "" if note.value is None else f" = {one_line(str(note.value))}"
    when = "" if clock == TIME or note.time is None else f" #{note.time}"
    return f"- {note.type} {one_line(note.name)}{value}{when}".rstrip()


def _extent(start: int | None, end: int | None, clock: int) -> str:
    """How long it took; where there are no times, from which event to which."""
    if clock != TIME:
        numbers = ["?" if start is None else f"{start}", "" if end is None else f"{end}"]
        return f"#{numbers[0]}" if start == end else f"#{'–'.join(numbers)}"
    return "" if start is None or end is None else duration(end - start)


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"
