"""A program that sends."""

from __future__ import annotations

import pytest

from tests.app.protocols.retrace.arriving import Arriving


@pytest.fixture
def arriving() -> Arriving:
    """A server that knows nothing yet, and one connection to it."""
    return Arriving()
