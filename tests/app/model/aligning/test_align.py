"""Pairs of runs made by hand: where they first part, and what stands beside what."""

from __future__ import annotations

import pytest

from rollscope_desktop.model.aligning.align import align
from rollscope_desktop.model.alignment import UNKNOWN, Alignment, Delta, Fold, Part, Reason, Sign
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from tests.app.sides import Made, agent, llm, made, side, tool

PLAIN = (llm("ask"), tool("oslo"), llm("ask more"), tool("rome", "warm"), llm("last", "done"))


def told(found: Alignment) -> list[str]:
    """The rows as text: sign, numbers in A and in B, name."""
    lines = []
    for number in range(len(found)):
        row = found.row(number)
        name = found.a.name[row.a] if row.a is not None else found.b.name[row.b or 0]
        a, b = ("." if at is None else str(at + 1) for at in (row.a, row.b))
        lines.append(f"{'  ' * row.depth}{row.sign.value} {a} {b} {name}")
    return lines


def first(a: Made | None, b: Made | None) -> str:
    found = align(side(*(() if a is None else (a,))), side(*(() if b is None else (b,))))
    return "" if found.first is None else found.first.sentence


def with_step(at: int, step: Made) -> Made:
    return agent(*PLAIN[:at], step, *PLAIN[at + 1 :])


def test_equal_runs_have_no_divergence_and_fold_into_one_line() -> None:
    found = align(side(agent(*PLAIN)), side(agent(*PLAIN)))
    assert found.first is None
    assert found.equal
    assert found.folds == (Fold(0, 6),)
    assert found.counts.equal == 6
    assert list(found.row_of_a) == list(found.row_of_b) == list(range(6))


def test_one_step_inserted_leaves_all_others_equal() -> None:
    more = agent(*PLAIN[:2], tool("paris", name="lookup"), *PLAIN[2:])
    found = align(side(agent(*PLAIN)), side(more))
    assert told(found) == [
        "  1 1 assistant", "    2 2 chat", "    3 3 search", "  + . 4 lookup", "    4 5 chat",
        "    5 6 search", "    6 7 chat",
    ]  # fmt: skip
    assert found.first is not None
    assert found.first.sentence == "Step 4, lookup: new step."
    assert (found.first.row, found.first.a, found.first.b) == (3, None, 3)
    assert found.folds == (Fold(4, 3),)
    assert found.row(0).below == 1
    assert first(more, agent(*PLAIN)) == "Step 4 of A, lookup: step missing."


@pytest.mark.parametrize(
    ("at", "step", "sentence"),
    [
        (0, llm("ask other"), "Step 2, chat: other prompt."),
        (0, llm("ask", "other"), "Step 2, chat: same prompt, other answer."),
        (0, llm("ask", model="m-2"), "Step 2, chat: other model."),
        (0, llm("ask", settings="hot"), "Step 2, chat: other settings or tools."),
        (1, tool("bergen"), "Step 3, search: other tool arguments."),
        (1, tool("oslo", "nothing"), "Step 3, search: same arguments, other result."),
        (1, tool("oslo", 0, status=ERROR), "Step 3, search: failed in B, not in A."),
        (1, tool("oslo", UNKNOWN, status=OPEN), "Step 3, search: has not ended in B."),
        (1, tool("oslo", 0, status=CANCELLED), "Step 3, search: cancelled in B, not in A."),
        (1, tool("oslo", name="lookup"), "Step 3 of A, search: another step in its place, lookup."),
    ],
)
def test_one_thing_changed_is_named(at: int, step: Made, sentence: str) -> None:
    before = with_step(0, llm("ask", model="m-1"))
    after = agent(*before.inside[:at], step, *before.inside[at + 1 :])
    assert first(before, after) == sentence
    changed = align(side(before), side(after)).counts
    assert changed.equal == 5


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (tool("x", 0, status=ERROR), tool("x", "y"), Reason.FAILED_THERE),
        (tool("x", 0, status=OPEN), tool("x", 0), Reason.NOT_ENDED_THERE),
        (tool("x", 0, status=CANCELLED), tool("x", 0), Reason.CANCELLED_THERE),
        (agent(input="x"), agent(input="y"), Reason.OTHER_INPUT),
        (agent(output="x"), agent(output="y"), Reason.OTHER_OUTPUT),
        (made("agent", "one"), made("agent", "two"), Reason.OTHER_NAME),
        (made("agent", "one"), made("tool", "two"), Reason.OTHER_STEP),
    ],
)
def test_the_reason_for_two_lone_steps(before: Made, after: Made, reason: Reason) -> None:
    found = align(side(before), side(after)).first
    assert found is not None
    assert found.reason is reason


