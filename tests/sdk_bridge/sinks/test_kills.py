"""A program that records is killed at any moment: every event whose call had returned is there."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sdk_bridge.feeding import wait_for
from tests.sdk_bridge.killing import Said, numbers, record_and_kill

if TYPE_CHECKING:
    from tests.sdk_bridge.receiver import Receiver
    from tests.sdk_bridge.sinks.conftest import Sinks
    from tests.sdk_bridge.trouble import Road


def check(said: Said, found: dict[tuple[str, int], list[int]]) -> None:
    """What was said to be recorded is there, in order, once; one more line may be."""
    for place, seqs in said.items():
        there = found.get(place, [])
        assert there == list(range(len(there)))
        assert seqs <= set(there)
    assert said


def kill_files(folder: Path, rounds: int) -> None:
    chance = random.Random(3)
    for n in range(rounds):
        said = record_and_kill(chance, "file", str(folder / str(n)))
        files = sorted((folder / str(n)).glob("*.jsonl"))
        lines = [line for file in files for line in file.read_bytes().splitlines(keepends=True)]
        check(said, numbers(lines))


def kill_sockets(receiver: Receiver, road: Road, sinks: Sinks, rounds: int) -> None:
    chance = random.Random(4)
    said: Said = {}
    for n in range(rounds):
        road.cut_after = chance.choice([None, None, 5_000, 100_000])
        road.delay = chance.choice([0.0, 0.0, 0.02])
        if chance.random() < 0.2:
            road.down()
        said |= record_and_kill(
            chance, "socket", road.url, receiver.token, str(sinks.spool), chance.choice([1, 2, 4])
        )
        road.down()
        road.up()
        if chance.random() < 0.2:
            receiver.kill()
            receiver.start()
        if n % 10 == 9 or n == rounds - 1:
            road.cut_after, road.delay = None, 0.0
            sink = sinks(road.url)  # the next start
            wait_for(lambda sink=sink: sink.flush(10))  # type: ignore[misc]
            sink.close(1)
            check(said, receiver.events())
            # A file that is empty may be about to be written, for all that others know.
            assert [file for file in sinks.files() if file.stat().st_size] == []


def test_files_keep_what_a_killed_program_had_recorded(tmp_path: Path) -> None:
    kill_files(tmp_path, 2)


def test_a_spool_keeps_what_a_killed_program_had_recorded(
    receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    kill_sockets(receiver, road, sinks, 3)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_files_keep_everything_over_many_kills(tmp_path: Path, soak_rounds: int) -> None:
    kill_files(tmp_path, 2 * soak_rounds)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_spool_keeps_everything_over_many_kills(
    receiver: Receiver, road: Road, sinks: Sinks, soak_rounds: int
) -> None:
    kill_sockets(receiver, road, sinks, 2 * soak_rounds)
