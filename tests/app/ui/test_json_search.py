"""Searching a value finds what a person would read, where they would read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex

from rollscope_desktop.ui.inspector import json_search
from rollscope_desktop.ui.inspector.json_model import CHUNK, JsonModel
from rollscope_desktop.ui.inspector.json_search import find

if TYPE_CHECKING:
    import pytest

words = st.sampled_from(["", "a", "Ab", "null", "1", "β"])
scalars = st.none() | st.booleans() | st.integers(-20, 20) | words
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4)
)


def plain(value: Any, wanted: str, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, each in pairs:
        inner = isinstance(each, dict | list)
        shown = {None: "null", True: "true", False: "false"}
        small = each is None or isinstance(each, bool)
        said = "" if inner else shown[each] if small else str(each)
        if wanted in said.casefold() or (isinstance(name, str) and wanted in name.casefold()):
            found.append((*path, name))
        if inner:
            found += plain(each, wanted, (*path, name))
    return found


@given(values, st.sampled_from(["a", "b", "nu", "1", "tr", "β", "zz"]))
def test_as_a_plain_walk_finds_it(value: Any, wanted: str) -> None:
    found = find(value, wanted)

    whole = value if isinstance(value, dict | list) else [value]
    assert list(found.paths) == plain(whole, wanted)
    assert found.whole
    model = JsonModel()
    model.show(value)
    for path in found.paths:
        assert model.path(model.index_of(path)) == list(path)


def test_far_down_a_long_list() -> None:
    model = JsonModel()
    model.show({"list": [{"n": n} for n in range(3 * CHUNK)]})
    index = model.index_of(("list", 2 * CHUNK + 5, "n"))
    assert model.value(index) == 2 * CHUNK + 5
    for wrong in (("list", 9 * CHUNK), ("nothing",), ("list", "n"), ("list", 0, "n", 1)):
        assert model.index_of(wrong) == QModelIndex()


def test_only_so_many_values_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_search, "VALUES", 100)
    found = find(["x"] * 1000, "x")
    assert (len(found.paths), found.searched, found.whole) == (100, 100, False)
    monkeypatch.setattr(json_search, "HITS", 7)
    assert len(find(["x"] * 1000, "x").paths) == 7


def test_very_deep_values() -> None:
    value: Any = "deep"
    for _ in range(5_000):
        value = [value]
    assert len(find(value, "deep").paths[0]) == 5_000
