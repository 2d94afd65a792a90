"""A run with a line of every sort, and the middle of the window on an index that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.tree.view import Tree
from rollscope_desktop.ui.views import Choice, Views
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.run_watch import State
from tests.app.support import Index, Log, run_key

if TYPE_CHECKING:
    from collections.abc import Callable

MS = 1_000_000
TREE = (Choice("tree", "Tree", "tree", Tree),)
_USAGE = {"model": "gpt-x-mini", "input_tokens": 1_240, "output_tokens": 86, "cost_usd": 0.0031}


def rich_run(number: int = 1, ended: bool = True) -> bytes:
    """An agent with model calls, tools that fail, retries, notes and a deep part."""
    log = Log(run_key(number))
    out = log.line("run.start", v=1, name="research-agent", input="Compare Paris and Oslo")
    out += log.line("event", name="warmed up", data={"took": 3})

    def chat(parent: str) -> bytes:
        return log.whole(
            "llm", "chat", parent, usage=_USAGE, input=[{"role": "user", "content": "weather?"}],
            output={"role": "assistant", "content": "I will look up both cities, then compare."},
        )  # fmt: skip

    def weather(parent: str, city: str, status: str = "ok") -> bytes:
        end: dict[str, Any] = {"output": "21 °C"}
        if status == "error":
            end = {"error": {"type": "ToolError", "message": "the service answered 503"}}
        return log.whole("tool", "get_weather", parent, status, input={"city": city}, **end)

    def gather(parent: str) -> bytes:
        return (
            weather(parent, "Paris")
            + log.line("signal", span=parent, name="confidence", value=0.8)
            + weather(parent, "Oslo", "error")
            + log.whole("retriever", "search_notes", parent, input="oslo", output=["8 documents"])
        )

    def tries(parent: str) -> bytes:
        failed = [log.whole("tool", "fetch", parent, "error") for _ in range(2)]
        return b"".join([*failed, log.whole("tool", "fetch", parent, output="ok")])

    def level(left: int) -> Callable[[str], bytes]:
        def inside(parent: str) -> bytes:
            if not left:
                return log.whole("tool", "leaf", parent)
            return log.whole("task", f"level {left}", parent, inside=level(left - 1))

        return inside

    def agent(span: str) -> bytes:
        return (
            chat(span)
            + log.whole("task", "gather", span, inside=gather)
            + log.line("feedback", span=span, name="helpful", value="yes, mostly")
            + log.whole("task", "tries", span, inside=tries)
            + log.whole("agent", "summarizer", span, inside=level(12))
            + log.whole("guardrail", "a name that goes on and on until nothing else fits", span)
        )

    out += log.whole("agent", "research-agent", None, inside=agent, output="done", after=5 * MS)
    return out + (log.line("run.end", status="ok", output="done") if ended else b"")


def open_run(run: OpenRun, index: Index, data: bytes, qtbot: Any, name: str = "a.jsonl") -> int:
    """Put a run into the index, and open it as the window does."""
    [id] = index.grow(name, data)
    run.selection.select_run(id)
    run.show(id)
    qtbot.waitUntil(lambda: run.watch.whole or run.watch.state is State.FAILED)
    return id


def middle(look: Look, run: OpenRun, qtbot: Any, width: int = 900, height: int = 600) -> Views:
    """The middle of the window with the tree, shown."""
    views = Views(look, run, TREE)
    qtbot.addWidget(views)
    views.resize(width, height)
    views.show()
    return views


def tree_of(views: Views) -> Tree:
    """Its tree."""
    tree = views.get("tree")
    assert isinstance(tree, Tree)
    return tree


def filled(tree: Tree, qtbot: Any) -> Tree:
    """The tree, once all of its rows are there."""
    model = tree.model
    qtbot.waitUntil(lambda: all(model.line(row) for row in range(model.rowCount())))
    return tree
