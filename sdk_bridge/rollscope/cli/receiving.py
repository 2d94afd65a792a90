"""What ``rollscope doctor`` says of the application's socket: where it is, what to set for it."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from typing import TYPE_CHECKING, Any

from rollscope.address import USUAL_PORT, otel_variables, retrace_variables
from rollscope.cli.findings import Row, Section, is_alive

if TYPE_CHECKING:
    from rollscope.places import Places

_HOST = "127.0.0.1"
_PATIENCE = 2.0
"""Seconds for a port to answer."""


def receiving(places: Places) -> Section:
    """Where other programs send to, and whether they can. The token is never shown."""
    said = _said(places)
    port = said.get("ingest")
    runs = is_alive(said.get("pid"))
    taken = _answers(USUAL_PORT) if port != USUAL_PORT or not runs else False
    token = Row("their token", *_token(places))
    title = "Where other programs send to"
    if not runs:
        note = f"the application listens while it runs, at {_HOST}:{USUAL_PORT} as a rule"
        if taken:
            note = f"port {USUAL_PORT} is taken at present; the application will choose another"
        return Section(title, (Row("address", "none", note), token))
    if not isinstance(port, int):
        problem = (
            "The application runs, but programs cannot send to it. The foot of its window says why."
        )
        return Section(title, (Row("address", "none", "it does not listen"), token), (problem,))
    problems = []
    there = _answers(port)
    if not there:
        problems.append(
            f"The application should listen at {_HOST}:{port}, but nothing answers there. Close it"
            " and open it again."
        )
    if taken:
        problems.append(
            f"Port {USUAL_PORT} is taken by another program, so the application listens at {port}."
            f" Send there, or end the other program and open the application again."
        )
    address = Row("address", f"{_HOST}:{port}", "answers" if there else "does not answer")
    return Section(title, (address, token), tuple(problems))


def others(places: Places) -> tuple[Row, ...]:
    """What to set where programs are started that record in other ways than ours."""
    port = _said(places).get("ingest")
    endpoint = f"http://{_HOST}:{port if isinstance(port, int) else USUAL_PORT}"
    path = shlex.quote(str(places.token))
    token = f"$(Get-Content {path})" if sys.platform == "win32" else f"$(cat {path})"
    return tuple(
        Row(name, f"{variable}={value}")
        for name, variables in (
            ("retrace-sdk", retrace_variables(endpoint, token)),
            ("OpenTelemetry", otel_variables(endpoint, token)),
        )
        for variable, value in variables.items()
    )


def _said(places: Places) -> dict[str, Any]:
    """What the engine wrote about itself; nothing where there is none."""
    try:
        said = json.loads(places.engine.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _token(places: Places) -> tuple[str, str]:
    try:
        found = bool(places.token.read_text("utf-8", "replace").strip())
    except OSError:
        found = False
    return (
        ("there", f"in {places.token}") if found else ("none", "made when the application starts")
    )


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((_HOST, port), timeout=_PATIENCE):
            return True
    except (OSError, OverflowError):
        return False
