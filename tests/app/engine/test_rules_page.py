"""docs/rules.md names every rule, and its file is one."""

from __future__ import annotations

import json
import re

from rollscope_desktop.engine import holds
from rollscope_desktop.model.rules import Limits, Question, Totals, judge, read_rules
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


def test_every_rule_is_told_of() -> None:
    table = PAGE.split("## What can be set\n\n")[1].split("\n\n")[0]
    told = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row)]
    assert told == list(Limits.__slots__)


def test_the_file_of_the_page_can_be_read() -> None:
    said = json.loads(PAGE.split("```json\n")[1].split("```")[0])
    rules = read_rules(said)
    assert rules.of("shop").max_steps is None
    assert rules.of("shop").max_usd == 2.5
    assert rules.of("another").max_steps == 50
    pay = Question("a" * 32, "tool", "pay", project="shop")
    assert judge(rules.of("shop"), pay, Totals()).verdict == "hold"
    for name, pattern in (("ab", "a?"), ("b", "[ab]"), ("anything", "*")):
        limits = Limits(denied_tools=(pattern,))
        assert judge(limits, Question("a" * 32, "tool", name), Totals()).verdict == "deny"


def test_its_numbers_are_those_of_the_code() -> None:
    assert holds.LIFETIME == 600
    assert "ten minutes" in PAGE
    assert f"more than {holds.MOST:,} calls" in PAGE
