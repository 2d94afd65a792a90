"""Questions about runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.query import runs
from tests.app.support import EPOCH, SECOND, Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def test_heads_and_rows_newest_first(index: Index, reader: Reader) -> None:
    for n in range(3):
        index.grow(f"{n}.jsonl", simple_run(n, start=EPOCH + n * SECOND))
    heads = runs.query_heads(reader)
    assert [head.key for head in heads] == [run_key(2), run_key(1), run_key(0)]
    assert [row.name for row in runs.query_newest(reader, 2)] == ["run 2", "run 1"]
    assert [row.name for row in runs.query_newest(reader, 2, 2)] == ["run 0"]
    rows = runs.query_rows(reader, [heads[0].id, heads[2].id, 999])
    assert {row.name for row in rows} == {"run 0", "run 2"}
    assert heads[0].reward == 0.2
    assert runs.query_run(reader, 999) is None


def test_a_run_of_a_process_here_counts_as_alive(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    process = {"pid": 1, "host": "here"}
    index.grow("a.jsonl", log.line("run.start", v=1, name="a", process=process))
    assert runs.query_heads(reader, "here")[0].alive
    assert not runs.query_heads(reader, "elsewhere")[0].alive


def test_a_run_is_found_by_key_prefix_and_name(index: Index, reader: Reader) -> None:
    index.grow("1.jsonl", simple_run(1))
    index.grow("2.jsonl", simple_run(2))
    assert [row.name for row in runs.find_runs(reader, run_key(1))] == ["run 1"]
    assert [row.name for row in runs.find_runs(reader, run_key(2)[:6].upper())] == ["run 2"]
    assert [row.name for row in runs.find_runs(reader, "run 2")] == ["run 2"]
    assert len(runs.find_runs(reader, "run")) == 2
    assert [row.name for row in runs.find_runs(reader, "UN 1")] == ["run 1"]
    assert runs.find_runs(reader, "%") == []


def test_counts_files_and_payload_places(index: Index, reader: Reader) -> None:
    [id] = index.grow("1.jsonl", simple_run(1))
    assert runs.query_counts(reader) == runs.Counts(1, 1, 3, 0)
    assert runs.query_files(reader, id) == [str(index.folder / "1.jsonl")]
    ends = runs.query_run_payloads(reader, id)
    assert ends.input is not None
    assert ends.output is not None
    assert (ends.input.path, ends.output.path) == ("input", "output")
    assert runs.query_run_payloads(reader, 99) == runs.RunPayloads(None, None)


def test_what_was_thrown_away_from_our_own_folder_does_not_count(
    index: Index, reader: Reader
) -> None:
    index.grow("own/1.jsonl", simple_run(1))
    index.grow("own/2.jsonl", simple_run(2))
    index.grow("other/3.jsonl", simple_run(3))
    for name in ("own/1.jsonl", "other/3.jsonl"):
        with index.writer.transaction():
            index.writer.files.mark_missing(index.files[name], True)
    own = index.folder / "own"
    assert {run.name for run in runs.query_newest(reader, own=own)} == {"run 2", "run 3"}
    assert (index.writer.counts(own)["runs"], index.writer.counts(own)["spans"]) == (2, 6)
    assert index.writer.counts()["runs"] == 3


def test_a_run_of_several_processes_is_one_run(index: Index, reader: Reader) -> None:
    """A child's log may be read before that of the process that began the run."""
    key, child, parent = run_key(1), Log(run_key(1), proc=1), Log(run_key(1))
    [run] = index.grow("1.jsonl", child.whole("tool", "inside"))
    row = runs.query_run(reader, run)
    assert row is not None
    assert (row.name, row.spans) == (None, 1)
    start = parent.line("run.start", v=1, name="whole", input=1, environment="e", project="p")
    assert index.grow("0.jsonl", start + parent.whole()) == [run]
    row = runs.query_run(reader, run)
    assert row is not None
    assert (row.key, row.name, row.spans, row.environment, row.project) == (
        key, "whole", 2, "e", "p"
    )  # fmt: skip
    assert len(runs.query_files(reader, run)) == 2
    given = runs.query_run_payloads(reader, run).input
    assert given is not None
    index.grow("1.jsonl", child.whole("tool", "more"))
    assert [head.spans for head in runs.query_heads(reader)] == [3]
