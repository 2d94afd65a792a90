"""An index that grows, and jobs that read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from tests.app.support import Index, make_index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = make_index(tmp_path)
    yield made
    made.writer.close()


@pytest.fixture
def jobs(index: Index, qapp) -> Iterator[Jobs]:
    made = Jobs(index.path, Notices())
    yield made
    made.close()
