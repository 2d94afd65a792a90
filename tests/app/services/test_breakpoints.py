"""Breakpoints of the user: kept in the settings, told to the engine whenever it is met."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from rollscope_desktop.model.breakpoints import Breakpoint
from rollscope_desktop.services.breakpoints import Breakpoints
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from tests.app.services.held import FakeClient

PAY, COST = Breakpoint("tool", "pay"), Breakpoint("cost", usd=0.5)


@pytest.fixture
def settings(qapp, tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json", Notices())


def made(client: FakeClient, settings: Settings) -> Breakpoints:
    return Breakpoints(cast("Any", client), settings)


def test_they_are_kept_and_told(qapp, qtbot, settings: Settings, tmp_path: Path) -> None:
    client = FakeClient()
    breakpoints = made(client, settings)
    client.greeted.emit({})
    assert client.asked == []  # there are none, and the engine has none
    with qtbot.waitSignal(breakpoints.changed):
        breakpoints.add("", PAY)
    breakpoints.add("shop", COST)
    breakpoints.add("shop", COST)
    both = {"": [PAY.as_json()], "shop": [COST.as_json()]}
    assert client.asked[-1] == {"do": "breakpoints", "breakpoints": both}
    assert len(client.asked) == 2

    later = FakeClient()
    again = made(later, Settings(tmp_path / "settings.json", Notices()))
    assert again.rows == (("", PAY), ("shop", COST))
    later.greeted.emit({})
    assert later.asked == [{"do": "breakpoints", "breakpoints": both}]
    again.remove(("", PAY))
    again.remove(("shop", COST))
    assert later.asked[-1] == {"do": "breakpoints", "breakpoints": {}}


def test_a_refusal_is_told(qapp, qtbot, settings: Settings) -> None:
    client = FakeClient()
    breakpoints = made(client, settings)
    breakpoints.add("", PAY)
    with qtbot.waitSignal(breakpoints.failed) as said:
        client.refuse(ValueError("The engine is of another version."))
    assert said.args == ["The engine is of another version."]


def test_of_the_settings_what_makes_no_sense_is_left_out(qapp, settings: Settings) -> None:
    settings.set_breakpoints(
        ("{", "7", '{"kind":"moon"}', '{"project":7,"kind":"tool"}', '{"kind":"tool"}')
    )
    assert made(FakeClient(), settings).rows == (("", Breakpoint("tool")),)
