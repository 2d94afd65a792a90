"""docs/run-log.md tells of every field of the vocabulary, and its example is a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope import wire
from rollscope.wire.vocabulary import COMMON, EVENTS, Field

PAGE = (Path(__file__).parents[2] / "docs" / "run-log.md").read_text()


def rows(fields: tuple[Field, ...], before: str = "") -> Iterator[str]:
    """The rows of a table, inner fields behind a dot."""
    for field in fields:
        always = "yes" if field.required else ""
        yield f"| `{before}{field.name}` | {field.form} | {always} | {field.doc} |"
        yield from rows(field.fields, f"{before}{field.name}.")


def section(title: str) -> list[str]:
    """The lines of a section."""
    body = PAGE.split(f"\n{title}\n", 1)[1]
    return re.split(r"\n##", body, maxsplit=1)[0].splitlines()


@pytest.mark.parametrize("event", EVENTS)
def test_every_field_has_its_row(event: str) -> None:
    said = [line for line in section(f"### `{event}`") if line.startswith("| `")]
    assert said == list(rows(EVENTS[event]))


def test_the_fields_of_every_line_have_their_rows() -> None:
    assert [line for line in section("## Every line") if line.startswith("| `")] == [*rows(COMMON)]


def test_the_page_names_the_version() -> None:
    assert f"version {wire.VERSION} of its vocabulary" in PAGE.replace("\n", " ")


def test_the_example_is_a_run_log() -> None:
    block = re.search(r"```jsonl\n(.*?)```", PAGE, re.S)
    assert block is not None
    events = [wire.decode(line.encode()) for line in block[1].splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))
    for event in events:
        known = {field.name for field in (*COMMON, *EVENTS[event["type"]])}
        needed = {f.name for f in (*COMMON, *EVENTS[event["type"]]) if f.required}
        assert needed <= event.keys() <= known
