"""The lists of the palette: what is meant comes first; what cannot be had, later and with why."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.viewmodels.palette import (
    Offer,
    Section,
    best,
    best_commands,
    commands_first,
    marked,
)


def command(id: str, title: str, menu: str = "", **more: Any) -> Offer:
    return Offer(Section.COMMANDS, id, title, menu, **more)


OFFERS = [
    command("open", "Open Folder…", "File", key="Ctrl+O"),
    command("tree.error", "Next Error", "Go", key="N", lacking="needs a run with errors"),
    command("play.error", "Next Error in Time", "Play", key="]"),
    command("theme", "Follow the System's Theme", "View"),
    command("speed", "Speed 2×", "Play"),
]


def ids(offers: list[Offer]) -> list[str | int]:
    return [offer.id for offer in offers]


def test_before_anything_is_typed_those_given_last_come_first() -> None:
    assert ids(commands_first(OFFERS, [])) == [offer.id for offer in OFFERS]
    assert ids(commands_first(OFFERS, ["speed", "gone", "theme"]))[:3] == ["speed", "theme", "open"]


def test_what_lacks_something_comes_later_but_is_there() -> None:
    assert ids(best_commands(OFFERS, "next", [])) == ["play.error", "tree.error"]
    assert "needs a run with errors" in best_commands(OFFERS, "next", [])[1].described()


def test_a_menu_can_be_typed_too() -> None:
    assert ids(best_commands(OFFERS, "play speed", [])) == ["speed"]
    [found] = best_commands(OFFERS, "play speed", [])
    assert found.marks == (0, 1, 2, 3, 4)


def test_letters_found_all_over_a_title_do_not_count() -> None:
    assert best_commands(OFFERS, "weather", []) == []
    assert best_commands(OFFERS, "loshm", []) == []


def test_what_was_given_last_wins_a_near_tie() -> None:
    offers = [command("a", "Step On"), command("b", "Step Up")]
    assert ids(best_commands(offers, "step", [])) == ["a", "b"]
    assert ids(best_commands(offers, "step", ["b"])) == ["b", "a"]


def test_steps_are_few_and_the_best_ones() -> None:
    steps = [Offer(Section.STEPS, n, f"tool number {n}") for n in range(50)]
    steps.append(Offer(Section.STEPS, 99, "get_weather"))
    assert ids(best(steps, "gw")) == [99]
    assert len(best(steps, "tool")) == 8


def test_what_the_index_found_stays_even_if_nothing_is_marked() -> None:
    runs = [Offer(Section.RUNS, 1, "nightly"), Offer(Section.RUNS, 2, "abc")]
    assert [offer.marks for offer in marked(runs, "ab")] == [(), (0, 1)]


@given(st.text(max_size=12))
def test_marks_lie_in_the_title(typed: str) -> None:
    for offer in best_commands(OFFERS, typed, ["open"]):
        assert all(0 <= place < len(offer.title) for place in offer.marks)
