"""What is said of a held call: who wants what, since when, and whether it still does."""

from __future__ import annotations

from rollscope_desktop.model import text
from rollscope_desktop.viewmodels.held import arguments, circumstances, hint, more, question
from tests.app.services.held import RUN, held


def test_who_wants_what() -> None:
    assert question(held()) == "shop wants to call the tool pay"
    assert question(held(project="", kind="llm", name="gpt-5-mini")) == (
        "A program wants to ask the model gpt-5-mini"
    )
    assert question(held(made=True)) == "shop has called the tool pay: may it go on?"
    assert question(held(name="")) == "shop wants to call the tool without a name"


def test_since_when() -> None:
    since = text.time_of_day(1_795_222_741 * 10**9)
    assert circumstances(held()) == f"Waits since {since}. Ask Anna."
    assert circumstances(held(reason="", waiting=False)) == (
        f"Asked at {since} and waits no more: your word is for its next try."
    )


def test_with_what() -> None:
    call = held(arguments='{"to":\n "x\x1b[2J"}')
    assert arguments(call) == '{"to": "x␛[2J"}'
    assert hint(call).splitlines()[:3] == ['{"to":', ' "x␛[2J"}', f"Run {RUN}"]
    assert hint(held()).startswith(f"Run {RUN}\nHeld until ")


def test_how_many_more() -> None:
    assert [more(count) for count in (0, 1, 1_234)] == ["", "1 more waits", "1,234 more wait"]


def test_foreign_names_stay_on_one_line_and_short() -> None:
    said = question(held(project="a\nb" * 99, name="\u202epay" + "x" * 999))
    assert "\n" not in said
    assert "\u202e" not in said
    assert len(said) < 220
