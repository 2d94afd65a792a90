"""Forks in the middle of a run: the child writes a file of its own, and nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sdk_bridge.recorded import runs, script, the_run

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")


@forks
@pytest.mark.parametrize("how", ["os._exit(0)", "sys.exit()", "raise ValueError", "pass"])
def test_a_fork_in_the_middle_of_a_run(folder: Path, how: str) -> None:
    script(
        folder,
        f"""
        import os, sys
        from rollscope.client import Rollscope
        client = Rollscope()

        with client.trace("t") as trace, client.span("around") as around:
            trace.message("user", "before")
            child = os.fork()
            if child == 0:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                with client.span("of child") as span:
                    trace.signal("from", "child")
                    around.set(child=True)
                {how}
            else:
                os.waitpid(child, 0)
                with client.span("of parent"):
                    trace.signal("from", "parent")
        """,
    )

    run = the_run(folder)
    assert len(list(folder.iterdir())) == 2
    assert run.tree() in ("around(of parent, of child)", "around(of child, of parent)")
    assert {step.status for step in run.all_steps} == {"ok"}
    assert {e["value"]: e["proc"] for e in run.of("signal")} == {"parent": 0, "child": 1}
    assert run.end["proc"] == 0
    assert run.step("around").end["proc"] == 0
    assert run.step("of child").end["proc"] == 1


@forks
def test_a_child_that_records_nothing_leaves_no_file(folder: Path) -> None:
    script(
        folder,
        """
        import os
        from rollscope.client import Rollscope
        with Rollscope().trace("t"):
            child = os.fork()
            if child:
                os.waitpid(child, 0)
        """,
    )

    assert [path.name[33:] for path in folder.iterdir()] == ["0.jsonl"]
    assert the_run(folder).status == "ok"


@forks
def test_a_child_begins_runs_of_its_own(folder: Path) -> None:
    script(
        folder,
        """
        import os
        from rollscope.client import Rollscope
        client = Rollscope()
        with client.trace("warm"):
            pass
        child = os.fork()
        with client.trace("child" if child == 0 else "parent"):
            pass
        if child:
            os.waitpid(child, 0)
        """,
    )

    assert sorted(run.name for run in runs(folder)) == ["child", "parent", "warm"]


@forks
def test_a_child_lets_go_of_a_run_that_it_leaves(folder: Path) -> None:
    script(
        folder,
        """
        import os
        from rollscope.client import Rollscope
        client = Rollscope()
        try:
            with client.trace("t"), client.span("s"):
                child = os.fork()
                if child == 0:
                    raise KeyError
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        except KeyError:
            os._exit(len(client.live))
        """,
    )
    assert the_run(folder).status == "ok"


@forks
def test_forks_while_threads_write(folder: Path) -> None:
    done = script(
        folder,
        """
        import os, sys, threading, time, warnings
        warnings.simplefilter("ignore")
        from rollscope.client import Rollscope
        client = Rollscope(max_steps_per_run=1_000_000, redact=lambda event: event)
        stop = False

        def write(trace):
            while not stop:
                trace.log_event("e", text="x" * 100)
                with client.trace("other", new_run=True):
                    pass

        with client.trace("t") as trace:
            threads = [threading.Thread(target=write, args=(trace,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            children = []
            for n in range(12):
                child = os.fork()
                if child == 0:
                    with client.tool("of child"):
                        trace.log_event("child", n=n)
                    with client.trace("linked", new_run=True):
                        pass
                    os._exit(7)
                children.append(child)
            ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
            stop = True
            for thread in threads:
                thread.join()
        print(ends)
        """,
    )

    assert done.stdout == f"{[7] * 12}\n"
    [run] = [run for run in runs(folder) if run.name == "t"]
    assert run.status == "ok"
    told = [e for e in run.of("event") if e["name"] == "child"]
    assert sorted(event["data"]["n"] for event in told) == list(range(12))
    assert len({event["proc"] for event in told}) == 12


@forks
def test_a_fork_in_a_hook(folder: Path) -> None:
    """A fork while this thread is in the recorder."""
    done = script(
        folder,
        """
        import os
        from rollscope.client import Rollscope

        def hook(event):
            if event["type"] == "message":
                child = os.fork()
                if child == 0:
                    return event
                os.waitpid(child, 0)
            return event

        with Rollscope(redact=hook).trace("t") as trace:
            trace.message("user", "x")
        print("done")
        """,
    )

    assert done.stdout == "done\n" * 2
    run = the_run(folder)
    assert len(run.of("message")) == 2


@forks
def test_children_of_multiprocessing_pools(folder: Path) -> None:
    done = script(
        folder,
        """
        import multiprocessing
        from rollscope.client import Rollscope
        client = Rollscope()

        @client.tool
        def double(n):
            return n * 2

        if __name__ == "__main__":
            with client.trace("t"):
                with multiprocessing.get_context("fork").Pool(2) as pool:
                    print(pool.map(double, range(6)))
        """,
    )

    assert done.stdout == "[0, 2, 4, 6, 8, 10]\n"
    run = the_run(folder)
    assert sorted(step.output for step in run.named("double")) == [0, 2, 4, 6, 8, 10]
    assert run.status == "ok"


@forks
def test_a_fork_while_another_thread_holds_every_lock(folder: Path) -> None:
    done = script(
        folder,
        """
        import gc, os, signal, sys, threading, _thread
        import rollscope
        client = rollscope.init(max_steps_per_run=100, redact=lambda event: event)
        LOCKS = (_thread.LockType, _thread.RLock)

        def ours():
            modules = [m for n, m in list(sys.modules.items()) if n.split(".")[0] == "rollscope"]
            things = [o for o in gc.get_objects() if type(o).__module__.startswith("rollscope.")]
            for thing in modules + things:
                if type(thing).__module__.startswith("rollscope.sinks._"):
                    continue
                for referent in [thing, *gc.get_referents(thing)]:
                    for lock in gc.get_referents(referent):
                        if isinstance(lock, LOCKS):
                            yield lock

        def work():
            with rollscope.tool("t"), scope:
                rollscope.current_trace().log_event("e", x=object())
            with rollscope.agent("other", new_run=True):
                pass

        def hold():
            held = [lock for lock in {id(lock): lock for lock in ours()}.values()
                    if lock.acquire(blocking=False)]
            print(len(held) > 1, flush=True)
            holding.set()
            release.wait()
            for lock in held:
                lock.release()

        scope = rollscope.span("scope")
        holding, release = threading.Event(), threading.Event()
        holder = threading.Thread(target=hold)
        with rollscope.trace("t"):
            work()
            with scope:
                holder.start()
                holding.wait()
                child = os.fork()
                if child == 0:
                    signal.alarm(5)
                    work()
                    os._exit(7)
                print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
                release.set()
                holder.join()
            work()
        """,
    )

    assert done.stdout == "True\n7\n"
    [run] = [run for run in runs(folder) if run.name == "t"]
    assert run.tree() == "t(scope), scope(t(scope)), t(scope)"
