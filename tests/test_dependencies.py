"""What the project leans on is explained, and locked without naming a registry."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
LOCKS = {path.name: path.read_text() for path in ROOT.glob("*.lock")}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", row)[0] for row in requirements} - {"rollscope"}


DIRECT = sorted(names(PROJECT["dependencies"]).union(*map(names, EXTRAS.values())))


@pytest.mark.parametrize("name", DIRECT)
def test_a_direct_dependency_is_explained_and_locked(name: str) -> None:
    assert f"\n| {name} |" in PAGE
    assert any(f"\n{name.lower()}==" in lock for lock in LOCKS.values())


def test_nothing_is_explained_that_is_not_a_dependency() -> None:
    assert sorted(re.findall(r"^\| ([\w-]+) \| [^|]+ \| [\d.]+ MB", PAGE, re.MULTILINE)) == DIRECT


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name: str) -> None:
    assert "://" not in LOCKS[name]
    assert "index-url" not in LOCKS[name]
