"""Results of tools belong to their calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.app.protocols.retrace.arriving import (
    OTHER,
    SPAN,
    THIRD,
    Arriving,
    SeenRun,
    ended,
    ns,
    over,
    span,
    trace,
)

Frame = tuple[str, dict[str, Any]]


def asked(second: float, id: str = SPAN, call: str = "call_1") -> list[Frame]:
    """A tool call as the SDK sees it in an answer."""
    said = span(
        "tool_call", second, id, ended=second, name="search", metadata={"tool_call_id": call}
    )
    return [("span_started", said), ("span_ended", ended(second, id))]


def result(second: float, text: Any, id: str = OTHER, **more: Any) -> list[Frame]:
    """Its result as the SDK sees it in the next request."""
    meta = {"metadata": {"tool_call_id": "call_1"}, "name": "search"}
    said = span("tool_result", second, id, ended=second, output=text, **{**meta, **more})
    return [("span_started", said), ("span_ended", ended(second, id, output=text))]


def seen(arriving: Arriving, folder: Path, *frames: Frame) -> SeenRun:
    arriving.frames(("trace_started", trace()), *frames)
    with arriving.seen(folder) as viewer:
        return viewer.run()


def test_a_result_is_the_output_of_its_call(arriving: Arriving, tmp_path: Path) -> None:
    run = seen(arriving, tmp_path, *asked(1), *result(3, "21 C"))
    [call] = run.steps
    assert (call.kind, call.status, call.output) == ("tool", "ok", "21 C")
    assert call.ended == ns(1)  # as the SDK said
    assert call.attributes["tool_result"] == {"source_id": OTHER}
    assert run.row.tools == 1


def test_that_a_result_looks_like_an_error_is_a_guess(arriving: Arriving, tmp_path: Path) -> None:
    text = "no error was found"
    [call] = seen(arriving, tmp_path, *asked(1), *result(3, text, error=text)).steps
    assert (call.status, call.error) == ("ok", None)
    assert call.attributes["tool_result"]["error"] == text


def test_a_call_that_has_an_output_keeps_it(arriving: Arriving, tmp_path: Path) -> None:
    frames = [*asked(1), ("span_ended", ended(2, output={"celsius": 21})), *result(3, "21 C")]
    [call] = seen(arriving, tmp_path, *frames).steps
    assert call.output == {"celsius": 21}
    assert call.notes == (("event", "tool_result", {"source_id": OTHER, "output": "21 C"}),)


def test_a_result_after_the_call_was_told_to_be_over(arriving: Arriving, tmp_path: Path) -> None:
    call = span("tool_call", 1, name="search", metadata={"tool_call_id": "call_1"})
    frames: list[Frame] = [("span_started", call), ("span_ended", ended(2))]
    [step] = seen(arriving, tmp_path, *frames, *result(3, "21 C")).steps
    assert (step.output, step.ended) == ("21 C", ns(2))


def test_calls_that_share_an_id_get_their_results_in_order(
    arriving: Arriving, tmp_path: Path
) -> None:
    frames = [*asked(1, SPAN), *asked(1, THIRD), *result(3, "first")]
    frames += result(3, "second", "475c772b-0000-4500-98fb-988cd4a83e7b")
    steps = seen(arriving, tmp_path, *frames).steps
    assert [step.output for step in steps] == ["first", "second"]


def test_a_result_without_a_known_call(arriving: Arriving, tmp_path: Path) -> None:
    [step] = seen(arriving, tmp_path, *result(3, "21 C", error="failed")).steps
    assert (step.kind, step.name, step.output) == ("tool", "search", "21 C")
    assert step.attributes["span_type"] == "tool_result"


def test_a_result_without_an_id_is_beside_a_call_of_its_own(
    arriving: Arriving, tmp_path: Path
) -> None:
    begun = span("tool_result", 3, OTHER, name="tool_result", input=None)
    frames: list[Frame] = [
        ("span_started", span("tool_call", 1, name="search", input="{}")),
        ("span_ended", ended(2, output="21 C")),
        ("span_started", begun),
        ("span_ended", ended(3, OTHER, output="21 C")),
    ]
    run = seen(arriving, tmp_path, *frames)
    assert [step.kind for step in run.steps] == ["tool", "span"]
    assert run.steps[1].output == "21 C"
    assert run.row.tools == 1


def test_a_result_that_is_told_when_it_ends(arriving: Arriving, tmp_path: Path) -> None:
    begun = span("tool_result", 3, OTHER, metadata={"tool_call_id": "call_1"})
    frames = [*asked(1), ("span_started", begun), ("span_ended", ended(4, OTHER, output="21 C"))]
    [call] = seen(arriving, tmp_path, *frames).steps
    assert call.output == "21 C"


def test_a_result_that_the_sdk_has_cut(arriving: Arriving, tmp_path: Path) -> None:
    [call] = seen(arriving, tmp_path, *asked(1), *result(3, "x" * 4000)).steps
    assert call.lossy == (False, True)


def test_a_result_whose_end_comes_after_a_restart(arriving: Arriving, tmp_path: Path) -> None:
    begin, end = result(3, "21 C")
    arriving.frames(("trace_started", trace()), *asked(1), begin)
    arriving.restart()
    arriving.frames(end, ("trace_ended", over()))
    with arriving.seen(tmp_path) as viewer:
        [call] = viewer.run().steps
    assert call.output == "21 C"


def test_a_call_asked_for_before_a_restart_has_ended_when_its_result_is_known(
    arriving: Arriving, tmp_path: Path
) -> None:
    arriving.frames(("trace_started", trace()), *asked(1))
    arriving.restart()
    arriving.frames(*result(3, "21 C"))
    with arriving.seen(tmp_path) as viewer:
        [call] = viewer.run().steps
    assert (call.status, call.output, call.ended) == ("ok", "21 C", ns(3))
