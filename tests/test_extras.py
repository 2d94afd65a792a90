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
# modules for the window alone; they import numpy, and are themselves imported late.
IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith(".__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if (name, error.name) != ("rollscope_desktop.query", "numpy"):
                    raise
"""


class Environment:
    """A new virtual environment in which nothing but one extra is installed."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        self.folder = folder / ("Scripts" if os.name == "nt" else "bin")

    def run(self, program: str, *args: str | Path, status: int = 0) -> str:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
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
    bench.run("python", "-c", "import duckdb, polars, psutil")


def test_dev(install) -> None:
    dev = install("[dev]")

    dev.run("python", "-c", IMPORT_ALL, *SDK, *VIEWER)
    for tool in ("ruff", "mypy", "lint-imports", "codespell", "pytest"):
        dev.run(tool, "--help")
