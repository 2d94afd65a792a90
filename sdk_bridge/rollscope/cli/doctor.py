"""``rollscope doctor``: says how recording is set up here, and what is wrong with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import click
import orjson

from rollscope import __version__
from rollscope.cli.clients import Client
from rollscope.cli.findings import Row, Section

_OWN = (
    Row("any Python program", "rollscope run -- python agent.py", "model calls, how it ends"),
    Row("your own code", "from rollscope import agent", "then @agent before its entry point"),
)
"""How programs are recorded by this SDK."""


_WIDEST = 48
"""Characters of the middle column; what is longer pushes the next one aside."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
def command(as_json: bool) -> None:
    """Say where logs go, what will be recorded, and what is wrong. Exit status 1: something is."""
    from rollscope.cli import clients, findings, receiving
    from rollscope.places import places

    environ = dict(os.environ)
    settings, wrong = findings.settings_of(environ)
    here = places()
    sections = [
        findings.recording(settings),
        findings.application(here, __version__),
        findings.connection(settings, here, environ),
        receiving.receiving(here),
        findings.sources(settings, environ, wrong),
        _seen(clients.clients(), on=settings.enabled and settings.capture_models),
        Section("How to record", (*_OWN, *receiving.others(here))),
    ]
    problems = [problem for section in sections for problem in section.problems]
    click.echo(_json(sections, problems) if as_json else _page(sections, problems))
    sys.exit(1 if problems else 0)


def _seen(clients: Iterable[Client], *, on: bool) -> Section:
    """What is captured of the packages that are installed."""
    rows = []
    for name, version, seen in clients:
        if version is None:
            rows.append(Row(name, "-", "not installed"))
        else:
            rows.append(Row(name, version, seen if on else "not seen: it is switched off"))
    return Section("Captured without any code", tuple(rows))


def _json(sections: list[Section], problems: list[str]) -> str:
    said: dict[str, Any] = {"version": __version__, "problems": problems}
    for section in sections:
        said[section.title] = [row._asdict() for row in section.rows]
    return orjson.dumps(said, option=orjson.OPT_INDENT_2).decode()


def _page(sections: list[Section], problems: list[str]) -> str:
    """Three columns, as wide over all sections as what stands in them."""
    rows = [row for section in sections for row in section.rows]
    label = max(len(row.label) for row in rows)
    value = min(_WIDEST, max(len(row.value) for row in rows))
    lines = []
    for section in sections:
        lines += [section.title, *(_line(row, label, value) for row in section.rows), ""]
    lines.append("Problems" if problems else "No problems found.")
    lines += [f"  {problem}" for problem in problems]
    return "\n".join(lines)


def _line(row: Row, label: int, value: int) -> str:
    return f"  {row.label:{label}}  {row.value:{value}}  {row.note}".rstrip()
