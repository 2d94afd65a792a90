"""Makes sdk_bridge/rollscope/capture/prices.json from the installed package genai-prices.

``make prices`` runs it. The file holds what the price of a call depends on, and nothing else: no
descriptions, no units that our usage does not count, no prices of batches. docs/prices.md says
what its fields mean. The same version of the package always makes the same bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genai_prices import types
from genai_prices.data import providers

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

OUT = Path(__file__).parents[1] / "sdk_bridge" / "rollscope" / "capture" / "prices.json"
UNITS = (
    "input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok",
    "output_reasoning_mtok", "requests_kcount",
)  # fmt: skip
MARKS = {
    types.ClauseEquals: ("=", "equals"),
    types.ClauseStartsWith: ("<", "starts_with"),
    types.ClauseEndsWith: (">", "ends_with"),
    types.ClauseContains: ("~", "contains"),
    types.ClauseRegex: ("/", "regex"),
}
FREE = ":free"  # what providers add to the name of a model that they give away
UNUSED = frozenset({"processing", "route"})  # batches, and regions that no call names

Json = Any


def main() -> None:
    """Write the file. The argument is the program uv, which knows when a version was released."""
    release = version("genai-prices")
    day = released(sys.argv[1], release)
    # A provider a line, so that a difference can be read.
    rows = ",\n".join(f"{text(p.id)}:{text(packed(p))}" for p in providers)
    head = f'"source":{text(f"genai-prices {release}")},"date":"{day}"'
    OUT.write_text(f'{{{head},"providers":{{\n{rows}\n}}}}\n', encoding="utf-8", newline="\n")
    print(f"{OUT.name}: {head}, {OUT.stat().st_size:,} bytes")


def text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def released(uv: str, release: str) -> date:
    """The day on which a version of genai-prices was put into the registry."""
    command = [uv, "pip", "compile", "--quiet", "--no-deps", "--format", "pylock.toml", "-"]
    asked = f"genai-prices=={release}\n"
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    [package] = tomllib.loads(done.stdout)["packages"]
    day: date = package["wheels"][0]["upload-time"].date()
    return day


def packed(provider: types.Provider) -> Json:
    """A provider: its address, other names, whose models it offers too, and its models.

    ``rules`` are asked in order, for any name that is not in ``names``: those are the names that
    a rule would not give the price that the first model to match gives them.
    """
    rules = []
    if any(model.id.endswith(FREE) for model in provider.models):
        free = types.ClauseEndsWith(ends_with=FREE)
        rules.append([clause(free), free, [0, 0]])
    names: set[str] = set()
    for model in provider.models:
        if loose := without_names(model.match):
            rules.append([clause(loose), loose, prices(model)])
        names.update(name.lower() for name in equals(model.match))
    grouped: dict[str, list[str]] = {}
    for name in sorted(names):
        price = prices(next(model for model in provider.models if model.is_match(name)))
        ruled = next((cost for _, loose, cost in rules if loose.is_match(name)), None)
        if price != ruled or (price is None and provider.fallback_model_providers):
            grouped.setdefault(text(price), []).append(name)
    said = {
        "url": provider.api_pattern,
        "called": clause(provider.provider_match),
        "also": provider.fallback_model_providers,
        "names": [[" ".join(group), json.loads(price)] for price, group in grouped.items()],
        "rules": [[said, price] for said, _, price in rules],
    }
    return {key: value for key, value in said.items() if value}


def prices(model: types.ModelInfo) -> Json:
    """Rates, or rates by condition; None where what the model costs is not said in tokens.

    Conditions: "": always; a day: since then; "from-to": daily, UTC; name=text: laid over the
    others when the call says so.
    """
    table: dict[str, list[Json]] = {}
    given = model.prices
    for price in given if isinstance(given, list) else [types.ConditionalPrice(prices=given)]:
        found = rates(price.prices)
        if not found and model.id.endswith(FREE):
            found = [0, 0]
        key = condition(price.constraint)
        assert key not in table
        table[key] = found
    if not any(table.values()):
        return None
    for variant in model.price_variants or ():
        if not variant.when.keys() & UNUSED and (found := rates(variant.prices)):
            when = "&".join(f"{name}={value}" for name, value in sorted(variant.when.items()))
            table.setdefault(f"{when} {condition(variant.constraint)}".strip(), found)
    return table[""] if table.keys() == {""} else table


def rates(price: types.ModelPrice) -> list[Json]:
    """US dollars by unit, in the order of UNITS, without what is not said at the end."""
    found = [rate(price.__dict__.get(unit)) for unit in UNITS]
    while found and found[-1] is None:
        found.pop()
    return found


def rate(price: Decimal | types.TieredPrices | None) -> Json:
    """A number; with tiers a list: base, then pairs of a length in tokens and the price above."""
    if isinstance(price, types.TieredPrices):
        steps = [(tier.start, number(tier.price)) for tier in price.tiers]
        return [number(price.base), *(part for step in steps for part in step)]
    return None if price is None else number(price)


def number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def condition(constraint: types.StartDateConstraint | types.TimeOfDateConstraint | None) -> str:
    match constraint:
        case None:
            return ""
        case types.StartDateConstraint(start_date=day):
            return day.isoformat()
        case types.TimeOfDateConstraint(start_time=start, end_time=end):
            assert start.utcoffset() in (None, timedelta())
            return f"{start:%H:%M}-{end:%H:%M}"


def clause(match: types.MatchLogic | None) -> Json:
    """A text with a mark before it; a list: one of them; {"all": list}: all of them."""
    match match:
        case None:
            return None
        case types.ClauseOr(or_=parts):
            return [clause(part) for part in parts]
        case types.ClauseAnd(and_=parts):
            return {"all": [clause(part) for part in parts]}
    mark, field = MARKS[type(match)]
    text: str = getattr(match, field)
    return mark + (text if mark == "/" else text.lower())


def equals(match: types.MatchLogic) -> Iterator[str]:
    """The names that alone make a clause true."""
    if isinstance(match, types.ClauseOr):
        for part in match.or_:
            yield from equals(part)
    elif isinstance(match, types.ClauseEquals):
        yield match.equals


def without_names(match: types.MatchLogic) -> types.MatchLogic | None:
    """The clause for names that equal none of those; None where nothing is left."""
    if isinstance(match, types.ClauseEquals):
        return None
    if isinstance(match, types.ClauseOr):
        parts = [left for part in match.or_ if (left := without_names(part)) is not None]
        return types.ClauseOr(or_=parts) if len(parts) > 1 else parts[0] if parts else None
    return match


if __name__ == "__main__":
    main()
