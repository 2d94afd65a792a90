"""The recorded requests and the documented answers, with the dialects that they are in."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from rollscope.capture.dialects import Dialect, dialects
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "data" / "providers"
BY_NAME = {dialect.name: dialect for dialect in dialects()}


class Recorded(NamedTuple):
    """One body; ``path`` is that of a request, with its query."""

    name: str
    dialect: Dialect
    body: Any
    path: str = ""

    @property
    def url(self) -> str:
        return "http://127.0.0.1" + self.path


def _load(file: str) -> list[Recorded]:
    rows = json.loads((FOLDER / file).read_text("utf-8"))
    return [
        Recorded(
            f"{row['dialect']}: {row['name']}",
            BY_NAME[row["dialect"]],
            row["body"],
            row.get("path", ""),
        )
        for row in rows
    ]


REQUESTS = _load("requests.json")
ANSWERS = _load("answers.json")


def through_json(value: Any) -> Any:
    """The value as it comes out of a log."""
    return json.loads(json.dumps(value))


def answer(name: str) -> Recorded:
    """The answer of this name."""
    return next(row for row in ANSWERS if row.name == name)


def request(name: str) -> Recorded:
    """The request of this name."""
    return next(row for row in REQUESTS if row.name == name)
