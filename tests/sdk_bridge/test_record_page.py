"""The examples of docs/record.md run as they are printed, and record what is printed below them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rollscope.config import Settings, variables
from rollscope.outline import outline
from tests.conftest import ROOT
from tests.sdk_bridge import recorded
from tests.sdk_bridge.stub import Reply, StubModel

PAGE = (ROOT / "docs" / "record.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", PAGE, re.M | re.S)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_records_what_is_printed(number: int, own_places: Path) -> None:
    code, expected = EXAMPLES[number]
    with StubModel() as stub:
        stub.script(Reply("Take one for the evening."))
        known = {"OPENAI_BASE_URL": f"{stub.url}/v1", "OPENAI_API_KEY": "sk-of-the-example"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | known, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    logs = own_places / "data" / "runs"
    [run] = recorded.runs(logs)
    assert "sk-of-the-example" not in "".join(path.read_text() for path in logs.iterdir())
    if expected:
        assert outline(run.events, 130) + "\n" == expected


def test_the_first_example_captures_the_model_call() -> None:
    assert "OpenAI()" in EXAMPLES[0][0]
    assert 'tool get_weather {"city": "Paris"}' in EXAMPLES[0][1]
    assert "llm gpt-4o-mini" in EXAMPLES[0][1]


def test_every_setting_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`ROLLSCOPE_(\w+)`)? ?\|", PAGE, re.M)
    assert {name for name, _ in rows} == set(Settings.__dataclass_fields__)
    everything = {f"ROLLSCOPE_{name.upper()}": "x" for name in Settings.__dataclass_fields__}
    assert {name.lower() for _, name in rows if name} == set(variables(everything))
