"""An index and a reader for each test of a question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope_desktop.query.connection import Reader
from tests.app.support import Index, make_index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = make_index(tmp_path)
    yield made
    made.writer.close()


@pytest.fixture
def reader(index: Index) -> Iterator[Reader]:
    opened = Reader(index.path)
    yield opened
    opened.close()
