"""Receivers, roads to them, and sinks that are closed in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope.errors import RollscopeError
from rollscope.guard import failed
from rollscope.sinks._retry import Pace
from rollscope.sinks.socket import SocketSink
from tests.sdk_bridge.receiver import Receiver

BRISK = Pace(least_wait=0.02, most_wait=0.1, http_spell=0.2, timeout=2.0)
"""Like the usual pace, without the long rests."""


class Sinks:
    """Makes sinks for one spool; what they complain of is in ``told``."""

    def __init__(self, spool: Path) -> None:
        self.spool = spool
        self.told: list[RollscopeError] = []
        self.made: list[SocketSink] = []

    def __call__(self, url: str, **options: Any) -> SocketSink:
        sink = SocketSink(
            url,
            **{
                "token": Receiver.token, "spool": self.spool, "on_error": self.told.append,
                "pace": BRISK, **options,
            },
        )  # fmt: skip
        self.made.append(sink)
        return sink

    def files(self) -> list[Path]:
        """What waits in the spool."""
        return sorted(self.spool.rglob("*.jsonl"))


@pytest.fixture
def sinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sinks]:
    """Makes sinks, and closes them. What they would log is in the hook as well."""
    monkeypatch.setattr(type(failed), "say", lambda *said: None)
    made = Sinks(tmp_path / "spool")
    yield made
    for sink in made.made:
        sink.close(0)
