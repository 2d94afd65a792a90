"""The selection: what it remembers of each run, and the way back and forward."""

from __future__ import annotations

from rollscope_desktop.viewmodels.scope import Scope, ScopeStack
from rollscope_desktop.viewmodels.selection import Selection


def test_a_run_comes_back_to_its_last_span() -> None:
    selection = Selection()
    selection.select_run(1)
    selection.select_span(11)
    selection.select_run(2)
    assert (selection.run, selection.span) == (2, None)
    selection.select_run(1)
    assert (selection.run, selection.span) == (1, 11)


def test_back_and_forward_go_through_runs_and_spans() -> None:
    selection = Selection()
    said: list[tuple[int | None, int | None]] = []
    for run, span in ((1, None), (1, 11), (2, 21)):
        selection.select(run, span)
    selection.span_changed.connect(lambda span: said.append((selection.run, span)))

    selection.back()
    selection.back()
    assert said == [(1, 11), (1, None)]
    assert not selection.can_go_back()
    selection.forward()
    selection.forward()
    assert said[2:] == [(1, 11), (2, 21)]
    assert not selection.can_go_forward()


def test_a_new_choice_forgets_the_way_forward() -> None:
    selection = Selection()
    for span in (1, 2, 3):
        selection.select(7, span)
    selection.back()
    selection.select_span(9)
    assert not selection.can_go_forward()
    selection.back()
    assert selection.span == 2


def test_selecting_what_is_selected_is_no_step() -> None:
    selection = Selection()
    selection.select(1, 5)
    selection.select(1, 5)
    selection.select_run(1)
    selection.select_span(5)
    assert not selection.can_go_back()


def test_without_a_run_there_is_no_span_to_select() -> None:
    selection = Selection()
    selection.select_span(4)
    assert (selection.run, selection.span) == (None, None)


def test_the_scope_goes_back_step_by_step() -> None:
    stack = ScopeStack()
    stack.set_filter("kind:llm")
    stack.set_range((10, 20))
    stack.set_zoom((12, 18))
    stack.back()
    assert stack.scope == Scope("kind:llm", (10, 20))
    stack.back()
    stack.back()
    assert stack.scope == Scope()
    assert not stack.can_go_back()
    stack.forward()
    assert stack.scope == Scope("kind:llm")


def test_small_moves_of_the_zoom_are_gone_back_over_as_one() -> None:
    stack = ScopeStack()
    for low in range(5):
        stack.set_zoom((low, 100), passing=True)
    stack.back()
    assert stack.scope.zoom is None
    stack.set_zoom((1, 50), passing=True)
    stack.set_zoom((1, 40))
    stack.back()
    assert stack.scope.zoom == (1, 50)


def test_leaving_a_run_keeps_the_filter_alone() -> None:
    stack = ScopeStack()
    said: list[object] = []
    stack.set_filter("kind:tool")
    stack.set_range((1, 2))
    stack.range_changed.connect(said.append)
    stack.leave_run()
    assert stack.scope == Scope("kind:tool")
    assert said == [None]
    assert not stack.can_go_back()
