"""The application and the SDK look in the same places: where a system has such files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from rollscope import places as sdk
from rollscope_desktop import platform

if TYPE_CHECKING:
    import pytest


def test_the_application_has_the_places_of_the_sdk() -> None:
    assert platform.places is sdk.places
    assert platform.Places is sdk.Places


def test_they_are_where_this_system_has_such_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROLLSCOPE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    found = platform.places()
    assert (found.data, found.cache, found.config) == (
        Path(platformdirs.user_data_dir("rollscope", appauthor=False)),
        Path(platformdirs.user_cache_dir("rollscope", appauthor=False)),
        Path(platformdirs.user_config_dir("rollscope", appauthor=False)),
    )
