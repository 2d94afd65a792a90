"""What is told of a call to who has to allow it: its arguments, where they are recorded."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from rollscope.client import Rollscope


class Questions:
    """In the place of the application: allows everything, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def check(self, **question: Any) -> None:
        self.asked.append(question)

    async def check_async(self, **question: Any) -> None:
        self.asked.append(question)


def asked(folder: Path, options: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    """The questions of one call of a tool and one of an async tool."""
    client = Rollscope(log_dir=folder, **settings)
    client.enforcement = questions = Questions()  # type: ignore[assignment]

    @client.tool(**options)
    def pay(amount: int, to: str) -> None:
        pass

    @client.tool(**options)
    async def pay_later(amount: int, to: str) -> None:
        pass

    @client.agent
    def agent() -> None:
        pay(12, to="Anna")
        asyncio.run(pay_later(12, to="Anna"))

    agent()
    assert [each["name"] for each in questions.asked] == ["pay", "pay_later"]
    return questions.asked


def test_arguments_are_shown(folder: Path) -> None:
    for question in asked(folder, {}):
        assert json.loads(question["arguments"]) == {"amount": 12, "to": "Anna"}


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({"capture_input": False}, {}),
        ({}, {"capture": False}),
        ({}, {"redact": lambda event: event}),
    ],
)
def test_arguments_are_not_shown_where_they_are_not_recorded_as_they_are(
    options: dict[str, Any], settings: dict[str, Any], folder: Path
) -> None:
    for question in asked(folder, options, **settings):
        assert "arguments" not in question
        assert question["arguments_hash"]
