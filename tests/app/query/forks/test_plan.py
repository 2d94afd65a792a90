"""Where a run can be forked, what a fork plays, saves and may cost, and which warnings it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.query.forks.plan import FOREIGN, ForkPlan, ToolPolicy, fork_plan
from rollscope_desktop.query.spans import query_run_spans
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index

RUN = run_key(1)
PRINT = "0123456789abcdef" * 2
ENTRY = {"module": "agent", "qualname": "main", "resumable": True}
OURS = {"process": {"python": "/usr/bin/python3", "argv": ["python"]}, "entry": ENTRY}
DIALECT = {"dialect": "openai.chat"}


class Story:
    """A run log in which each step ends before the next begins, unless it is told otherwise."""

    def __init__(self, **start: Any) -> None:
        self.log = Log(RUN)
        self.ids: dict[str, str] = {}
        self.data = self.log.line(
            "run.start", v=1, **{"name": "main", "input": {}, **OURS, **start}
        )

    def begin(self, name: str, kind: str, **fields: Any) -> None:
        self.ids[name] = self.log.span_id()
        said = {"input": {"q": 1}, "fingerprint": PRINT, **fields}
        if "parent" in said:
            said["parent"] = self.ids[said["parent"]]
        shown = said.pop("called", name)
        self.data += self.log.line(
            "span.start", span=self.ids[name], kind=kind, name=shown,
            **{field: value for field, value in said.items() if value is not None},
        )  # fmt: skip

    def end(self, name: str, **fields: Any) -> None:
        self.data += self.log.line(
            "span.end", span=self.ids[name], **{"status": "ok", "output": "x", **fields}
        )

    def step(self, name: str, kind: str, end: dict[str, Any] | None = None, **fields: Any) -> None:
        self.begin(name, kind, **fields)
        self.end(name, **(end or {}))

    def model(self, name: str, cost: float = 0.25, **end: Any) -> None:
        usage = {"input_tokens": 1, "cost_usd": cost}
        self.step(name, "llm", {"usage": usage, **end}, attrs=DIALECT, input={"messages": []})


def plan_of(index: Index, reader: Reader, story: Story, at: str | None = None) -> ForkPlan:
    [run] = index.grow("a", story.data)
    span = None
    if at is not None:
        [rows] = query_run_spans(reader, run)
        span = next(row.id for row in rows if row.name == at)
    found = fork_plan(reader, run, span)
    assert found is not None
    return found


@pytest.fixture
def story() -> Story:
    """plan, search, with block[ think, send ], answer."""
    made = Story()
    made.model("plan", 0.5)
    made.step("search", "tool", effects="none")
    made.begin("block", "span", fingerprint=None)
    made.model("think", 0.25)
    made.step("send", "tool", effects="write", parent="block")
    made.end("block")
    made.step("search again", "tool", called="search", effects="none")
    made.model("answer", 1)
    return made


def test_a_model_call(index: Index, reader: Reader, story: Story) -> None:
    plan = plan_of(index, reader, story, "think")
    assert plan == ForkPlan(
        True, RUN, story.ids["think"], kind="llm", name="think", parts=("input", "output"),
        played=2, saves_usd=0.5, later_calls=2, later_usd=1.25, inside_calls=1, inside_usd=0.25,
        tools=(
            ToolPolicy("search", "none", "recorded", 1), ToolPolicy("send", "write", "ask", 1),
        ),
    )  # fmt: skip


def test_the_entry_plays_nothing(index: Index, reader: Reader, story: Story) -> None:
    plan = plan_of(index, reader, story)
    assert (plan.possible, plan.kind, plan.span, plan.parts) == (True, "entry", None, ("input",))
    assert (plan.played, plan.saves_usd, plan.later_calls, plan.later_usd) == (0, 0, 3, 1.75)
    assert [(tool.name, tool.calls_after) for tool in plan.tools] == [("search", 2), ("send", 1)]


def test_a_block_names_the_nearest(index: Index, reader: Reader, story: Story) -> None:
    plan = plan_of(index, reader, story, "block")
    assert not plan.possible
    assert "with block" in plan.why
    assert [near.name for near in plan.nearest] == ["search", "send"]  # in the order of the tree


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("tool", "tool"), ("task", "task"), ("agent", "task"), ("retriever", "task")],
)
def test_decorated_calls(index: Index, reader: Reader, kind: str, expected: str) -> None:
    story = Story()
    story.step("it", kind)
    story.step("block", kind, fingerprint=None)
    assert plan_of(index, reader, story, "it").kind == expected
    assert not plan_of(index, reader, Story(), None).why
    [rows] = query_run_spans(reader, 1)
    plan = fork_plan(reader, 1, rows[1].id)
    assert plan is not None
    assert (plan.possible, plan.kind) == (False, "")


def test_steps_within_others_are_open_at_the_fork(index: Index, reader: Reader) -> None:
    story = Story()
    story.begin("outer", "agent")
    story.step("inner", "tool", parent="outer")
    story.begin("slow", "tool", parent="outer")  # beside: it has not ended when the next begins
    story.step("at", "tool", parent="outer")
    story.end("slow")
    story.end("outer")
    plan = plan_of(index, reader, story, "at")
    assert plan.played == 1
    assert {tool.name: tool.calls_after for tool in plan.tools} == {
        "inner": 0, "slow": 1, "at": 1,
    }  # fmt: skip


def test_what_is_inside_of_the_step_is_counted_by_itself(index: Index, reader: Reader) -> None:
    story = Story()
    story.begin("outer", "agent")
    story.step("search", "tool", parent="outer")
    story.begin("deep", "agent", parent="outer")
    story.step("think", "llm", {"usage": {"cost_usd": 0.5}}, parent="deep", attrs=DIALECT)
    story.end("deep")
    story.end("outer")
    story.step("search again", "tool", called="search")
    story.model("answer")
    plan = plan_of(index, reader, story, "outer")
    assert (plan.later_calls, plan.later_usd) == (2, 0.75)
    assert (plan.inside_calls, plan.inside_usd) == (1, 0.5)
    assert [(tool.calls_after, tool.calls_inside) for tool in plan.tools] == [(2, 1)]


def test_a_model_call_that_was_noted_by_hand(index: Index, reader: Reader) -> None:
    story = Story()
    story.step("by hand", "llm", fingerprint=None)
    plan = plan_of(index, reader, story, "by hand")
    assert "noted by the program itself" in plan.why
    assert plan.nearest == ()


def test_input_that_was_cut_leaves_the_output(index: Index, reader: Reader) -> None:
    story = Story()
    story.step("cut", "tool", lossy=["input.q"])
    story.step("bare", "tool", input=None)
    cut = plan_of(index, reader, story, "cut")
    assert cut.parts == ("output",)
    assert len(cut.warnings) == 1
    [rows] = query_run_spans(reader, 1)
    plan = fork_plan(reader, 1, rows[1].id)
    assert plan is not None
    assert (plan.parts, plan.warnings) == (("output",), ())


@pytest.mark.parametrize(
    ("end", "warned"),
    [
        ({"result": {"not": "It is a socket."}}, True),
        ({"lossy": ["output"]}, True),
        ({"lossy": ["output.a"], "result": {"packed": "{}"}}, False),
        ({"lossy": ["usage"]}, False),
        ({"output": {"not": "lossy"}}, False),
    ],
)
def test_results_that_cannot_be_given(
    index: Index, reader: Reader, end: dict[str, Any], warned: bool
) -> None:
    story = Story()
    story.step("connect", "tool", end)
    story.step("at", "tool")
    story.step("later", "tool", {"result": {"not": "It comes after."}})
    warnings = plan_of(index, reader, story, "at").warnings
    assert len(warnings) == warned
    assert all("connect" in said and "later" not in said for said in warnings)


def test_tools_that_are_called_again_need_no_result(index: Index, reader: Reader) -> None:
    story = Story()
    story.step("connect", "tool", {"result": {"not": "It is a socket."}}, effects="state")
    story.step("at", "tool")
    assert plan_of(index, reader, story, "at").warnings == ()


def test_answers_that_were_cut_but_recorded(index: Index, reader: Reader) -> None:
    story = Story()
    story.model("whole", lossy=["output"], response={"status": 200})
    story.model("cut", lossy=["output"])
    story.step("at", "tool")
    [said] = plan_of(index, reader, story, "at").warnings
    assert said.startswith("Answers of cut were not")


def test_a_run_that_may_not_be_called_again(index: Index, reader: Reader) -> None:
    story = Story(entry={**ENTRY, "resumable": False})
    story.step("it", "tool")
    plan = plan_of(index, reader, story, "it")
    assert (plan.possible, plan.nearest) == (False, ())
    assert "@rollscope.record(resumable=True)" in plan.why


def test_arguments_that_were_cut(index: Index, reader: Reader) -> None:
    story = Story(lossy=["input"])
    story.step("it", "tool")
    assert "not recorded in full" in plan_of(index, reader, story, "it").why
    plan = fork_plan(reader, 1, None)
    assert plan is not None
    assert plan.possible
    assert len(plan.warnings) == 1


def test_arguments_that_stand_elsewhere_are_whole(index: Index, reader: Reader) -> None:
    story = Story(lossy=["input"], entry={**ENTRY, "arguments": {"q": 1}})
    story.step("it", "tool")
    assert plan_of(index, reader, story, "it").possible


def test_logs_of_others(index: Index, reader: Reader) -> None:
    [run] = index.grow("other", simple_run(2))
    for span in (None, run << 31):
        plan = fork_plan(reader, run, span)
        assert plan is not None
        assert (plan.possible, plan.why, plan.nearest) == (False, FOREIGN, ())


def test_a_program_with_retrace_sdk(index: Index, reader: Reader) -> None:
    story = Story(process=None, entry=None, meta={"source_id": "t1"})
    story.model("plan")
    story.step("search", "tool")
    [run] = index.grow("a", story.data)
    plan = fork_plan(reader, run, None)
    assert plan is not None
    assert "not connected" in plan.why
    plan = fork_plan(reader, run, None, connected=True)
    assert plan is not None
    assert (plan.possible, plan.kind) == (True, "entry")
    [said] = plan.warnings
    assert "1 model call " in said
    assert "1 tool call " in said
    plan = fork_plan(reader, run, run << 31, connected=True)
    assert plan is not None
    assert "fork the run itself" in plan.why


def test_what_is_gone(index: Index, reader: Reader, story: Story) -> None:
    assert fork_plan(reader, 77, None) is None
    [run] = index.grow("a", story.data)
    assert fork_plan(reader, run, (run << 31) + 999) is None
    (index.folder / "a").unlink()
    plan = fork_plan(reader, run, run << 31)
    assert plan is not None
    assert (plan.possible, plan.why) == (False, "The log a is gone.")
