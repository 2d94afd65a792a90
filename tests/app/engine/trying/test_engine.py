"""A call is tried through an engine: it answers other requests meanwhile, and keeps nothing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.attach import EngineUnavailable
from tests.app.engine.engines import Engines, wait, wait_for
from tests.app.support import simple_run
from tests.sdk_bridge.stub import Reply, StubModel

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "a word that nobody keeps"}]}


def test_a_call_is_tried(own_places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_bytes(simple_run(1))
    hold = threading.Event()
    with StubModel() as stub, Engines(own_places) as engines:
        stub.script(Reply("Fine.", hold=hold))
        engines.collect(str(tmp_path / "logs"))
        connection = engines.connect()
        before = wait_for(connection, runs=1)
        where: dict[str, Any] = {"dialect": "openai.chat", "url": f"{stub.url}/v1/chat/completions"}
        place = connection.ask("try_place", **where)
        assert (place["known"], place["key"]) == (False, "OPENAI_API_KEY")

        connection.send({"id": "try", "do": "try_call", "request": REQUEST, **where})
        wait(lambda: stub.requests, "the call")
        status = connection.ask("status")
        assert [status[name] for name in ("runs", "spans")] == [
            before[name] for name in ("runs", "spans")
        ]
        hold.set()
        said = next(each for each in connection.lines() if each.get("id") == "try")
        assert said["ok"]["answer"]["message"]["content"] == "Fine."
        assert "authorization" not in stub.requests[0].headers

        with pytest.raises(EngineUnavailable, match="known to be a provider's"):
            connection.ask("try_call", request=REQUEST, key="sk-typed", **where)
        assert len(stub.requests) == 1

    kept = [path for path in own_places.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        data = path.read_bytes()
        assert b"a word that nobody keeps" not in data, path
        assert b"sk-" not in data, path
