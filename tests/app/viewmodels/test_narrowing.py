"""Filters made of what a step has: they can be read, are added once, and find that step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.query.filter.parsing import parse
from rollscope_desktop.query.filter.tree import All, Condition, Either
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.viewmodels.narrowing import TRAITS, Narrowing, narrowed
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


def test_conditions_are_added_once() -> None:
    assert narrowed("", "kind", "llm") == "kind:llm"
    assert narrowed("dur>2s", "name", "get weather") == 'dur>2s name="get weather"'
    assert narrowed("name=chat dur>2s", "name", "chat") == "name=chat dur>2s"
    assert narrowed("-name=chat", "name", "chat") == "-name=chat name=chat"
    assert narrowed('"OR" a', "name", "b") == '"OR" a name=b'
    made = narrowed("kind:llm OR dur>2s", "model", "x*")
    assert made == '(kind:llm OR dur>2s) model="x*"'
    root = parse(made).root
    assert isinstance(root, All)
    assert isinstance(root.parts[0], Either)


@given(st.sampled_from(TRAITS), st.text(min_size=1, max_size=40).filter(str.isprintable))
def test_whatever_a_step_is_called_is_found_again(trait: str, value: str) -> None:
    root = parse(narrowed("", trait, value)).root
    assert isinstance(root, Condition)
    [check] = root.checks
    assert check.pattern is not None
    assert check.pattern.fits(value)
    if trait != "kind":
        assert not check.pattern.fits(f"{value}x")


@pytest.fixture
def opened(jobs: Jobs) -> Iterator[OpenRun]:
    made = OpenRun(jobs)
    yield made
    made.show(None)


def test_it_leaves_what_is_like_the_selected_step(
    opened: OpenRun, jobs: Jobs, index: Index, qtbot
) -> None:
    log, said, notices = Log(run_key(1)), [], Notices()
    notices.listen()
    notices.said.connect(lambda notice: said.append(notice.sentence))
    narrowing = Narrowing(jobs, opened, notices)
    odd = 'say "(a, b)" OR *'
    data = log.whole("tool", odd) + log.whole("tool", "other") + log.whole("llm", odd)
    data += log.whole("tool", "line\nbreak")
    [run] = index.grow("a.jsonl", data)
    opened.selection.select_run(run)
    opened.show(run)
    qtbot.waitUntil(lambda: opened.watch.whole)
    assert opened.watch.outline is not None
    opened.selection.select_span(opened.watch.outline.structure.id_of(0))

    narrowing.only("name")
    qtbot.waitUntil(lambda: opened.matches.mask is not None and not opened.matches.busy)
    assert opened.matches.mask is not None
    assert np.flatnonzero(opened.matches.mask).tolist() == [0, 2]
    narrowing.only("kind")
    qtbot.waitUntil(lambda: opened.matches.count == 1)
    assert opened.scope.scope.filter.endswith(" kind:tool")

    narrowing.add("run", "a b")
    qtbot.waitUntil(lambda: opened.scope.scope.filter.endswith(' run="a b"'))
    before = opened.scope.scope.filter
    narrowing.only("model")
    qtbot.waitUntil(lambda: len(said) == 1)
    opened.selection.select_span(opened.watch.outline.structure.id_of(3))
    narrowing.only("name")
    qtbot.waitUntil(lambda: len(said) == 2)
    assert "names no model" in said[0]
    assert "no filter can have" in said[1]
    assert opened.scope.scope.filter == before
