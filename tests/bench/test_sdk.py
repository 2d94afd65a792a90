"""What is made of the SDK's figures, and the server that model calls are measured with."""

from __future__ import annotations

import json
import urllib.request

from tests.bench import rows_sdk
from tests.bench.samples import Samples
from tests.bench.sdk_calls import by_turns
from tests.bench.sdk_stub import ANSWER, CHUNKS, stub
from tests.bench.sdk_tasks import TASKS


def test_the_table_has_lines_only_for_what_was_measured() -> None:
    samples = Samples()
    assert rows_sdk.lines(samples) == []
    samples.add("sdk tool_span", {"bare": 0.2, "reference": 2.0, "added": 10.0})
    samples.add("sdk otel_null", {"bare": 0.2, "added": 25.0})
    samples.add("sdk outside", {"bare": 0.2, "added": 0.6})
    samples.add("sdk conversation", {"log": 120e3, "distinct": 100e3, "sent": 5e6, "ratio": 1.2})
    span, peer, outside, log = rows_sdk.lines(samples)
    assert (span.row, span.good, span.ratio, span.measured) == ("B1", True, "5.00×", "10 µs")
    assert (peer.row, peer.good, peer.ratio) == ("B1", None, "0.40×")
    assert (outside.row, outside.good) == ("B2", False)
    assert (log.row, log.good, log.ratio) == ("B5", True, "1.20×")


def test_a_slower_machine_is_allowed_more_for_a_span() -> None:
    samples = Samples()
    samples.add("sdk tool_span", {"bare": 0.2, "reference": 5.0, "added": 20.0})
    [span] = rows_sdk.lines(samples)
    assert span.good is True


def test_every_row_has_a_step_and_every_step_a_task() -> None:
    steps = rows_sdk.steps(brief=True)
    assert {row for step in steps for row in step.rows} == set(rows_sdk.ROWS)
    assert {step.name for step in steps} == {f"sdk {name}" for name in TASKS}


def test_what_is_compared_takes_turns() -> None:
    order: list[str] = []
    [first, second] = by_turns(
        lambda: order.append("a"), lambda: order.append("b"), batches=2, size=2
    )
    assert order == ["a", "a", "b", "b", "b", "b", "a", "a"]
    assert all(took > 0 for took in first + second)


def test_the_server_answers_whole_and_in_chunks_and_never_twice_the_same() -> None:
    with stub() as address:

        def ask(**body: bool) -> bytes:
            request = urllib.request.Request(f"{address}/v1", json.dumps(body).encode())
            with urllib.request.urlopen(request, timeout=10) as response:
                answer: bytes = response.read()
                return answer

        answers = [ask(), ask()]
        assert [len(answer) for answer in answers] == [ANSWER, ANSWER]
        assert answers[0] != answers[1]
        assert ask(stream=True).count(b"data: ") == CHUNKS
