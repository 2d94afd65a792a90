"""What a model call costs: looks a model up in prices.json, beside this file, or in the user's own.

docs/prices.md says where the prices come from and what is unknown. What is unknown is None here:
no price is ever guessed. The file is read when the first call is priced.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from rollscope.config import PRICES, read_prices
from rollscope.errors import ConfigError
from rollscope.guard import failed

Rate = float | list[float] | None
"""US dollars a million tokens; a list: base, then pairs of a length and the rate above it."""
Rates = list[Rate]
"""In this order; what is missing at the end is None."""
INPUT, OUTPUT, CACHE_READ, CACHE_WRITE, CACHE_WRITE_1H, REASONING, REQUESTS = range(7)
Price = Rates | dict[str, Rates] | None
"""The rates, or rates by condition; None: known, but not in tokens."""

# A gateway or a local server may call a model what it likes. These names are nobody else's: models
# whose weights are not to be had, and whose names are not usual as aliases. Local servers do answer
# to "gpt-4o", so of OpenAI's names only those count that are dated or say the vendor.
_CLOSED = (
    ("anthropic", re.compile(r"(anthropic/)?claude-\S+")),
    ("google", re.compile(r"((google|gemini|vertex_ai)/)?gemini-\S+")),
    ("openai", re.compile(r"((openai|azure)/)?(chatgpt|gpt-\d|o\d)\S*-20\d\d-?\d\d-?\d\d")),
    ("openai", re.compile(r"(openai|azure)/(chatgpt|gpt-\d|o\d)\S*")),
)
_OPEN = re.compile(r"[:@]|\d+b\b|distil|gguf|gemma|llama|qwen|mistral")
_COMPACT_DATE = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


def cost(
    where: str | None,
    model: str | None,
    usage: Mapping[str, Any],
    at: int | None = None,
    *,
    options: Mapping[str, str] | None = None,
    own: Path | None = None,
) -> float | None:
    """US dollars of one call, or None where they are not known. Never raises.

    ``where`` is the address that was called, or the name of a provider. ``usage`` has the fields of
    the run log (input_tokens holds what was cached, output_tokens the reasoning) and may say
    ``cache_write_1h_tokens``, the part of cache_write_tokens that is kept for an hour. ``at`` is
    when, in nanoseconds since the epoch; now unless said. ``options`` are what the answer says
    about prices: ``service_tier``, ``speed``. ``own`` is a file of the user's prices.
    """
    if not model:
        return None
    try:
        if own is not None and (rates := _own_rates(own, model.lower())) is not None:
            return _total(rates, usage)
        provider, name = _provider(where or "", model.lower())
        price, fallback = _find(provider, name) if provider else (None, False)
        # What a call may say is known of the provider's own models only.
        rates = _rates(price, at, {} if fallback else options or {})
        return None if rates is None else _total(rates, usage)
    except Exception as error:  # noqa: BLE001 # the call is recorded, without its price
        failed("price a model call", error)
        return None


def hints(answer: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, int]]:
    """What an answer, as the provider wrote it, says about its price: ``options`` for ``cost``, and
    tokens to be added to its ``usage``."""
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    named = {name: answer.get(name) or usage.get(name) for name in ("service_tier", "speed")}
    written = usage.get("cache_creation")
    hour = written.get("ephemeral_1h_input_tokens") if isinstance(written, dict) else None
    return (
        {name: value for name, value in named.items() if isinstance(value, str)},
        {"cache_write_1h_tokens": hour} if type(hour) is int else {},
    )


def provider_of(url: str) -> str | None:
    """Id of the provider that answers at an address (``openai``, ``google``, …); None: not known.

    Only the address says it: many providers speak one dialect.
    """
    return _by_address(url.partition("?")[0].lower())


def read_own(path: Path) -> dict[str, Rates]:
    """The user's prices, by model in lower case. Raises ConfigError with a sentence."""
    return {
        model.lower(): [row.get(name) for name in PRICES]  # the first of Rates, in their order
        for model, row in read_prices(path).items()
    }


@lru_cache(maxsize=8)
def _own_prices(path: Path) -> dict[str, Rates]:
    try:
        return read_own(path)
    except ConfigError as error:
        failed.say("prices", str(error))
        return {}


def _own_rates(path: Path, model: str) -> Rates | None:
    """By the name itself, else by the longest beginning that a ``*`` ends."""
    prices = _own_prices(path)
    if model in prices:
        return prices[model]
    begun = [name for name in prices if name.endswith("*") and model.startswith(name[:-1])]
    return prices[max(begun, key=len)] if begun else None


# -- the file -------------------------------------------------------------------------------------


class _Provider(NamedTuple):
    """A line of the file."""

    address: re.Pattern[str]
    called: Any
    also: list[str]
    names: dict[str, Price]
    rules: list[tuple[Any, Price]]


@lru_cache(maxsize=1)
def _providers() -> dict[str, _Provider]:
    said = orjson.loads(Path(__file__).with_name("prices.json").read_bytes())
    return {
        name: _Provider(
            re.compile(row["url"]),
            row.get("called"),
            row.get("also", []),
            {one: price for names, price in row.get("names", ()) for one in names.split(" ")},
            row.get("rules", []),
        )
        for name, row in said["providers"].items()
    }