def test_what_came_out_of_a_step_counts_after_what_is_inside_of_it() -> None:
    before = agent(*PLAIN, output="cold")
    after = agent(*PLAIN[:3], tool("rome", "hot"), PLAIN[4], output="warm")
    found = align(side(before), side(after))
    assert found.first is not None
    assert found.first.sentence == "Step 5, search: same arguments, other result."
    assert found.row(0).parts == Part.OUTPUT
    assert found.row(0).sign is Sign.CHANGED


def test_a_retry_is_called_one() -> None:
    failed = tool("rome", 0, status=ERROR)
    again = agent(*PLAIN[:3], failed, *PLAIN[3:])
    assert first(agent(*PLAIN), again) == "Step 5, search: retry added."
    assert first(again, agent(*PLAIN)) == "Step 5 of A, search: retry missing."
    gave_up = agent(*PLAIN[:3], failed)
    assert first(gave_up, agent(*PLAIN[:3], failed, tool("rome", "warm"))) == (
        "Step 6, search: retry added."
    )


def test_branches_that_changed_places_have_moved() -> None:
    one, other = (
        made("agent", name, llm(name), tool(name), input=name) for name in ("east", "west")
    )
    found = align(side(agent(one, other, *PLAIN)), side(agent(other, one, *PLAIN)))
    assert (found.counts.moved, found.counts.equal) == (1, 11)
    assert found.first is not None
    assert found.first.reason is Reason.MOVED_STEP
    signs = [found.row(number).sign for number in range(len(found))]
    assert signs.count(Sign.MOVED) == 1


def test_a_subtree_that_went_under_another_parent_has_moved() -> None:
    inner = made("agent", "scout", llm("look"), tool("far"), input="go")
    before = agent(agent(inner, input="x"), agent(tool("y"), input="z"))
    after = agent(agent(input="x"), agent(tool("y"), inner, input="z"))
    found = align(side(before), side(after))
    assert told(found) == [
        "  1 1 assistant", "    2 2 assistant", "    6 3 assistant", "      7 4 search",
        "    ↔ 3 5 scout", "        4 6 chat", "        5 7 search",
    ]  # fmt: skip
    assert found.first is not None
    assert found.first.sentence == "Step 5, scout: the same step at another place."


def test_a_step_around_others_is_the_one_new_row() -> None:
    before = made("task", "outer", made("task", "inner", *PLAIN, input=1), input=2)
    after = made("task", "outer", made("tool", "guard", before.inside[0]), input=2)
    found = align(side(before), side(after))
    assert (found.counts.inserted, found.counts.removed, found.counts.changed) == (1, 0, 0)
    assert found.first is not None
    assert found.first.sentence == "Step 2, guard: new step."


def test_ten_thousand_siblings_of_one_name() -> None:
    calls = [tool(n + 1, n + 100_000) for n in range(10_000)]
    more = [*calls[:5_000], tool("new"), *calls[5_000:7_500], *calls[7_501:]]
    found = align(side(agent(*calls)), side(agent(*more)))
    assert (found.counts.inserted, found.counts.removed) == (1, 1)
    assert found.counts.equal == 10_000
    assert found.first is not None
    assert found.first.sentence == "Step 5002, search: new step."
    assert [fold.count for fold in found.folds] == [5_000, 2_500, 2_499]


