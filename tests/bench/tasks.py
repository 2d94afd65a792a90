"""The measurements of rows A1 to A4, each run alone: ``python -m tests.bench.tasks NAME JSON``.

Every task prints one JSON object. Times exclude the start of the interpreter and imports, except
where a task says so.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

Said = dict[str, Any]


def main() -> None:
    """Run the task that is named."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(TASKS[name](**arguments)))


def _files(folder: str) -> list[str]:
    return sorted(os.path.join(folder, name) for name in os.listdir(folder))


# -- Rollscope ------------------------------------------------------------------------------------


def index(folder: str, index: str) -> Said:
    """A1: nothing to a complete index, folded into one file and closed."""
    from rollscope_desktop.ingest.pipeline import Pipeline
    from rollscope_desktop.store.writer import Writer

    before = sum(os.times()[:4])
    began = time.perf_counter()
    writer = Writer(Path(index))
    pipeline = Pipeline(writer)
    pipeline.open(os.fsencode(folder))
    pipeline.drain()
    counts = writer.counts()
    pipeline.close()
    writer.close()
    seconds = time.perf_counter() - began
    processor = sum(os.times()[:4]) - before
    with sqlite3.connect(index) as database:
        pairs = database.execute(
            "SELECT count(*) FROM spans WHERE status != 0 AND name IS NOT NULL"
        ).fetchone()[0]
        blobs = database.execute("SELECT count(*) FROM blobs").fetchone()[0]
    size = sum(p.stat().st_size for p in Path(index).parent.glob(Path(index).name + "*"))
    said: Said = {"seconds": seconds, "processor": processor, **counts}
    return {**said, "whole_spans": pairs, "blobs": blobs, "index_bytes": size}


def list_runs(folder: str, index: str, runs: int) -> Said:
    """A2: until 100 and until all ``runs`` are listed, as a second, reading connection sees it."""
    from rollscope_desktop.ingest.pipeline import Changed, Pipeline
    from rollscope_desktop.query.connection import open_reader
    from rollscope_desktop.query.runs import query_heads, query_newest
    from rollscope_desktop.store.writer import Writer

    said: Said = {}

    def look(changed: Changed) -> None:
        if "complete" in said:
            return
        reader = open_reader(Path(index))
        if "first_100" not in said and len(query_newest(reader, 100)) == min(100, runs):
            said["first_100"] = time.perf_counter() - began
        if reader.one("SELECT count(*) FROM runs")[0] == runs:
            query_heads(reader)
            said["complete"] = time.perf_counter() - began
        reader.close()

    began = time.perf_counter()
    writer = Writer(Path(index))
    pipeline = Pipeline(writer, look)
    pipeline.open(os.fsencode(folder))
    while "complete" not in said and not pipeline.idle:
        pipeline.step(0.1)
    pipeline.cancel()
    pipeline.close()
    writer.close()
    return said


def reopen(folder: str, index: str) -> Said:
    """A4: a new process opens a folder whose index is complete."""
    from rollscope_desktop.ingest.pipeline import Changed, Pipeline
    from rollscope_desktop.store.writer import Writer

    events = 0

    def count(changed: Changed) -> None:
        nonlocal events
        events += changed.events

    began = time.perf_counter()
    writer = Writer(Path(index))
    pipeline = Pipeline(writer, count)
    pipeline.open(os.fsencode(folder))
    pipeline.drain()
    seconds = time.perf_counter() - began
    pipeline.close()
    writer.close()
    began = time.perf_counter()
    for path in _files(folder):
        os.stat(path)
    return {"seconds": seconds, "events": events, "stat": time.perf_counter() - began}


# -- limits and peers -----------------------------------------------------------------------------


def parse_limit(folder: str) -> Said:
    """L: every line read and decoded by msgspec, on one core, into a Struct without payload."""
    import msgspec

    class Line(msgspec.Struct, gc=False):
        run: str
        type: str = ""
        proc: int = 0
        seq: int = 0
        time: int = 0
        span: str | None = None
        parent: str | None = None
        kind: str | None = None
        name: str | None = None
        status: str | None = None
        start: int | None = None
        end: int | None = None

    decoder = msgspec.json.Decoder(Line)
    lines = 0
    before = sum(os.times()[:2])
    began = time.perf_counter()
    for path in _files(folder):
        with open(path, "rb") as file:
            lines += len(decoder.decode_lines(file.read()))
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "processor": sum(os.times()[:2]) - before, "lines": lines}