@lru_cache(maxsize=256)
def _by_address(url: str) -> str | None:
    found = (name for name, row in _providers().items() if row.address.match(url))
    return next(found, None)


@lru_cache(maxsize=256)
def _provider(where: str, model: str) -> tuple[str | None, str]:
    """The provider whose price holds, and what it calls the model."""
    name, providers = where.lower().strip(), _providers()
    if "://" in name:
        found = provider_of(name)
    elif name in providers:
        found = name
    else:
        found = next((key for key, row in providers.items() if _fits(row.called, name)), None)
    return (found, model) if found else _owner(model)


def _owner(model: str) -> tuple[str | None, str]:
    """The same by the name of a model that nobody else has."""
    owners = (name for name, names in _CLOSED if names.fullmatch(model))
    return None if _OPEN.search(model) else next(owners, None), model.rpartition("/")[2]


@lru_cache(maxsize=1024)
def _find(provider: str, model: str) -> tuple[Price, bool]:
    """The price of a model, and whether that is the price of a provider whose models it offers."""
    dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", model)
    for name in dict.fromkeys((model, dashed)):
        for number, one in enumerate([provider, *_providers()[provider].also]):
            known, price = _look(_providers()[one], name)
            if known:
                return price, number > 0
    return None, False


def _look(provider: _Provider, name: str) -> tuple[bool, Price]:
    if name in provider.names:
        return True, provider.names[name]
    for clause, price in provider.rules:
        if _fits(clause, name):
            return True, price
    return False, None


def _fits(clause: Any, name: str) -> bool:
    """Whether a clause is true of a name in lower case."""
    if isinstance(clause, list):
        return any(_fits(part, name) for part in clause)
    if isinstance(clause, dict):
        return all(_fits(part, name) for part in clause["all"])
    if not clause:
        return False
    mark, text = clause[0], clause[1:]
    if mark == "=":
        return bool(name == text)
    if mark == "<":
        return name.startswith(text)
    if mark == ">":
        return name.endswith(text)
    return text in name if mark == "~" else bool(re.search(text, name))


# -- one price ------------------------------------------------------------------------------------


def _rates(price: Price, at: int | None, options: Mapping[str, str]) -> Rates | None:
    """The rates that hold for a call at a time."""
    if not isinstance(price, dict):
        return price
    now = time.gmtime(None if at is None else at // 1_000_000_000)
    standing = [key for key in price if "=" not in key]
    rates = price[next((key for key in reversed(standing) if _holds(key, now)), standing[0])]
    for key in reversed(price if options else ()):  # the first that holds is laid on last
        said, _, since = key.partition(" ")
        if "=" not in said or not _holds(since, now):
            continue
        wanted = dict(one.split("=", 1) for one in said.split("&"))
        if all(options.get(name) == value for name, value in wanted.items()):
            over = price[key] + [None] * (len(rates) - len(price[key]))
            under = rates + [None] * (len(over) - len(rates))
            rates = [b if a is None else a for a, b in zip(over, under, strict=True)]
    return rates


def _holds(condition: str, now: time.struct_time) -> bool:
    """``""``: always; ``2026-10-19``: from that day on; ``16:30-00:30``: daily; all in UTC."""
    if not condition:
        return True
    if ":" not in condition:
        return f"{now.tm_year:04}-{now.tm_mon:02}-{now.tm_mday:02}" >= condition
    start, _, end = condition.partition("-")
    clock = f"{now.tm_hour:02}:{now.tm_min:02}"
    return start <= clock < end if start <= end else clock >= start or clock < end


def _total(rates: Rates, usage: Mapping[str, Any]) -> float | None:
    """The sum over what was used, each token under the most special rate that there is for it."""
    rates = rates + [None] * (REQUESTS + 1 - len(rates))
    fields = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
              "cache_write_1h_tokens", "reasoning_tokens")  # fmt: skip
    said = [usage.get(name) for name in fields]
    if said[INPUT] is None and said[OUTPUT] is None:
        return None
    for direction in (INPUT, OUTPUT):
        priced = rates[direction]
        if (priced is None and said[direction]) or (priced and said[direction] is None):
            return None  # tokens without a price, or a price without tokens
    whole_input, output, read, write, hour, reasoning = (number or 0 for number in said)
    read = 0 if rates[CACHE_READ] is None else read
    write = 0 if rates[CACHE_WRITE] is None else write
    hour = 0 if rates[CACHE_WRITE_1H] is None else hour
    reasoning = 0 if rates[REASONING] is None else reasoning
    counts = (
        whole_input - read - write, output - reasoning, read, write - hour, hour, reasoning,
    )  # fmt: skip
    if min(counts) < 0:
        return None  # the parts are more than the whole
    tokens = sum(_at(rate, whole_input) * count for rate, count in zip(rates, counts, strict=False))
    return tokens / 1_000_000 + _at(rates[REQUESTS], 0) / 1_000


def _at(rate: Rate, length: int) -> float:
    """The rate for an input of so many tokens: a longer one is dearer as a whole."""
    if not isinstance(rate, list):
        return rate or 0
    steps = zip(rate[1::2], rate[2::2], strict=True)
    return max(((start, dear) for start, dear in steps if length > start), default=(0, rate[0]))[1]
