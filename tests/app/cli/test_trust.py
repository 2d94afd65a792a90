"""``rollscope trust``: what was allowed is listed, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rollscope_desktop import platform
from rollscope_desktop.cli.trust import command
from rollscope_desktop.engine.forks.permission import Subject
from rollscope_desktop.engine.forks.trust import Trust

ONE = Subject("/usr/bin/python3", "/project", "/project/agent.py", "agent", "answer", "0" * 32)
OTHER = Subject("/usr/bin/python3", "/project", "/project/agent.py", "agent", "ask", "0" * 32)


@pytest.fixture
def trust(own_places: Path) -> Trust:
    """What this test's user has allowed."""
    trust = Trust(platform.places().trust)
    trust.allow(ONE)
    trust.allow(OTHER)
    trust.allow(ONE)
    return trust


def said(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == code, result.output
    return result.output


def test_nothing_is_allowed_at_first(own_places: Path) -> None:
    assert said() == "Nothing is run again without asking.\n"
    assert said("--json") == ""


def test_permissions_are_listed(trust: Trust) -> None:
    lines = said().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(ONE.key)
    assert lines[0].endswith("agent:answer")
    assert lines[1] == "    of /project/agent.py, with /usr/bin/python3 in /project"

    rows = [json.loads(line) for line in said("--json").splitlines()]
    assert [row["key"] for row in rows] == [ONE.key, OTHER.key]
    assert rows[0]["entry"] == "/project/agent.py:agent:answer"


def test_one_is_taken_back(trust: Trust) -> None:
    assert said("--revoke", ONE.key) == "Took back 1 permission.\n"
    assert [each.subject for each in trust.known()] == [OTHER]
    assert "There is no permission" in said("--revoke", ONE.key, code=1)


def test_all_are_taken_back(trust: Trust) -> None:
    assert said("--revoke", "all") == "Took back 2 permissions.\n"
    assert trust.known() == []


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"trusted": [5]}', b'{"trusted": [{"interpreter": 5}]}', b"\xff"]
)
def test_a_damaged_file_allows_nothing_and_is_kept(trust: Trust, data: bytes) -> None:
    path = platform.places().trust
    path.write_bytes(data)
    assert trust.known() == []

    trust.allow(OTHER)
    assert [each.subject for each in trust.known()] == [OTHER]
    assert path.with_suffix(".bad.json").read_bytes() == data
