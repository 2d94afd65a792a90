"""What verbs that read the index share: reaching it, meaning a run, and one way to fail."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from rollscope_desktop import attach, platform
from rollscope_desktop.model.rows import RunRow
from rollscope_desktop.platform import Places
from rollscope_desktop.query.connection import IndexMissing, IndexProblem, Reader, open_reader
from rollscope_desktop.query.runs import find_runs


@contextmanager
def sentences() -> Iterator[None]:
    """Turn expected trouble into one sentence and the exit code 1."""
    try:
        yield
    except (IndexProblem, attach.EngineUnavailable) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def reading() -> Iterator[Reader]:
    """The user's index, with all of the user's own run logs in it, while the engine may write."""
    with sentences():
        places = platform.places()
        if not _is_read(places):
            _read_own(places)
        try:
            reader = open_reader(places.index)
        except IndexMissing:
            raise click.ClickException(
                "Nothing has been recorded or opened yet. Start with: rollscope open FOLDER"
            ) from None
        try:
            yield reader
        finally:
            reader.close()


def _is_read(places: Places) -> bool:
    """Whether the index has the user's own run logs to their ends, as far as can be seen."""
    from rollscope_desktop.ingest.scan import Found, scan  # late: few commands read

    if not places.runs.is_dir():
        return True
    there = [item for item in scan(os.fsencode(places.runs)) if isinstance(item, Found)]
    if not there:
        return True
    try:
        reader = open_reader(places.index)
    except IndexProblem:
        return False
    try:
        read = dict(reader.all("SELECT path, size FROM files WHERE path >= ?", (b"",)))
    finally:
        reader.close()
    return all(read.get(item.path) == item.status.st_size for item in there)


def _read_own(places: Places) -> None:
    """Have the engine that runs, or else one for as long as it takes, read the own run logs."""
    try:
        take_in((str(places.runs),))
    except click.ClickException as error:
        if not places.index.exists():
            raise
        click.echo(f"What was recorded lately may be missing: {error.message}", err=True)


def take_in(paths: tuple[str, ...]) -> None:
    """Have the engine read these paths, with a progress bar, and come back when it has."""
    if not paths:
        return
    with sentences():
        engine = attach.connect(client="command")
        try:
            engine.ask("open", timeout=3600, paths=[os.path.abspath(path) for path in paths])
            wait_until_read(engine)
        finally:
            engine.close()


def wait_until_read(engine: attach.Connection) -> None:
    """Return when the engine has read everything that is due."""
    with progress_bar() as show:
        while True:
            status = engine.ask("status")
            show(status["done"], status["total"])
            if status["idle"]:
                return
            time.sleep(0.1)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Shows how much is done of how much, on a terminal; elsewhere nothing is printed."""
    out = sys.stderr
    with click.progressbar(length=1, label="Reading", file=out, hidden=not out.isatty()) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(1, total)
            bar.update(max(0, done - bar.pos))

        yield show


def meant(reader: Reader, text: str) -> RunRow:
    """The one run that ``text`` names: a path of a log's run, a key, its beginning, or a name."""
    found = find_runs(reader, text)
    if not found:
        raise click.ClickException(f"No run is called {text!r}. See them all with: rollscope runs")
    if len(found) > 1 and found[0].key != text:
        listed = "\n".join(f"  {run.key}  {run.name or ''}" for run in found)
        raise click.ClickException(f"{text!r} may mean several runs:\n{listed}")
    return found[0]
