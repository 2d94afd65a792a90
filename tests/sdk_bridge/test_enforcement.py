"""Asking the application before a call: every verdict, holds, and answers that do not come."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.enforcement import Enforcement
from rollscope.errors import (
    AuthError,
    EnforcementError,
    RateLimitError,
    RollscopeError,
    TransportError,
)
from rollscope.wire import run_id
from tests.sdk_bridge.receiver import Receiver
from tests.sdk_bridge.trouble import Road, response

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog

CALL: dict[str, Any] = {"kind": "tool", "name": "pay", "arguments_hash": "0" * 32}


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A server that says what a test tells it to."""
    made = Receiver(tmp_path / "receiver")
    made.start()
    yield made
    made.stop()


def asked(url: str | None, **options: Any) -> Enforcement:
    return Enforcement(url, Receiver.token, **options)


def refusal(enforcement: Enforcement, **more: Any) -> EnforcementError:
    with pytest.raises(EnforcementError) as caught:
        enforcement.check(run_id(), **CALL, **more)
    return caught.value


def test_what_is_allowed_goes_on(receiver: Receiver) -> None:
    asked(receiver.url).check(run_id(), project="p", tokens=5, usd=0.25, **CALL)
    asyncio.run(asked(receiver.url).check_async(run_id(), **CALL))


@pytest.mark.parametrize("verdict", ["block", "deny"])
def test_what_is_not_allowed_raises(verdict: str, receiver: Receiver) -> None:
    receiver.rule({"pay": {"verdict": verdict, "reason": "Too dear."}})

    error = refusal(asked(receiver.url))

    assert (error.verdict, error.reason, str(error)) == (verdict, "Too dear.", "Too dear.")
    with pytest.raises(EnforcementError, match="Too dear"):
        asyncio.run(asked(receiver.url).check_async(run_id(), **CALL))
    asked(receiver.url).check(run_id(), kind="tool", name="look")


def test_a_held_call_raises_unless_it_may_wait(receiver: Receiver) -> None:
    receiver.rule({"pay": {"verdict": "hold", "reason": "Ask me first."}})
    begun = time.monotonic()

    assert refusal(asked(receiver.url)).verdict == "hold"
    assert refusal(asked(receiver.url, hold_wait=0.3)).reason == "Ask me first."
    assert 0.3 < time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("status", "verdict"), [("approved", None), ("denied", "deny"), ("expired", "hold")]
)
def test_a_held_call_waits_for_somebodys_word(
    status: str, verdict: str | None, receiver: Receiver
) -> None:
    hold = {"pay": {"verdict": "hold", "reason": "Ask me first."}}
    receiver.rule(hold)
    word = threading.Timer(0.2, receiver.rule, (hold, {"pay": status}))
    word.start()
    enforcement = asked(receiver.url, hold_wait=20)

    if verdict is None:
        enforcement.check(run_id(), **CALL)
        asyncio.run(enforcement.check_async(run_id(), **CALL))
    else:
        assert refusal(enforcement).verdict == verdict
        with pytest.raises(EnforcementError):
            asyncio.run(enforcement.check_async(run_id(), **CALL))
    word.join()


def test_other_tasks_go_on_while_a_call_is_held(receiver: Receiver) -> None:
    receiver.rule({"pay": {"verdict": "hold"}})
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    async def both() -> None:
        other = asyncio.create_task(others())
        with pytest.raises(EnforcementError, match="Somebody has to allow pay"):
            await asked(receiver.url, hold_wait=0.3).check_async(run_id(), **CALL)
        other.cancel()

    asyncio.run(both())
    assert turns > 10


@pytest.mark.parametrize(
    "answer",
    [
        response(200, body="no JSON"),
        response(200, body="[]"),
        response(200, body='{"verdict": "perhaps"}'),
        response(200, body='{"verdict": "hold"}'),
        response(200, body='{"verdict": ["block"]}'),
        response(401, body='{"verdict": "block"}'),
        response(500),
        b"\x00\xff nonsense\r\n\r\n",
    ],
)
def test_an_odd_answer_lets_the_call_be_made(
    answer: bytes, road: Road, expected_log: ExpectedLog, caplog: pytest.LogCaptureFixture
) -> None:
    expected_log("Ceilings set in this program still apply")
    road.answer = answer
    enforcement = asked(road.url)

    for _ in range(3):
        enforcement.check(run_id(), **CALL)
    assert sum(record.levelno >= logging.WARNING for record in caplog.records) == 1
    assert len(road.requests) == 1  # the next few calls do not ask again


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (response(401, body="who?"), AuthError),
        (response(429), RateLimitError),
        (response(200, body="[]"), TransportError),
    ],
)
def test_trouble_is_told_to_the_program_once(
    answer: bytes,
    kind: type[RollscopeError],
    road: Road,
    expected_log: ExpectedLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rollscope.enforcement._QUIET", 0.0)
    expected_log("Ceilings set in this program still apply")
    told: list[RollscopeError] = []
    enforcement = asked(road.url, on_error=told.append)

    for said in (answer, answer, None, answer):
        road.answer = said
        enforcement.check(run_id(), **CALL)

    assert [type(error) for error in told] == [kind, kind]  # it was well in between


def test_a_server_that_is_away_lets_the_call_be_made(
    receiver: Receiver, road: Road, expected_log: ExpectedLog
) -> None:
    expected_log("Ceilings set in this program still apply")
    road.down()
    asked(road.url).check(run_id(), **CALL)
    asyncio.run(asked(road.url).check_async(run_id(), **CALL))
    road.up()
    road.silent = True
    begun = time.monotonic()

    asked(road.url, timeout=0.1).check(run_id(), **CALL)
    assert time.monotonic() - begun < 1


def test_a_hold_whose_server_goes_away_is_not_a_yes(receiver: Receiver, road: Road) -> None:
    receiver.rule({"pay": {"verdict": "hold", "reason": "Ask me first."}})
    away = threading.Timer(0.1, road.down)
    away.start()

    error = refusal(asked(road.url, hold_wait=20))

    assert error.verdict == "hold"
    assert error.reason.startswith("Ask me first. No word came: ")
    away.join()


def test_the_application_on_this_machine_is_found(
    receiver: Receiver, own_places: Path, expected_log: ExpectedLog
) -> None:
    receiver.rule({"pay": {"verdict": "block"}})
    expected_log("no application runs on this machine")
    asked(None).check(run_id(), **CALL)
    (own_places / "data").mkdir()
    (own_places / "data" / "engine.json").write_text(json.dumps({"ingest": receiver.port}))

    assert refusal(asked(None)).reason == "The application does not allow pay."
