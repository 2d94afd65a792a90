"""What real clients sent once, on the road from the socket to the viewer's questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.ingest.expected import CALLED, differences, expected, facts, user
from tests.e2e.ingest.programs import talk
from tests.e2e.ingest.replaying import FOLDER, ORDERS, play, requests_of
from tests.e2e.ingest.unlike import UNLIKE, told
from tests.e2e.ingest.wanted import NESTED, WANTED

if TYPE_CHECKING:
    from tests.e2e.ingest.shown import Shown


def test_every_capture_is_looked_at() -> None:
    assert sorted((*WANTED, *NESTED, *UNLIKE)) == sorted(
        path.stem for path in FOLDER.glob("*.jsonl")
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("client", WANTED)
def test_a_conversation_is_shown_as_it_was(client: str, order: str, tmp_path: Path) -> None:
    runs = play(tmp_path, ORDERS[order](requests_of(client)))
    assert differences([facts(run) for run in runs], expected(client)) == ""


@pytest.mark.parametrize("client", WANTED)
def test_it_is_the_same_when_the_engine_is_restarted_in_between(
    client: str, tmp_path: Path
) -> None:
    runs = play(tmp_path, ORDERS["one by one"](requests_of(client)), restart=True)
    assert differences([facts(run) for run in runs], expected(client)) == ""


@pytest.mark.parametrize("order", ["as sent", "twice"])
@pytest.mark.parametrize("client", NESTED)
def test_a_call_that_two_tell_of_is_shown_once(client: str, order: str, tmp_path: Path) -> None:
    runs = play(tmp_path, ORDERS[order](requests_of(client)))
    assert differences([facts(run) for run in runs], expected(client)) == ""


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("client", NESTED)
def test_a_call_that_two_tell_of_is_counted_once(client: str, order: str, tmp_path: Path) -> None:
    runs = play(tmp_path, ORDERS[order](requests_of(client)))
    assert totals(runs) == [sum(run["tokens"][at] for run in expected(client)) for at in (0, 1)]


def totals(runs: list[Shown]) -> list[int]:
    """Tokens in and out."""
    return [sum(run.tokens[at] for run in runs) for at in (0, 1)]


@pytest.mark.parametrize("client", UNLIKE)
def test_other_programs_are_shown(client: str, tmp_path: Path) -> None:
    assert told(play(tmp_path, requests_of(client))) == UNLIKE[client]


def test_what_a_plain_program_says_is_kept(tmp_path: Path) -> None:
    order, later = play(tmp_path, requests_of("plain"))
    root, pay, ship = order.steps
    said = {"user.id": "u-1", "numbers": [1, 2**62], "ratio": 0.5, "paid": True}
    assert said.items() <= root.attributes.items()
    assert root.said == ("event gave up",)
    assert pay.attributes["rate"] is None  # it was no number
    assert pay.said == ("event tried",)
    assert (ship.status, ship.error["type"]) == ("error", "LookupError")
    assert ship.error["message"] == "no such address"
    assert ship.error["stack"].endswith("LookupError: no such address\n")
    [link] = later.steps[0].attributes["links"]
    assert len(link["trace"]) == 32


def test_tools_and_answers_of_smolagents(tmp_path: Path) -> None:
    [run] = play(tmp_path, requests_of("openinference-smolagents"))
    assert [(step.input, step.output) for step in run.of("tool")] == [
        (talk.ARGUMENTS, talk.RESULT),
        ({"answer": talk.ANSWER}, talk.ANSWER),
    ]
    first, second = run.of("llm")
    assert first.output["message"] == CALLED
    assert second.input["messages"][0]["role"] == "system"
    assert second.input["messages"][-1] == user(f"Observation:\n{talk.RESULT}")
    assert run.output == talk.ANSWER
