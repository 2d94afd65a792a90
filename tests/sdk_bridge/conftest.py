"""What tests of the SDK get: a client that writes files, a recorder that is fresh, servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope.client import Rollscope
from rollscope.context import enter, here
from rollscope.guard import failed
from tests.sdk_bridge.engine_receiver import EngineReceiver
from tests.sdk_bridge.receiver import Receiver
from tests.sdk_bridge.trouble import Road


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The recorder complains anew in each test, and each ends where it began: outside of a run."""
    monkeypatch.setattr(failed, "_said", set())
    yield
    left = here()
    enter(None)
    if left is not None:
        pytest.fail(f"left the code inside of the run {left.trace.name!r}", pytrace=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where ``client`` writes; it does not exist yet."""
    return tmp_path / "runs"


@pytest.fixture
def client(folder: Path) -> Rollscope:
    """A client that writes files into ``folder``."""
    return Rollscope(log_dir=folder)


@pytest.fixture(params=(Receiver, EngineReceiver), ids=lambda kind: kind.__name__)
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    """A server that runs, of each kind in turn."""
    made: Receiver = request.param(tmp_path / "receiver")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def road(receiver: Receiver) -> Iterator[Road]:
    """A way to the receiver on which things go wrong as a test says."""
    made = Road(lambda: receiver.port)
    yield made
    made.close()
