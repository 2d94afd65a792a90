"""The decorators on all that can be called: nothing changes for who calls, all is recorded."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope, current_span, current_trace
from rollscope.errors import ConfigError
from rollscope.guard import failed
from tests.sdk_bridge.recorded import lines, runs, the_run
from tests.sdk_bridge.shapes import SHAPES, Boom

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog


KINDS = {
    "agent": "agent", "trace": "workflow", "record": "workflow",
    "span": "span", "tool": "tool", "task": "task",
}  # fmt: skip
RUNS = ("agent", "trace", "record")
STEPS = ("span", "tool", "task")
CAPTURES = ("agent", "record", "tool")

each_shape = pytest.mark.parametrize("shape", SHAPES)
each_decorator = pytest.mark.parametrize("decorator", KINDS)


def forms(client: Rollscope, decorator: str) -> dict[str, Callable[[Any], Any]]:
    """The ways to write a decorator."""
    made = getattr(client, decorator)
    return {"bare": made, "empty": made(), "named": made("named"), "key": made(name="named")}


@each_shape
def test_a_step_of_each_kind(client: Rollscope, folder: Path, shape: str) -> None:
    plain = SHAPES[shape](lambda function: function)
    for decorator in KINDS:
        for form, decorate in forms(client, decorator).items():
            decorated = SHAPES[shape](decorate)
            with client.trace(f"{decorator} {form}"):
                assert decorated(4) == plain(4)
                assert current_span() is None

    for run in runs(folder):
        [step] = run.all_steps
        decorator, form = run.name.split()
        assert step.kind == KINDS[decorator]
        assert step.status == "ok"
        assert (step.name == "named") == (form in ("named", "key"))
        assert ("output" in step.end) == (decorator in CAPTURES)
        if decorator in CAPTURES:
            assert step.input == {"x": 4}
            assert step.output in (8, [4, 8])


@each_shape
def test_a_run_for_each_call(client: Rollscope, folder: Path, shape: str) -> None:
    for decorator in RUNS:
        decorated = SHAPES[shape](getattr(client, decorator)(decorator))
        assert decorated(4) in (8, [4, 8])
        assert decorated(5) in (10, [5, 10])
        assert current_trace() is None

    found = runs(folder)
    assert [run.name for run in found] == ["agent", "agent", "trace", "trace", "record", "record"]
    for first, second in zip(found[::2], found[1::2], strict=True):
        assert first.status == second.status == "ok"
        if first.name in CAPTURES:
            assert first.start["input"] == {"x": 4}
            assert second.end["output"] in (10, [5, 10])
        else:
            assert "input" not in first.start
            assert "output" not in first.end


@each_shape
def test_errors_are_recorded_and_passed_on(client: Rollscope, folder: Path, shape: str) -> None:
    with client.trace("t"):
        for decorator in KINDS:
            decorated = SHAPES[shape](getattr(client, decorator)("failing"))
            with pytest.raises(Boom, match="thirteen"):
                decorated(13)
            assert current_span() is None

    run = the_run(folder)
    assert run.status == "ok"
    assert [step.kind for step in run.all_steps] == list(KINDS.values())
    for step in run.all_steps:
        assert step.status == "error"
        assert step.end["error"]["type"] == "Boom"
        assert step.end["error"]["message"] == "thirteen"
        assert "in work" in step.end["error"]["stack"]


@each_shape
def test_a_wrong_call_is_as_wrong_as_before(client: Rollscope, shape: str) -> None:
    with client.trace("t"):
        for decorator in KINDS:
            decorated = SHAPES[shape](getattr(client, decorator))
            with pytest.raises(TypeError, match="object"):
                decorated(object())  # cannot be multiplied


@each_shape
def test_outside_of_a_run_nothing_happens(
    client: Rollscope, folder: Path, shape: str, expected_log: ExpectedLog
) -> None:
    for decorator in STEPS:
        decorated = SHAPES[shape](getattr(client, decorator)(f"lonely {decorator}"))
        expected_log(rf"A {decorator} outside of a run is not recorded \(lonely {decorator}")

        assert decorated(4) in (8, [4, 8])
        assert decorated(5) in (10, [5, 10])
        with pytest.raises(Boom):
            decorated(13)

    assert not folder.exists()


@each_shape
def test_switched_off_nothing_happens(tmp_path: Path, shape: str, own_places: Path) -> None:
    client = Rollscope(log_dir=tmp_path / "runs", enabled=False)
    for decorator in KINDS:
        decorated = SHAPES[shape](getattr(client, decorator))
        assert decorated(4) in (8, [4, 8])
        with pytest.raises(Boom):
            decorated(13)

    assert list(tmp_path.iterdir()) == []
    assert list(own_places.iterdir()) == []


@each_decorator
def test_a_decorated_function_looks_like_the_function(client: Rollscope, decorator: str) -> None:
    decorate = getattr(client, decorator)

    def function(a: int, /, b: str = "b", *more: int, key: bool, **rest: object) -> float:
        """What it does."""
        return 1.0

    async def coroutine(a: int) -> None: ...

    def generator(a: int) -> Iterator[int]:
        yield a

    async def async_generator(a: int) -> Any:
        yield a

    for plain in (function, coroutine, generator, async_generator):
        decorated = decorate(plain)
        assert inspect.signature(decorated) == inspect.signature(plain)
        assert decorated.__wrapped__ is plain
        assert decorated.__name__ == plain.__name__
        assert decorated.__qualname__ == plain.__qualname__
        assert decorated.__doc__ == plain.__doc__
        assert decorated.__annotations__ == plain.__annotations__
        for asks in (
            inspect.isfunction, inspect.iscoroutinefunction, inspect.isgeneratorfunction,
            inspect.isasyncgenfunction,
        ):  # fmt: skip
            assert asks(decorated) == asks(plain), (asks, plain)


def test_class_and_static_methods_stay_what_they_are(client: Rollscope) -> None:
    class Thing:
        @client.tool
        @classmethod
        def of_class(cls) -> None: ...

        @client.tool
        @staticmethod
        def of_none() -> None: ...

    assert isinstance(inspect.getattr_static(Thing, "of_class"), classmethod)
    assert isinstance(inspect.getattr_static(Thing, "of_none"), staticmethod)


_global = Rollscope(enabled=False)


@_global.agent
def decorated_at_the_top(x: int) -> int:
    return x + 1


class Decorated:
    @_global.tool("method")
    def method(self) -> str:
        return "called"


def test_decorated_functions_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(decorated_at_the_top)) is decorated_at_the_top
    assert pickle.loads(pickle.dumps(Decorated().method))() == "called"


def test_methods_of_subclasses_and_super(client: Rollscope, folder: Path) -> None:
    class Base:
        @client.tool
        def act(self, x: int) -> str:
            return f"base {x}"

    class Derived(Base):
        @client.tool
        def act(self, x: int) -> str:
            return "derived " + super().act(x)

    with client.trace("t"):
        assert Derived().act(1) == "derived base 1"

    run = the_run(folder)
    assert run.tree() == "act(act)"
    assert [step.input for step in run.all_steps] == [{"x": 1}, {"x": 1}]


def test_recursion_nests(client: Rollscope, folder: Path) -> None:
    @client.tool
    def down(n: int) -> int:
        return 0 if n == 0 else 1 + down(n - 1)

    with client.trace("t"):
        assert down(3) == 3

    assert the_run(folder).tree() == "down(down(down(down)))"


def test_deep_recursion_fails_as_it_did(
    client: Rollscope, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There may be no stack left to end the innermost steps, and none to say so.
    monkeypatch.delenv("ROLLSCOPE_INTERNAL_RAISE")
    monkeypatch.setattr(type(failed), "say", lambda *said: None)

    @client.tool
    def down(n: int) -> int:
        return down(n + 1)

    with client.trace("t"), pytest.raises(RecursionError):
        down(0)

    steps = the_run(folder).all_steps
    ended = [step for step in steps if step.ends]
    assert len(ended) > 50
    assert len(steps) - len(ended) < 5
    assert {step.status for step in ended} == {"error"}


def test_arguments_by_name(client: Rollscope, folder: Path) -> None:
    @client.tool
    def call(a: int, b: int = 2, *more: int, key: str = "k", **rest: object) -> None: ...

    @client.tool
    def positional(a: int, /, **rest: int) -> None: ...

    with client.trace("t"):
        call(1)
        call(1, 3, 4, 5, key="x", other=[6])
        call(b=1, a=2)
        positional(1, b=2)

    assert [step.input for step in the_run(folder).all_steps] == [
        {"a": 1},
        {"a": 1, "b": 3, "more": [4, 5], "key": "x", "other": [6]},
        {"b": 1, "a": 2},
        {"a": 1, "b": 2},
    ]


def test_input_is_what_it_was_before_the_function_changed_it(
    client: Rollscope, folder: Path
) -> None:
    @client.tool
    def consume(items: list[int]) -> list[int]:
        items.clear()
        return items

    with client.trace("t"):
        consume([1, 2])

    assert the_run(folder).step("consume").input == {"items": [1, 2]}


def test_a_call_is_written_before_the_function_runs(client: Rollscope, folder: Path) -> None:
    seen = []

    @client.tool
    def look(city: str) -> str:
        seen.extend(lines(folder))
        return "sunny"

    @client.agent
    def answer(question: str) -> str:
        return look("Paris")

    answer("Weather?")

    assert [(e["type"], e["name"], e["input"]) for e in seen] == [
        ("run.start", "answer", {"question": "Weather?"}),
        ("span.start", "look", {"city": "Paris"}),
    ]


@pytest.mark.parametrize("decorator", KINDS)
def test_capture_can_be_switched(client: Rollscope, folder: Path, decorator: str) -> None:
    decorate = getattr(client, decorator)

    @decorate("on", capture_input=True, capture_output=True)
    def on(secret: str) -> str:
        return secret

    @decorate("off", capture_input=False, capture_output=False)
    def off(secret: str) -> str:
        return secret

    with client.trace("t"):
        on("shown")
        off("hidden")

    run = the_run(folder)
    assert run.step("on").input == {"secret": "shown"}
    assert run.step("on").output == "shown"
    assert "input" not in run.step("off").start
    assert "output" not in run.step("off").end
    assert "hidden" not in str(run.events)


@each_decorator
def test_what_cannot_be_decorated_raises_a_sentence(client: Rollscope, decorator: str) -> None:
    decorate = getattr(client, decorator)

    for wrong in (5, object(), ["f"], property(len), int, type("C", (), {})):
        for form in (decorate(), decorate("named")):
            with pytest.raises(ConfigError, match=r"^@rollscope.* stands before functions.*\.$"):
                form(wrong)
        with pytest.raises(ConfigError, match=r"\.$"):
            decorate(wrong)


@pytest.mark.parametrize(
    ("decorator", "arguments"),
    [
        ("span", {"kind": 5}),
        ("span", {"kind": ""}),
        ("span", {"attributes": 5}),
        ("task", {"attributes": "x"}),
        ("tool", {"effects": "many"}),
        ("tool", {"max_length": 0}),
        ("tool", {"max_length": "10"}),
        ("tool", {"max_length": True}),
        ("tool", {"schema": "{}"}),
        ("record", {"metadata": 5}),
        ("trace", {"metadata": "x"}),
        ("agent", {"metadata": [1]}),
        ("agent", {"role": 5}),
        ("agent", {"id": 5}),
        ("agent", {"parent": 5}),
        ("agent", {"session": 5}),
        ("trace", {"session": 5}),
        ("record", {"session_id": 5}),
    ],
)
def test_what_an_argument_cannot_mean_raises_a_sentence(
    client: Rollscope, decorator: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=r"\.$"):
        getattr(client, decorator)(**arguments)


@pytest.mark.parametrize("decorator", KINDS)
def test_arguments_that_do_not_exist_are_typos(client: Rollscope, decorator: str) -> None:
    with pytest.raises(TypeError):
        getattr(client, decorator)(colour="red")
