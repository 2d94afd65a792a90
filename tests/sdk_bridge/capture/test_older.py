"""Older packages, which stand on httpx: they run in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sdk_bridge.capture.older_calls import CALLS
from tests.sdk_bridge.stub import Reply, StubModel

if TYPE_CHECKING:
    from tests.sdk_bridge.capture.runs import Runs

PROGRAM = "tests.sdk_bridge.capture.older_calls"
ROOT = Path(__file__).parents[3]


@pytest.mark.soak
@pytest.mark.parametrize("package", CALLS)
def test_every_way_to_call(package: str, stub: StubModel, runs: Runs) -> None:
    packages = Path(sys.prefix) / ("litellm" if package == "litellm" else "older")
    if not packages.is_dir():
        pytest.skip(f"there are no older packages in {packages}")
    stub.script(Reply(status=500, headers={"retry-after-ms": "1"}), *[Reply("one two three")] * 4)
    done = subprocess.run(
        [sys.executable, "-m", PROGRAM, package, stub.url, runs.folder],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(packages), "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    spans = runs.spans()
    assert len(spans) == 4
    for span in spans:
        assert span.start["kind"] == "llm"
        assert span.start["name"] == "m"
        assert span.input["messages"][-1]["role"] == "user"
        assert span.end["status"] == "ok", span.end
        assert span.said == "one two three"
    assert [bool(span.start["attrs"].get("stream")) for span in spans] == [False, True] * 2
    assert ["first_token" in span.end for span in spans] == [False, True] * 2
    assert [note["data"]["status"] for note in spans[0].notes] == [500]
    assert spans[0].end["attrs"]["attempts"] == 2
    runs.check_keys()
