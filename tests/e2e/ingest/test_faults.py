"""The engine is killed under load again and again: what it acknowledged is there, once."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.runs import query_newest
from tests.app.engine.engines import wait
from tests.e2e.ingest.senders import OtlpSender, Place, RetraceSender, Sender, StreamSender
from tests.sdk_bridge.engine_receiver import EngineReceiver

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "100"))
CLIENTS = 16


@pytest.mark.soak
@pytest.mark.timeout(60 + 6 * ROUNDS)
def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    engine = EngineReceiver(tmp_path / "engine")
    engine.start()
    place = Place(engine.port, engine.token)
    senders: list[Sender] = []
    for number in range(CLIENTS):
        senders.append(StreamSender(place, 1 + number))
        senders.append(RetraceSender(place, 101 + number))
        senders.append(OtlpSender(place, 201 + number))
    chance = random.Random(7)
    for sender in senders:
        sender.start()
    for _ in range(ROUNDS):
        time.sleep(chance.uniform(0.05, 0.8))
        engine.kill()
        engine.start()
    for sender in senders:
        sender.stopping.set()
    for sender in senders:
        sender.join(60)
    assert [
        sender.name for sender in senders if sender.is_alive() or sender.sent != sender.safe
    ] == []
    assert [said for sender in senders for said in sender.refusals] == []
    assert min(len(sender.safe) for sender in senders) > ROUNDS, "there was hardly any load"

    times = journaled(engine)
    for sender in senders:
        found = times[sender.id]
        assert set(found) >= sender.safe, sender.name
        assert {name: n for name, n in found.items() if n != 1} == {}, sender.name

    reader = open_reader(engine.places.index)
    wanted = {s.id: len(s.safe) for s in senders if not isinstance(s, StreamSender)}

    def counted() -> dict[str, int]:
        return {run.key: run.spans for run in query_newest(reader) if run.key in wanted}

    wait(lambda: counted() == wanted, "all of it in the index", seconds=60)
    assert len(query_newest(reader)) == len(senders)
    reader.close()
    engine.stop()


def journaled(engine: EngineReceiver) -> dict[str, Counter[object]]:
    """How often each thing that a sender sent is in the journal, by its run."""
    seen: dict[str, Counter[object]] = {}
    for _, line in engine.lines():
        event = json.loads(line)
        found = seen.setdefault(event["run"], Counter())
        if event["proc"] == 0:
            found[event["seq"]] += 1
        elif event["type"] == "span.end":
            found[event["span"]] += 1
    return seen
