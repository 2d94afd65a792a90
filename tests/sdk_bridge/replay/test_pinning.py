"""What a run drew at random, it draws again in a fork; nobody else notices."""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import choice
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope
from rollscope.pinning import _SEEDED
from rollscope.replay import Edit
from tests.sdk_bridge.replay.forking import Bench, Done

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server


@pytest.fixture
def pinned(folder: Path) -> Rollscope:
    """A client whose runs draw from a seed."""
    return Rollscope(log_dir=folder, pin_random=True)


def draw() -> list[Any]:
    return [
        random.random(), random.randint(0, 10**9), choice(range(10**9)),
        random.sample(range(99), 3), random.getrandbits(40), random.gauss(0, 1),
        random.randbytes(4).hex(), str(uuid.uuid4()),
    ]  # fmt: skip


def test_a_fork_draws_the_same(pinned: Rollscope, stub: Server, done: Done, folder: Path) -> None:
    seen: list[Any] = []

    @pinned.tool
    def note(what: str) -> None:
        done("note")

    @pinned.agent
    def work() -> None:
        seen.append([draw(), note("between"), draw()])

    bench = Bench(folder, stub, done, work)
    assert bench.fork(None).outcome.status == "ok"
    fork = bench.fork(Edit(bench.calls[0].id, output="CHANGED"))
    assert fork.record.start["entry"]["pinned"] is True
    assert seen[0] == seen[1]
    assert (seen[0][0], seen[0][2]) == (seen[2][0], seen[2][2])
    assert seen[0][0] != seen[0][2]
    bench.record = fork.record  # and a fork of the fork
    assert bench.fork(None).outcome.status == "ok"
    assert seen[3][2] == seen[0][2]
    Bench(folder, stub, done, work)
    assert seen[4] != seen[0]


@pytest.mark.parametrize("kind", ["tasks", "threads"])
def test_beside_each_other(
    pinned: Rollscope, stub: Server, done: Done, folder: Path, kind: str
) -> None:
    """Whoever draws first: the order of those that run beside each other does not repeat."""
    seen: list[Any] = []
    orders = iter([[0, 1, 2], [2, 1, 0], [1, 0, 2]])

    @pinned.agent
    async def work() -> None:
        order = next(orders)
        turns = {n: asyncio.Event() for n in range(4)}
        turns[0].set()

        async def one(n: int) -> list[Any]:
            await turns[order.index(n)].wait()
            found = draw()
            turns[order.index(n) + 1].set()
            return found

        if kind == "tasks":
            seen.append(await asyncio.gather(*(one(n) for n in range(3))))
            return
        with ThreadPoolExecutor(1) as pool:
            jobs = [pool.submit(draw) for _ in range(3)]
            seen.append([job.result() for job in jobs])

    bench = Bench(folder, stub, done, work)
    for _ in range(2):
        assert bench.fork(None).outcome.status == "ok"
    assert seen[0] == seen[1] == seen[2]
    assert len({str(one) for one in seen[0]}) == 3


def test_nobody_else_notices(pinned: Rollscope, stub: Server, done: Done, folder: Path) -> None:
    inside: list[Any] = []

    @pinned.agent
    def work() -> None:
        inside.append((draw(), os.urandom(16), os.urandom(4), random.SystemRandom().random()))

    random.seed(5)
    expected = [random.random() for _ in range(4)]
    random.seed(5)
    got = [random.random()]
    bench = Bench(folder, stub, done, work)
    got.append(random.random())
    bench.fork(None)
    got.append(random.random())
    Rollscope(log_dir=folder).agent(lambda: got.append(random.random()))()
    assert got == expected
    assert inside[0][0] == inside[1][0]
    assert inside[0][1:] != inside[1][1:]
    assert uuid.uuid4() != uuid.uuid4()
    assert _SEEDED == {}


def test_a_seed_of_the_program(pinned: Rollscope, stub: Server, done: Done, folder: Path) -> None:
    """A program that seeds by itself repeats, pinned or not."""
    seen: list[Any] = []

    @pinned.agent
    def work() -> None:
        random.seed(7)
        seen.append([random.random(), random.randint(0, 99)])

    bench = Bench(folder, stub, done, work)
    assert bench.fork(None).outcome.status == "ok"
    own = random.Random(7)
    assert seen == [[own.random(), own.randint(0, 99)]] * 2


def test_what_is_not_pinned_is_random(
    client: Rollscope, stub: Server, done: Done, folder: Path
) -> None:
    seen: list[Any] = []
    bench = Bench(folder, stub, done, client.agent(lambda: seen.append(draw())))
    bench.fork(None)
    assert seen[0] != seen[1]
