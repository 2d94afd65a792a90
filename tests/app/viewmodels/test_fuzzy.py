"""What was typed finds what was meant, words first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.viewmodels.fuzzy import fit

TITLES = ["Next Error", "Previous Error", "Open Folder…", "Notifications", "Show Step in Tree",
          "Collapse All Steps", "Tree", "Whole Run", "See the Demo"]  # fmt: skip


def best(typed: str) -> str:
    fits = [(found.score, title) for title in TITLES if (found := fit(typed, title))]
    return max(fits)[1]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("ne", "Next Error"), ("NEXT", "Next Error"), ("err", "Next Error"), ("tree", "Tree"),
     ("stt", "Show Step in Tree"), ("of", "Open Folder…"), ("cas", "Collapse All Steps"),
     ("wr", "Whole Run"), ("p e", "Previous Error")],
)  # fmt: skip
def test_what_was_meant_comes_first(typed: str, meant: str) -> None:
    assert best(typed) == meant


def test_letters_at_the_starts_of_words_are_marked() -> None:
    found = fit("ner", "Next Error")
    assert found is not None
    assert found.places == (0, 5, 6)
    run = fit("err", "Next Error")
    assert run is not None
    assert run.places == (5, 6, 7)
    camel = fit("rr", "runRecord")
    assert camel is not None
    assert camel.places == (0, 3)


def test_what_is_not_there_does_not_fit() -> None:
    assert fit("xyz", "Next Error") is None
    assert fit("en", "Next") is None
    assert fit("a", "") is None
    assert fit(" ", "Next") is not None


@given(st.text(max_size=60), st.text(max_size=8))
def test_places_spell_what_was_typed(text: str, typed: str) -> None:
    found = fit(typed, text)
    if found is None:
        return
    wanted = "".join(typed.casefold().split())
    assert list(found.places) == sorted(set(found.places))
    spelt = [text[at] if len(text[at].casefold()) != 1 else text[at].casefold()
             for at in found.places]  # fmt: skip
    assert "".join(spelt) == wanted


@given(st.text(min_size=1, max_size=60), st.data())
def test_any_subsequence_fits(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(text) - 1), max_size=6)))
    typed = "".join(text[at] for at in places if len(text[at].casefold()) == 1)
    assert fit(typed, text) is not None


def test_a_very_long_text_costs_little() -> None:
    assert fit("ab", "a" + "x" * 1_000_000 + "b") is None
    assert fit("ax", "a" + "x" * 1_000_000) is not None
