"""Pools of threads: each job is a branch, and the workers keep what is theirs."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from rollscope import Rollscope
from rollscope.context import here
from tests.sdk_bridge.follow.logs import branches, spans


def test_jobs_are_numbered_as_they_are_submitted(client: Rollscope, folder: Path) -> None:
    def step(name: str, delay: float = 0.0) -> str:
        time.sleep(delay)
        with client.span(name):
            return name.upper()

    @client.agent
    def main() -> list[str]:
        with ThreadPoolExecutor(3) as pool:
            slow = pool.submit(step, "slow", delay=0.02)
            fast = pool.submit(step, "fast")
            rest = pool.map(step, ["x", "y"])
            return [slow.result(), fast.result(), *rest]

    assert main() == ["SLOW", "FAST", "X", "Y"]
    assert branches(folder) == {"slow": 1, "fast": 2, "x": 3, "y": 4}


def test_workers_stand_nowhere_between_their_jobs(client: Rollscope, folder: Path) -> None:
    pool = ThreadPoolExecutor(1)

    @client.agent
    def main() -> None:
        pool.submit(lambda: None).result()  # starts the worker, inside the run
        thread = threading.Thread(target=lambda: client.span("thread").__enter__())
        thread.start()
        thread.join()

    main()

    assert pool.submit(here).result() is None
    pool.shutdown()
    assert branches(folder) == {"thread": 2}  # the job took 1, its worker nothing


def test_a_worker_keeps_its_own_context(client: Rollscope) -> None:
    own: contextvars.ContextVar[str] = contextvars.ContextVar("own", default="default")

    @client.agent
    def main() -> str:
        own.set("of the submitter")
        with ThreadPoolExecutor(1, initializer=own.set, initargs=("of the worker",)) as pool:
            return pool.submit(own.get).result()

    assert main() == "of the worker"


def test_asyncio_to_thread_and_executors(client: Rollscope, folder: Path) -> None:
    own: contextvars.ContextVar[str] = contextvars.ContextVar("own")

    def step(name: str) -> str:
        with client.span(name):
            return own.get("none")

    @client.agent
    async def main() -> list[str]:
        own.set("mine")
        with client.span("outer"):
            told = [await asyncio.to_thread(step, "to_thread")]
        loop = asyncio.get_running_loop()
        told.append(await loop.run_in_executor(None, step, "executor"))
        with ThreadPoolExecutor(1) as pool:
            told.append(pool.submit(contextvars.copy_context().run, step, "context").result())
            apart = pool.submit(contextvars.Context().run, here)
            assert apart.result() is None  # that context came from elsewhere
        return told

    assert asyncio.run(main()) == ["mine", "none", "mine"]
    assert branches(folder) == {"outer": 0, "to_thread": 1, "executor": 2, "context": 3}
    found = spans(folder)
    assert found["to_thread"]["parent"] == found["outer"]["span"]


def test_failures_and_wrong_calls_stay_as_they_are(client: Rollscope) -> None:
    @client.agent
    def main() -> None:
        pool = ThreadPoolExecutor(1)
        with pytest.raises(ZeroDivisionError):
            pool.submit(lambda: 1 // 0).result()
        with pytest.raises(TypeError, match="submit"):
            pool.submit()  # type: ignore[call-arg]
        pool.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            pool.submit(len, "")
        assert here() is not None

    main()


def test_pools_of_multiprocessing_with_threads(client: Rollscope, folder: Path) -> None:
    def step(*names: str) -> str:
        name = "-".join(names)
        with client.span(name):
            return name

    @client.agent
    def main() -> list[object]:
        with ThreadPool(2) as pool:
            return [
                pool.apply(step, ("apply",)),
                pool.map(step, ["m0", "m1"]),
                pool.starmap(step, [("s", "0"), ("s", "1")]),
                list(pool.imap(step, (name for name in ["i0", "i1"]))),
                sorted(pool.imap_unordered(step, ["u0", "u1"])),
                pool.map_async(step, ["a0"]).get(),
            ]

    said = ["apply", ["m0", "m1"], ["s-0", "s-1"], ["i0", "i1"], ["u0", "u1"], ["a0"]]
    assert main() == said
    first = branches(folder)
    assert len(set(first.values())) == 10
    for path in folder.iterdir():
        path.unlink()
    main()
    assert branches(folder) == first


def test_outside_a_run_a_job_is_what_it_is() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(here).result() is None
    with ThreadPool(1) as other:
        assert other.map(len, ["ab"]) == [2]
