"""Two runs that have much in common: an agent with model calls and tools, and a fork of it."""

from __future__ import annotations

from typing import Any

from tests.app.support import EPOCH, SECOND, Log, run_key

MS = 1_000_000
CITIES = ("Paris", "Oslo", "Rome", "Bern", "Riga", "Bonn", "Kiev", "Lima")


def travel_run(
    number: int = 1,
    *,
    fork_of: int | None = None,
    ended: bool = True,
    cities: tuple[str, ...] = CITIES,
    other: str = "",
    extra: int = 0,
    played: int = 0,
) -> bytes:
    """A run that looks up the weather of cities, with a model call before each.

    Where ``other`` is one of the cities, its tool is asked about another day and answers something
    else. ``extra``: so many notes are searched at the end. The first ``played`` steps of a fork
    were played back, and the next was edited.
    """
    log = Log(run_key(number), EPOCH + number * 60 * SECOND)
    fork: Any = {}
    if fork_of is not None:
        first = Log(run_key(fork_of)).span_id()
        fork = {"fork": {"of": run_key(fork_of), "at": first}}
    name = "travel agent" if fork_of is None else "travel agent, edited"
    out = log.line("run.start", v=1, name=name, input="Where is it warm?", **fork)
    agent = log.span_id()
    out += log.line("span.start", span=agent, kind="agent", name="planner", input="Where?")
    done = 0

    def step(kind: str, name: str, took: int, **fields: Any) -> bytes:
        nonlocal done
        span = log.span_id()
        more: Any = {}
        if fork_of is not None:
            how = "played" if done < played else "edited" if done == played else "live"
            more = {"replay": {"how": how}}
        done += 1
        given = fields.pop("input")
        begun = log.line(
            "span.start", span=span, parent=agent, kind=kind, name=name, input=given, **more
        )
        return begun + log.line("span.end", took * MS, span=span, status="ok", **fields)

    for city in cities:
        usage = {"model": "gpt-x", "input_tokens": 900, "output_tokens": 40, "cost_usd": 0.0021}
        messages = [{"role": "user", "content": f"How warm is it in {city}?\\nAnswer briefly."}]
        answer = {"role": "assistant", "content": f"I will look up {city} and tell you."}
        out += step("llm", "chat", 420, input=messages, output=answer, usage=usage)
        day = "tomorrow" if city == other else "today"
        degrees = "34 °C, and dry all day" if city == other else "21 °C, and dry all day"
        out += step("tool", "get_weather", 80 + 900 * (city == other),
                    input={"city": city, "day": day}, output={"said": degrees})  # fmt: skip
    for n in range(extra):
        out += step("retriever", "search_notes", 30, input=f"note {n}", output=[f"note {n}"])
    if not ended:
        return out
    out += log.line("span.end", span=agent, status="ok", output="Rome it is.")
    return out + log.line("run.end", status="ok", output="Rome it is.")
