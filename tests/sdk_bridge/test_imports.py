"""Acting after an import: whenever it comes, however the module is loaded, and once."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollscope.imports import when_imported

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of modules that hooks were called with; modules lie in the folder of the test."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    return []


def test_before_and_after(tmp_path: Path, seen: list[str]) -> None:
    (tmp_path / "follow_a.py").write_text("value = 1")

    def hook(module: ModuleType) -> None:
        seen.append(f"{module.__name__} {module.value}")

    when_imported("follow_a", hook)
    assert not seen
    module = importlib.import_module("follow_a")
    assert seen == ["follow_a 1"]
    loader = module.__spec__ and module.__spec__.loader
    assert type(loader).__name__ == "SourceFileLoader"
    assert "exec_module" not in vars(loader)
    when_imported("follow_a", hook)
    assert len(seen) == 2


def test_while_the_import_is_under_way(tmp_path: Path, seen: list[str]) -> None:
    (tmp_path / "follow_b.py").write_text(
        "from rollscope.imports import when_imported\n"
        "seen = []\n"
        "when_imported('follow_b', lambda module: seen.append(module.value))\n"
        "value = 2\n"
    )

    assert importlib.import_module("follow_b").seen in ([], [2])


def test_an_import_that_fails_fails_as_ever(tmp_path: Path, seen: list[str]) -> None:
    (tmp_path / "follow_c.py").write_text("raise OSError('no')")
    when_imported("follow_c", lambda module: seen.append(module.__name__))
    when_imported("follow_nowhere", lambda module: seen.append(module.__name__))

    with pytest.raises(OSError, match="no"):
        importlib.import_module("follow_c")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("follow_nowhere")
    (tmp_path / "follow_c.py").write_text("value = 'mended'")
    importlib.invalidate_caches()
    importlib.import_module("follow_c")
    assert seen == ["follow_c"]


def test_a_hook_that_fails_does_not_fail_the_import(
    tmp_path: Path, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLSCOPE_INTERNAL_RAISE", "0")
    monkeypatch.setattr("rollscope.guard.failed._said", {"internal"})
    (tmp_path / "follow_d.py").write_text("")

    def hook(module: ModuleType) -> None:
        raise KeyError("no")

    when_imported("follow_d", hook)

    assert importlib.import_module("follow_d")


def test_modules_of_an_archive(
    tmp_path: Path, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("follow_e.py", "import follow_f")
        archive.writestr("follow_f.py", "")
    monkeypatch.syspath_prepend(tmp_path / "all.zip")
    for name in ("follow_e", "follow_f"):
        when_imported(name, lambda module: seen.append(module.__name__))

    importlib.import_module("follow_e")

    assert sorted(seen) == ["follow_e", "follow_f"]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ModuleType]]:
    """The modules that the hook was called with; a package can be imported."""
    (tmp_path / "wanted_package").mkdir()
    (tmp_path / "wanted_package" / "__init__.py").write_text("here = 1")
    (tmp_path / "wanted_package" / "part.py").write_text("there = 2")
    (tmp_path / "wanted_package" / "broken.py").write_text("raise OSError('not today')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    called: list[ModuleType] = []
    for name in ("wanted_package", "wanted_package.part", "wanted_package.broken", "wanted_none"):
        when_imported(name, called.append)
    yield called
    for name in [name for name in sys.modules if name.startswith("wanted_")]:
        del sys.modules[name]


def test_it_is_called_when_the_module_is_complete(modules: list[ModuleType]) -> None:
    package = importlib.import_module("wanted_package")
    assert modules == [package]
    assert package.here == 1
    part = importlib.import_module("wanted_package.part")
    assert modules == [package, part]
    assert part.__loader__ is part.__spec__.loader  # type: ignore[union-attr]
    assert "exec_module" not in vars(part.__loader__)
    importlib.reload(part)
    assert len(modules) == 2


def test_looking_is_not_importing(modules: list[ModuleType]) -> None:
    assert importlib.util.find_spec("wanted_package") is not None
    assert modules == []
    assert "wanted_package" not in sys.modules
    assert importlib.import_module("wanted_package") is modules[0]


def test_imports_that_fail(modules: list[ModuleType]) -> None:
    with pytest.raises(ModuleNotFoundError, match="wanted_none"):
        importlib.import_module("wanted_none")
    for _ in range(2):
        with pytest.raises(OSError, match="not today"):
            importlib.import_module("wanted_package.broken")
    assert [module.__name__ for module in modules] == ["wanted_package"]
