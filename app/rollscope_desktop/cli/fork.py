"""``rollscope fork``: change a step of a run, and run the agent again from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rollscope_desktop.cli.forking import Forking
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader

_NOTHING = object()
_SHOWN = 2_000


def _json(context: click.Context, option: click.Parameter, said: str | None) -> Any:
    """The value of JSON, or of a file of it; _NOTHING without the option."""
    from rollscope import wire

    if said is None:
        return _NOTHING
    try:
        data = Path(said[1:]).read_bytes() if said.startswith("@") else said.encode()
        return wire.load(data)
    except OSError as error:
        raise click.BadParameter(f"{said[1:]} cannot be read: {error.strerror}.") from None
    except wire.WireError as error:
        raise click.BadParameter(
            f"{error} A text is written with quotes of its own: '\"hello\"'."
        ) from None
    except UnicodeEncodeError:
        raise click.BadParameter("This is not text in UTF-8.") from None


def _policies(
    context: click.Context, option: click.Parameter, said: tuple[str, ...]
) -> dict[str, str]:
    """What is to become of tools, by their names."""
    found = {}
    for each in ",".join(said).split(","):
        tool, equals, policy = (part.strip() for part in each.rpartition("="))
        if each.strip() and not (equals and tool):
            raise click.BadParameter(f"{each!r} is no policy. Write search=live,send=deny.")
        if tool:
            if policy not in ("live", "recorded", "ask", "deny"):
                raise click.BadParameter(f"{policy!r} is none of live, recorded, ask, deny.")
            found[tool] = policy
    return found


@click.command()
@click.argument("run")
@click.option(
    "--at",
    metavar="STEP",
    help="The step that is changed: the beginning of its id, its "
    "name, or entry for the arguments of the run.",
)
@click.option(
    "--input",
    "input_",
    metavar="JSON | @FILE",
    callback=_json,
    help="What goes in instead: arguments by name, or the request of a model call.",
)
@click.option("--output", metavar="JSON | @FILE", callback=_json, help="What comes out instead.")
@click.option(
    "--scope",
    type=click.Choice(["call", "later"]),
    default="call",
    show_default=True,
    help="Whether a changed request is for this model call or for all later ones too.",
)
@click.option("--times", type=click.IntRange(1, 100), default=1, help="Run it so many times.")
@click.option(
    "--policy",
    "policies",
    metavar="TOOL=POLICY,…",
    multiple=True,
    callback=_policies,
    help="What becomes of calls of a tool after the step: live, recorded, ask, deny.",
)
@click.option(
    "--divergence",
    type=click.Choice(["stop", "ask", "live"]),
    default="stop",
    show_default=True,
    help="What happens where the agent does something else than it did, before the step.",
)
@click.option("--fresh", is_flag=True, help="Ask the model anew for every call after the step.")
@click.option("--trust", is_flag=True, help="Run this function without asking, from now on.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
@click.pass_context
def command(
    context: click.Context, run: str, at: str | None, input_: Any, output: Any, scope: str,
    times: int, policies: dict[str, str], divergence: str, fresh: bool, trust: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run an agent again from its record, with one step changed.

    RUN is an id, the beginning of one, or a name. What came before the step is answered from the
    record; from there on it is live. Without --at, the run is made again unchanged.
    """
    from rollscope_desktop import attach
    from rollscope_desktop.cli.forking import CannotFork, Forking, has_person, on_terminal
    from rollscope_desktop.cli.reading import meant, reading, sentences

    changed = {
        name: value
        for name, value in (("input", input_), ("output", output))
        if value is not _NOTHING
    }
    _check(at, changed)
    with reading() as reader:
        try:
            row = meant(reader, run)
        except click.ClickException as error:
            raise CannotFork(error.message) from None
        edit = None
        if at is not None:
            edit = {"span": _step(reader, row, at), **changed, "scope": scope}
    with sentences():
        engine = attach.connect(client="command")
        try:
            forking = Forking(engine, lambda said: click.echo(said, err=True))
            allow = _allowed(forking, row.key, trust)
            order = {
                "run": row.key, "edit": edit, "times": times, "policies": policies,
                "divergence": divergence, "fresh": fresh, "allow": allow,
            }  # fmt: skip
            forking.make(order, on_terminal if has_person() else lambda _: None)
            _report(forking, as_json)
        finally:
            engine.close()
    forks = forking.forks.values()
    context.exit(0 if all(f["state"] == "done" and f["status"] == "ok" for f in forks) else 1)


def _check(at: str | None, changed: dict[str, Any]) -> None:
    if at is None and changed:
        raise click.UsageError("Say which step is changed: --at STEP, or --at entry.")
    if at is not None and len(changed) != 1:
        raise click.UsageError("Say what is changed of the step: --input or --output, one of them.")
    if at == "entry" and "output" in changed:
        raise click.UsageError("Of the entry only the input can be changed.")


