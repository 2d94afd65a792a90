"""What ``rollscope doctor`` looks at: plain questions to this machine, each with its answer."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from rollscope.config import PREFIX, Settings, settle, variables
from rollscope.errors import ConfigError
from rollscope.places import Places

_LITTLE = 256 << 20
"""Bytes that should be free where logs are written."""

_PATIENCE = 2.0
"""Seconds for an endpoint to answer."""

_SECRET = "api_key"
_BESIDE = frozenset(
    {"HOME", "TRACEPARENT", "TRACESTATE", "INTERNAL_RAISE", "THEME", "PYTHON", "RENDERING"}
)
"""Variables that are no settings of a client, but that something reads."""


class Row(NamedTuple):
    """One answer: what was asked, what is so, and where that comes from."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Answers that belong together; ``problems`` are sentences that say what mends them."""

    title: str
    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()


def settings_of(environ: dict[str, str]) -> tuple[Settings, list[str]]:
    """The settings that hold, and what is wrong with those of the environment: these are taken out
    of ``environ``."""
    problems: list[str] = []
    while True:
        try:
            return settle({}, environ), problems
        except ConfigError as error:
            wrong = next((name for name in variables(environ) if _is_about(str(error), name)), None)
            if wrong is None:
                return settle({}, {}), [*problems, str(error)]
            problems.append(f"{error} Nothing is recorded until it is set right, or unset.")
            del environ[f"{PREFIX}{wrong.upper()}"]


def _is_about(sentence: str, name: str) -> bool:
    return sentence.startswith(f"{PREFIX}{name.upper()} ")


def recording(settings: Settings) -> Section:
    """Whether anything is recorded, and where to."""
    folder = settings.folder
    there, problem = _written(folder)
    place = Row("run logs", str(folder), there)
    space, full = _free(folder)
    problems = [p for p in (problem, full) if p]
    if not settings.enabled:
        state = Row("recording", "off", f"{PREFIX}ENABLED says so")
    else:
        state = Row("recording", "on", f"{settings.sample_rate:.0%} of runs")
    python = Row("Python", sys.executable, sys.version.split()[0])
    return Section("Recording", (state, place, space, python), tuple(problems))


def _written(folder: Path) -> tuple[str, str | None]:
    there = _nearest(folder)
    if there != folder:
        if os.access(there, os.W_OK | os.X_OK):
            return "made when the first run begins", None
        return "cannot be made", (
            f"{folder} cannot be made: {there} is not yours to write in. Set {PREFIX}LOG_DIR to a"
            " folder that is."
        )
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".rollscope-"):
            return "can be written", None
    except OSError as error:
        return "cannot be written", (
            f"No file can be made in {folder} ({error.strerror or error}). Give yourself the right"
            f" to write there, or set {PREFIX}LOG_DIR to another folder."
        )


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next((path for path in (folder, *folder.parents) if path.is_dir()), folder)


def _free(folder: Path) -> tuple[Row, str | None]:
    try:
        free = shutil.disk_usage(_nearest(folder)).free
    except OSError as error:
        return Row("free space", "unknown", str(error.strerror or error)), None
    problem = None
    if free < _LITTLE:
        problem = (
            f"Only {size(free)} are free where run logs are written. `rollscope prune --older 30d`"
            " makes room, or set ROLLSCOPE_LOG_DIR to another disk."
        )
    return Row("free space", size(free)), problem


def application(places: Places, version: str) -> Section:
    """Whether the application's engine runs."""
    import json

    try:
        said = json.loads(places.engine.read_bytes())
        pid, its = int(said["pid"]), str(said["version"])
    except FileNotFoundError:
        return _idle("not running", "`rollscope open` starts it; logs are kept until then")
    except (OSError, ValueError, KeyError, TypeError):
        return _idle("unknown", f"{places.engine} cannot be read")
    if not is_alive(pid):
        return _idle("not running", f"it ended without a word (process {pid})")
    row = Row("engine", "running", f"process {pid}, version {its}")
    if its == version:
        return Section("Application", (row,))
    problem = (
        f"The application is version {its}, and this SDK is {version}. Close it and open it again,"
        " or install the same version of rollscope in both places."
    )
    return Section("Application", (row,), (problem,))


def _idle(state: str, note: str) -> Section:
    return Section("Application", (Row("engine", state, note),))


