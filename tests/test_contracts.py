"""Holds the floors of the house: no module imports what its floor may not know."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

CONTRACTS = [
    "floors", "headless", "no-qt", "viewer-asks-query", "sdk-floors", "dialects", "protocols",
    "sdk-alone", "one-database-floor",
]  # fmt: skip

# One step off the path for each contract; all of them in one copy of the tree.
MISSTEPS = {
    "app/rollscope_desktop/model/_misstep.py": "import rollscope_desktop.query",
    "app/rollscope_desktop/ingest/_misstep.py": "import rollscope_desktop.services",
    "app/rollscope_desktop/query/_misstep.py": "def late():\n    import PySide6.QtCore",
    "app/rollscope_desktop/ui/_misstep.py": "import rollscope_desktop.store",
    "sdk_bridge/rollscope/wire/_misstep.py": "import rollscope.config",
    "sdk_bridge/rollscope/capture/dialects/_misstep.py": "def late():\n    import httpx",
    "app/rollscope_desktop/protocols/_misstep.py": "import asyncio",
    "sdk_bridge/rollscope/sinks/_misstep.py": "import rollscope_desktop.model",
    "app/rollscope_desktop/cli/_misstep.py": "import sqlite3",
}


def lint_imports(root: Path) -> str:
    """What import-linter says about the tree at ``root``."""
    path = os.pathsep.join(str(root / part) for part in ("app", "sdk_bridge"))
    lint = "from importlinter.cli import lint_imports; lint_imports(no_cache=True, no_logo=True)"
    return subprocess.run(
        [sys.executable, "-c", lint],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def test_the_floors_hold() -> None:
    said = lint_imports(ROOT)

    assert f"{len(CONTRACTS)} kept, 0 broken" in said, said


def test_every_contract_bites(tmp_path: Path) -> None:
    for part in ("app", "sdk_bridge"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in MISSTEPS.items():
        (tmp_path / name).write_text(text + "\n")

    said = lint_imports(tmp_path)

    assert f"0 kept, {len(CONTRACTS)} broken" in said, said
