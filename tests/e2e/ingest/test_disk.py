"""Nothing can be journaled for a while: programs are told to come again, and the user why."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rollscope_desktop import attach
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.problems import query_problems
from tests.app.engine.engines import wait
from tests.e2e.ingest.senders import OtlpSender, Place
from tests.sdk_bridge.engine_receiver import EngineReceiver


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineReceiver]:
    running = EngineReceiver(tmp_path / "engine")
    running.start()
    yield running
    running.stop()


def send(place: Place, body: bytes) -> tuple[int, str | None]:
    """The status of the answer, and when to come again."""
    with closing(http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)) as line:
        headers = {**place.headers, "Content-Type": "application/x-protobuf"}
        line.request("POST", "/v1/traces", body, headers)
        answer = line.getresponse()
        answer.read()
        return answer.status, answer.getheader("Retry-After")


def test_a_journal_that_cannot_be_written_is_a_problem_until_it_can(engine: EngineReceiver) -> None:
    place = Place(engine.port, engine.token)
    body, _ = OtlpSender(place, 1)._request()
    engine.journal.write_bytes(b"")  # a file stands where the folder should be
    assert send(place, body) == (503, "5")

    with (
        closing(open_reader(engine.places.index)) as reader,
        closing(attach.connect(engine.places, start=False, client="test")) as line,
    ):
        [problem] = wait(lambda: query_problems(reader), "the problem")
        assert "cannot be recorded" in problem.reason
        assert problem.severity == "error"
        assert line.ask("status")["ingest"]["port"] == engine.port, "the rest goes on"

        engine.journal.unlink()
        assert send(place, body) == (200, None)
        wait(lambda: not query_problems(reader), "the end of the problem")
        wait(lambda: line.ask("status")["spans"] == 5, "the spans")
