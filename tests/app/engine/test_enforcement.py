"""The engine's answers to programs that ask: ceilings over calls, held calls, the file of rules."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from rollscope_desktop.engine.enforcement import LOOK, Enforcement
from rollscope_desktop.engine.enforcement_requests import serve_enforcement
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.model.rules import Question, RulesError, Totals
from rollscope_desktop.platform import WINDOWS
from tests.app.engine.test_holds import Clock

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog

RUN = "0af7651916cd43dd8448eb211c80319c"
LOOKING = Question(RUN, "tool", "look", project="shop")
PAY = Question(RUN, "tool", "pay", project="shop", arguments_hash="1" * 32)


class Desk:
    """An Enforcement with what is around it in the hands of a test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.indexed: dict[str, Totals] = {}
        self.changes = 0
        self.asked = self.restart()

    def restart(self) -> Enforcement:
        self.asked = Enforcement(self.path, self.totals, self.change, clock=self.clock)
        return self.asked

    def totals(self, run: str) -> Totals | None:
        return self.indexed.get(run)

    def change(self) -> None:
        assert not self.asked._lock.locked()
        self.changes += 1

    def edit(self, data: bytes) -> None:
        """Somebody edits the file, and a while goes by."""
        self.path.write_bytes(data)
        self.clock.now += LOOK

    def verdicts(self, count: int, question: Question = LOOKING) -> list[str]:
        return [self.asked.check(question).verdict for _ in range(count)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "config" / "rules.json")


# Ceilings


def test_steps_are_counted_before_the_index_knows_them(desk: Desk) -> None:
    desk.asked.set_rules({"shop": {"max_steps": 3}})
    assert desk.verdicts(5) == ["allow"] * 3 + ["block"] * 2
    assert desk.asked.check(LOOKING).reason == "This run has made 3 of 3 steps."
    assert desk.asked.check(replace(LOOKING, run="b" * 32)).verdict == "allow"
    assert desk.asked.check(replace(LOOKING, project=None)).verdict == "allow"


def test_what_the_index_knows_counts_too(desk: Desk) -> None:
    desk.asked.set_rules({"": {"max_steps": 30, "max_tokens": 1000, "max_usd": 1.5}})
    for totals, reason in (
        (Totals(30, 0, 0), "This run has made 30 of 30 steps."),
        (Totals(0, 1204, 0), "This run has used 1,204 of 1,000 tokens."),
        (Totals(0, 0, 1.6), "This run has cost $1.60 of $1.50."),
    ):
        desk.indexed[RUN] = totals
        verdict = desk.asked.check(LOOKING)
        assert (verdict.verdict, verdict.reason) == ("block", reason)
    desk.indexed[RUN] = Totals(29, 999, 1.49)
    assert desk.verdicts(1) == ["allow"]


def test_calls_that_are_made_count_with_what_they_used(desk: Desk) -> None:
    desk.asked.set_rules({"": {"max_tokens": 30, "max_steps": 5}})
    made = replace(LOOKING, made=True, tokens=10)
    assert desk.verdicts(4, made) == ["allow"] * 3 + ["block"]
    assert desk.asked.check(made).reason == "This run has used 50 of 30 tokens."
    assert desk.verdicts(6, replace(made, run="b" * 32, tokens=None)) == ["allow"] * 5 + ["block"]


def test_the_index_is_asked_only_where_there_is_a_ceiling(desk: Desk) -> None:
    asked: list[str] = []
    desk.asked._totals = lambda run: asked.append(run)
    desk.asked.set_rules({"shop": {"max_usd": 1}, "": {"denied_tools": ["rm"]}})
    desk.asked.check(replace(LOOKING, project="other"))
    assert asked == []
    desk.asked.check(LOOKING)
    assert asked == [RUN]


