"""Child processes record into the run of their parent, each into a log of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rollscope import Rollscope
from rollscope.follow import processes
from tests.sdk_bridge.follow.logs import branches, events, of_type, run, spans

_STEP = "from rollscope import span\nwith span({name!r}): pass\n"

_METHODS = ["spawn"] if sys.platform == "win32" else ["fork", "spawn", "forkserver"]


def logs_belong_together(folder: Path, processes: int) -> None:
    """One run, begun and ended once, and a log for every process."""
    [start] = of_type(folder, "run.start")
    [end] = of_type(folder, "run.end")
    assert start["proc"] == end["proc"] == 0
    assert {event["run"] for event in events(folder)} == {start["run"]}
    assert len(list(folder.iterdir())) == processes
    assert len({event["proc"] for event in events(folder)}) == processes
    begun = {event["span"] for event in of_type(folder, "span.start")}
    ended = [event["span"] for event in of_type(folder, "span.end")]
    assert sorted(ended) == sorted(begun)


def test_programs_record_into_the_run(client: Rollscope, folder: Path) -> None:
    before = dict(os.environ)

    @client.agent
    def main() -> None:
        with client.span("outer"):
            for name in ("first", "second"):
                subprocess.run([sys.executable, "-c", _STEP.format(name=name)], check=True)

    main()

    assert dict(os.environ) == before
    logs_belong_together(folder, 3)
    found = spans(folder)
    assert found["first"]["parent"] == found["second"]["parent"] == found["outer"]["span"]
    assert branches(folder) == {"outer": 0, "first": 1, "second": 2}


def test_programs_with_an_environment_of_their_own(client: Rollscope, folder: Path) -> None:
    environ = {**os.environ, "MINE": "1"}
    code = _STEP.format(name="step") + "import os; assert os.environ['MINE'] == '1'"

    @client.agent
    def main() -> None:
        subprocess.run([sys.executable, "-c", code], env=environ, check=True)
        positional = (-1, None, None, None, None, None, True, False, None, environ)
        again = subprocess.Popen([sys.executable, "-c", code.replace("step", "more")], *positional)
        assert again.wait() == 0

    main()

    assert "ROLLSCOPE_TRACEPARENT" not in environ
    logs_belong_together(folder, 3)


def test_programs_that_asyncio_starts(folder: Path) -> None:
    code = f"""
import asyncio, sys
import rollscope
@rollscope.agent
async def main():
    step = {_STEP.format(name="exec")!r}
    for start in (asyncio.create_subprocess_exec(sys.executable, "-c", step),
                  asyncio.create_subprocess_shell(f'"{{sys.executable}}" -c "pass"')):
        assert await (await start).wait() == 0
asyncio.run(main())
"""
    run(code, folder)

    logs_belong_together(folder, 2)
    assert branches(folder) == {"exec": 1}


def test_what_somebody_chose_for_the_program_stays(client: Rollscope, tmp_path: Path) -> None:
    with client.agent("main"):
        from rollscope.context import here

        place = here()
        assert place is not None
        told = processes.environment(place, {"ROLLSCOPE_LOG_DIR": "/chosen"})
        assert told["ROLLSCOPE_LOG_DIR"] == "/chosen"
        told = processes.environment(place, {})
        assert told["ROLLSCOPE_LOG_DIR"] == str(client.settings.log_dir)
        assert "ROLLSCOPE_API_KEY" not in told


def test_a_run_that_is_not_recorded_is_not_in_its_children_either(folder: Path) -> None:
    code = """
import subprocess, sys
import rollscope
rollscope.init(sample_rate=0)
with rollscope.agent("main"):
    subprocess.run([sys.executable, "-c", "import rollscope\\nwith rollscope.agent('a'): pass"])
"""
    run(code, folder)

    assert not folder.exists()


@pytest.mark.parametrize("written", [True, False])
def test_a_program_that_sets_up_its_own_client_goes_on_with_that(
    folder: Path, written: bool
) -> None:
    child = folder.parent / "child.py"
    child.write_text(f"""
import rollscope
from rollscope.follow.arrival import adopt
def hide(event):
    return {{**event, "input": "hidden"}} if event.get("input") else event
if {written}:
    with rollscope.span("before"): pass
adopt(rollscope.init(redact=hide))
@rollscope.agent("step")
def step(text): pass
step("secret")
""")
    code = f"""
import subprocess, sys
import rollscope
with rollscope.agent("main"):
    subprocess.run([sys.executable, {str(child)!r}], check=True)
