"""docs/engine-protocol.md tells of everything that is said, and its session can be held."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from rollscope_desktop import attach, platform
from rollscope_desktop.engine import process
from rollscope_desktop.platform import local
from tests.app.engine.engines import Engines, wait, wait_for
from tests.app.support import simple_run
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "engine-protocol.md").read_text(encoding="utf-8")
SOURCES = [
    (ROOT / "app" / "rollscope_desktop" / name).read_text(encoding="utf-8")
    for name in (
        "engine/protocol.py", "engine/reception.py", "engine/enforcement_requests.py",
        "engine/forks/requests.py", "engine/breakpoints.py", "engine/trying/trying.py",
        "engine/server.py", "ingest/live.py", "engine/forks/forks.py", "engine/forks/header.py",
        "engine/forks/making.py", "engine/forks/orders.py", "engine/forks/permission.py",
        "engine/forks/connected.py", "engine/forks/retrace.py",
        "engine/trying/call.py", "engine/trying/keys.py", "engine/trying/send.py",
        "engine/trying/target.py",
    )
]  # fmt: skip


def table(heading: str) -> dict[str, str]:
    """The rows of the table below a heading: what stands in the first column, and the rest."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    body = section.split("\n|---|")[1]
    rows = re.findall(r"^\| (`.+?) \| (.*) \|$", body, re.MULTILINE)
    return {name: rest for names, rest in rows for name in re.findall(r"`(\w+)`", names)}


def strings(pattern: str) -> set[str]:
    """What a pattern finds in the code that speaks."""
    return {found for source in SOURCES for found in re.findall(pattern, source)}


def test_every_request_is_told_of() -> None:
    requests = {
        case.pattern.value.value
        for source in SOURCES[:6]
        for case in ast.walk(ast.parse(source))
        if isinstance(case, ast.match_case)
        and isinstance(case.pattern, ast.MatchValue)
        and isinstance(case.pattern.value, ast.Constant)
    }

    assert table("Requests").keys() == requests
    assert len(requests) >= 20


def test_every_note_and_its_fields_are_told_of() -> None:
    notes = table("Notes")
    assert notes.keys() == strings(r'"note": "(\w+)"')
    assert set(re.findall(r"`(\w+)`", notes["changed"])) == {"runs", "removed", "lag_ms"}


def test_every_code_of_an_error_is_told_of() -> None:
    codes = strings(r'Refused\(\s*"(\w+)"')
    told = PAGE.split("An error has a `code` for programs (")[1].split(") and a `sentence`")[0]

    assert set(re.findall(r"`(\w+)`", told)) == codes


def test_the_file_and_the_command_are_those_of_the_page(own_places: Path) -> None:
    with Engines(own_places) as engines:
        engines.collect()
        wait(lambda: "ingest" in (attach.running(platform.places()) or {}), "the port")
        about: dict[str, Any] = attach.running(platform.places()) or {}

    assert table("Finding it").keys() == about.keys()
    assert "python -m rollscope_desktop.engine --until-left" in PAGE
    assert "python -m rollscope_desktop.engine --stdio" in PAGE
    assert process.main.__doc__ is not None


def fits(shown: str, said: bytes) -> bool:
    """Whether a line is as the page shows it, where … stands for anything."""
    pattern = ".*".join(map(re.escape, shown.split("…")))
    return re.fullmatch(pattern, json.dumps(json.loads(said))) is not None


def test_the_session_of_the_page_can_be_held(own_places: Path, tmp_path: Path) -> None:
    session = PAGE.split("```json-lines\n")[1].split("```")[0].splitlines()
    (tmp_path / "a.jsonl").write_bytes(simple_run(1))
    with Engines(own_places) as engines:
        engines.collect()
        about: dict[str, Any] = attach.running(engines.places) or {}
        played = []
        with local.connect(about["address"], 20) as line, line.makefile("rb") as heard:
            for shown in session:
                if shown.startswith("> "):
                    message = shown[2:].replace('"secret": "…"', f'"secret": "{about["secret"]}"')
                    message = message.replace('["…"]', json.dumps([str(tmp_path)]))
                    assert "…" not in message
                    line.sendall(message.encode() + b"\n")
                    continue
                said = next(each for each in heard if b'"note"' not in each)
                assert fits(shown.removeprefix("< "), said), (shown, said)
                played.append(said)
        assert len(played) == 4
        status = wait_for(engines.connect(), runs=1)

    told = PAGE.split("\nThe status: ")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", told)) == {*status, "id", "path"}
