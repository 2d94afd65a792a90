"""What tools and models gave in the record is what a re-run gets: value, class, error, stream."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import pydantic
import pytest

from rollscope.client import Rollscope
from rollscope.places import places
from rollscope.replay import Edit
from tests.sdk_bridge.replay.playing_back import OwnError, forked_again, played

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server
    from tests.sdk_bridge.replay.forking import Done


@dataclass(frozen=True)
class Point:
    x: int
    tags: tuple[str, ...] = ()


class Named(NamedTuple):
    a: int


class Model(pydantic.BaseModel):
    at: Point
    name: str = ""


class Colour(enum.Enum):
    RED = "red"


class Odd:
    """Nothing that a log can hold."""

    def __init__(self, n: int = 0) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Odd) and other.n == self.n

    __hash__ = None  # type: ignore[assignment]


VALUES: dict[str, Any] = {
    "none": None, "tuple": (1, ("a", [2])), "set": {1, 2}, "bytes": b"\x00\xff", "text": "\ud800",
    "data class": Point(1, ("a",)), "named": Named(1), "model": Model(at=Point(2)),
    "enum": Colour.RED, "keys": {1: "a", (2, 3): "b"}, "big": 1 << 80, "nan": [float("inf")],
    "dollar": {"$": "tuple", "v": [1]},
    "blob": {"$blob": "abc", "$raw": 1}, "plain": {"a": [1, 2.5, None, True]}, "empty": {},
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values(client: Rollscope, record: Any, done: Done, name: str) -> None:
    seen: list[Any] = []

    @client.tool
    def give() -> Any:
        done("give")
        return VALUES[name]

    @client.agent
    def work() -> None:
        found = give()
        seen.append((type(found), found))

    bench = record(work)
    forked_again(bench, played(bench))
    assert seen[0] == seen[1] == seen[2]


def test_generators(client: Rollscope, record: Any, done: Done) -> None:
    seen: list[Any] = []

    @client.tool
    def texts() -> Iterator[str]:
        done("texts")
        yield from ("one", "two", "")

    @client.tool
    def one_text() -> Iterator[str]:
        done("one_text")
        yield "alone"

    @client.tool
    def objects() -> Iterator[Any]:
        done("objects")
        yield {"a": 1}
        yield [2]

    @client.tool
    def returns() -> Any:
        done("returns")
        yield 1
        return {"at": "its end"}

    @client.tool
    def nothing() -> Iterator[str]:
        done("nothing")
        yield from ()

    def reads() -> Any:
        return (yield from returns())

    @client.agent
    def work() -> None:
        seen.append([list(texts()), list(one_text()), list(objects()), list(nothing())])
        it, out = reads(), []
        try:
            while True:
                out.append(next(it))
        except StopIteration as end:
            seen[-1].append((out, end.value))

    bench = record(work)
    forked_again(bench, played(bench))
    assert seen[0] == seen[1] == seen[2]


def test_generators_of_objects_keep_their_classes(
    client: Rollscope, record: Any, done: Done
) -> None:
    """Or the re-run says that it cannot give them."""
    seen: list[Any] = []

    @client.tool
    def points() -> Iterator[Any]:
        done("points")
        yield Point(1)
        yield (1, 2)

    @client.agent
    def work() -> None:
        seen.append(list(points()))

    fork = record(work).fork(None)
    assert fork.counts == {}
    if fork.outcome.status == "ok":
        assert seen[1] == seen[0]
    else:
        assert "points cannot be played back" in fork.outcome.sentence


def test_async_generators_and_wrappers(client: Rollscope, record: Any, done: Done) -> None:
    seen: list[Any] = []

    @client.tool
    async def parts(n: int) -> AsyncIterator[str]:
        done("parts")
        for i in range(n):
            yield f"{i}"

    def plain(function: Any) -> Any:
        def call(*args: Any) -> Any:  # hides that it is async
            return function(*args)

        return call

    @client.tool
    @plain
    async def hidden(n: int) -> tuple[int, str]:
        done("hidden")
        if n < 0:
            raise OwnError(n, detail="negative")
        return n, "x"

    @client.agent
    async def work() -> None:
        out: list[Any] = [[part async for part in parts(3)], await hidden(1)]
        try:
            await hidden(-1)
        except OwnError as error:
            out.append((error.args, error.code, error.detail))
        seen.append(out)

    bench = record(work)
    forked_again(bench, played(bench))
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 3


@pytest.mark.parametrize("what", ["output", "long", "odd", "hook", "capture", "huge"])
def test_what_the_record_does_not_hold_is_said(
    folder: Path, record: Any, done: Done, what: str
) -> None:
    def redact(event: dict[str, Any]) -> dict[str, Any]:
        return {**event, "output": "***"} if "output" in event else event

    client = Rollscope(
        log_dir=folder, capture=what != "capture", redact=redact if what == "hook" else None
    )
    options: dict[str, dict[str, Any]] = {
        "output": {"capture_output": False},
        "long": {"max_length": 256},
    }

    @client.tool(**options.get(what, {}))
    def give() -> Any:
        done("give")
        return {"odd": Odd(), "huge": "x" * 5_000_000}.get(what, "a" * 1000)

    @client.agent
    def work() -> None:
        give()

    fork = record(work).fork(None)
    assert fork.counts == {}
    assert fork.outcome.status == "diverged"
    assert "give cannot be played back" in fork.outcome.sentence
    live = record(work).fork(None, divergence="live")
    assert live.outcome.status == "ok"
    assert live.counts == {"give": 1}


@pytest.mark.parametrize("signed", [True, False])
def test_pickles(folder: Path, record: Any, done: Done, signed: bool) -> None:
    from rollscope.replay import Plan, Playback

    assert places().key
    client = Rollscope(log_dir=folder, pickle_results=True)
    seen: list[Any] = []

    @client.tool
    def give() -> Any:
        done("give")
        return Odd(3)

    @client.agent
    def work() -> None:
        seen.append(give())

    bench = record(work)
    done.calls.clear()
    outcome = Playback(bench.record, Plan(), signed=signed).run(work, folder=folder)
    assert done.calls == []
    if not signed:
        assert "not signed by you" in outcome.sentence
        return
    assert outcome.status == "ok"
    assert seen == [Odd(3), Odd(3)]
    forked_again(bench, played(bench))


def test_methods_and_arguments(client: Rollscope, record: Any, done: Done) -> None:
    seen: list[Any] = []

    class Shelf:
        name = "shelf"

        @client.tool
        def get(self, item: str, *more: str, loud: bool = False, **named: Any) -> Any:
            done("get")
            return [self.name, item, list(more), loud, named]

        @client.tool
        @classmethod
        def count(cls, n: int, /, m: int = 2) -> Any:
            done("count")
            return [cls.__name__, n, m]

        @client.tool
        @staticmethod
        def add(a: int, /, b: int) -> Any:
            done("add")
            return a + b

    @client.agent
    def work() -> None:
        shelf = Shelf()
        seen.append(shelf.get("a", "b", "c", loud=True, extra=1))
        seen.append(Shelf.count(1))
        seen.append(shelf.add(1, b=2))

    bench = record(work)
    played(bench)
    assert seen[:3] == seen[3:]
    edits: list[tuple[dict[str, Any], Any]] = [
        (
            {"item": "A", "more": ["B"], "loud": True, "extra": 2},
            ["shelf", "A", ["B"], True, {"extra": 2}],
        ),
        ({"item": "A"}, ["shelf", "A", [], False, {}]),
        ({"n": 5, "m": 6}, ["Shelf", 5, 6]),
        ({"a": 10, "b": 2}, 12),
    ]
    shelf = bench.calls[0]
    for span, (arguments, result) in zip([shelf, *bench.calls], edits, strict=True):
        fork = bench.fork(Edit(span.id, input=arguments))
        assert fork.outcome.status == "ok", fork.outcome.sentence
        assert result in seen
        found = fork.of(span)
        assert found is not None
        assert found.output == result


def test_arguments_that_do_not_fit(client: Rollscope, record: Any, done: Done) -> None:
    @client.tool
    def add(a: int, b: int) -> int:
        done("add")
        return a + b

    @client.agent
    def work() -> int:
        return add(1, 2)

    bench = record(work)
    fork = bench.fork(Edit(bench.calls[0].id, input={"a": 1, "b": 2, "c": 3}))
    assert fork.counts == {}
    assert fork.outcome.status != "ok"
    assert "'c'" in fork.outcome.sentence
    assert bench.fork(Edit(bench.calls[0].id, input=[1])).outcome.status == "diverged"


def test_a_hook_that_hides_answers_stops_the_run(folder: Path, record: Any, stub: Server) -> None:
    """What the model really said is not in the log, so nothing may stand for it."""

    def redact(event: dict[str, Any]) -> dict[str, Any]:
        return {**event, "output": {"message": {"role": "assistant", "content": "***"}}}

    client = Rollscope(log_dir=folder, redact=lambda e: redact(e) if "output" in e else e)

    @client.agent
    def work() -> Any:
        with httpx2.Client() as http:
            body = {"model": "gpt-x", "messages": [{"role": "user", "content": "hello"}]}
            return http.post(f"{stub.url}/v1/chat/completions", json=body).json()

    fork = record(work).fork(None)
    assert fork.requests == []
    assert fork.outcome.status == "diverged"
    assert "not all in the log" in fork.outcome.sentence


def test_a_fork_without_a_change_marks_nothing_as_edited(
    client: Rollscope, record: Any, tools: Any, done: Done
) -> None:
    @client.agent
    def work() -> Any:
        return tools.search("a")["found"], tools.search("b")["found"]

    bench = record(work)
    first = bench.calls[0]
    again = bench.fork(Edit(first.id, input=first.input))
    assert [again.how(span) for span in again.record.spans.values()] == ["live", "live"]
    given = bench.fork(Edit(first.id, output=first.output))
    assert [given.how(span) for span in given.record.spans.values()] == ["played", "live"]
