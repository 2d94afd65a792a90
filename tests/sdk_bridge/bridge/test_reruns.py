"""A recorded run is made again through the bridge: edits, questions, progress, and how it went."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sdk_bridge.bridge.bridges import Bridges
    from tests.sdk_bridge.recorded import RunLog

AGENT = """
import asyncio, rollscope, sys, time

@rollscope.tool
def look(n):
    open("looked", "a").write("x")
    return n

@rollscope.tool(effects="write")
def send(n):
    open("sent", "a").write("x")
    return n + 1

@rollscope.agent
def work(n):
    found = [look(n), look(n + 1)]
    return send(sum(found))

@rollscope.agent
async def beside(n):
    async def one(n):
        return send(await asyncio.to_thread(look, n))
    return await asyncio.gather(*(one(n) for n in range(n)))

if __name__ == "__main__":
    print(work(1) if sys.argv[1:] != ["beside"] else asyncio.run(beside(2)))
"""


@pytest.fixture
def run(bridges: Bridges) -> RunLog:
    bridges.write("agent.py", AGENT)
    made = bridges.record("agent.py")
    for name in ("looked", "sent"):
        (bridges.folder / name).unlink()
    return made


def made(bridges: Bridges, name: str) -> int:
    """How often the tool was really called in the re-run."""
    path = bridges.folder / name
    return len(path.read_text()) if path.exists() else 0


def edit(run: RunLog, **change: Any) -> dict[str, Any]:
    """A change of the second search."""
    return {"span": run.named("look")[1].id, **change}


def test_without_an_edit_the_record_answers(bridges: Bridges, run: RunLog) -> None:
    bridge = bridges.start(run, group={"id": "b1", "chain": 2})

    new = bridge.done()

    last = bridge.heard[-1]
    assert (last["played"], last["live"], last["reached"]) == (3, 0, False)
    assert new.end["output"] == run.end["output"]
    assert new.start["group"] == {"id": "b1", "chain": 2}
    assert new.start["fork"]["of"] == run.id
    assert new.start["sig"]
    assert (made(bridges, "looked"), made(bridges, "sent")) == (0, 0)
    kinds = [message["type"] for message in bridge.heard]
    assert kinds[0] == "started"
    assert bridge.heard[0]["run"] == new.id
    progress = [message for message in bridge.heard if message["type"] == "progress"]
    assert progress[0]["calls"] == 3
    assert progress[0]["played"] == 1


def test_an_edited_result_and_a_tool_that_may_be_called(bridges: Bridges, run: RunLog) -> None:
    bridge = bridges.start(run, edit=edit(run, output=10), policies={"send": "live"})

    new = bridge.done()

    assert bridge.heard[-1]["reached"] is True
    assert new.end["output"] == 12
    assert (made(bridges, "looked"), made(bridges, "sent")) == (0, 1)


@pytest.mark.parametrize(
    ("answer", "output", "calls"),
    [
        ({"verdict": "allow"}, 12, 1),
        ({"verdict": "edit", "value": {"n": 5}}, 6, 1),
        ({"verdict": "give", "value": 7}, 7, 0),
    ],
)
def test_a_person_is_asked(
    bridges: Bridges, run: RunLog, answer: dict[str, Any], output: int, calls: int
) -> None:
    bridge = bridges.start(run, edit=edit(run, output=10), timeout=2)
    asked = bridge.hear("ask")
    question = asked["question"]

    bridge.say({"type": "answer", "id": asked["id"] + 1, "verdict": "stop"})
    bridge.say({"type": "answer", "id": asked["id"], "verdict": "whatever"})
    bridge.say({"type": "answer", "id": asked["id"], **answer})

    assert (question["kind"], question["name"], question["input"]) == ("tool", "send", {"n": 11})
    assert question.keys() == {"kind", "name", "span", "input", "expected", "reason"}
    assert bridge.done().end["output"] == output
    assert made(bridges, "sent") == calls


def test_the_clock_stands_while_a_person_thinks(bridges: Bridges, run: RunLog) -> None:
    bridge = bridges.start(run, edit=edit(run, output=10), timeout=1.5)
    asked = bridge.hear("ask")

    threading.Event().wait(2)
    bridge.say({"type": "answer", "id": asked["id"], "verdict": "allow"})

    assert bridge.done().end["output"] == 12


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_nothing_is_called_after_a_stop(bridges: Bridges, run: RunLog, how: str) -> None:
    bridge = bridges.start(run, edit=edit(run, output=10))
    asked = bridge.hear("ask")

    bridge.say(
        {"type": "cancel"}
        if how == "cancel"
        else {"type": "answer", "id": asked["id"], "verdict": "stop"}
    )

    last = bridge.ended()
    assert (last["type"], last["status"]) == (
        "done",
        "cancelled" if how == "cancel" else "diverged",
    )
    assert made(bridges, "sent") == 0


def test_several_questions_wait_at_once(bridges: Bridges) -> None:
    bridges.write("agent.py", AGENT)
    run = bridges.record("agent.py", "beside")
    (bridges.folder / "sent").unlink()
    change = {"span": None, "input": {"n": 3}}
    bridge = bridges.start(run, edit=change, policies={"look": "ask"}, others="live")

    asked = [bridge.hear("ask") for _ in range(3)]
    for each in reversed(asked):
        n = each["question"]["input"]["n"]
        bridge.say({"type": "answer", "id": each["id"], "verdict": "give", "value": 10 * n})

    assert bridge.done().end["output"] == [1, 11, 21]


def test_a_program_that_does_something_else_now(bridges: Bridges, run: RunLog) -> None:
    bridges.write("agent.py", AGENT.replace("look(n + 1)", "look(n + 5)"))
    bridge = bridges.start(run, edit=edit(run, output=3))

    last = bridge.ended()

    assert (last["status"], "look" in last["sentence"]) == ("diverged", True)
    assert bridge.warnings() == ["agent.py has changed since the run was recorded."]
    assert made(bridges, "looked") == 0


@pytest.mark.parametrize(
    ("code", "status", "sentence"),
    [
        ("raise ValueError('no')", "error", "ValueError: no"),
        ("sys.exit(3)", "error", "The agent ended the program: SystemExit(3)."),
        ("return 1", "unreached", "The agent ended before it came to the edited step."),
    ],
)
def test_an_agent_that_ends_otherwise(
    bridges: Bridges, run: RunLog, code: str, status: str, sentence: str
) -> None:
    bridges.write("agent.py", AGENT.replace("    found =", f"    {code}\n    found ="))

    last = bridges.start(run, edit=edit(run, output=3)).ended()

    assert (last["type"], last["status"], last["sentence"]) == ("done", status, sentence)


def test_a_divergence_in_a_group_of_tasks(bridges: Bridges) -> None:
    code = """
        import asyncio, rollscope

        @rollscope.tool
        async def look(n):
            return n

        @rollscope.agent
        async def work():
            async with asyncio.TaskGroup() as group:
                group.create_task(look(1))
                group.create_task(look(2))

        if __name__ == "__main__":
            asyncio.run(work())
        """
    bridges.write("agent.py", code)
    run = bridges.record("agent.py")
    bridges.write("agent.py", code.replace("look(2)", "look(3)"))

    last = bridges.start(run).ended()

    assert (last["type"], last["status"]) == ("done", "diverged")
    assert "look with something else" in last["sentence"]


def test_a_function_that_begins_no_run(bridges: Bridges, run: RunLog) -> None:
    idle = "__import__('functools').wraps(work)(lambda n: n)"
    bridges.write("agent.py", AGENT.replace("if __name__", f"work = {idle}\nif __name__"))

    code, sentence = bridges.start(run).failed()

    assert (code, "did not begin a run" in sentence) == ("run", True)


def test_a_thread_that_a_script_starts_is_not_let_to_run_the_agent(bridges: Bridges) -> None:
    bridges.write(
        "agent.py",
        """
        import threading, rollscope
        @rollscope.agent
        def work(n):
            open("worked", "a").write("x")
            return n
        thread = threading.Thread(target=work, args=(1,))
        thread.start()
        thread.join()
        """,
    )
    run = bridges.record("agent.py")

    assert bridges.start(run).done().end["output"] == 1
    assert made(bridges, "worked") == 2
