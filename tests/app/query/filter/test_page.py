"""The page about filters says what there is: its tables are those of the fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from rollscope_desktop.query.filter import FIELDS, FilterError, parse
from rollscope_desktop.query.filter.fields import HAS, STATUS, Field, Level

PAGE = (Path(__file__).parents[4] / "docs" / "filter.md").read_text(encoding="utf-8")


def tables() -> dict[str, str]:
    """The tables of the page, by the names of its sections."""
    return {
        "step": of_fields(field for field in FIELDS if field.level is Level.STEP),
        "both": of_fields(field for field in FIELDS if field.level is Level.BOTH),
        "run": of_fields(field for field in FIELDS if field.level is Level.RUN),
        "status": of_words(STATUS),
        "has": of_words(HAS),
    }


def of_fields(fields: Iterable[Field]) -> str:
    rows = [f"| `{field.label}` | {field.says} | `{field.example}` |" for field in fields]
    return "\n".join(["| field | what it says | example |", "|---|---|---|", *rows, ""])


def of_words(words: Iterable[tuple[str, str]]) -> str:
    return "\n".join(
        ["| word | what it means |", "|---|---|", *(f"| `{w}` | {s} |" for w, s in words), ""]
    )


@pytest.mark.parametrize("name", ["step", "both", "run", "status", "has"])
def test_the_page_has_every_field_and_word(name: str) -> None:
    assert tables()[name] in PAGE


def test_what_the_page_writes_can_be_understood() -> None:
    part = PAGE[PAGE.index("## How it is written") : PAGE.index("## Fields of steps")]
    shown = re.findall(r"`([^`]+)`", part)
    assert len(shown) > 15
    for text in shown:
        if text not in ("AND", "OR", "-", "*", r"\"", "k", "M", "ns us ms s m h d", "1h30m"):
            assert not parse(text).is_empty, text


def test_the_mistake_on_the_page_is_the_real_one() -> None:
    with pytest.raises(FilterError) as caught:
        parse("kind:llm knd:tool")
    shown = f"Error: {caught.value.sentence}\n  kind:llm knd:tool\n  {caught.value.pointer()}\n"
    assert shown in PAGE
