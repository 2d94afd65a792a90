"""Settings: kept, and harmless when broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import RECENT, USED, Settings, Values


@pytest.fixture
def notices(qapp) -> Notices:
    return Notices()


def test_what_is_set_is_there_the_next_time(tmp_path: Path, notices: Notices, qtbot) -> None:
    path = tmp_path / "config" / "settings.json"
    settings = Settings(path, notices)
    assert settings.values == Values()
    with qtbot.waitSignal(settings.changed) as changed:
        settings.set_theme("dark")
    assert changed.args == ["theme"]
    settings.set_compact(True)
    settings.set_order("cost")
    settings.add_recent("/a")
    settings.add_recent("/b")
    settings.add_recent("/a")
    settings.set_layout("window", b"\x00\xff")
    again = Settings(path, notices)
    assert again.values == Values(
        theme="dark", compact=True, order="cost", recent=("/a", "/b"),
        layout=(("window", b"\x00\xff"),),
    )  # fmt: skip
    assert again.layout("window") == b"\x00\xff"
    assert again.layout("other") == b""
    assert path.stat().st_mode & 0o077 == 0
    again.forget_recent()
    assert Settings(path, notices).values.recent == ()
    assert notices.listen() == []


def test_the_same_value_is_no_change(tmp_path: Path, notices: Notices, qtbot) -> None:
    settings = Settings(tmp_path / "settings.json", notices)
    with qtbot.assertNotEmitted(settings.changed):
        settings.set_theme("system")
        settings.set_theme("purple")
    assert not (tmp_path / "settings.json").exists()


def test_going_back_to_the_defaults_forgets_nothing(
    tmp_path: Path, notices: Notices, qtbot
) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(path, notices)
    heard: list[str] = []
    settings.changed.connect(heard.append)
    settings.set_theme("dark")
    settings.set_still(True)
    settings.set_group("agent")
    settings.set_fold_gaps(False)
    settings.set_notify(True)
    settings.add_recent("/a")
    settings.set_layout("window", b"1")
    assert heard == ["theme", "still", "group", "fold_gaps", "notify", "recent", "layout"]
    settings.reset()
    assert settings.values == Values(recent=("/a",), layout=(("window", b"1"),))
    assert heard[7:] == ["theme", "still", "group", "fold_gaps", "notify"]
    assert Settings(path, notices).values == settings.values


def test_one_recent_folder_can_be_forgotten(tmp_path: Path, notices: Notices) -> None:
    settings = Settings(tmp_path / "settings.json", notices)
    for folder in ("/a", "/b", "/c"):
        settings.add_recent(folder)
    settings.forget_recent("/b")
    assert settings.values.recent == ("/c", "/a")
    settings.forget_recent()
    assert not settings.values.recent


def test_commands_given_last_are_remembered(tmp_path: Path, notices: Notices) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(path, notices)
    for number in range(USED + 5):
        settings.add_used(f"command {number}")
    settings.add_used("command 20")
    again = Settings(path, notices).values.used
    assert again[:2] == ("command 20", f"command {USED + 4}")
    assert len(again) == USED


def test_the_environment_wins(
    tmp_path: Path, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path / "settings.json", notices)
    settings.set_theme("dark")
    monkeypatch.setenv("ROLLSCOPE_THEME", "Light")
    assert settings.theme == "light"
    monkeypatch.setenv("ROLLSCOPE_THEME", "purple")
    assert settings.theme == "dark"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"{}}"])
def test_a_broken_file_gives_defaults_and_a_notice(
    tmp_path: Path, notices: Notices, data: bytes
) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(data)
    settings = Settings(path, notices)
    assert settings.values == Values()
    [notice] = notices.listen()
    assert notice.severity == "warning"
    settings.set_compact(True)
    assert json.loads(path.read_bytes())["compact"] is True


def test_odd_values_are_left_at_their_defaults(tmp_path: Path, notices: Notices) -> None:
    path = tmp_path / "settings.json"
    said = {
        "theme": "purple", "compact": 1, "recent": [1, "/a", *map(str, range(50))],
        "layout": {"a": "no base64!", "b": "AA=="}, "unknown": 1,
    }  # fmt: skip
    path.write_text(json.dumps(said))
    values = Settings(path, notices).values
    assert (values.theme, values.compact) == ("system", False)
    assert len(values.recent) == RECENT
    assert values.layout == (("b", b"\x00"),)
    assert notices.listen() == []


def test_a_disk_that_takes_nothing_is_said(tmp_path: Path, notices: Notices) -> None:
    (tmp_path / "config").write_text("a file where the folder would be")
    settings = Settings(tmp_path / "config" / "settings.json", notices)
    settings.set_compact(True)
    assert settings.values.compact
    assert "could not be" in notices.listen()[-1].sentence