def test_ten_thousand_siblings_that_all_differ_are_paired_in_order() -> None:
    before, after = ([tool(f"{word}{n}") for n in range(10_000)] for word in ("a", "b"))
    found = align(side(agent(*before)), side(agent(*after)))
    assert found.counts.changed == 10_000
    assert found.first is not None
    assert found.first.sentence == "Step 2, search: other tool arguments."


def test_runs_that_have_nothing_in_common() -> None:
    before = agent(tool("x", name="read"), tool("y", name="write"), input="one")
    after = made("workflow", "flow", llm("z"), input="two")
    found = align(side(before), side(after))
    assert found.first is not None
    assert found.first.sentence == "Step 1 of A, assistant: another step in its place, flow."
    assert sorted(x for x in found.a_at if x >= 0) == [0, 1, 2]
    assert sorted(x for x in found.b_at if x >= 0) == [0, 1]


def test_empty_runs() -> None:
    assert first(None, None) == ""
    assert first(None, agent(*PLAIN)) == "Step 1, assistant: new step."
    assert first(agent(*PLAIN), None) == "Step 1 of A, assistant: step missing."


def test_a_run_that_goes_on_has_not_come_so_far() -> None:
    live = agent(*PLAIN[:3], status=OPEN, output=UNKNOWN)
    assert first(agent(*PLAIN), live) == "Step 5 of A, search: B has not come this far."
    assert first(live, agent(*PLAIN)) == "Step 5, search: A has not come this far."
    done = agent(*PLAIN[:3])
    assert first(agent(*PLAIN), done) == "Step 5 of A, search: step missing."


def test_what_a_log_does_not_tell_is_equal_to_anything() -> None:
    known = agent(llm("ask", "said", settings="x", model="m"), tool("x", "y", status=ERROR))
    silent = agent(llm(UNKNOWN, UNKNOWN, settings=UNKNOWN), tool(UNKNOWN, UNKNOWN, status=ENDED))
    assert first(known, silent) == ""
    assert first(silent, known) == ""


def test_another_time_alone_changes_nothing() -> None:
    slow, quick = tool("x", duration=900_000_000), tool("x", duration=300_000_000)
    found = align(side(quick), side(slow))
    assert found.first is None
    row = found.row(0)
    assert (row.sign, row.parts) == (Sign.EQUAL, Part.TIME)
    assert row.delta.duration == 600_000_000


def test_a_fork_says_what_was_edited_and_not_how_long_playing_took() -> None:
    before = agent(tool("x", duration=900_000_000), tool("y", "one"), duration=None)
    after = agent(tool("x", duration=1, how="played"), tool("y", "two", how="edited"))
    found = align(side(before), side(after))
    assert found.first is not None
    assert found.first.sentence == "Step 3, search: same arguments, other result (edited)."
    assert found.row(1).parts == Part.NONE


def test_differences_are_b_less_a_by_row_and_in_all() -> None:
    before = side(llm("x", duration=1, tokens=10, cost=100), tool("gone", duration=5))
    after = side(llm("x", duration=4, tokens=30, cost=50), llm("new", tokens=7))
    found = align(before, after)
    deltas = {found.row(n).sign: found.row(n).delta for n in range(len(found))}
    assert deltas[Sign.EQUAL] == Delta(3, 20, -50)
    assert deltas[Sign.REMOVED] == Delta(-5, None, None)
    assert deltas[Sign.INSERTED] == Delta(None, 7, None)
    assert found.total == Delta(-2, 27, -50)
    assert align(before, after, Delta(1, 2, 3)).total == Delta(1, 2, 3)


def test_ten_thousand_levels_are_aligned() -> None:
    deep = made("task", "t", input=-5, status=OK)
    for level in range(10_000):
        deep = Made("task", "t", [deep], level + 1)
    found = align(side(deep), side(deep))
    assert found.equal
    assert found.depth[-1] == 10_000
