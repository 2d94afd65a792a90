"""Conversations as text, for tests: whole runs read the way the view reads them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from rollscope_desktop.model import text
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.conversation.items import Card, Item, Mark, Page, Rule, Said
from rollscope_desktop.query.conversation.read import read_steps
from rollscope_desktop.query.conversation.steps import Steps, query_steps
from rollscope_desktop.query.outline import outline
from rollscope_desktop.query.progress import Partial
from rollscope_desktop.query.runs import query_run
from rollscope_desktop.query.structure import query_structure


def drain(job: Generator[Any, None, Any]) -> tuple[Any, list[Any]]:
    """What a job returns, and what it said on the way."""
    partial: list[Any] = []
    while True:
        try:
            step = next(job)
        except StopIteration as end:
            return end.value, partial
        if isinstance(step, Partial):
            partial.append(step.value)


def steps_of(reader: Reader, run: int) -> Steps:
    """The steps of a run."""
    row = query_run(reader, run)
    assert row is not None
    structure, _ = drain(query_structure(reader, run))
    return drain(query_steps(reader, row, outline(structure)))[0]


def pages_of(reader: Reader, steps: Steps, places: list[int] | None = None) -> dict[int, Page]:
    """What steps show; all of them if none are named."""
    last, partial = drain(read_steps(reader, steps, places or range(len(steps))))
    return {place: page for some in (*partial, last) for place, page in some.items()}


def told(reader: Reader, run: int) -> str:
    """A run's conversation as text, a line an item."""
    steps = steps_of(reader, run)
    pages = pages_of(reader, steps)
    return "\n".join(
        "  " * int(steps.depth[place]) + line(item)
        for place in range(len(steps))
        for item in pages[place].items
    )


def line(item: Item) -> str:
    """An item on one line."""
    if isinstance(item, Said):
        parts = [f"{item.role}:" if not item.answer else f"{item.role}!"]
        parts += [f"({text.one_line(words.text, 40)})" for words in item.reasoning]
        parts += [text.one_line(words.text, 70) for words in item.texts]
        parts += [f"<{picture.name}>" for picture in item.pictures]
        parts += [f"calls {', '.join(item.calls)}"] if item.calls else []
        parts += [f"preview of {item.preview}"] if item.preview is not None else []
        return " ".join(part for part in (*parts, item.missing, item.error) if part)
    if isinstance(item, Card):
        asked = "" if item.arguments is None else text.one_line(str(item.arguments), 60)
        got = " ".join(text.one_line(words.text, 60) for words in item.texts)
        if item.result is not None:
            got = text.one_line(str(item.result), 60)
        own = "" if item.own else " (from messages)"
        parts = [f"[{item.name}{own}]", asked, f"→ {got}" if got else "", item.missing, item.error]
        parts += [f"preview of {item.preview}"] if item.preview is not None else []
        return " ".join(part for part in parts if part)
    if isinstance(item, Rule):
        # The time of a run is local, and of some logs that of the file.
        said = item.text.partition(" · ")[0] if item.mark is Mark.RUN else item.text
        return f"--- {said}" + "".join(f"\n    − {one}" for one in item.dropped)
    return f"({item.text})"
