"""Where things are kept, on each system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rollscope.places import places


def test_one_folder_for_all(own_places: Path) -> None:
    found = places()

    assert {found.data, found.cache, found.config} == {
        own_places / "data", own_places / "cache", own_places / "config",
    }  # fmt: skip
    for place in (
        found.index, found.runs, found.spool, found.lock, found.engine, found.engine_log,
        found.token, found.key,
    ):  # fmt: skip
        assert place.is_relative_to(own_places)
    assert list(own_places.iterdir()) == []


def test_the_folder_may_be_below_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("ROLLSCOPE_HOME", "~/kept")
    assert places().data == tmp_path / "kept" / "data"
    monkeypatch.setenv("ROLLSCOPE_HOME", "~nobody-of-this-name/kept")
    assert places().data == Path("~nobody-of-this-name/kept/data").absolute()


def test_the_folder_may_be_relative(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROLLSCOPE_HOME", "here")

    assert places().data == tmp_path / "here" / "data"


@pytest.mark.parametrize(
    ("system", "data", "cache", "config"),
    [
        ("linux", ".local/share/rollscope", ".cache/rollscope", ".config/rollscope"),
        (
            "darwin",
            "Library/Application Support/rollscope",
            "Library/Caches/rollscope",
            "Library/Application Support/rollscope",
        ),
        ("win32", "AppData/Local/rollscope", "AppData/Local/rollscope/Cache",
         "AppData/Local/rollscope"),
    ],
)  # fmt: skip
def test_the_places_of_a_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, data: str, cache: str, config: str
) -> None:
    for name in ("ROLLSCOPE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
                 "LOCALAPPDATA"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    found = places()

    assert (found.data, found.cache, found.config) == (
        tmp_path / data, tmp_path / cache, tmp_path / config,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="XDG is not for Windows")
def test_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ROLLSCOPE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", " ")

    assert places().data == tmp_path / "data" / "rollscope"
    assert places().cache.name == "rollscope"
