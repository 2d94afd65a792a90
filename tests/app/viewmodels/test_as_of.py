"""What was known of a span at a moment, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK, OPEN
from rollscope_desktop.query.outline import outline
from rollscope_desktop.viewmodels.as_of import as_of, standing_of, worst_as_of
from rollscope_desktop.viewmodels.lines import SpanLine
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.span_text import fold_line
from tests.app.structures import structure

LINE = SpanLine(
    7, 7, "tool", "get_weather", ERROR, 1, 0, 0, False, 1, 0, 10, 20, 15, 100, 5, 9, 3, "gpt-x",
    None, 0, ERROR, '(city="Paris") → 21 °C',
)  # fmt: skip


@pytest.mark.parametrize(
    ("at", "how"),
    [(9, Standing.AHEAD), (10, Standing.OPEN), (19, Standing.OPEN), (20, Standing.OVER),
     (None, Standing.OVER)],
)  # fmt: skip
def test_only_what_was_open_reads_otherwise(at: int | None, how: Standing) -> None:
    assert standing_of(LINE, at) is how
    assert (as_of(LINE, at) is LINE) == (how is not Standing.OPEN)


def test_what_was_open_has_no_end_no_figures_and_no_answer() -> None:
    line = as_of(LINE, 15)
    assert (line.start, line.end, line.status, line.worst) == (10, None, OPEN, OPEN)
    assert (line.tokens_in, line.tokens_out, line.cost, line.saved) == (None,) * 4
    assert (line.first_token, line.fragment) == (15, '(city="Paris")')
    assert as_of(LINE, 14).first_token is None
    assert (line.id, line.name, line.model) == (7, "get_weather", "gpt-x")


@pytest.mark.parametrize(
    ("kind", "fragment"),
    [("llm", "(it is warm)"), ("agent", "done"), ("tool", "→ 21 °C"), ("tool", "Error: no"),
     ("llm", "I look → get_weather(city)")],
)  # fmt: skip
def test_what_only_says_the_outcome_is_left_out(kind: str, fragment: str) -> None:
    assert as_of(replace(LINE, kind=kind, fragment=fragment), 15).fragment == ""


def test_what_is_known_by_one_end_only_is_left_as_it_is() -> None:
    for line in (replace(LINE, end=None), replace(LINE, start=None), fold_line(1, 5)):
        assert as_of(line, 15) is line


def test_a_failure_inside_is_not_known_before_it_happened() -> None:
    run = structure([(0, 40, OK), (1, 10, CANCELLED), (11, 20, ERROR), (21, 30, OK)], 1_000)
    run.parent_key[1:] = 0
    made = outline(run)
    found = [worst_as_of(made, 0, at, 1_000) for at in (5, 10, 15, 20, 40, None)]
    assert found == [OPEN, CANCELLED, CANCELLED, ERROR, ERROR, ERROR]
    assert [worst_as_of(made, 3, at, 1_000) for at in (25, 30)] == [OPEN, OK]