def is_alive(pid: Any) -> bool:
    """Whether a process of this number runs; True where that cannot be told."""
    if type(pid) is not int or not 0 < pid < 1 << 31:
        return False
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def connection(settings: Settings, places: Places, environ: dict[str, str]) -> Section:
    """Whether events go to another machine, and whether it is there. The token is never shown."""
    token, source = _token(settings, places, environ)
    rows = [Row("token", "there" if token else "none", source)]
    endpoint = settings.endpoint
    if endpoint is None:
        rows.insert(0, Row("endpoint", "none", "run logs are files on this machine"))
        return Section("Connection", tuple(rows))
    problems = []
    trouble = _reach(endpoint)
    endpoint = _public(endpoint)
    rows.insert(0, Row("endpoint", endpoint, "answers" if trouble is None else "does not answer"))
    if trouble is not None:
        problems.append(
            f"Nothing answers at {endpoint} ({trouble}). What is recorded waits in {places.spool}."
            f" Start what should answer there, or unset {PREFIX}ENDPOINT to write files instead."
        )
    elif token and _is_refused(settings.endpoint or "", settings.api_key or _kept(places)):
        problems.append(
            f"{endpoint} does not know the token: set {PREFIX}API_KEY to the one that the other"
            f" machine keeps. What is recorded waits in {places.spool}."
        )
    if not token:
        problems.append(
            f"An endpoint is set, but no token: set {PREFIX}API_KEY to the one that the other"
            " machine keeps."
        )
    return Section("Connection", tuple(rows), tuple(problems))


def _token(settings: Settings, places: Places, environ: dict[str, str]) -> tuple[bool, str]:
    if settings.api_key:
        return True, f"from {PREFIX}API_KEY" if f"{PREFIX}API_KEY" in environ else ""
    try:
        found = bool(places.token.read_text().strip())
    except (OSError, UnicodeDecodeError):
        found = False
    return found, f"in {places.token}" if found else "needed only with an endpoint"


def _kept(places: Places) -> str:
    """The token that the application of this machine keeps."""
    try:
        return places.token.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _is_refused(endpoint: str, token: str) -> bool:
    """Whether the server at an endpoint says that the token is wrong."""
    import socket

    from rollscope.address import parse_address
    from rollscope.sinks._frames import VERSION, pack
    from rollscope.sinks._http import HttpLink
    from rollscope.sinks._link import LinkDown, LinkRefused

    try:
        link = HttpLink(parse_address(endpoint), token, _PATIENCE)
    except (ValueError, LinkDown, LinkRefused):
        return False
    try:
        link.send(pack({"type": "hello", "v": VERSION, "client": "doctor"}))
        with socket.socket() as alarm:  # is not rung
            link.exchange(_PATIENCE, alarm)
    except LinkRefused as error:
        return error.status in (401, 403)
    except LinkDown:
        return False
    finally:
        link.close()
    return False


def _reach(endpoint: str) -> str | None:
    """None if something listens there, else why not."""
    import socket
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(endpoint)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), timeout=_PATIENCE):
            return None
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error)


def sources(settings: Settings, environ: dict[str, str], problems: list[str]) -> Section:
    """Every setting with its value and where that comes from; arguments of ``init`` win over it."""
    said = variables(environ)
    rows = []
    for field in fields(Settings):
        value: Any = getattr(settings, field.name)
        shown = "-" if value is None else str(value)
        if field.name == _SECRET:
            shown = "(set)" if value else "-"
        elif field.name == "endpoint" and value:
            shown = _public(value)
        elif isinstance(value, bool):
            shown = shown.lower()
        name = f"{PREFIX}{field.name.upper()}"
        rows.append(Row(field.name, shown, name if field.name in said else "default"))
    known = {row.label.upper() for row in rows} | _BESIDE
    strangers = sorted(
        name for name in environ if name.startswith(PREFIX) and name[len(PREFIX) :] not in known
    )
    rows.extend(Row(name, "is set", "but nothing reads it") for name in strangers)
    return Section("Settings (what init is given wins)", tuple(rows), tuple(problems))


def _public(endpoint: str) -> str:
    """The address without a user's name, a password or a query."""
    scheme, _, rest = endpoint.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def size(count: float) -> str:
    """Bytes, for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
