"""Rows A1 to A4: indexing a folder, listing it, what it takes, opening it again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.child import Failed, measure
from tests.bench.samples import Line, Samples, Step, at_most, megabytes, seconds, times

if TYPE_CHECKING:
    from tests.bench.corpus import Corpus

_SAMPLE = 50_000  # lines that sqlite-utils is given: its rate does not depend on how many


def steps(runlog: Corpus, flat: Corpus, place: Path) -> list[Step]:
    """What one round measures, in an order that puts what is compared side by side."""
    kept = place / "index.db"

    def fresh(corpus: Corpus, name: str) -> Callable[[], dict[str, Any]]:
        def run() -> dict[str, Any]:
            index = place / name
            _remove(index)
            said = measure("index", folder=corpus.folder, index=index)
            _whole(said["whole_spans"], corpus)
            if index != kept:
                _remove(index)
            return said

        return run

    def listing() -> dict[str, Any]:
        index = place / "list.db"
        _remove(index)
        said = measure("list_runs", folder=runlog.folder, index=index, runs=runlog.files)
        _remove(index)
        return said

    def task(name: str, corpus: Corpus, **more: Any) -> Callable[[], dict[str, Any]]:
        return lambda: measure(name, folder=corpus.folder, **more)

    def peer(name: str, **more: Any) -> Callable[[], dict[str, Any]]:
        def run() -> dict[str, Any]:
            said = measure(name, folder=flat.folder, **more)
            _whole(said["rows"], flat)
            return said

        return run

    def step(name: str, rows: str, run: Callable[[], dict[str, Any]]) -> Step:
        return Step(name, frozenset(rows.split()), run)

    out = [
        step("read", "A1", task("bare_read", runlog)),
        step("L", "A1 A2 A4", task("parse_limit", runlog)),
        step("index", "A1 A3 A4", fresh(runlog, kept.name)),
        step("list", "A2", listing),
        step("reopen", "A4", lambda: measure("reopen", folder=runlog.folder, index=kept)),
        step("L flat", "A1", task("parse_limit", flat)),
        step("index flat", "A1", fresh(flat, "flat.db")),
        step("duckdb", "A1", peer("duckdb")),
        step("polars", "A1", peer("polars")),
        step("sqlite-utils", "A1", task("sqlite_utils", flat, lines=min(_SAMPLE, flat.lines))),
    ]
    program = shutil.which("lnav")
    if program is not None:
        out.append(step("lnav", "A1", peer("lnav", program=program)))
    return out


def _whole(rows: int, corpus: Corpus) -> None:
    """Whoever passes over a part of the data is not measured by it."""
    if rows != corpus.spans:
        raise Failed(f"it has {rows:,} of {corpus.spans:,} spans")


def _remove(index: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{index}{suffix}").unlink(missing_ok=True)


def lines(samples: Samples, runlog: Corpus, flat: Corpus) -> list[Line]:
    """What the samples say beside the targets."""
    limit, limit_flat = samples.middle("L"), samples.middle("L flat")
    index, index_flat = samples.middle("index"), samples.middle("index flat")
    by_limit, by_limit_flat = samples.ratio("index", "L"), samples.ratio("index flat", "L flat")
    out = []
    work = samples.ratio("index", "L", "processor")
    if index is not None:
        out.append(
            Line("A1", "index the run logs into a complete index", "≤ 4.0 L", seconds(index),
                 f"L {seconds(limit)}", times(by_limit), at_most(by_limit, 4.0))
        )  # fmt: skip
        out.append(
            Line("A1", "processor time of that, all cores together", "",
                 seconds(samples.middle("index", "processor")),
                 f"L {seconds(samples.middle('L', 'processor'))}", times(work))
        )  # fmt: skip
    if index_flat is not None:
        lnav = samples.ratio("index flat", "lnav")
        out.append(
            Line("A1", "index the flat lines", "≤ 3.5 L", seconds(index_flat),
                 f"L {seconds(limit_flat)}", times(by_limit_flat), at_most(by_limit_flat, 3.5))
        )  # fmt: skip
        out.append(
            Line("A1", "the same against lnav's group query", "≤ 0.75×", seconds(index_flat),
                 f"lnav {seconds(samples.middle('lnav'))}", times(lnav), at_most(lnav, 0.75))
        )  # fmt: skip
        out.append(_against_sqlite_utils(samples, flat))
        for peer, what in (("duckdb", "columns only, on disk"), ("polars", "in memory")):
            value = samples.ratio("index flat", peer)
            said = f"{peer} ({what}) {seconds(samples.middle(peer))}"
            out.append(
                Line("A1", f"the same beside {peer}", "", seconds(index_flat), said, times(value))
            )
    complete, first = (
        samples.ratio("list", "L", "complete", "seconds"),
        samples.best("list", "first_100"),
    )
    if complete is not None:
        out.append(
            Line("A2", "run list complete, for a second process", "≤ 1.0 L",
                 seconds(samples.middle("list", "complete")), f"L {seconds(limit)}",
                 times(complete), at_most(complete, 1.0))
        )  # fmt: skip
        out.append(
            Line("A2", "first 100 rows of it (best of the rounds)", "≤ 0.3 s", seconds(first),
                 f"L {seconds(limit)}", "", at_most(first, 0.3))
        )  # fmt: skip
    out += _size_and_memory(samples, runlog)
    reopen = samples.ratio("reopen", "L")
    if reopen is not None:
        out.append(
            Line("A4", "second open, nothing changed", "≤ 0.15 L",
                 seconds(samples.middle("reopen")),
                 f"L {seconds(limit)}, stat of files {seconds(samples.middle('reopen', 'stat'))}",
                 times(reopen), at_most(reopen, 0.15))
        )  # fmt: skip
    return out


def _against_sqlite_utils(samples: Samples, flat: Corpus) -> Line:
    ours, theirs = samples.middle("index flat"), samples.middle("sqlite-utils")
    rows = samples.middle("sqlite-utils", "rows")
    share = samples.ratio("sqlite-utils", "index flat")
    faster = None if share is None or not rows else share / rows * flat.spans
    rate = "–" if not theirs or not rows else f"{rows / theirs:,.0f} rows/s"
    own = "–" if not ours else f"{flat.spans / ours:,.0f} spans/s"
    met = None if faster is None else faster >= 7
    return Line("A1", "the same against sqlite-utils' API", "≥ 7× its rate", own,
                f"sqlite-utils {rate}", times(faster), met)  # fmt: skip


def _size_and_memory(samples: Samples, runlog: Corpus) -> list[Line]:
    size = samples.middle("index", "index_bytes")
    if size is None:
        return []
    own, workers = samples.most("index", "peak_mb"), samples.most("index", "workers_mb")
    both = None if own is None or workers is None else own + workers
    part = size / runlog.bytes
    return [
        Line("A3", "size of the index by the size of the logs", "≤ 0.16×",
             megabytes(size / 1e6), f"logs {megabytes(runlog.bytes / 1e6)}", times(part),
             at_most(part, 0.16)),
        Line("A3", "peak memory of the engine while it indexes", "≤ 200 MB", megabytes(own),
             f"its readers, for so long, {megabytes(workers)}; together {megabytes(both)}", "",
             at_most(own, 200)),
    ]  # fmt: skip
