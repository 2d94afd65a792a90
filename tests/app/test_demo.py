"""The demo is unpacked in present time, and the verb shows it with a window and without one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from rollscope import wire
from rollscope_desktop import demo, resources
from rollscope_desktop.cli import demo as verb
from rollscope_desktop.cli.display import has_display

if TYPE_CHECKING:
    import subprocess

HOUR = 3600 * 1_000_000_000
NOW = 1_800_000_000 * 1_000_000_000


def events(path: Path) -> list[dict[str, Any]]:
    return [wire.decode(line) for line in path.read_bytes().splitlines()]


def test_unpacking_shifts_all_times_alike(tmp_path: Path) -> None:
    written = demo.unpack(tmp_path / "new", NOW)

    assert {path.name for path in written} == {
        path.name for path in resources.path("demo/runs").iterdir()
    }
    shifts: set[int] = set()
    for path in written:
        was = events(resources.path("demo/runs") / path.name)
        for before, after in zip(was, events(path), strict=True):
            moved = {n: after[n] - before[n] for n in ("time", "first_token") if n in before}
            shifts.update(moved.values())
            assert after == before | {n: before[n] + by for n, by in moved.items()}
        assert path.stat().st_mtime_ns == events(path)[-1]["time"]
        assert path.stat().st_mode & 0o077 == 0
    assert len(shifts) == 1
    assert max(events(path)[-1]["time"] for path in written) == NOW - HOUR


def test_unpacking_again_leaves_what_is_there(tmp_path: Path) -> None:
    first, second, *_ = demo.unpack(tmp_path, NOW)
    first.write_bytes(b"kept\n")
    second.unlink()

    assert demo.unpack(tmp_path, NOW + HOUR) == [second]
    assert first.read_bytes() == b"kept\n"
    assert demo.unpack(tmp_path, NOW + HOUR) == []
    assert all(path.suffix == ".jsonl" for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
        ({"QT_QPA_PLATFORM": "minimal:enable_fonts"}, True),
        ({"QT_QPA_PLATFORM": "xcb"}, False),
    ],
)
def test_a_display(monkeypatch: pytest.MonkeyPatch, names: dict[str, str], expected: bool) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)

    assert has_display() is expected


@pytest.fixture
def agents(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The agents that were started; they work in a hurry."""
    started: list[subprocess.Popen[str]] = []
    start = demo.start

    def hurry(folder: Path, *options: str, listen: bool = False) -> subprocess.Popen[str]:
        started.append(start(folder, *options, "--speed", "200", listen=listen))
        return started[-1]

    monkeypatch.setattr(demo, "start", hurry)
    return started


def test_without_a_display_the_runs_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agents: list[subprocess.Popen[str]]
) -> None:
    monkeypatch.setattr("rollscope_desktop.cli.display.has_display", lambda: False)

    done = CliRunner().invoke(verb.command, ["--folder", str(tmp_path / "runs")])

    assert done.exit_code == 0, done.output
    assert "There is no display for a window." in done.stdout
    assert "rollscope picture RUN" in done.stdout
    assert "Yearly review of all suppliers" in done.stdout
    assert done.stdout.count("Why Heron 2 comes back") == 2  # the bundled run and the live one
    assert [agent.returncode for agent in agents] == [0]


def test_no_agent_when_none_is_wanted(
    own_places: Path, agents: list[subprocess.Popen[str]]
) -> None:
    done = CliRunner().invoke(verb.command, ["--no-window", "--no-live"])

    assert done.exit_code == 0, done.output
    assert done.stdout.count("Why Heron 2 comes back") == 1
    assert not agents
    assert len(list((own_places / "data" / "demo").iterdir())) == 15


def test_the_agent_ends_with_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pytest.importorskip("rollscope_desktop.ui.app")
    seen: list[Any] = []

    def window(paths: list[str], new_instance: bool) -> int:
        until = time.monotonic() + 30
        while len(list(tmp_path.iterdir())) <= 15:
            assert time.monotonic() < until
            time.sleep(0.02)
        seen.append((paths, new_instance))
        return 0

    monkeypatch.setattr(app, "main", window)

    done = CliRunner().invoke(verb.command, ["--folder", str(tmp_path)])

    assert (done.exit_code, done.output) == (0, "")
    assert seen == [([str(tmp_path)], False)]
    bundled = {path.name for path in resources.path("demo/runs").iterdir()}
    [live] = [path for path in tmp_path.iterdir() if path.name not in bundled]
    assert events(live)[-1]["status"] == "cancelled"