def _step(reader: Reader, row: RunRow, at: str) -> str | None:
    """The key of the step that is meant, None for the entry."""
    from rollscope_desktop.cli.forking import CannotFork
    from rollscope_desktop.model import text
    from rollscope_desktop.model.link import hex_of
    from rollscope_desktop.query.spans import query_run_spans

    if at == "entry":
        return None
    spans = [(hex_of(span.key), span) for some in query_run_spans(reader, row.id) for span in some]
    found = [(key, span) for key, span in spans if key.startswith(at.lower())] or [
        (key, span) for key, span in spans if span.name == at
    ]
    if not found:
        raise CannotFork(
            f"The run has no step {at!r}. See their ids with: rollscope show {row.key[:8]} --json"
        )
    if len(found) > 1:
        listed = "\n".join(
            f"  {key}  {text.one_line(span.kind, 20)}  {text.one_line(span.name or '', 80)}"
            for key, span in found[:20]
        )
        raise CannotFork(f"{at!r} may mean several steps:\n{listed}")
    return found[0][0]


def _allowed(forking: Forking, run: str, trust: bool) -> str:
    """The word that the engine wants to hear, "" where it needs none. Raises CannotFork."""
    from rollscope_desktop.cli.forking import CannotFork, has_person
    from rollscope_desktop.model import text

    way = forking.way(run)
    if way.get("way", "process") != "process":
        _agree(str(way["sentence"]), trust or way["way"] == "program")
        return ""
    asked = forking.permission(run)
    if asked["missing"]:
        names = ", ".join(asked["missing"][:10])
        more = len(asked["missing"]) - 10
        click.echo(
            f"Not set here, but when the run was recorded: {text.one_line(names, 500)}"
            + (f" and {more} more" if more > 0 else ""),
            err=True,
        )
    if asked["changed"]:
        click.echo("The source has changed since the run was recorded.", err=True)
    if not asked["needed"]:
        return ""
    if trust:
        return "always"
    where = f"{asked['function']} of {asked['file']}"
    if not has_person():
        raise CannotFork(
            f"Running {where} again, with {asked['interpreter']} in {asked['folder']}, needs your "
            "permission. Give it with --trust, or start the command at a terminal."
        )
    for line in (
        "This runs code on this machine:",
        f"  Python    {asked['interpreter']}",
        f"  folder    {asked['folder']}",
        f"  file      {asked['file']}",
        f"  function  {asked['function']}",
    ):
        click.echo(line, err=True)
    if not asked["signed"]:
        click.echo(
            "The log was not written by your own Rollscope, or was changed. The function is called "
            f"with:\n  {_input(run)}",
            err=True,
        )
    if not click.confirm("Run it?", err=True):
        raise CannotFork("Nothing was run.")
    return "once"


def _agree(sentence: str, is_allowed: bool) -> None:
    """Say what a program that is connected will do, and ask where that costs. Raises CannotFork."""
    from rollscope_desktop.cli.forking import CannotFork, has_person

    click.echo(sentence, err=True)
    if is_allowed:
        return
    if not has_person():
        raise CannotFork("This needs your permission. Give it with --trust, or at a terminal.")
    if not click.confirm("Run it?", err=True):
        raise CannotFork("Nothing was run.")


def _input(run: str) -> str:
    """What a run was called with, in short."""
    from rollscope import wire
    from rollscope_desktop.cli.reading import reading
    from rollscope_desktop.model import text
    from rollscope_desktop.query.payloads import PayloadGone, Payloads
    from rollscope_desktop.query.runs import find_runs, query_run_payloads

    with reading() as reader:
        row = find_runs(reader, run)[0]
        place = query_run_payloads(reader, row.id).input
        if place is None:
            return "nothing"
        try:
            with Payloads(reader, row.id) as payloads:
                given = payloads.part(place, "entry/arguments")
                found = given if given.present else payloads.value(place)
        except PayloadGone as error:
            return str(error)
    return text.one_line(wire.dump(found.value).decode("utf-8", "replace"), _SHOWN)


def _report(forking: Forking, as_json: bool) -> None:
    """Print what came of the forks: their runs, and what they cost."""
    import orjson

    from rollscope_desktop.cli.reading import reading
    from rollscope_desktop.model import text
    from rollscope_desktop.query.runs import find_runs

    with reading() as reader:
        rows = {
            fork["id"]: next(iter(find_runs(reader, fork["run"])), None)
            for fork in forking.forks.values()
            if fork["run"]
        }
    if as_json:
        told = [
            {
                **{name: fork[name] for name in _TOLD},
                "spent_usd": None if (row := rows.get(fork["id"])) is None else row.cost / 1e9,
                "saved_usd": None if row is None else row.saved / 1e9,
            }
            for fork in forking.forks.values()
        ]
        found = {"forks": told, "unanswered": forking.unanswered}
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    for sentence in dict.fromkeys(forking.unanswered):
        click.echo(sentence, err=True)
    for fork in forking.forks.values():
        if fork["details"] and fork["state"] == "failed":
            click.echo(fork["details"], err=True)
        if not fork["run"]:
            continue
        row = rows.get(fork["id"])
        calls = f"{fork['played']} played, {fork['reused']} reused, {fork['live']} live"
        money = ""
        if row is not None and (row.cost or row.saved):
            money = f"  spent {text.cost(row.cost)}, saved {text.cost(row.saved)}"
        how = fork["status"] or fork["state"]
        click.echo(f"{fork['run']}  {how}  {calls}{money}")


_TOLD = (
    "run", "number", "of", "at", "state", "status", "sentence", "details", "played", "reused",
    "live",
)  # fmt: skip
