"""The ``rollscope`` command: how verbs are found, and what is said about those that cannot run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rollscope import __version__, cli
from rollscope.cli import verbs


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a distribution ``Ghost-Kit`` that offers one verb, as pip would."""

    def offer(row: str, **modules: str) -> None:
        info = tmp_path / "ghost_kit-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Ghost-Kit\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[rollscope.commands]\n{row}\n")
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(f"import click\n{text}\n")
        monkeypatch.syspath_prepend(tmp_path)
        for name in modules:
            monkeypatch.delitem(sys.modules, name, raising=False)

    verbs.others.cache_clear()
    yield offer
    verbs.others.cache_clear()


def run(*args: str) -> Result:
    return CliRunner().invoke(cli.main, args)


def test_version() -> None:
    assert run("--version").output == f"rollscope, version {__version__}\n"


def test_an_unknown_verb_is_a_usage_error() -> None:
    result = run("no-such-verb")

    assert result.exit_code == 2
    assert "No such command 'no-such-verb'" in result.output


def test_a_verb_of_another_distribution_runs(offer) -> None:
    offer(
        "haunt = ghost_a:command",
        ghost_a='@click.command()\ndef command():\n    """Haunts."""\n    click.echo("boo")',
    )

    assert run("haunt").output == "boo\n"
    assert "haunt    Haunts." in run("--help").output


@pytest.mark.parametrize("args", [["haunt"], ["haunt", "--help"], ["haunt", "house", "--loud"]])
def test_a_missing_extra_is_one_line_and_status_2(offer, args: list[str]) -> None:
    offer("haunt = package_that_is_absent.cli:command [attic]")

    result = run(*args)

    assert result.exit_code == 2
    assert result.output == (
        "Error: `rollscope haunt` needs package_that_is_absent. "
        "Install it with: pip install 'Ghost-Kit[attic]'\n"
    )


def test_a_missing_extra_is_listed_with_its_install_line(offer) -> None:
    offer("haunt = package_that_is_absent.cli:command [attic]")

    result = run("--help")

    assert result.exit_code == 0
    assert "(pip install 'Ghost-Kit[attic]')" in result.output


def test_a_package_that_is_missed_only_while_the_verb_runs(offer) -> None:
    offer(
        "haunt = ghost_b:command [attic,cellar]",
        ghost_b="@click.command()\ndef command():\n    import package_that_is_absent",
    )

    result = run("haunt")

    assert result.exit_code == 2
    assert "pip install 'Ghost-Kit[attic,cellar]'" in result.output


def test_a_missing_part_of_the_program_itself_is_not_blamed_on_the_extra(offer) -> None:
    offer(
        "haunt = ghost_c:command [attic]",
        ghost_c="@click.command()\ndef command():\n    import rollscope.no_such_part",
    )

    assert isinstance(run("haunt").exception, ModuleNotFoundError)


def test_a_broken_verb_says_so_and_leaves_the_others_alone(offer) -> None:
    offer("haunt = ghost_d:command [attic]", ghost_d="from click import no_such_name")

    broken, listed = run("haunt"), run("--help")

    assert broken.exit_code == 1
    assert "`rollscope haunt` cannot be loaded: cannot import name 'no_such_name'" in broken.output
    assert listed.exit_code == 0
    assert "index" in listed.output


def modules_after(code: str) -> set[str]:
    """The top-level modules that are loaded once ``code`` has run."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    return set(said.splitlines()[-1].split())


def test_importing_the_sdk_or_the_command_is_light() -> None:
    assert not modules_after("import rollscope") & {"click", "orjson", "websockets", "wrapt"}
    assert not modules_after("import rollscope.cli") & {"asyncio", "orjson", "websockets", "email"}


def test_the_help_loads_nothing_heavy() -> None:
    loaded = modules_after(
        "from rollscope.cli import main\nmain(['--help'], standalone_mode=False)"
    )

    assert not loaded & {"PySide6", "numpy", "msgspec", "sqlite3", "sqlite_utils", "watchdog"}


def test_every_verb_of_ours_is_there_and_says_what_it_does() -> None:
    ours = Path(verbs.__file__).parent
    app = ours.parents[2] / "app" / "rollscope_desktop" / "cli"
    files = [path for folder in (ours, app) for path in folder.glob("*.py")]
    assert {path.stem for path in files} >= set(verbs.OWN)
    for verb in verbs.OWN.values():
        assert verb.load().get_short_help_str()
    assert set(verbs.OWN) <= set(cli.main.list_commands(None))  # type: ignore[arg-type]


def test_a_verb_of_ours_is_not_replaced(offer) -> None:
    offer(
        "runs = ghost_e:command",
        ghost_e='@click.command()\ndef command():\n    """Haunts."""\n    click.echo("boo")',
    )
    assert verbs.find("runs") == verbs.OWN["runs"]


def test_our_own_verbs_are_found_without_looking_through_what_is_installed() -> None:
    loaded = modules_after(
        "from rollscope.cli import main\n"
        "try:\n    main(['runs', '--no-such-option'], standalone_mode=False)\n"
        "except Exception:\n    pass"
    )
    assert "rollscope_desktop" in loaded
    assert "email" not in loaded  # which importlib.metadata brings
