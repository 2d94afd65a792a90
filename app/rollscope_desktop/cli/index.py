"""``rollscope index``: read logs once, into an index of their own, and say what is in them."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import orjson


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.option("--keep", is_flag=True, help="Put it into the user's index, where `open` finds it.")
def command(path: Path, as_json: bool, keep: bool) -> None:
    """Read all logs below PATH once and print what they hold.

    Without --keep nothing is left behind. With it, an engine does the reading, as for `open`.
    """
    from rollscope_desktop import platform
    from rollscope_desktop.cli.reading import sentences, take_in

    with sentences():
        if keep:
            start = time.perf_counter()
            take_in((str(path),))
            found = _report(platform.places().index, path, time.perf_counter() - start)
        else:
            with tempfile.TemporaryDirectory(prefix="rollscope-") as folder:
                index = Path(folder) / "index.db"
                start = time.perf_counter()
                _read(index, path)
                found = _report(index, path, time.perf_counter() - start)
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    for name in ("files", "runs", "spans", "problems"):
        click.echo(f"{found[name]:>12,} {name}")
    click.echo(f"{found['seconds']:>12.2f} seconds")


def _read(index: Path, path: Path) -> None:
    from rollscope_desktop.cli.reading import progress_bar
    from rollscope_desktop.ingest.pipeline import Pipeline
    from rollscope_desktop.store.writer import Writer

    writer = Writer(index)
    with progress_bar() as show:
        pipeline = Pipeline(writer, progress=lambda now: show(now.done, now.total))
        try:
            pipeline.open(os.fsencode(path.absolute()))
            pipeline.drain()
        finally:
            pipeline.close()
            writer.close()


def _report(index: Path, path: Path, seconds: float) -> dict[str, Any]:
    from rollscope_desktop.query.connection import open_reader
    from rollscope_desktop.query.summary import query_summary

    reader = open_reader(index)
    try:
        return {**query_summary(reader, os.fsencode(path.absolute())), "seconds": round(seconds, 3)}
    finally:
        reader.close()
