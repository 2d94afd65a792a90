"""Takes logs the whole road for a test: format, assembler, index, and back out as rows and text."""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollscope_desktop import formats
from rollscope_desktop.formats.base import Place
from rollscope_desktop.model.assemble import assemble
from rollscope_desktop.model.rows import Locator, NoteRow
from rollscope_desktop.model.tree import outline
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.runs import query_newest
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.store.writer import Writer
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rollscope_desktop.formats.base import Format, Reader
    from rollscope_desktop.model.events import Any_Event, Batch, Problem
    from rollscope_desktop.model.rows import RunRow, SpanRow

DATA = ROOT / "tests" / "data"


@dataclass
class Log:
    """One file: its parts below the opened folder, its bytes, and what lies beside it."""

    parts: tuple[str, ...]
    data: bytes
    beside: frozenset[str] = frozenset()

    @property
    def place(self) -> Place:
        return Place(self.parts, self.beside)

    @property
    def format(self) -> Format:
        found = formats.recognise(self.place, self.data[: 64 << 10])
        assert found is not None, f"no format for {self.parts}"
        return found


def logs(folder: Path) -> list[Log]:
    """All files of a folder that may be logs, as opening it would find them."""
    out = []
    for path in sorted(folder.rglob("*.json*")):
        beside = frozenset(item.name for item in path.parent.iterdir())
        out.append(Log(path.relative_to(folder).parts, path.read_bytes(), beside))
    return out


def feed(reader: Reader, log: Log, cuts: Iterable[int] = ()) -> list[Batch]:
    """What a reader says of a file that is cut before these lines; made anew at each cut."""
    lines = log.data.splitlines(keepends=True) if cuts else [log.data]
    edges = sorted({0, *(cut for cut in cuts if 0 < cut < len(lines)), len(lines)})
    offset, out = 0, []
    for low, high in itertools.pairwise(edges):
        data = b"".join(lines[low:high])
        out.append(reader.feed(data, offset, low))
        offset += len(data)
        reader = log.format.reader(log.place, reader.state())
    return out


def told(log: Log, format: Format) -> Log:
    """The log under a format that is told: a few odd lines are not recognised as any."""

    class Told(Log):
        @property
        def format(self) -> Format:
            return format

    return Told(log.parts, log.data, log.beside)


def said(batches: Iterable[Batch]) -> tuple[list[tuple[Any_Event, int, int]], list[Problem]]:
    """All events with their places, and all problems."""
    events, problems = [], []
    for batch in batches:
        events += list(zip(batch.events, batch.offsets, batch.lengths, strict=True))
        problems += batch.problems
    return events, problems


def read(
    log: Log, cuts: Iterable[int] = ()
) -> tuple[list[tuple[Any_Event, int, int]], list[Problem]]:
    """Everything that a file says, read in one piece or cut."""
    return said(feed(log.format.reader(log.place, b""), log, cuts))


@dataclass
class Index:
    """What the index holds after logs went in, read back the way the viewer does."""

    runs: list[RunRow]
    spans: dict[int, list[SpanRow]]
    notes: dict[int, list[NoteRow]]
    problems: list[tuple[str, Problem]]
    shown: dict[int, str] = field(default_factory=dict)

    def run(self, name: str, attempt: int | None = None) -> RunRow:
        """The one run of this name."""
        [run] = [run for run in self.runs if run.name == name and attempt in (None, run.attempt)]
        return run

    def tree(self, run: RunRow) -> str:
        """A run as text: what is known of it, then its spans and notes."""
        facts = [
            f"{name}={value}"
            for name in ("session", "group_index", "chain", "attempt", "finish", "reward")
            if (value := getattr(run, name)) is not None
        ]
        status = ("open", "ok", "error", "cancelled", "ended")[run.status]
        head = " ".join([f"run {run.name!r} {status}", *facts])
        lines = outline(self.spans[run.id], run.clock, self.notes[run.id])
        return "\n".join([head, *(f"  {line}" for line in lines)])

    def trees(self) -> str:
        """All runs as text, in the order in which they came."""
        return "\n".join(self.tree(run) for run in sorted(self.runs, key=lambda run: run.id)) + "\n"

    def kinds(self, run: RunRow) -> dict[str, int]:
        """How many spans of each kind a run has; turns and segments apart."""
        out: dict[str, int] = {}
        for span in self.spans[run.id]:
            kind = (span.name or "").partition(" ")[0] if span.kind == "task" else span.kind
            out[kind] = out.get(kind, 0) + 1
        return out


def index(folder: Path, logs: Iterable[Log], pieces: int = 1) -> Index:
    """The index of these logs, each read in this many pieces."""
    path = folder / "index.db"
    writer = Writer(path)
    problems = []
    try:
        with writer.transaction():
            root = writer.files.add_root(b"/logs", "/logs", 1)
        for log in logs:
            shown = "/".join(log.parts).encode("utf-8", "replace").decode()
            with writer.transaction():
                file = writer.files.add_file(root, os.fsencode(shown), shown).id
            lines = log.data.count(b"\n")
            cuts = [lines * n // pieces for n in range(1, pieces)]
            for batch in feed(log.format.reader(log.place, b""), log, cuts):
                with writer.transaction():
                    writer.runs.apply(file, log.format.name, assemble(batch), 1)
                problems += [(shown, problem) for problem in batch.problems]
    finally:
        writer.close()
    return look(path, problems)


def look(path: Path, problems: list[tuple[str, Problem]] | None = None) -> Index:
    """What an index holds."""
    reader = open_reader(path)
    try:
        runs = sorted(query_newest(reader), key=lambda run: run.id)
        spans = {
            run.id: list(itertools.chain.from_iterable(query_run_spans(reader, run.id)))
            for run in runs
        }
        notes: dict[int, list[NoteRow]] = {run.id: [] for run in runs}
        for id, kind, span, name, value, time, file, offset, length, inner in reader.all(
            "SELECT n.id, t.text, span, w.text, value, time, file, offset, length, p.text "
            "FROM notes n JOIN words t ON t.id = n.type JOIN words w ON w.id = n.name "
            "LEFT JOIN words p ON p.id = n.path ORDER BY n.id"
        ):
            payload = Locator(file, 1, offset, length, inner)
            notes[id >> 31].append(NoteRow(id, kind, span, name, value, time, payload))
    finally:
        reader.close()
    return Index(runs, spans, notes, problems or [])


def value(data: bytes, offset: int, length: int, path: str) -> object:
    """The value that a locator names, by the rules of its path."""
    found = json.loads(data[offset : offset + length])
    for part in path.split("/") if path else ():
        if part == "!":
            found = json.loads(found)
        elif part.startswith(":"):
            found = found[: int(part[1:])]
        else:
            found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def same_as_file(text: str, name: str) -> None:
    """Compare with a golden file; delete the file to have it written anew from what is now."""
    path = DATA / "trees" / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        raise AssertionError(f"{path} was missing and has been written: look at it and run again")
    assert text == path.read_text(encoding="utf-8")
