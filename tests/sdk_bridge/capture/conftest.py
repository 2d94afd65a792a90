"""A stub model server, and runs that are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk_bridge.capture.runs import Runs
from tests.sdk_bridge.stub import StubModel


@pytest.fixture
def stub() -> Iterator[StubModel]:
    """A model server on loopback."""
    with StubModel() as server:
        yield server


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Runs that are recorded into a folder of their own."""
    return Runs(tmp_path)
