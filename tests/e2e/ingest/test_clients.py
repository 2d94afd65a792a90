"""Real clients, as programs of their own, send to a real engine; a viewer sees what they did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.query.connection import open_reader
from tests.e2e.ingest.clients import CLIENTS, script, send
from tests.e2e.ingest.collecting import collecting
from tests.e2e.ingest.expected import differences, expected, facts
from tests.e2e.ingest.shown import shown
from tests.e2e.ingest.unlike import UNLIKE, told
from tests.e2e.ingest.wanted import NESTED, WANTED
from tests.sdk_bridge.stub import StubModel

if TYPE_CHECKING:
    from tests.e2e.ingest.shown import Shown

PATIENCE = 20.0
FOLDER = Path(__file__).with_name("node")


def test_the_lock_of_the_clients_on_node_names_no_registry() -> None:
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in packages.items() if name)


@pytest.mark.soak
@pytest.mark.parametrize("name", [*WANTED, *NESTED])
def test_what_a_client_did_is_shown(name: str, tmp_path: Path) -> None:
    wanted = expected(name)
    found = watched(name, tmp_path, lambda runs: [facts(run) for run in runs], wanted)
    assert differences(found, wanted) == ""


@pytest.mark.soak
@pytest.mark.parametrize("name", UNLIKE)
def test_what_other_programs_did_is_shown(name: str, tmp_path: Path) -> None:
    assert watched(name, tmp_path, told, UNLIKE[name]) == UNLIKE[name]


def watched(
    name: str, folder: Path, say: Callable[[list[Shown]], list[Any]], wanted: list[Any]
) -> list[Any]:
    """What is shown of a client that has run: as soon as it is what is wanted, or at last."""
    client = CLIENTS[name]
    if missing := client.missing():
        pytest.skip(missing)
    with collecting(folder / "home") as engine, StubModel() as stub:
        script(stub)
        send(client, stub.url, f"http://127.0.0.1:{engine.port}", engine.token)
        until = time.monotonic() + PATIENCE
        while True:
            with closing(open_reader(engine.places.index)) as reader:
                found = say(shown(reader))
            if found == wanted or time.monotonic() > until:
                return found
            time.sleep(0.05)
