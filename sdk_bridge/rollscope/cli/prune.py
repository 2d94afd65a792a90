"""``rollscope prune``: deletes old run logs from our own folders."""

from __future__ import annotations

import re
import time
from pathlib import Path

import click
import orjson

_AGES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SIZES = {
    "": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
    "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
}  # fmt: skip
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.I)


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Seconds, from text like 30d."""
    if value is None:
        return None
    found = _NUMBER.fullmatch(value.strip())
    unit = _AGES.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise click.BadParameter(f"{value!r} is no age. Write 30d, 12h, 2w or 90m.")
    return float(found[1]) * unit


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Bytes, from text like 5GB or 500MiB."""
    if value is None:
        return None
    found = _NUMBER.fullmatch(value.strip())
    word = found[2].lower().removesuffix("b") if found else ""
    unit = _SIZES.get(word)
    if found is None or unit is None:
        raise click.BadParameter(f"{value!r} is no size. Write 5GB, 500MB or 2GiB.")
    return int(float(found[1]) * unit)


@click.command()
@click.option("--older", metavar="AGE", callback=_age, help="Delete runs quiet for so long: 30d.")
@click.option(
    "--max",
    "most",
    metavar="SIZE",
    callback=_size,
    help="Keep at most this: 5GB.",
)
@click.option("--log-dir", type=click.Path(path_type=Path), help="This folder instead of your own.")
@click.option("--dry-run", is_flag=True, help="Delete nothing, and say what would be.")
@click.option("--json", "as_json", is_flag=True, help="What was deleted as one JSON object.")
def command(
    older: float | None, most: int | None, log_dir: Path | None, dry_run: bool, as_json: bool
) -> None:
    """Delete old run logs: those of runs that have ended, or that nobody writes any more.

    Only files that Rollscope wrote are looked at, and a run that is under way stays, whatever its
    size. What has not reached an endpoint yet counts as well.
    """
    from rollscope.cli import tidy
    from rollscope.cli.findings import size

    if older is None and most is None:
        raise click.UsageError("Say what may go: --older 30d, --max 5GB, or both.")
    try:
        stored = tidy.look(tidy.folders(log_dir))
    except tidy.NotOurs as error:
        raise click.ClickException(str(error)) from None
    chosen = tidy.choose(stored, time.time(), older, most)
    done = tidy.Done() if dry_run else tidy.delete(chosen)
    freed = [run for run in chosen if run.id not in done.kept]
    count, gone = sum(run.size for run in freed), len(freed)
    if as_json:
        said = {
            "dry_run": dry_run,
            "runs": [run.id for run in freed],
            "files": [str(file.path) for run in freed for file in run.files],
            "bytes": count,
            "kept": sorted(done.kept),
            "left_bytes": sum(run.size for run in stored) - count,
        }
        click.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
        return
    runs = f"{gone} run{'' if gone == 1 else 's'}"
    click.echo(f"{'Would free' if dry_run else 'Freed'} {size(count)} in {runs}.")
    for sentence in done.kept.values():
        click.echo(sentence, err=True)
