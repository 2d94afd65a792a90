"""The names of a run's spans: each once, with how often, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.query import names as module
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.names import next_named, query_names
from rollscope_desktop.query.structure import query_structure
from tests.app.support import make_index, simple_run


def result(job: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


@pytest.fixture
def asked(tmp_path: Path) -> Generator[Any, None, None]:
    index = make_index(tmp_path, {"a.jsonl": simple_run(1, 8)})
    reader = open_reader(index.path)
    yield reader, result(query_structure(reader, 1))
    reader.close()
    index.writer.close()


def test_each_name_once_in_the_order_they_came(asked: Any) -> None:
    found = result(query_names(*asked))
    assert [(n.kind, n.name, n.count) for n in found] == [
        ("agent", "assistant", 1), ("llm", "chat", 4), ("tool", "get_weather", 3),
    ]  # fmt: skip


def test_of_very_many_names_the_commonest(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    assert [n.name for n in result(query_names(*asked))] == ["chat", "get_weather"]


def test_from_one_to_the_next_and_round(asked: Any) -> None:
    reader, structure = asked
    chat = next(n for n in result(query_names(reader, structure)) if n.name == "chat")
    first = next_named(structure, chat.label, None)
    seen = [first]
    for _ in range(4):
        seen.append(next_named(structure, chat.label, seen[-1]))
    assert len(set(seen)) == 4
    assert seen[4] == first
    assert next_named(structure, 12345, None) is None
    assert next_named(structure, chat.label, 1 << 60) == first