def bare_read(folder: str) -> Said:
    """The bytes read and forgotten."""
    began = time.perf_counter()
    for path in _files(folder):
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    return {"seconds": time.perf_counter() - began}


def duckdb(folder: str) -> Said:
    """DuckDB: a table of the flat lines' columns, in a database file; no payload."""
    import duckdb

    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        database = duckdb.connect(str(Path(place) / "flat.duckdb"))
        columns = {
            "run": "VARCHAR", "span": "VARCHAR", "parent": "VARCHAR", "kind": "VARCHAR",
            "name": "VARCHAR", "start": "BIGINT", "end": "BIGINT", "status": "VARCHAR",
        }  # fmt: skip
        given = ", ".join(f"'{name}': '{type}'" for name, type in columns.items())
        database.execute(
            f"CREATE TABLE spans AS SELECT * FROM read_json('{folder}/*.jsonl', "
            f"format = 'newline_delimited', columns = {{{given}}})"
        )
        database.execute("CHECKPOINT")
        rows = database.execute("SELECT count(*) FROM spans").fetchall()[0][0]
        return {"seconds": time.perf_counter() - began, "rows": rows, "version": duckdb.__version__}


def polars(folder: str) -> Said:
    """polars: the same columns as a frame in memory."""
    import polars

    began = time.perf_counter()
    text, number = polars.String, polars.Int64
    schema = {
        "run": text, "span": text, "parent": text, "kind": text, "name": text, "start": number,
        "end": number, "status": text,
    }  # fmt: skip
    frame = polars.scan_ndjson(f"{folder}/*.jsonl", schema=schema).collect()
    return {
        "seconds": time.perf_counter() - began, "rows": frame.height,
        "version": polars.__version__,
    }  # fmt: skip


def sqlite_utils(folder: str, lines: int) -> Said:
    """sqlite-utils' Python API on so many lines, payload left out."""
    import sqlite_utils

    wanted = ("run", "span", "parent", "kind", "name", "start", "end", "status")

    def rows() -> Any:
        left = lines
        for path in reversed(_files(folder)):
            with open(path, "rb") as file:
                for line in file:
                    if left == 0:
                        return
                    left -= 1
                    said = json.loads(line)
                    yield {name: said.get(name) for name in wanted}

    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        database = sqlite_utils.Database(str(Path(place) / "flat.db"))
        database.table("spans").insert_all(rows(), pk="span")
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "rows": database.table("spans").count}


_LNAV_FORMAT = {
    "flat_log": {
        "title": "flat spans",
        "description": "One JSON object a span.",
        "file-type": "json",
        "json": True,
        "hide-extra": True,
        "line-format": [{"field": "__timestamp__"}, " ", {"field": "name"}],
        "timestamp-field": "start",
        "timestamp-divisor": 1_000_000_000,
        "body-field": "name",
        "level-field": "status",
        "level": {"error": "error", "info": "ok"},
        "value": {
            "kind": {"kind": "string", "identifier": True},
            "run": {"kind": "string", "identifier": True},
            "span": {"kind": "string"},
            "parent": {"kind": "string"},
            "end": {"kind": "integer"},
        },
    }
}


def lnav(folder: str, program: str) -> Said:
    """lnav without a screen, from its start to the answer of a GROUP BY.

    It is given the folder: with the names of many files it answers before it has read them all.
    """
    with tempfile.TemporaryDirectory() as place:
        formats = Path(place) / "formats" / "installed"
        formats.mkdir(parents=True)
        (formats / "flat.json").write_text(json.dumps(_LNAV_FORMAT))
        query = ";SELECT kind, count(*) AS n FROM flat_log GROUP BY kind"
        began = time.perf_counter()
        done = subprocess.run(
            [program, "-n", "-I", place, "-c", query, folder],
            capture_output=True, check=True, env={**os.environ, "HOME": place},
        )  # fmt: skip
        seconds = time.perf_counter() - began
    counts = [line.split()[-1] for line in done.stdout.decode().splitlines()[1:] if line.strip()]
    return {"seconds": seconds, "rows": sum(map(int, counts))}


TASKS = {
    function.__name__: function
    for function in (
        index, list_runs, reopen, parse_limit, bare_read, duckdb, polars, sqlite_utils, lnav,
    )
}  # fmt: skip

if __name__ == "__main__":
    main()
