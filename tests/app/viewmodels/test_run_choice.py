"""How the person wants the run list: groups, pins, figures, the filter; and what is remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPersistentModelIndex

from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.viewmodels.lines import HeadingLine, RunLine
from rollscope_desktop.viewmodels.runs.choice import USUAL_COLUMNS
from rollscope_desktop.viewmodels.runs.columns import COLUMNS, column_of, columns_of, in_place
from rollscope_desktop.viewmodels.runs.memory import RunMemory
from rollscope_desktop.viewmodels.runs.model import ListState, RunListModel
from rollscope_desktop.viewmodels.runs.sums import Sums
from rollscope_desktop.viewmodels.scope import ScopeStack
from tests.app.support import EPOCH, SECOND, Log, run_key, simple_run
from tests.app.viewmodels.test_runs import load, settle, texts

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


@pytest.fixture
def scope(qapp) -> ScopeStack:
    return ScopeStack()


@pytest.fixture
def model(jobs: Jobs, scope: ScopeStack, qtmodeltester) -> RunListModel:
    made = RunListModel(jobs, scope=scope)
    qtmodeltester.check(made)
    return made


def in_session(number: int, session: str, cost: float = 0.0) -> bytes:
    log = Log(run_key(number), EPOCH + number * SECOND)
    usage = {"model": "m", "input_tokens": number, "output_tokens": 1, "cost_usd": cost}
    return (
        log.line("run.start", v=1, name=f"run {number}", session=session, agent="a")
        + log.whole("llm", "chat", usage=usage)
        + log.line("signal", name="score", value=number / 8)
        + log.line("run.end", status="ok", reward=number / 10)
    )


def test_grouping_changes_rows_and_headings_tell_sums(
    model: RunListModel, index: Index, qtbot
) -> None:
    for number, session in ((1, "s"), (2, "t"), (3, "s")):
        index.grow(f"{number}.jsonl", in_session(number, session, 0.01))
    load(model, qtbot)
    model.set_group("session")
    settle(model, qtbot)
    assert texts(model, qtbot) == ["s", "run 1", "run 3", "t", "run 2"]
    heading = model.line(0)
    assert isinstance(heading, HeadingLine)
    assert isinstance(heading.sums, Sums)
    assert (heading.count, heading.sums.cost, heading.sums.mean) == (2, 20_000_000, 0.2)
    assert "reward 0.20 (0.10 to 0.30), $0.0200" in heading.detail
    assert model.runs_inside(0) == [1, 3]
    model.set_all_expanded(False)
    assert texts(model, qtbot) == ["s", "t"]
    assert model.runs_inside(0) == [1, 3]
    model.set_group("no such group")
    assert model.choice.group == "session"
    assert model.headings() == [0, 1]


def test_pinned_runs_stay_on_top(model: RunListModel, index: Index, qtbot) -> None:
    ids = [index.grow(f"{n}.jsonl", in_session(n, "s"))[0] for n in (1, 2, 3)]
    load(model, qtbot)
    held = QPersistentModelIndex(model.index(model.row_of(ids[0]), 0))
    model.set_pinned([ids[0]], True)
    model.set_pinned([ids[0], 99], True)
    settle(model, qtbot)
    assert model.choice.pinned == (run_key(1),)
    assert texts(model, qtbot)[:2] == ["Pinned", "run 1"]
    line = model.line(1)
    assert isinstance(line, RunLine)
    assert line.pinned
    assert model.is_pinned(ids[0])
    assert held.row() in (-1, 1)
    model.set_order("name")
    settle(model, qtbot)
    assert texts(model, qtbot) == ["Pinned", "run 1", "Other Runs", "run 2", "run 3"]
    model.set_pinned(ids, False)
    settle(model, qtbot)
    assert texts(model, qtbot) == ["run 1", "run 2", "run 3"]


def test_signals_are_read_when_they_are_wanted(model: RunListModel, index: Index, qtbot) -> None:
    [run] = index.grow("1.jsonl", in_session(1, "s"))
    load(model, qtbot)

    def signals() -> dict[str, str | float]:
        line = model.line(model.row_of(run))
        return dict(line.signals) if isinstance(line, RunLine) else {}

    assert signals() == {}
    model.set_columns(["signal.score", "cost", "no such thing"])
    assert model.choice.columns == ("cost", "signal.score")
    qtbot.waitUntil(lambda: signals() == {"signal.score": 0.125})
    line = model.line(model.row_of(run))
    assert isinstance(line, RunLine)
    assert [column.said(line) for column in columns_of(model.choice.columns)] == ["", "0.125"]
    log = Log(run_key(1), EPOCH + 9 * SECOND, proc=1)
    index.grow("1.jsonl", log.line("signal", name="score", value=7))
    model.take_changes([run])
    qtbot.waitUntil(lambda: signals() == {"signal.score": 7})
    got: list[list[str]] = []
    model.read_signal_names(got.append)
    qtbot.waitUntil(lambda: got == [["signal.score"]])


def test_only_runs_that_fit_the_filter(
    model: RunListModel, scope: ScopeStack, index: Index, qtbot
) -> None:
    load(model, qtbot)
    scope.set_filter("name:nobody")
    settle(model, qtbot)
    assert model.state is ListState.EMPTY
    for n in (1, 2, 3):
        index.grow(f"{n}.jsonl", in_session(n, "s"))
    model.take_changes([1, 2, 3])
    settle(model, qtbot)
    assert (model.state, model.total, model.fitting) == (ListState.NOTHING, 3, 0)
    scope.set_filter("reward>0.15")
    settle(model, qtbot)
    assert (model.state, model.total, model.fitting) == (ListState.FULL, 3, 2)
    assert texts(model, qtbot)[1:] == ["run 3", "run 2"]
    assert model.reveal(1) == -1
    model.clear_filter()
    settle(model, qtbot)
    assert scope.scope.filter == ""
    assert model.fitting == 3


def test_a_live_run_that_begins_to_fit_appears(
    model: RunListModel, scope: ScopeStack, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    [run] = index.grow("1.jsonl", log.line("run.start", v=1, name="a") + log.whole())
    [other] = index.grow("2.jsonl", simple_run(2))
    scope.set_filter("status:error")
    load(model, qtbot)
    assert model.state is ListState.NOTHING
    index.grow("1.jsonl", log.whole(status="error"))
    model.take_changes([run])
    settle(model, qtbot)
    assert texts(model, qtbot)[1:] == ["a"]
    index.grow("2.jsonl", Log(run_key(2), proc=1).whole(status="error"))
    model.take_changes([other])
    settle(model, qtbot)
    assert sorted(texts(model, qtbot)[1:]) == ["a", "run 2"]


def test_what_changes_while_the_filter_does_is_not_lost(
    model: RunListModel, scope: ScopeStack, index: Index, qtbot
) -> None:
    load(model, qtbot)
    for n in (1, 2, 3):
        index.grow(f"{n}.jsonl", in_session(n, "s"))
        model.take_changes([n])
        model._again.stop()
        model._load()
        scope.set_filter(f"reward>0.{n}")  # takes the place of what was asked a moment ago
    settle(model, qtbot)
    scope.set_filter("")
    settle(model, qtbot)
    assert model.total == model.fitting == 3


def test_forks_whose_original_does_not_fit_stand_alone(
    model: RunListModel, scope: ScopeStack, index: Index, qtbot
) -> None:
    index.grow("1.jsonl", in_session(1, "s"))
    log = Log(run_key(2), EPOCH + 2 * SECOND)
    start = log.line("run.start", v=1, name="fork", fork={"of": run_key(1), "at": "0" * 16})
    [fork] = index.grow("2.jsonl", start + log.whole(status="error"))
    load(model, qtbot)
    texts(model, qtbot)
    line = model.line(model.row_of(fork))
    assert isinstance(line, RunLine)
    assert line.depth == 1
    scope.set_filter("status:error")
    settle(model, qtbot)
    line = model.line(model.row_of(fork))
    assert isinstance(line, RunLine)
    assert (model.rowCount(), line.depth) == (2, 0)


def test_runs_as_json(model: RunListModel, index: Index, qtbot) -> None:
    index.grow("1.jsonl", in_session(1, "s", 0.5))
    log = Log(run_key(2))
    fork = {"of": run_key(1), "at": Log(run_key(1)).span_id()}
    group = {"id": "g", "index": 3, "chain": 1}
    index.grow(
        "2.jsonl",
        log.line("run.start", v=1, name="\u202ename", fork=fork, group=group)
        + log.line("feedback", name="rating", value="good"),
    )
    load(model, qtbot)
    said: list[str] = []
    model.read_json([2, 99, 1], said.append)
    qtbot.waitUntil(lambda: bool(said))
    second, first = json.loads(said[0])
    assert first["run"] == run_key(1)
    assert (first["session"], first["state"], first["steps"]) == ("s", "ok", 1)
    assert (first["cost_usd"], first["input_tokens"], first["reward"]) == (0.5, 1, 0.1)
    assert first["started"].endswith("+00:00")
    assert first["signals"] == {"score": 0.125}
    assert "error" not in first
    assert "group" not in first
    assert second["group"] == {"id": "g", "index": 3, "chain": 1}
    assert second["feedback"] == {"rating": "good"}
    assert second["fork"] == {"of": run_key(1), "at": fork["at"], "step": "chat"}
    assert model.keys_of([2, 1]) == [run_key(2), run_key(1)]


def test_choices_are_remembered(jobs: Jobs, index: Index, tmp_path, qtbot) -> None:
    index.grow("1.jsonl", in_session(1, "s"))
    settings = Settings(tmp_path / "settings.json", Notices())
    model = RunListModel(jobs)
    memory = RunMemory(settings, model)
    assert model.choice.columns == settings.values.run_columns == USUAL_COLUMNS
    load(model, qtbot)
    model.set_group("session")
    model.set_order("cost")
    model.set_columns(["signal.score", "steps"])
    model.set_pinned([1], True)
    model.set_group("agent")
    settle(model, qtbot)
    model.set_expanded(0, False)
    del memory

    again = RunListModel(jobs)
    kept = RunMemory(Settings(tmp_path / "settings.json", Notices()), again)
    assert again.choice == model.choice
    load(again, qtbot)
    assert texts(again, qtbot) == ["Pinned"]
    again.toggle(0)
    assert kept._settings.layout("run folds") == b'{"pinned": true}'


def test_settings_that_make_no_sense_do_no_harm(jobs: Jobs, tmp_path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(
        json.dumps({"group": "moon", "order": "", "run_columns": ["x", "cost", "signal."],
                    "pinned": ["a", "a"], "layout": {"run folds": "W10="}})
    )  # fmt: skip
    model = RunListModel(jobs)
    settings = Settings(path, Notices())
    memory = RunMemory(settings, model)
    assert (model.choice.group, model.choice.order) == ("day", "newest")
    assert [column.key for column in columns_of(model.choice.columns)] == ["cost"]
    assert model.choice.pinned == ("a",)
    settings.set_group("folder")
    assert model.choice.group == "folder"
    del memory


def test_columns_are_a_table() -> None:
    assert all(column.title and column.widest for column in COLUMNS.values())
    assert in_place({"signal.b", "cost", "feedback.a", "started"}) == (
        "started", "cost", "feedback.a", "signal.b",
    )  # fmt: skip
    made = column_of("signal.\u202escore")
    assert made is not None
    assert made.title == "<U+202E>score"
    assert column_of("signal.") is None
    assert column_of("nothing") is None
