"""A client whose logs lie in a folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollscope import Rollscope


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where logs go."""
    return tmp_path / "logs"


@pytest.fixture
def client(folder: Path) -> Rollscope:
    """Records into the folder."""
    return Rollscope(log_dir=folder)
