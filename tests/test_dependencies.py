"""What the project leans on is explained, and locked without naming a registry."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.conftest import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
LOCKS = {path.name: path.read_text() for path in ROOT.glob("*.lock")}
LISTS: dict[str, list[str]] = {
    "Base": PROJECT["dependencies"],
    **PROJECT["optional-dependencies"],
    **SETTINGS["dependency-groups"],
}
LOCK_OF = {
    "bench": "requirements-bench.lock",
    "older": "requirements-older.lock",
    "litellm": "requirements-litellm.lock",
    "phoenix": "requirements-phoenix.lock",
    "retrace": "requirements-retrace.lock",
    "telemetry": "requirements-telemetry.lock",
    "telemetry-older": "requirements-telemetry-older.lock",
}


def names(requirements: list[str]) -> list[str]:
    found = {re.split(r"[\[<>=!~; ]", row)[0] for row in requirements}
    return sorted(found - {"rollscope"}, key=str.lower)


def section(name: str) -> str:
    """What the page says about the base, an extra or a group."""
    [text] = re.findall(rf"^## `?{name}`?:.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


@pytest.mark.parametrize("name", LISTS)
def test_what_is_asked_for_is_explained_and_nothing_else(name: str) -> None:
    rows = re.findall(
        r"^\| ([\w-]+) \| [^|]+ \| [\d.]+ MB \| [^|]+ \|$", section(name), re.MULTILINE
    )
    assert sorted(rows, key=str.lower) == names(LISTS[name])


@pytest.mark.parametrize("name", LISTS)
def test_what_is_asked_for_is_locked(name: str) -> None:
    lock = LOCKS[LOCK_OF.get(name, "requirements.lock")]
    for package in names(LISTS[name]):
        assert f"\n{package.lower()}==" in lock


def test_what_is_in_two_locks_of_one_environment_is_the_same_version() -> None:
    pins = [
        dict(re.findall(r"^([\w.-]+)==([^ ]+)", LOCKS[name], re.MULTILINE))
        for name in ("requirements.lock", "requirements-bench.lock")
    ]
    both = pins[0].keys() & pins[1].keys()
    assert {name: pins[0][name] for name in both} == {name: pins[1][name] for name in both}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name: str) -> None:
    assert "://" not in LOCKS[name]
    assert "index-url" not in LOCKS[name]
