"""A recorded run whose Python has a bridge that does as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope_desktop import platform
from rollscope_desktop.platform import Places
from tests.app.engine.forks.programs import WELL, Recorded, Told, make_python, telling


@pytest.fixture
def places(own_places: Path) -> Places:
    """Where this test keeps things."""
    return platform.places()


@pytest.fixture
def recorded(places: Places, tmp_path: Path) -> Recorded:
    """A run, and the program that made it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "agent.py").write_text("def answer(city): ...\n")
    return Recorded(places, folder, make_python(tmp_path / "env", WELL))


@pytest.fixture
def told(places: Places) -> Iterator[Told]:
    """The forks of an engine."""
    with telling(places) as told:
        yield told
