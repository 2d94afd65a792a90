"""Writes docs/benchmarks.md and, beside it, the raw rows; pure but for the two files."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.ingest_servers import PHOENIX

if TYPE_CHECKING:
    from tests.bench.samples import Line, Samples

_PACKAGES = (
    "msgspec", "orjson", "watchdog", "PySide6-Essentials", "numpy", "sqlite-utils", "duckdb",
    "polars", "httpx", "opentelemetry-sdk", "retrace-sdk", "aiohttp", "protobuf", "openai",
    "anthropic", "vcrpy", "langgraph", "apache-burr",
)  # fmt: skip
_VERDICTS = {True: "met", False: "**falls short**", None: "–"}


@dataclass(frozen=True, slots=True)
class Machine:
    """What it was measured on."""

    words: str
    versions: dict[str, str]


def machine() -> Machine:
    """This machine."""
    cores = os.cpu_count() or 1
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory = f", {size / (1 << 30):.0f} GiB"
    versions = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    for found in metadata.distributions(name="arize-phoenix", path=[str(PHOENIX)]):
        versions["arize-phoenix"] = found.version
    words = f"{platform.system()} {platform.release()}, {platform.machine()}, {cores} cores{memory}"
    return Machine(words, versions)


def table(lines: Iterable[Line]) -> str:
    """The lines as a Markdown table."""
    head = ("row", "what", "target", "measured", "reference, same run", "ratio", "verdict")
    rows = [head, tuple("---" for _ in head)]
    rows += [
        (
            x.row, x.what, x.target, x.measured, x.reference, x.ratio,
            _VERDICTS[x.good] if x.target else "",
        )
        for x in lines
    ]  # fmt: skip
    return "\n".join("| " + " | ".join(cell or " " for cell in row) + " |" for row in rows)


def page(
    lines: Sequence[Line],
    about: Machine,
    corpora: Mapping[str, str],
    rounds: int,
    missing: Mapping[str, str],
    reasons: Mapping[str, str],
    *,
    size: str,
    day: str,
) -> str:
    """The text of docs/benchmarks.md."""
    versions = " · ".join(f"{name} {version}" for name, version in about.versions.items())
    held = "\n".join(f"- **{name}**: {words}" for name, words in corpora.items())
    short = [line for line in lines if line.good is False]
    out = [
        "# Benchmarks",
        "Made by `make bench`; do not edit. The raw rows are in "
        "[benchmarks.jsonl](benchmarks.jsonl), one JSON object a measurement.",
        f"Measured on {day}, {rounds} rounds, corpus size {size}. {about.words}.\n\n{versions}",
        "## Results",
        table(lines),
        "L is the time in which msgspec decodes every line of the same corpus on one core, reading "
        "included, keeping no payload: what any reader must at least do. Rows are measured in "
        "turn, round by round; a ratio is the median over the rounds of the ratio within one "
        "round. Absolute targets are judged on the best round, and scaled where the reference of "
        "the same run is more than 1.5 times slower than on the machine they were set on. The "
        "files are in the page cache.",
        "## What falls short",
        _short(short, reasons),
    ]
    if missing:
        words = "\n".join(f"- {name}: {why}" for name, why in sorted(missing.items()))
        out += ["## What was not measured", words]
    out += [
        "## The data",
        held,
        "## To repeat it",
        "`make bench` measures everything; `python -m tests.bench --rows A1,A8 --rounds 5` some "
        "of it, `--small` with a tenth of the data and without writing this page. The data is "
        "made from a seed (`--seed`) and kept (`--cache`), 3.3 GB of it. DuckDB and "
        "polars come with the extra `bench`, Phoenix is put into `.venv/phoenix`, lnav comes with "
        "the system (`apt-get install lnav`); what is absent is left out. Other work on the "
        "machine spoils single figures more than ratios.",
        "## How the delay of live events is measured",
        "A process writes span events to run logs and keeps the time of every write. The engine is "
        "a process of its own that watches the folder. A third process is attached as the viewer "
        "is; at each of the engine's notes it asks the index, through a connection that only "
        "reads, for the last event number of every run, a table with one row a run. An event is "
        "counted as there when this answer covers it, so the delay holds the note's way and the "
        "query too. At the end every span is counted. The bare tail hears of changes in the same "
        "way, reads the bytes, counts the lines, and does nothing else.",
        "## How the viewer is measured",
        "The process that measures is the viewer itself, with its window shown on Qt's platform "
        "`offscreen` and an engine as a process of its own. A time ends when the event loop goes "
        "round after the first paint that shows what is waited for. A gap is the time between two "
        "ticks of a timer of 5 ms on the GUI thread; so it holds what the machine takes away too, "
        "and where it matters the part at work is said beside it. The start of the window is that "
        "of `rollscope open` as a user starts it, on a screen of Xvfb, by turns with a program "
        "that shows an empty QMainWindow.",
        "## How the SDK is measured",
        "What is compared is timed by turns in one process, batch by batch: 200 spans of a run "
        "each, the bare call, the call in question, and the least that can be done (two lines "
        "encoded by orjson and written). A figure is the median of what a batch added to the bare "
        "call. After each batch the log is looked at, with the run still open: all of its spans "
        "must be in it. Model calls go to a server in another process; without "
        "capture means httpx's own methods, put back for the call. The import is that of a fresh "
        "process, without the start of Python.",
        "## How forks are measured",
        "The agents are a program with the packages `openai` and `anthropic`, against a model "
        "server in another process that counts what it is asked; each of its answers is another, "
        "after another time. The program runs as a user runs it, and is forked by the real bridge "
        "in a new process. What is done again is counted from the requests that came and from what "
        "the tools wrote. The time before the fork point runs from the first call of the model to "
        "the one that is edited, 30 steps later; for the peers from the opening of what they keep, "
        "the client of the model made before. vcrpy and retrace-sdk get the agent as it is; "
        "for LangGraph and Burr it is rewritten as a graph, so they load a state instead of "
        "running the code up to it. The way to the screen is that through the dialog, the engine "
        "and the bridge; the loading of the agent's file, its packages above all, is timed in "
        "processes of its own.",
        "## How the socket is measured",
        "The engine is a process of its own with nothing in its folders, and so is what sends: it "
        "has cut the run logs, or encoded the requests, before the clock runs, and uses a tenth of "
        "a core. A connection of our own stream has 4 MB on their way at most; requests follow "
        "each other one at a time on each connection. A rate is that from the first byte to the "
        "last acknowledgement; another process asks the index for the number of its spans until "
        "it has all of them, and no more. Spans that are sent alone come every 20 ms on the "
        "average, at random, and the index is asked at each of the engine's notes. The bare server "
        "speaks the same stream over the same library: it appends what comes to one file and "
        "answers, without a look at it. Phoenix gets the same bytes as the engine, in names of "
        "attributes that are its own. It is sent less, since it takes a while, and its database is "
        "asked each millisecond.",
    ]
    return "\n\n".join(out) + "\n"


def _short(short: Sequence[Line], reasons: Mapping[str, str]) -> str:
    if not short:
        return "Nothing that was measured."
    return "\n".join(
        f"- {line.row}, {line.what}: {line.ratio or line.measured} instead of {line.target}."
        + (f" {reasons[line.row]}" if line.row in reasons else "")
        for line in short
    )


def raw(samples: Samples, about: Machine, size: str, day: str) -> str:
    """Every measurement as a line of JSON, the machine first."""
    first: dict[str, Any] = {
        "machine": about.words, "versions": about.versions, "size": size, "day": day,
    }  # fmt: skip
    rows: list[dict[str, Any]] = [first]
    for step, said in samples.said.items():
        rows += [
            {"step": step, "round": number, **_rounded(one)}
            for number, one in enumerate(said, 1)
            if one is not None
        ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _rounded(said: Mapping[str, Any]) -> dict[str, Any]:
    return {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in said.items()}


def write(folder: Path, text: str, rows: str) -> None:
    """Put both files into place."""
    folder.mkdir(exist_ok=True)
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")
    (folder / "benchmarks.jsonl").write_text(rows, encoding="utf-8")
