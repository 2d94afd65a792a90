"""Throws logs of our own away, and fetches them back: files are moved, never deleted.

Only run logs in our own folder, and only whole ones: a log that holds other runs too, a log of a
user's folder or of another format stays where it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rollscope_desktop import platform
from rollscope_desktop.query.run_logs import LogOf, query_logs, query_runs_in

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

OWN_FORMAT = "rollscope"

Moves = tuple[tuple[Path, Path], ...]
"""Where files were, and where they are now."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """``runs`` were thrown away; ``foreign`` are not ours, ``sharing`` stand in a log with others,
    and ``failed`` says what went wrong with single files."""

    runs: tuple[int, ...]
    moves: Moves
    foreign: tuple[int, ...] = ()
    sharing: tuple[int, ...] = ()
    failed: tuple[str, ...] = ()


def throw_away(reader: Reader, runs: Iterable[int], own: Path, trash: Path) -> Thrown:
    """Move the logs of these runs from our own folder to the trash."""
    wanted = list(dict.fromkeys(runs))
    logs: dict[int, list[LogOf]] = {run: [] for run in wanted}
    for log in query_logs(reader, wanted):
        logs[log.run].append(log)
    start = beginning(own)
    foreign = [
        run
        for run in wanted
        if not logs[run]
        or any(log.format != OWN_FORMAT or not log.path.startswith(start) for log in logs[run])
    ]
    going = set(wanted) - set(foreign)
    sharers: dict[int, set[int]] = {}
    for log in query_runs_in(reader, {x.file for run in going for x in logs[run]}):
        sharers.setdefault(log.file, set()).add(log.run)
    # A run that stays keeps its logs, and so the other runs in them.
    while staying := {run for run in going if any(sharers[x.file] - going for x in logs[run])}:
        going -= staying
    moved: list[tuple[Path, Path]] = []
    thrown, failed = [], []
    for run in wanted:
        if run in going:
            try:
                moved += _move_all(logs[run], trash, moved)
            except OSError as error:
                failed.append(f"{error.filename or 'A log'}: {error.strerror or error}")
            else:
                thrown.append(run)
    sharing = [run for run in wanted if run not in going and run not in foreign]
    return Thrown(tuple(thrown), tuple(moved), tuple(foreign), tuple(sharing), tuple(failed))


def put_back(moves: Moves) -> tuple[str, ...]:
    """Move files back to where they were; what went wrong with single ones."""
    failed = []
    for origin, place in moves:
        try:
            if origin.exists():
                raise FileExistsError(17, "there is another file of this name", str(origin))
            platform.private_folder(origin.parent)
            _move(place, origin)
        except OSError as error:
            failed.append(f"{error.filename or origin}: {error.strerror or error}")
    return tuple(failed)


def _move(origin: Path, place: Path) -> None:
    import shutil  # late: it brings every kind of archive along

    shutil.move(origin, place)


def beginning(folder: Path) -> bytes:
    """How the paths of everything in a folder begin."""
    return os.fsencode(os.path.join(os.path.abspath(folder), ""))


def _move_all(
    logs: list[LogOf], trash: Path, before: list[tuple[Path, Path]]
) -> list[tuple[Path, Path]]:
    """Move all logs of a run, or none: raises OSError with everything where it was."""
    gone = {origin for origin, _ in before}
    platform.private_folder(trash)
    moved: list[tuple[Path, Path]] = []
    try:
        for log in logs:
            origin = Path(os.fsdecode(log.path))
            if origin in gone or not origin.exists():
                continue  # it went with another run, or by itself
            place = _free(trash / origin.name)
            _move(origin, place)
            moved.append((origin, place))
    except OSError:
        put_back(tuple(moved))
        raise
    return moved


def _free(path: Path) -> Path:
    """The path, or one like it that no file has."""
    number = 1
    place = path
    while place.exists():
        number += 1
        place = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return place
