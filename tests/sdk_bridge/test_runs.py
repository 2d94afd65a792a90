"""Runs, and agents in them: marks, links, entries, sessions."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from rollscope.client import Rollscope, current_span
from tests.sdk_bridge.recorded import runs, the_run
from tests.sdk_bridge.shapes import SHAPES

KINDS = {
    "agent": "agent", "trace": "workflow", "record": "workflow",
    "span": "span", "tool": "tool", "task": "task",
}  # fmt: skip
RUNS = ("agent", "trace", "record")
STEPS = ("span", "tool", "task")
CAPTURES = ("agent", "record", "tool")

each_shape = pytest.mark.parametrize("shape", SHAPES)
each_decorator = pytest.mark.parametrize("decorator", KINDS)


def test_inside_of_a_run_an_agent_is_a_step_that_marks_what_is_in_it(
    client: Rollscope, folder: Path
) -> None:
    @client.tool
    def search() -> None: ...

    @client.agent("executor", role="executor", id="e-1")
    def execute() -> None:
        search()

    with client.trace("t"):
        search()
        with client.agent("planner", role="planner") as planner:
            assert planner is current_span()
            search()
            with client.span("think"):
                execute()
        search()

    run = the_run(folder)
    assert run.tree() == "search, planner(search, think(executor(search))), search"
    plans = {"id": "planner", "role": "planner"}
    executes = {"id": "e-1", "role": "executor", "parent": "planner"}
    assert [step.agent for step in run.all_steps] == [
        None, plans, plans, plans, executes, executes, None,
    ]  # fmt: skip
    assert run.step("planner").kind == run.step("executor").kind == "agent"


def test_the_agent_of_a_run_marks_its_steps(client: Rollscope, folder: Path) -> None:
    @client.agent(role="boss")
    def lead() -> None:
        with client.span("s"), client.agent("helper", parent="somebody"):
            pass

    lead()

    run = the_run(folder)
    assert run.start["agent"] == "lead"
    assert run.step("s").agent == {"id": "lead", "role": "boss"}
    assert run.step("helper").agent == {"id": "helper", "parent": "somebody"}


@pytest.mark.parametrize("decorator", RUNS)
def test_a_new_run_inside_of_a_run_is_linked(
    client: Rollscope, folder: Path, decorator: str
) -> None:
    @getattr(client, decorator)("inner", new_run=True)
    def inner() -> None:
        with client.span("of inner"):
            pass

    with client.trace("outer"):
        with client.span("caller") as caller:
            inner()
            assert current_span() is caller
        with getattr(client, decorator)("inner", new_run=True):
            pass

    outer, first, second = runs(folder)
    assert outer.tree() == "caller"
    assert first.tree() == "of inner"
    assert first.start["caller"] == {"run": outer.id, "span": outer.step("caller").id}
    assert second.start["caller"] == {"run": outer.id}
    assert first.step("of inner").agent == ({"id": "inner"} if decorator == "agent" else None)


@pytest.mark.parametrize("decorator", RUNS)
def test_a_run_without_new_run_inside_of_a_run_is_a_step(
    client: Rollscope, folder: Path, decorator: str
) -> None:
    @getattr(client, decorator)
    def inner() -> None:
        with client.span("s"):
            pass

    with client.trace("outer"):
        inner()

    run = the_run(folder)
    assert run.tree() == "inner(s)"
    assert "caller" not in run.start


@pytest.mark.parametrize("decorator", RUNS)
def test_resumable_is_marked(client: Rollscope, folder: Path, decorator: str) -> None:
    usual = decorator == "agent"
    decorate = getattr(client, decorator)

    def function() -> None: ...

    for resumable, decorated in (
        (usual, decorate(function)),
        (usual, decorate("named")(function)),
        (True, decorate(resumable=True)(function)),
        (False, decorate(resumable=False)(function)),
    ):
        assert getattr(decorated, "__rollscope_resumable__", False) is resumable
        decorated()
        assert runs(folder)[-1].start["entry"]["resumable"] is resumable
    assert not hasattr(function, "__rollscope_resumable__")


def test_entry_says_where_the_function_is(client: Rollscope, folder: Path) -> None:
    from tests.sdk_bridge import shapes

    hidden = shapes.hidden(client.agent)
    called = shapes.callable_object(client.agent)
    hidden(1)
    called(2)

    of_hidden, of_called = (run.start["entry"] for run in runs(folder))
    source = Path(shapes.__file__)
    assert of_hidden["file"] == str(source)
    assert of_hidden["module"] == "tests.sdk_bridge.shapes"
    assert of_hidden["qualname"] == "hidden.<locals>.double"
    assert len(of_hidden["source_hash"]) == 32
    assert of_called["file"] == str(source)
    assert of_called["source_hash"] == of_hidden["source_hash"]


def test_entry_of_a_function_behind_a_decorator_of_another_file(
    client: Rollscope, folder: Path
) -> None:
    scope: dict[str, Any] = {"functools": functools}
    source = (
        "def other(inner):\n"
        "    @functools.wraps(inner)\n"
        "    def call(*args): return inner(*args)\n"
        "    return call"
    )
    exec(compile(source, "/elsewhere/retries.py", "exec"), scope)

    @client.agent
    @scope["other"]
    def behind() -> None: ...

    behind()

    assert the_run(folder).start["entry"]["file"] == __file__


def test_record_takes_an_input_and_a_session(client: Rollscope, folder: Path) -> None:
    @client.record("asked", input={"q": 1}, metadata={"user": "u"}, session_id="fixed")
    def with_input(q: int) -> int:
        return q

    @client.record
    def turn(text: str, session_id: str = "") -> str:
        return text

    with_input(2)
    turn("a", "by position")
    turn("b", session_id="by keyword")
    turn("c")
    turn("d", 42)  # type: ignore[arg-type]

    first, *turns = runs(folder)
    assert first.start["meta"] == {"user": "u"}
    assert first.start["session"] == "fixed"
    assert first.start["input"] == {"q": 1}
    assert first.start["entry"]["arguments"] == {"q": 2}
    assert "arguments" not in turns[0].start["entry"]
    assert [run.start.get("session") for run in turns] == ["by position", "by keyword", None, "42"]
