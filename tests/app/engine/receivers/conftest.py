"""What tests of the socket get: a server that runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.engine.receivers.serving import Serving, serving


@pytest.fixture
def socket_server(tmp_path: Path) -> Iterator[Serving]:
    """A server with a journal of its own."""
    with serving(tmp_path) as running:
        yield running
