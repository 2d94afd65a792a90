"""``rollscope ci``: what a build server runs. ``replay`` plays a golden file back, offline."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import orjson

if TYPE_CHECKING:
    from rollscope.replay.golden.files import Golden


class _Refused(click.ClickException):
    """Nothing was played back, so there is no verdict."""

    exit_code = 2


class _Call(NamedTuple):
    """The function that is called, and what with."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@click.group()
def command() -> None:
    """What a build server runs."""


@command.command()
@click.argument("golden", type=click.Path(path_type=Path))
@click.option(
    "--tolerance",
    "tolerances",
    metavar="NAME=VALUE",
    multiple=True,
    help="How much may differ; wins over what the file says. May be repeated.",
)
@click.option("--junit", type=click.Path(path_type=Path), help="Write the report as JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object.")
@click.option(
    "--entry", metavar="MODULE:FUNCTION", help="Call this instead of what the file names."
)
@click.option("--input", "given", metavar="JSON", help="Arguments for the entry, by name.")
def replay(
    golden: Path,
    tolerances: tuple[str, ...],
    junit: Path | None,
    as_json: bool,
    entry: str | None,
    given: str | None,
) -> None:
    """Run the agent again with nothing but a golden file to answer it.

    Nothing is sent, and tools are not called. Exits with 1 where the agent does something else
    than the file says, beyond what is tolerated, and with 2 where the file cannot be played.
    """
    from rollscope.errors import RollscopeError
    from rollscope.replay.golden.check import check
    from rollscope.replay.golden.files import read_golden
    from rollscope.replay.golden.tolerance import Tolerance

    folder = Path.cwd()
    try:
        # What the agent prints is not the report.
        with contextlib.redirect_stdout(sys.stderr):
            file = read_golden(golden)
            allowed = Tolerance.read(_numbers(tolerances), Tolerance.read(file.tolerance))
            call = _call(file, folder, entry, _arguments(given))
            report = check(
                file, call.function, call.args, call.kwargs, folder=folder, tolerance=allowed
            )
    except RollscopeError as error:
        raise _Refused(_visible(str(error))) from None
    if junit is not None:
        try:
            junit.write_bytes(report.to_junit())
        except OSError as error:
            raise _Refused(f"{junit} cannot be written: {error.strerror}.") from None
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
    else:
        click.echo(_visible(report.text))
    if report.drift:
        raise click.exceptions.Exit(1)


def _visible(said: str) -> str:
    """A text with what a terminal would obey shown instead."""
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode()
        for one in said
    )


def _numbers(said: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in said:
        name, _, text = one.partition("=")
        try:
            number = float(text)
        except ValueError:
            number = nan
        if not isfinite(number):
            raise click.BadParameter(f"{one!r} is no tolerance. Write max_divergent_steps=1.")
        found[name.strip()] = int(number) if number.is_integer() else number
    return found


def _arguments(said: str | None) -> dict[str, Any] | None:
    if said is None:
        return None
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(f"--input is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise click.BadParameter('--input is a JSON object: {"question": "Paris?"}.')
    return found


def _call(file: Golden, folder: Path, entry: str | None, given: dict[str, Any] | None) -> _Call:
    """The call that the run is. Raises RollscopeError."""
    from rollscope.bridge.arguments import arguments_for
    from rollscope.bridge.entry import find_entry
    from rollscope.bridge.refusal import Refusal
    from rollscope.replay.plan import Edit

    start = file.record(folder).start if file.lines else {}
    if entry is not None:
        function, name = _imported(entry, folder), entry
    elif start:
        _check_inside(start, folder)
        found = find_entry(start, signed=False)
        function, name = found.function, found.name
    else:
        raise _Refused(
            "The file does not say which function the run was a call of. Name it: --entry"
            " module:function, with --input for its arguments."
        )
    edit = None if given is None and start else Edit(None, input=given or {})
    try:
        return _Call(function, *arguments_for(function, name, start, edit))
    except Refusal as error:
        raise _Refused(_visible(str(error)).replace("the edit", "--input")) from None


def _check_inside(start: Mapping[str, Any], folder: Path) -> None:
    """A golden file may be from anybody: it names nothing but the program that stands here."""
    entry = start.get("entry")
    named = entry.get("file") if isinstance(entry, dict) else None
    if not isinstance(named, str):
        return  # whoever looks for it says so
    try:
        file = Path(named).resolve()
    except (OSError, RuntimeError, ValueError):
        file = Path(named)
    if file.suffix != ".py" or not file.is_relative_to(folder.resolve()):
        raise _Refused(
            f"The golden file names a function outside of this folder: {named[:300]!a}. Play it in"
            " the folder of the program, or name the function yourself: --entry module:function."
        )


def _imported(entry: str, folder: Path) -> Callable[..., Any]:
    """The function that the user names. Whatever its module raises is the user's to see."""
    from importlib import import_module

    module, colon, qualname = entry.partition(":")
    if not colon or not module or not qualname:
        raise click.BadParameter(f"{entry!r} is no entry. Write --entry module:function.")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found: Any = import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ModuleNotFoundError, AttributeError) as error:
        raise _Refused(f"{entry} cannot be found: {error}.") from None
    if not callable(found):
        raise _Refused(f"{entry} is no function.")
    return found  # type: ignore[no-any-return] # a callable is one
