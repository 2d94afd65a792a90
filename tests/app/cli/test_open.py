"""``rollscope open``: what it takes, and what it refuses before there is a window."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from rollscope_desktop.cli.open import command
from rollscope_desktop.ui import app


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the window would be opened on; no window is."""
    found: list[list[str]] = []

    def main(paths: list[str], new_instance: bool = False) -> int:
        found.append(paths)
        return 0

    monkeypatch.setattr(app, "main", main)
    monkeypatch.setenv("DISPLAY", ":99")
    return found


def test_paths_become_absolute_and_links_stay(opened, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    link = "rollscope://run/abc/span/0123456789abcdef"
    done = CliRunner().invoke(command, ["logs", link])
    assert done.exit_code == 0, done.output
    assert opened == [[str(tmp_path / "logs"), link]]


@pytest.mark.parametrize(
    ("said", "words"),
    [("nowhere", "Path 'nowhere' does not exist."), ("rollscope://x", "A link looks like")],
)
def test_what_cannot_be_opened_is_said(opened, said: str, words: str) -> None:
    done = CliRunner().invoke(command, [said])
    assert done.exit_code == 2
    assert words in done.output
    assert not opened
