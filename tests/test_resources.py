"""Resources are found wherever the program runs from, and each one that code names exists."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rollscope_desktop import resources
from tests.conftest import ROOT

ASK = """
import sys; from rollscope_desktop import resources; print(resources.path("README.md"))
"""


@pytest.fixture
def fresh_lookup():
    resources._root.cache_clear()
    yield
    resources._root.cache_clear()


def test_a_checkout_reads_the_folder_itself() -> None:
    assert resources.path("README.md") == ROOT / "resources" / "README.md"


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"'icons/none\.svg' is missing from .*resources"):
        resources.path("icons/none.svg")


@pytest.mark.usefixtures("fresh_lookup")
def test_a_frozen_app_reads_its_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_resources").mkdir()
    (tmp_path / "_resources" / "README.md").touch()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)

    assert resources.path("README.md") == tmp_path / "_resources" / "README.md"


def named_in_code() -> list[str]:
    """The constant names that code passes to ``resources.path``."""
    return [
        str(call.args[0].value)
        for file in (ROOT / "app").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "resources.path"
        and isinstance(call.args[0], ast.Constant)
    ]


def test_every_resource_that_code_names_exists() -> None:
    for name in named_in_code():
        assert resources.path(name)


def ask(python: str | Path, *, cwd: Path, path: Path | None = None) -> Path:
    """Where the program that ``python`` finds, and not this checkout, has its README."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path:
        env["PYTHONPATH"] = str(path)
    said = subprocess.run(
        [python, "-c", ASK], cwd=cwd, env=env, check=True, capture_output=True, text=True
    )
    return Path(said.stdout.strip())


def pip(python: str | Path, *args: str | Path, **env: str) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", *args]
    subprocess.run(command, check=True, env={**os.environ, **env})


@pytest.mark.soak
def test_a_wheel_carries_its_resources(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip(sys.executable, "--target", site, wheel)

    found = ask(sys.executable, cwd=tmp_path, path=site)

    assert found == site / "rollscope_desktop" / "_resources" / "README.md"


@pytest.mark.soak
def test_an_editable_install_reads_the_checkout(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    # The builder is the one of this environment, so that no network is needed.
    builder = {"PYTHONPATH": next(p for p in sys.path if p.endswith("site-packages"))}
    pip(python, "--no-build-isolation", "--editable", ROOT, **builder)

    assert ask(python, cwd=tmp_path) == ROOT / "resources" / "README.md"
