"""The inspector: each tab is read when it is wanted, and says why there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollscope_desktop.model.messages import Message
from rollscope_desktop.viewmodels.inspector.model import Inspector, PartState, Tab
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.selection import Selection
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


@pytest.fixture
def inspector(jobs: Jobs) -> Inspector:
    return Inspector(jobs)


def shown(inspector: Inspector, tab: Tab, qtbot):
    qtbot.waitUntil(lambda: inspector.part(tab).state is not PartState.LOADING)
    return inspector.part(tab)


def test_nothing_is_selected(inspector: Inspector) -> None:
    assert inspector.is_empty
    assert inspector.tabs == [Tab.SUMMARY]
    assert inspector.part(Tab.SUMMARY).state is PartState.LOADING


def test_a_model_call(inspector: Inspector, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    with qtbot.waitSignal(inspector.subject_changed):
        inspector.show_subject(run, run << 31 | 1)
    assert inspector.title is not None
    assert (inspector.title.kind, inspector.title.name) == ("llm", "chat")
    assert inspector.tabs == list(Tab)
    facts = {fact.name: fact.value for fact in shown(inspector, Tab.SUMMARY, qtbot).value.facts}
    assert facts["Model"] == "gpt-x"
    assert facts["Tokens"] == "10 in, 5 out"
    assert facts["Cost"] == "$0.0100"
    assert facts["Status"] == "ok"
    assert shown(inspector, Tab.INPUT, qtbot).value.value == [
        {"role": "user", "content": "weather?"}
    ]
    talk = shown(inspector, Tab.MESSAGES, qtbot).value
    assert talk.answered == (Message("assistant", ("It is warm.",)),)
    assert shown(inspector, Tab.ATTRIBUTES, qtbot).value.value["usage"]["model"] == "gpt-x"
    assert len(shown(inspector, Tab.RAW, qtbot).value) == 2


def test_a_run(inspector: Inspector, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    inspector.show_subject(run)
    summary = shown(inspector, Tab.SUMMARY, qtbot)
    assert inspector.title is not None
    assert inspector.title.id == run_key(1)
    assert Tab.MESSAGES not in inspector.tabs
    facts = {fact.name: fact.value for fact in summary.value.facts}
    assert (facts["Steps"], facts["Model calls"], facts["Reward"]) == ("3", "1", "0.10")
    assert shown(inspector, Tab.OUTPUT, qtbot).value.value == "done"


def test_what_the_log_does_not_say(inspector: Inspector, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", Log(run_key(1)).whole("tool", "t"))
    inspector.show_subject(run, run << 31)
    part = shown(inspector, Tab.INPUT, qtbot)
    assert part.state is PartState.EMPTY
    assert part.sentence == "The log does not say what went in."
    assert shown(inspector, Tab.ATTRIBUTES, qtbot).state is PartState.EMPTY


def test_a_log_that_is_gone(inspector: Inspector, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    (index.folder / "a.jsonl").unlink()
    inspector.show_subject(run, run << 31 | 1)
    assert shown(inspector, Tab.SUMMARY, qtbot).state is PartState.FULL
    for tab in (Tab.INPUT, Tab.OUTPUT, Tab.MESSAGES, Tab.ATTRIBUTES, Tab.RAW):
        part = shown(inspector, tab, qtbot)
        assert (part.state, part.sentence) == (PartState.FAILED, "The log a.jsonl is gone.")


def test_a_record_that_is_too_big_waits_to_be_asked_for(
    inspector: Inspector, index: Index, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollscope_desktop.query.payloads.BIG", 500)
    [run] = index.grow("a.jsonl", Log(run_key(1)).whole("tool", "t", input="x" * 1000))
    inspector.show_subject(run, run << 31)
    assert shown(inspector, Tab.INPUT, qtbot).state is PartState.TOO_BIG
    inspector.read_whole(Tab.INPUT)
    qtbot.waitUntil(lambda: inspector.part(Tab.INPUT).state is PartState.FULL)
    assert inspector.part(Tab.INPUT).value.value == "x" * 1000


def test_a_step_that_ends_is_followed(inspector: Inspector, index: Index, qtbot) -> None:
    log = Log(run_key(1))
    span = log.span_id()
    [run] = index.grow("a.jsonl", log.line("span.start", span=span, kind="tool", name="t"))
    inspector.show_subject(run, run << 31)
    assert shown(inspector, Tab.OUTPUT, qtbot).state is PartState.EMPTY
    index.grow("a.jsonl", log.line("span.end", span=span, status="ok", output=42))
    inspector.follow()
    qtbot.waitUntil(lambda: inspector.part(Tab.OUTPUT).state is PartState.FULL)
    assert inspector.part(Tab.OUTPUT).value.value == 42
    changes: list[Tab] = []
    inspector.part_changed.connect(changes.append)
    inspector.follow()
    qtbot.waitUntil(lambda: not inspector.jobs.is_busy(inspector, "subject"))
    assert changes == []


def test_another_subject_forgets_the_last(inspector: Inspector, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    inspector.show_subject(run, run << 31 | 2)
    assert shown(inspector, Tab.OUTPUT, qtbot).value.value == "21 °C"
    inspector.show_subject(run, run << 31 | 1)
    assert inspector.part(Tab.OUTPUT).state is PartState.LOADING
    assert shown(inspector, Tab.OUTPUT, qtbot).value.value["content"] == "It is warm."
    inspector.show_subject(run, run << 31 | 77)
    qtbot.waitUntil(lambda: bool(inspector.failure))
    assert shown(inspector, Tab.SUMMARY, qtbot).state is PartState.FAILED
    inspector.show_subject(None)
    assert inspector.is_empty


def test_the_selection_comes_back_to_the_span_of_each_run(qtbot) -> None:
    selection = Selection()
    selection.select_span(5)
    assert selection.span is None
    with qtbot.waitSignals([selection.run_changed, selection.span_changed]):
        selection.select_run(1)
    selection.select_span(1 << 31)
    with qtbot.assertNotEmitted(selection.span_changed):
        selection.select_span(1 << 31)
        selection.select_run(1)
    selection.select_run(2)
    assert selection.span is None
    selection.select_run(1)
    assert selection.span == 1 << 31
    selection.select_run(None)
    assert (selection.run, selection.span) == (None, None)


# At a moment


@pytest.fixture
def opened(jobs: Jobs, inspector: Inspector) -> OpenRun:
    made = OpenRun(jobs)
    inspector.attend(made)
    return made


def begin(opened: OpenRun, inspector: Inspector, index: Index, span: int | None, qtbot) -> int:
    [run] = index.grow("a.jsonl", simple_run(1))
    opened.show(run)
    qtbot.waitUntil(lambda: opened.watch.whole)
    inspector.show_subject(run, None if span is None else run << 31 | span)
    qtbot.waitUntil(lambda: inspector.title is not None)
    return run


def facts(inspector: Inspector) -> dict[str, str]:
    summary = inspector.part(Tab.SUMMARY).value
    return {fact.name: fact.value for fact in summary.facts}


MS = 1_000_000


def test_a_step_that_was_still_running(opened, inspector, index: Index, qtbot) -> None:
    begin(opened, inspector, index, 1, qtbot)  # the model call, from 2 to 3 ms
    full = shown(inspector, Tab.OUTPUT, qtbot)
    assert full.state is PartState.FULL
    shown(inspector, Tab.MESSAGES, qtbot)

    opened.playhead.set(2_500_000)

    assert inspector.there is Standing.OPEN
    known = facts(inspector)
    assert (known["Status"], known["So far"]) == ("not ended", "500 µs")
    assert not {"Ended", "Duration", "Tokens", "Cost"} & set(known)
    output = inspector.part(Tab.OUTPUT)
    assert (output.state, output.sentence) == (
        PartState.LATER,
        "At this moment the step was still running",
    )
    qtbot.waitUntil(lambda: not inspector.part(Tab.MESSAGES).value.answered)
    assert inspector.part(Tab.MESSAGES).value.sent == (Message("user", ("weather?",)),)
    assert shown(inspector, Tab.INPUT, qtbot).state is PartState.FULL
    assert len(shown(inspector, Tab.RAW, qtbot).value) == 1
    opened.playhead.set(2_600_000)
    assert facts(inspector)["So far"] == "600 µs"
    opened.playhead.set(3 * MS)
    qtbot.waitUntil(lambda: inspector.part(Tab.OUTPUT).state is PartState.FULL)
    assert inspector.part(Tab.OUTPUT) == full
    assert facts(inspector)["Tokens"] == "10 in, 5 out"


def test_a_step_that_had_not_started(opened, inspector, index: Index, qtbot) -> None:
    begin(opened, inspector, index, 2, qtbot)
    with qtbot.waitSignal(inspector.title_changed):
        opened.playhead.set(MS)

    assert inspector.there is Standing.AHEAD
    assert facts(inspector) == {
        "Status": "not started at this moment",
        "Id": facts(inspector)["Id"],
    }
    for tab in (Tab.INPUT, Tab.OUTPUT, Tab.ATTRIBUTES, Tab.RAW):
        assert inspector.part(tab).state is PartState.LATER
        assert inspector.part(tab).sentence == "Not started at this moment"
    opened.playhead.set(None)
    assert facts(inspector)["Status"] == "ok"
    assert shown(inspector, Tab.OUTPUT, qtbot).state is PartState.FULL


def test_a_run_that_was_going_on(opened, inspector, index: Index, qtbot) -> None:
    begin(opened, inspector, index, None, qtbot)
    opened.playhead.set(3 * MS)

    known = facts(inspector)
    assert (known["Status"], known["So far"]) == ("not ended", "3.00 ms")
    assert not {"Steps", "Cost", "Reward", "Tokens"} & set(known)
    assert inspector.part(Tab.OUTPUT).sentence == "At this moment the run was still going on"


def test_notes_of_later_are_not_known(opened, inspector, index: Index, qtbot) -> None:
    log = Log(run_key(1))

    def inside(span: str) -> bytes:
        early = log.line("signal", span=span, name="early", value=1.0)
        return early + log.line("signal", span=span, name="late", value=2.0, after=5 * MS)

    [run] = index.grow("a.jsonl", log.whole("agent", "a", inside=inside))
    opened.show(run)
    qtbot.waitUntil(lambda: opened.watch.whole)
    inspector.show_subject(run, run << 31)
    names = lambda: [n.name for n in inspector.part(Tab.SUMMARY).value.notes]  # noqa: E731
    qtbot.waitUntil(lambda: inspector.part(Tab.SUMMARY).state is PartState.FULL)
    assert names() == ["early", "late"]
    opened.playhead.set(2 * MS)
    assert names() == ["early"]


def test_the_playhead_of_another_run_means_nothing_here(opened, inspector, index, qtbot) -> None:
    begin(opened, inspector, index, 1, qtbot)
    [other] = index.grow("b.jsonl", simple_run(2))
    opened.show(other)
    qtbot.waitUntil(lambda: opened.watch.whole)
    opened.playhead.set(MS)

    assert inspector.there is Standing.OVER
    assert facts(inspector)["Status"] == "ok"


def test_more_of_a_step_that_runs_is_shown_when_it_is_told(
    opened, inspector, index: Index, qtbot
) -> None:
    log, span = Log(run_key(1)), "0a" * 8
    out = log.line("run.start", v=1, name="r")
    [run] = index.grow("a.jsonl", out + log.line("span.start", span=span, kind="tool", name="t"))
    opened.watch.show(run)
    qtbot.waitUntil(lambda: opened.watch.whole)
    id = run << 31
    opened.details.row(id)
    qtbot.waitUntil(lambda: opened.details.row(id) is not None)
    inspector.show_subject(run, id)
    assert shown(inspector, Tab.INPUT, qtbot).state is PartState.EMPTY

    index.grow("a.jsonl", log.line("span.set", span=span, input="more", output="so far"))
    opened.watch.follow()
    inspector.follow()

    qtbot.waitUntil(lambda: inspector.part(Tab.INPUT).state is PartState.FULL)
    assert inspector.part(Tab.INPUT).value.value == "more"
    qtbot.waitUntil(lambda: bool(opened.details.row(id).sets))
    started = opened.details.row(id).start
    index.grow("a.jsonl", log.line("span.end", span=span, status="ok", output="at last"))
    opened.watch.follow()
    inspector.follow()
    qtbot.waitUntil(lambda: inspector.title.status != 0)
    qtbot.waitUntil(lambda: inspector.part(Tab.OUTPUT).value is not None)

    opened.playhead.set(1_500_000)  # after its start, before anything was told of it
    assert started is not None
    assert inspector.part(Tab.OUTPUT).state is PartState.LATER
    qtbot.waitUntil(lambda: inspector.part(Tab.INPUT).state is PartState.EMPTY)
    opened.playhead.set(2_500_000)
    qtbot.waitUntil(lambda: shown(inspector, Tab.OUTPUT, qtbot).state is PartState.FULL)
    assert shown(inspector, Tab.OUTPUT, qtbot).value.value == "so far"
