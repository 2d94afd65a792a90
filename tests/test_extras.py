"""Every extra installs alone from the wheel, and its part of the program runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SDK = ["rollscope"]
ENGINE = [
    f"rollscope_desktop.{floor}"
    for floor in ("model", "formats", "store", "ingest", "query", "engine", "cli")
]
VIEWER = ["rollscope_desktop"]
SAMPLES = ROOT / "tests" / "data" / "osmosis" / "1795223440"

# Imports every module below the packages that are named as arguments, programs excepted. Query has
# modules for the window alone; they import numpy, and are themselves imported late. Where there is
# no pytest, nobody loads its plugin.
IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith(".__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                known = (name, error.name)
                if known not in (("rollscope_desktop.query", "numpy"), ("rollscope", "pytest")):
                    raise
"""

# The three lines of an agent, in an environment that has nothing but the SDK.
RECORD = """
import sys
import rollscope

rollscope.init(log_dir=sys.argv[1])

@rollscope.tool
def add(a, b):
    return a + b

@rollscope.agent
def adder(numbers):
    return add(*numbers)

assert adder([2, 3]) == 5
"""
PRICE = """
from rollscope.capture import prices
usage = {"input_tokens": 1_000_000, "output_tokens": 0}
assert prices.cost("https://api.openai.com/v1", "gpt-4o", usage) == 2.5
"""


class Environment:
    """A new virtual environment in which nothing but one extra is installed."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        self.folder = folder / ("Scripts" if os.name == "nt" else "bin")

    def run(self, program: str, *args: str | Path, status: int = 0, **more: str) -> str:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
        env["PATH"] = f"{self.folder}{os.pathsep}{env['PATH']}"
        done = subprocess.run(
            [self.folder / program, *args],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout


@pytest.fixture
def install(wheel: Path, tmp_path: Path):
    """Makes an environment with one extra, in the versions of the lock files."""
    # pip takes no hashes in constraints that apply to a local wheel.
    locks = "".join((ROOT / f"requirements{part}.lock").read_text() for part in ("", "-bench"))
    constraints = tmp_path / "constraints.txt"
    pins = re.findall(r"^([\w.-]+==[^ ]+(?: ; .*)?) \\$", locks, re.MULTILINE)
    constraints.write_text("\n".join(sorted(set(pins))))

    def install(extra: str) -> Environment:
        environment = Environment(tmp_path / "venv")
        wanted = f"rollscope{extra} @ {wheel.as_uri()}"
        environment.run("python", "-m", "pip", "install", "--quiet", "-c", constraints, wanted)
        return environment

    return install


pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


def test_base(install) -> None:
    base = install("")

    base.run("python", "-c", IMPORT_ALL, *SDK)
    base.run("python", "-c", "import rollscope, rollscope.wire")
    base.run("python", "-c", PRICE)
    logs = base.folder / "logs"
    base.run("python", "-c", RECORD, logs)
    [log] = logs.rglob("*.jsonl")
    events = [json.loads(line) for line in log.read_bytes().splitlines()]
    kinds = [event["kind"] for event in events if event["type"] == "span.start"]
    assert kinds[-1] == "tool"
    assert (events[0]["type"], events[-1]["type"]) == ("run.start", "run.end")
    assert events[-1]["output"] == 5
    assert str(logs) in base.run("rollscope", "doctor", ROLLSCOPE_LOG_DIR=str(logs))
    base.run("rollscope", "run", "--", "python", "-c", "print(1)", ROLLSCOPE_LOG_DIR=str(logs))
    assert len({path.name.partition(".")[0] for path in logs.rglob("*.jsonl")}) == 2
    assert "Usage: rollscope" in base.run("rollscope", "--help")
    assert "pip install 'rollscope[engine]'" in base.run("rollscope", "index", ".", status=2)
    assert "pip install 'rollscope[desktop]'" in base.run("rollscope", "open", status=2)


def test_engine(install) -> None:
    engine = install("[engine]")

    engine.run("python", "-c", IMPORT_ALL, *SDK, *ENGINE)
    said = json.loads(engine.run("rollscope", "index", "--json", SAMPLES))
    assert (said["files"], said["runs"], said["kinds"]["tool"]) == (5, 5, 14)
    assert "pip install 'rollscope[desktop]'" in engine.run("rollscope", "open", status=2)


def test_desktop(install) -> None:
    desktop = install("[desktop]")

    desktop.run("python", "-c", IMPORT_ALL, *SDK, *VIEWER)
    desktop.run("rollscope", "index", "--keep", SAMPLES)
    picture = desktop.folder / "tree.png"
    desktop.run("rollscope", "picture", "r-badtool-1", "-o", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_bench(install) -> None:
    bench = install("[bench]")

    bench.run("python", "-c", IMPORT_ALL, *SDK, *ENGINE)
    bench.run("python", "-c", "import duckdb, httpx, polars, psutil, retrace")
    bench.run("python", "-c", "from opentelemetry.sdk.trace import TracerProvider")


def test_dev(install) -> None:
    dev = install("[dev]")

    dev.run("python", "-c", IMPORT_ALL, *SDK, *VIEWER)
    for tool in ("ruff", "mypy", "lint-imports", "codespell", "pytest"):
        dev.run(tool, "--help")
    dev.run("python", "-c", "import aiohttp, anthropic, google.genai, httpx, httpx2, mcp, openai")