"""
    run(code, folder)

    logs_belong_together(folder, 2)
    assert "secret" not in "".join(path.read_text() for path in folder.iterdir())
    assert spans(folder)["step"]["input"] == "hidden"


def test_contents_stay_out_where_the_hook_of_the_parent_is_missing(folder: Path) -> None:
    child = "import rollscope\n@rollscope.agent\ndef step(text): pass\nstep('secret')"
    code = f"""
import subprocess, sys
import rollscope
rollscope.init(redact=lambda event: event)
with rollscope.agent("main"):
    subprocess.run([sys.executable, "-c", {child!r}], check=True)
"""
    run(code, folder)

    logs_belong_together(folder, 2)
    assert "input" not in spans(folder)["step"]


_MULTIPROCESSING = """
import multiprocessing, os, sys
import rollscope

def work(name):
    with rollscope.span(name):
        return name.upper()

class Own(multiprocessing.get_context(sys.argv[1]).Process):
    def run(self):
        work("subclass")

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    rollscope.init(log_dir=sys.argv[2])
    with rollscope.agent("main"):
        with rollscope.span("outer"):
            for process in (context.Process(target=work, args=("target",)), Own()):
                process.start()
                assert not [name for name in vars(process) if "rollscope" in name]
                process.join()
                assert process.exitcode == 0
        work("after")
"""


@pytest.mark.parametrize("method", _METHODS)
def test_processes_of_multiprocessing(folder: Path, tmp_path: Path, method: str) -> None:
    run(_MULTIPROCESSING, tmp_path / "elsewhere", method, str(folder))

    assert not (tmp_path / "elsewhere").exists()
    logs_belong_together(folder, 3)
    found = spans(folder)
    assert found["target"]["parent"] == found["subclass"]["parent"] == found["outer"]["span"]
    numbers = branches(folder)
    assert numbers["outer"] == numbers["after"] == 0
    assert len({0, numbers["target"], numbers["subclass"]}) == 3


_POOLS = """
import multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor
import rollscope

def work(name):
    with rollscope.span(name):
        return name.upper()

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with rollscope.agent("main"), rollscope.span("outer"):
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            assert pool.submit(work, "job").result() == "JOB"
            assert list(pool.map(work, ["m0", "m1"])) == ["M0", "M1"]
        pool = context.Pool(1)
        assert pool.map(work, ["p0", "p1"]) == ["P0", "P1"]
        pool.close()
        pool.join()
"""


@pytest.mark.parametrize("method", _METHODS)
def test_pools_of_processes(folder: Path, method: str) -> None:
    run(_POOLS, folder, method)

    logs_belong_together(folder, 3)
    found = spans(folder)
    outer = found.pop("outer")
    assert all(event["parent"] == outer["span"] for event in found.values())
    assert all(event.get("agent") == outer.get("agent") for event in found.values())
    assert [found[name]["branch"] for name in ("job", "m0", "m1")] == [1, 2, 3]
    assert len({event["branch"] for event in found.values()}) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_by_hand_is_a_branch_of_its_own(folder: Path) -> None:
    code = """
import os
import rollscope
with rollscope.agent("main"):
    with rollscope.span("outer"):
        child = os.fork()
        if child == 0:
            with rollscope.span("child"): pass
        else:
            assert os.waitpid(child, 0)[1] == 0
            with rollscope.span("parent"): pass
"""
    run(code, folder)

    logs_belong_together(folder, 2)
    assert branches(folder) == {"outer": 0, "child": 1, "parent": 0}
    found = spans(folder)
    assert found["child"]["parent"] == found["parent"]["parent"] == found["outer"]["span"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix's")
def test_a_child_that_is_terminated_ends_as_ever(folder: Path) -> None:
    code = """
import multiprocessing, time
import rollscope
def work(begun):
    with rollscope.span("cut"):
        begun.set()
        time.sleep(60)
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    begun = context.Event()
    with rollscope.agent("main"):
        process = context.Process(target=work, args=(begun,))
        process.start()
        begun.wait()
        process.terminate()
        process.join()
        print(process.exitcode)
"""
    assert int(run(code, folder).stdout) == -signal.SIGTERM

    logs_belong_together(folder, 2)
    [end] = of_type(folder, "span.end")
    assert end["status"] == "cancelled"


def test_the_token_is_not_in_what_a_ticket_shows(tmp_path: Path) -> None:
    from rollscope.context import here
    from rollscope.follow import travel

    client = Rollscope("rt_local_secret", log_dir=tmp_path)
    with client.agent("main"):
        place = here()
        assert place is not None
        made = travel.ticket(place, place.branch)

    assert "secret" not in repr(made) + repr(travel.Job(made))
    assert dict(made.variables)["ROLLSCOPE_API_KEY"] == "rt_local_secret"
    assert json.dumps(made.variables)