def test_many_threads_go_no_further_than_the_ceiling(desk: Desk) -> None:
    desk.asked.set_rules({"": {"max_steps": 100}})
    verdicts: list[str] = []
    threads = [
        threading.Thread(target=lambda: verdicts.extend(desk.verdicts(50))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (verdicts.count("allow"), verdicts.count("block")) == (100, 300)


# Held calls


def test_a_held_call_goes_on_when_it_is_allowed(desk: Desk) -> None:
    desk.asked.set_rules({"": {"held_tools": ["pay"], "max_steps": 1, "reason": "Ask Anna."}})
    desk.changes = 0
    verdict = desk.asked.check(PAY)
    assert verdict.verdict == "hold"
    assert verdict.reason == "Somebody has to allow the tool pay. Ask Anna."
    assert desk.asked.hold(verdict.hold) == "pending"
    assert desk.changes == 1
    assert [held["id"] for held in desk.asked.holds()] == [verdict.hold]

    desk.asked.decide(verdict.hold, allow=True)

    assert desk.changes == 2
    assert desk.asked.hold(verdict.hold) == "approved"
    assert desk.verdicts(1, PAY) == ["block"]  # that was its one step
    with pytest.raises(KeyError):
        desk.asked.decide(verdict.hold, allow=True)


def test_a_held_call_that_is_denied_is_not_asked_about_again(desk: Desk) -> None:
    desk.asked.set_rules({"": {"held_tools": ["pay"]}})
    verdict = desk.asked.check(PAY)
    desk.asked.decide(verdict.hold, allow=False)
    assert desk.asked.hold(verdict.hold) == "denied"
    assert desk.verdicts(2, PAY) == ["deny", "deny"]
    assert desk.asked.hold("unknown") == "expired"


def test_a_call_that_is_no_longer_held_is_allowed_as_soon_as_it_is_asked_again(desk: Desk) -> None:
    desk.asked.set_rules({"": {"held_tools": ["pay"]}})
    id = desk.asked.check(PAY).hold
    desk.asked.set_rules({})
    assert desk.verdicts(1, PAY) == ["allow"]
    assert desk.asked.hold(id) == "pending"


# The file


def test_rules_are_kept_for_the_user_alone(desk: Desk) -> None:
    value = {"": {"max_steps": 1}, "shop": {"denied_tools": ["rm"], "max_usd": 0.5}}
    desk.asked.set_rules(value)
    assert orjson.loads(desk.path.read_bytes()) == desk.restart().rules == value
    assert desk.asked.trouble == ""
    if not WINDOWS:
        assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600


def test_bad_rules_change_nothing(desk: Desk) -> None:
    desk.asked.set_rules({"": {"max_steps": 0}})
    kept = desk.path.read_bytes()
    with pytest.raises(RulesError, match="There is no rule 'max_step'"):
        desk.asked.set_rules({"": {"max_step": 5}})
    assert desk.path.read_bytes() == kept
    assert desk.verdicts(1) == ["block"]


def test_a_file_that_cannot_be_read_allows_and_says_so(
    tmp_path: Path, expected_log: ExpectedLog, caplog: pytest.LogCaptureFixture
) -> None:
    expected_log("cannot be read: .*line 1 column 1 .* Every call is allowed")
    path = tmp_path / "rules.json"
    path.write_bytes(b"no JSON")
    desk = Desk(path)

    assert desk.verdicts(3) == ["allow"] * 3
    assert "Every call is allowed" in desk.asked.trouble
    desk.clock.now += 10
    assert desk.verdicts(1) == ["allow"]
    assert len(caplog.records) == 1

    desk.asked.set_rules({"": {"max_steps": 0}})

    assert desk.asked.trouble == ""
    assert (tmp_path / "rules.bad.json").read_bytes() == b"no JSON"
    assert desk.verdicts(1) == ["block"]


@pytest.mark.parametrize(
    "data", [b"[]", b"\xff", b'{"": {"new_rule": 1}}', b"[" * 100_000, b" " * (5 << 20)]
)
def test_whatever_the_file_holds(desk: Desk, expected_log: ExpectedLog, data: bytes) -> None:
    expected_log("cannot be read: .*Those before it hold")
    desk.asked.set_rules({"": {"denied_tools": ["look"]}})
    desk.edit(data)
    assert desk.verdicts(1) == ["deny"]
    assert desk.asked.trouble.endswith("Those before it hold.")


@pytest.mark.skipif(WINDOWS or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads")
def test_a_file_that_may_not_be_read(tmp_path: Path, expected_log: ExpectedLog) -> None:
    expected_log("cannot be read: Permission denied")
    path = tmp_path / "rules.json"
    path.write_bytes(b"{}")
    path.chmod(0)
    assert Desk(path).verdicts(1) == ["allow"]


def test_a_folder_in_the_place_of_the_file(tmp_path: Path, expected_log: ExpectedLog) -> None:
    expected_log("cannot be read: Is a directory|cannot be read: Permission denied")
    path = tmp_path / "rules.json"
    path.mkdir()
    desk = Desk(path)
    assert desk.verdicts(1) == ["allow"]
    desk.asked.set_rules({"": {"max_steps": 0}})
    assert desk.verdicts(1) == ["block"]


def test_an_edited_file_holds_a_second_later(desk: Desk) -> None:
    desk.asked.set_rules({"": {"max_steps": 0}})
    changes = desk.changes
    desk.path.write_bytes(b'{"": {"denied_tools": ["look"]}}')
    assert desk.verdicts(1) == ["block"]
    desk.clock.now += LOOK
    assert desk.verdicts(1) == ["deny"]
    assert desk.changes == changes + 1
    desk.path.unlink()
    desk.clock.now += LOOK
    assert desk.asked.rules == {}
    assert desk.verdicts(1) == ["allow"]


def test_rules_that_cannot_be_saved_do_not_hold(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"a file where the folder should be")
    desk = Desk(tmp_path / "config" / "rules.json")
    with pytest.raises(RulesError, match="The rules could not be saved: "):
        desk.asked.set_rules({"": {"max_steps": 0}})
    assert desk.verdicts(1) == ["allow"]


# The engine's protocol


def test_the_requests_of_the_protocol(desk: Desk) -> None:
    def serve(do: str, **what: Any) -> Any:
        return serve_enforcement({"id": 1, "do": do, **what}, desk.asked)

    assert serve("rules") == {"rules": {}, "trouble": ""}
    rules = {"": {"held_tools": ["pay"]}}
    assert serve("set_rules", rules=rules) == {"rules": rules, "trouble": ""}
    first, second = (desk.asked.check(replace(PAY, run=run * 32)) for run in "ab")
    assert [held["id"] for held in desk.asked.holds()] == [first.hold, second.hold]
    left = serve("decide", hold=first.hold, allow=True)["holds"]
    assert [held["id"] for held in left] == [second.hold]
    assert desk.asked.hold(first.hold) == "approved"
    assert serve("status") is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"do": "set_rules"}, "argument"),
        ({"do": "set_rules", "rules": {"": {"max_steps": -1}}}, "argument"),
        ({"do": "decide"}, "argument"),
        ({"do": "decide", "hold": "f" * 32, "allow": 1}, "argument"),
        ({"do": "decide", "hold": ["f"], "allow": True}, "argument"),
        ({"do": "decide", "hold": "f" * 32, "allow": True}, "unknown"),
    ],
)
def test_requests_that_are_refused(desk: Desk, request_: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        serve_enforcement(request_, desk.asked)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")
