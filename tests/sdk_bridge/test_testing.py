"""What docs/testing.md promises: its examples pass as they stand, and everything repeats."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import rollscope
from rollscope import wire
from rollscope.client import default
from rollscope.testing import CountingIds, MemorySink, TickingClock, recording
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")


def test_the_examples_of_the_page_pass(tmp_path: Path) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    for number, example in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(example, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert len(examples) == 4
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


@rollscope.tool
async def fetch(page: int, wait: float) -> int:
    await asyncio.sleep(wait)
    return page


@rollscope.agent
def work(value: Any = None) -> Any:
    return value


def test_steps_of_tasks_stand_in_the_order_of_their_making() -> None:
    @rollscope.agent
    async def crawl(waits: list[float]) -> int:
        found = await asyncio.gather(*(fetch(n, wait) for n, wait in enumerate(waits)))
        with rollscope.span("sum"):
            return sum(found)

    texts = []
    for waits in ([0.0, 0.02, 0.01], [0.02, 0.0, 0.01]):
        with recording() as log:
            asyncio.run(crawl(waits))
        texts.append(re.sub(r"\[.*?\]|0\.\d+", "_", log.text()))

    assert texts[0] == texts[1]
    assert re.findall(r"page|\d ->|sum", texts[0].replace('"page": ', ""))  # it is no empty text
    assert [line.split()[1] for line in texts[0].splitlines()] == [
        "crawl", "fetch", "fetch", "fetch", "sum",
    ]  # fmt: skip


def test_everything_else_that_is_said_has_its_line() -> None:
    @rollscope.agent
    def talk() -> None:
        run = rollscope.current_trace()
        assert run is not None
        run.message("user", "hi")
        run.signal("cached", 0.5)
        run.feedback(1, name="taste", comment="good")
        run.log_event("looked")
        run.log_event("found", pages=2)
        with pytest.raises(ValueError, match="boom"), rollscope.span("fails"):
            raise ValueError("boom")

    with recording() as log:
        talk()

    assert log.text() == (
        "run talk {} (ok)\n"
        '  message user "hi"\n'
        "  signal cached 0.5\n"
        '  feedback taste 1 "good"\n'
        "  event looked\n"
        '  event found {"pages": 2}\n'
        "  span fails (error: ValueError: boom)\n"
    )


def test_a_step_that_has_not_ended_is_open() -> None:
    seen = []

    @rollscope.agent
    def look() -> None:
        with rollscope.span("thinking"):
            seen.append(log.text())

    with recording() as log:
        look()

    assert seen == ["run look {} (open)\n  span thinking (open)\n"]


def test_long_values_are_cut() -> None:
    with recording() as log:
        work("x" * 500)

    [line] = log.text(width=20).splitlines()
    assert line == 'run work {"value": "xxxxxxxx… -> "xxxxxxxxxxxxxxxxxx…'
    assert "x" * 500 in log.text(width=1000)


def test_content_that_is_written_once_is_put_where_it_belongs() -> None:
    message = {"role": "user", "content": "words " * 50, "$blob": "mine"}
    encoder = wire.Encoder("1" * 32)
    sink = MemorySink()
    log = sink.open("1" * 32, 0)
    start: dict[str, Any] = {"span": "2" * 16, "kind": "llm", "name": "m"}
    log.write(encoder.line("span.start", **start, input=encoder.messages([message, message])))
    log.write(encoder.line("span.start", **start, input=encoder.messages([message])))

    first, second = sink.events()

    assert sink.lines().count(b'"type":"blob"') == 1
    assert first["input"] == [message, message]
    assert second["input"] == [message]


def test_the_runs_are_told_apart() -> None:
    with recording() as log:
        work(1)
        work(2)

    first, second = log.runs
    assert (int(first, 16), int(second, 16)) == (1, 2)
    assert log.text(second) == 'run work {"value": 2} -> 2\n'
    assert log.text() == log.text(first) + log.text(second)
    assert {event["run"] for event in log.events(first)} == {first}


def test_the_global_client_and_the_place_are_what_they_were() -> None:
    with recording() as outer:
        before = default()

        @rollscope.agent
        def around() -> None:
            run = rollscope.current_trace()
            with recording(agent_name="inner") as inner:
                assert default() is not before
                assert rollscope.current_trace() is None
                work()
            assert rollscope.current_trace() is run
            assert inner.text() == "run work {} (ok)\n"

        around()
        assert default() is before

    assert outer.text() == "run around {} (ok)\n"


def test_an_exception_goes_through() -> None:
    before = default.put(None)
    with pytest.raises(KeyError), recording():
        raise KeyError
    assert default.put(before) is None


def test_the_environment_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLSCOPE_ENABLED", "false")

    with recording() as log:
        work()

    assert len(log.runs) == 1


def test_a_setting_that_is_wrong_is_said() -> None:
    with pytest.raises(rollscope.ConfigError), recording(max_repeats=-1):
        pass


def test_child_processes_get_numbers_of_their_own() -> None:
    sink = MemorySink()
    assert [sink.open("a", proc).proc for proc in (0, None, None)] == [0, 1, 2]
    assert sink.open("b", None).proc == 1


def test_ids_and_time_count_in_many_threads() -> None:
    ids, clock = CountingIds(), TickingClock(start=5, step=10)
    spans: list[str] = []
    times: list[int] = []

    def count() -> None:
        for _ in range(100):
            spans.append(ids.span())
            times.append(clock())

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(int(span, 16) for span in spans) == list(range(1, 401))
    assert sorted(times) == list(range(5, 4005, 10))
    assert {len(span) for span in spans} == {16}
    assert len(ids.run()) == 32
