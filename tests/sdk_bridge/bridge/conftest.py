"""What the tests of the bridge share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk_bridge.bridge.bridges import Bridges


@pytest.fixture
def bridges(tmp_path: Path) -> Iterator[Bridges]:
    """A folder with a program, its logs, and bridges that are gone after the test."""
    made = Bridges(tmp_path)
    yield made
    made.close()
