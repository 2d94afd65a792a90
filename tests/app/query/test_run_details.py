"""What the run list shows beside a run's row: signals, and the step of a fork."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.query.run_details import query_details, query_signal_names, query_signals
from rollscope_desktop.query.run_logs import query_logs, query_runs_in
from rollscope_desktop.query.runs import query_heads, query_heads_of
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    import pytest

    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def test_the_last_value_of_a_signal_is_what_counts(index: Index, reader: Reader) -> None:
    assert query_signal_names(reader) == []
    log = Log(run_key(1))
    [run] = index.grow(
        "a.jsonl",
        log.line("run.start", v=1, name="a")
        + log.line("message", role="user", content="hello")
        + log.line("signal", name="score", value=0.5)
        + log.line("feedback", name="rating", value="good")
        + log.line("signal", name="score", value=0.75)
        + log.line("signal", name="empty", value=None)
        + log.line("signal", name="\u202eodd.name", value=True),
    )
    assert query_signals(reader, run) == {
        "signal.score": 0.75, "feedback.rating": "good", "signal.\u202eodd.name": "true",
    }  # fmt: skip
    assert query_signals(reader, run, 3) == {"signal.score": 0.75, "signal.\u202eodd.name": "true"}
    names = ["feedback.rating", "signal.empty", "signal.score", "signal.\u202eodd.name"]
    assert query_signal_names(reader) == names


def test_only_what_has_come_since_is_read(
    index: Index, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(run_key(1))
    start = log.line("run.start", v=1, name="a")
    [run] = index.grow("a.jsonl", start + log.line("signal", name="x", value=1))
    [without] = query_details(reader, [run])
    assert (dict(without.signals), without.read) == ({}, 0)
    [first] = query_details(reader, [run, 99], {run: without}, signals=True)
    assert (dict(first.signals), first.read) == ({"signal.x": 1}, 1)
    index.grow("a.jsonl", log.line("signal", name="y", value=2))
    asked: list[str] = []
    all_rows = reader.all

    def spy(sql, parameters=()):
        asked.append(f"{sql} {parameters}")
        return all_rows(sql, parameters)

    monkeypatch.setattr(reader, "all", spy)
    [second] = query_details(reader, [run], {run: first}, signals=True)
    assert (dict(second.signals), second.read) == ({"signal.x": 1, "signal.y": 2}, 2)
    assert any(f"({(run << 31) + 1}, " in sql for sql in asked)
    asked.clear()
    [third] = query_details(reader, [run], {run: second}, signals=True)
    assert third == second
    assert not any("notes" in sql for sql in asked if "type IN" in sql)


def test_another_run_of_the_same_number_is_read_anew(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    start = log.line("run.start", v=1, name="a")
    [run] = index.grow("a.jsonl", start + log.line("signal", name="x", value=1))
    known = {run: query_details(reader, [run], signals=True)[0]}
    with index.writer.transaction():
        index.writer.drop_rows(index.files["a.jsonl"].id)
    assert index.grow("b.jsonl", simple_run(2)) == [run]
    [details] = query_details(reader, [run], known, signals=True)
    assert (details.row.name, dict(details.signals)) == ("run 2", {})


def test_a_fork_names_the_step_it_begins_with(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    start = log.line("run.start", v=1, name="a") + log.whole("tool", "get_weather")
    index.grow("a.jsonl", start)
    at = Log(run_key(1)).span_id()
    forks = [
        {"of": run_key(1), "at": at},
        {"of": run_key(1), "at": "0" * 16},
        {"of": run_key(9), "at": at},
        {"of": run_key(1), "at": "no id"},
        {"of": run_key(1)},
    ]
    runs = []
    for number, fork in enumerate(forks, 2):
        line = Log(run_key(number)).line("run.start", v=1, name="f", fork=fork)
        runs += index.grow(f"{number}.jsonl", line)
    found = {details.row.id: details.edited for details in query_details(reader, runs)}
    assert [found[run] for run in runs] == ["get_weather", "", "", "", ""]


def test_logs_of_runs_and_runs_of_logs(index: Index, reader: Reader) -> None:
    first, second = index.grow("a.jsonl", simple_run(1) + simple_run(2))
    index.grow("b.jsonl", Log(run_key(1), proc=1).line("event", name="x"))
    logs = query_logs(reader, [first])
    assert sorted(log.path for log in logs) == [
        str(index.folder / name).encode() for name in ("a.jsonl", "b.jsonl")
    ]
    assert {log.format for log in logs} == {"rollscope"}
    sharing = query_runs_in(reader, {log.file for log in logs})
    assert sorted((log.run, log.file) for log in sharing) == [(first, 1), (first, 2), (second, 1)]


def test_runs_whose_logs_were_thrown_out_of_our_folder_are_left_out(
    index: Index, reader: Reader
) -> None:
    [gone] = index.grow("a.jsonl", simple_run(1))
    [there] = index.grow("b.jsonl", simple_run(2))
    with index.writer.transaction():
        index.writer.files.mark_missing(index.files["a.jsonl"], True)
    own, other = index.folder, index.folder.with_name(index.folder.name + "2")

    def ids(folder):
        return {head.id for head in query_heads(reader, "", folder)}

    assert ids(own) == {there}
    assert ids(None) == ids(other) == {gone, there}
    assert query_heads_of(reader, [gone], "", own) == []
    assert [head.log for head in query_heads_of(reader, [there], "", own)] == [str(own / "b.jsonl")]
