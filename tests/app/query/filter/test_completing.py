"""What is being written at a place in a filter, and which values the index has for it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.query.filter.candidates import query_candidates
from rollscope_desktop.query.filter.spots import Part, spot, stretches
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


@pytest.mark.parametrize(
    ("text", "field", "typed", "replaced"),
    [
        ("|", None, "", ""),
        ("ki|", None, "ki", "ki"),
        ("mo|del:gpt", None, "mo", "model:"),
        ("kind:|", "kind", "", ""),
        ("kind:l|lm", "kind", "l", "llm"),
        ("kind:llm,to|ol a", "kind", "to", "tool"),
        ("kind:llm,|", "kind", "", ""),
        ("a -name:x|", "name", "x", "x"),
        ("a -|", None, "", ""),
        ('name:"a b|"', "name", '"a b', '"a b"'),
        ('name:"a, b",c|', "name", "c", "c"),
        ("dur>|2s", "dur", "", "2s"),
        ("(status:er|)", "status", "er", "er"),
        ("signal.sc|", None, "signal.sc", "signal.sc"),
        ("signal.score:0|", "signal", "0", "0"),
        ("a |b", None, "", "b"),
        ("a | b", None, "", ""),
    ],
)
def test_the_spot(text: str, field: str | None, typed: str, replaced: str) -> None:
    cursor = text.index("|")
    said = text.replace("|", "")
    found = spot(said, cursor)
    assert (found.field and found.field.name, found.typed) == (field, typed)
    assert said[found.start : found.end] == replaced


def test_parts_of_a_filter_also_while_it_is_wrong() -> None:
    said = 'kind:llm -name:"a b" OR (x'
    found = [(said[part.start : part.end], part.part) for part in stretches(said)]
    assert found == [
        ("kind:", Part.FIELD), ("llm", Part.VALUE), ("-", Part.JOIN), ("name:", Part.FIELD),
        ('"a b"', Part.VALUE), ("OR", Part.JOIN), ("x", Part.TEXT),
    ]  # fmt: skip


@given(st.text('ab:"(),<>=-*. ', max_size=30), st.integers(0, 30))
def test_the_spot_lies_around_the_cursor(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    found = spot(text, cursor)
    assert 0 <= found.start <= cursor <= found.end <= len(text)
    assert text[found.start : cursor] == found.typed
    parts = stretches(text)
    assert all(one.end <= other.start for one, other in pairwise(parts))


def test_candidates_come_from_the_index(index: Index, reader: Reader) -> None:
    index.grow("a.jsonl", simple_run(1, spans=6))
    log = Log(run_key(2))
    data = log.line("run.start", v=1, name="another", session="s 1", agent="planner")
    for value in (0.5, 1, 1):
        data += log.line("signal", name="my score", value=value)
    data += log.line("feedback", name="up", value="yes")
    index.grow("b.jsonl", data)

    def seen(field: str, name: str = "") -> list[tuple[str, int]]:
        return [(each.value, each.count) for each in query_candidates(reader, field, name)]

    assert seen("kind") == [("llm", 3), ("tool", 2), ("agent", 1)]
    assert seen("model") == [("gpt-x", 3)]
    assert seen("name") == [("chat", 3), ("get_weather", 2), ("assistant", 1)]
    assert seen("run") == [("another", 1), ("run 1", 1)]
    assert seen("session") == [("s 1", 1)]
    assert seen("agent") == [("planner", 1)]
    assert seen("tag") == [("my score", 3), ("up", 1)]
    assert seen("signal") == [("my score", 3)]
    assert seen("signal", "My Score") == [("1", 2), ("0.5", 1)]
    assert seen("feedback", "up") == [("yes", 1)]
    assert seen("status") == seen("dur") == seen("has") == seen("nothing") == []
