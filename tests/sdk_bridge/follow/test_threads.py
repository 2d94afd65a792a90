"""Threads: each is a branch of its own, whatever its class, and leaves nothing behind."""

from __future__ import annotations

import contextvars
import gc
import threading
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest

from rollscope import Rollscope
from rollscope.context import Here, here
from rollscope.follow import threads
from tests.sdk_bridge.follow.logs import branches, spans


def test_threads_timers_and_subclasses(client: Rollscope, folder: Path) -> None:
    def step(name: str) -> None:
        with client.span(name):
            pass

    class Own(threading.Thread):
        def run(self) -> None:
            step("subclass")

    @client.agent
    def main() -> None:
        threads = [threading.Thread(target=step, args=("thread",)), Own()]
        threads.append(threading.Timer(0, step, ("timer",)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        step("main")

    main()

    assert branches(folder) == {"thread": 1, "subclass": 2, "timer": 3, "main": 0}


def test_steps_of_a_thread_are_part_of_the_step_that_started_it(
    client: Rollscope, folder: Path
) -> None:
    def step() -> None:
        with client.span("inner"):
            pass

    @client.agent
    def main() -> None:
        with client.span("outer"):
            thread = threading.Thread(target=step)
            thread.start()
        thread.join()

    main()

    found = spans(folder)
    assert found["inner"]["parent"] == found["outer"]["span"]


def test_a_thread_dies_with_its_last_reference(client: Rollscope) -> None:
    class Thing:
        pass

    @client.agent(capture_input=False)
    def main(thing: Thing) -> weakref.ref:
        thread = threading.Thread(target=lambda: thing)
        thread.start()
        thread.join()
        assert not [name for name in vars(thread) if "rollscope" in name]
        return weakref.ref(thread)

    thing = Thing()
    gone = weakref.ref(thing)
    thread = main(thing)
    del thing

    assert thread() is None, gc.get_referrers(thread())
    assert gone() is None


def test_a_thread_starts_once_only(client: Rollscope) -> None:
    @client.agent
    def main() -> None:
        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="once"):
            thread.start()
        assert not [name for name in vars(thread) if "rollscope" in name]

    main()


def test_a_thread_that_was_started_outside_stays_outside(client: Rollscope) -> None:
    begun, seen = threading.Event(), []

    def look() -> None:
        begun.wait()
        seen.append(here())

    thread = threading.Thread(target=look)
    thread.start()

    @client.agent
    def main() -> None:
        begun.set()
        thread.join()

    main()

    assert seen == [None]


def test_threads_that_have_a_context_of_their_own(client: Rollscope) -> None:
    # As they have from Python 3.14 on, whether they inherit it or not.
    theirs = contextvars.copy_context()
    plain, given = SimpleNamespace(_context=None), SimpleNamespace(_context=theirs)

    @client.agent
    def main() -> Here | None:
        place = here()
        assert place is not None
        for thread in (plain, given):
            threads._give_context(thread, place)
        return place

    main()

    assert plain._context.run(here) is not None
    assert given._context is theirs
    assert theirs.run(here) is None
