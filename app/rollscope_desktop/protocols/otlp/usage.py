"""What a model call used: tokens and dollars, whatever they are called."""

from __future__ import annotations

from typing import Any

from rollscope.capture import prices
from rollscope_desktop.protocols.otlp.lenient import amount, count, table
from rollscope_desktop.protocols.otlp.received import Attributes

_INPUT, _OUTPUT = "input_tokens", "output_tokens"
_READ, _WRITTEN, _REASONING = "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"
_TOTAL, _COST = "total_tokens", "cost_usd"

_NAMES: dict[str, tuple[str, ...]] = {
    _INPUT: (
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt",
        "llm.usage.prompt_tokens", "llm.usage.input_tokens", "ai.usage.inputTokens",
        "ai.usage.promptTokens", "ai.usage.tokens", "gen_ai.aggregated_usage.input_tokens",
    ),
    _OUTPUT: (
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
        "llm.token_count.completion", "llm.usage.completion_tokens", "llm.usage.output_tokens",
        "ai.usage.outputTokens", "ai.usage.completionTokens",
        "gen_ai.aggregated_usage.output_tokens",
    ),
    _READ: (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cache_read_tokens", "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens", "gen_ai.usage.input_tokens_cached",
        "gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read",
        "llm.usage.cache_read_input_tokens", "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "gen_ai.aggregated_usage.cache_read.input_tokens",
    ),
    _WRITTEN: (
        "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.cache_write_tokens", "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write", "llm.usage.cache_creation_input_tokens",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        "gen_ai.aggregated_usage.cache_write.input_tokens",
    ),
    _REASONING: (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens", "gen_ai.usage.thoughts_tokens",
        "gen_ai.usage.experimental.reasoning_tokens",
        "llm.token_count.completion_details.reasoning", "llm.token_count.reasoning_tokens",
        "llm.usage.reasoning_tokens", "ai.usage.reasoningTokens",
        "ai.usage.outputTokenDetails.reasoningTokens",
    ),
    _TOTAL: (
        "gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total",
        "ai.usage.totalTokens",
    ),
    _COST: (
        "gen_ai.usage.cost", "gen_ai.usage.total_cost", "llm.cost.total", "llm.usage.cost",
        "operation.cost",
    ),
}  # fmt: skip
"""Names of attributes by the field that they fill, the usual first."""

_DETAILS = "langfuse.observation.usage_details"
_COSTS = "langfuse.observation.cost_details"
_IN_DETAILS: dict[str, tuple[str, ...]] = {
    _INPUT: ("input", "input_tokens", "prompt_tokens", "promptTokens"),
    _OUTPUT: ("output", "output_tokens", "completion_tokens", "completionTokens"),
    _READ: ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read"),
    _WRITTEN: ("cache_creation_input_tokens", "input_cache_creation", "input_cache_write"),
    _REASONING: ("output_reasoning_tokens", "reasoning_tokens", "output_reasoning"),
    _TOTAL: ("total", "total_tokens", "totalTokens"),
}

NAMES = frozenset(name for names in _NAMES.values() for name in names) | {
    _DETAILS, _COSTS, "llm.cost.prompt", "llm.cost.completion",
}  # fmt: skip
"""All attributes that are read here."""


_FIELDS = {name: field for field, names in _NAMES.items() for name in names}
_RANKS = {name: rank for rank, name in enumerate(_FIELDS)}


def usage_of(attributes: Attributes) -> dict[str, Any] | None:
    """The tokens and the cost that a span tells of, in the fields of the run log; None without any.

    ``input_tokens`` are all that went in, those from or into a cache too, ``output_tokens`` all
    that came out. Most senders count so; where the parts are more than the whole, or the sender's
    own total says that they come on top of it, they are added.
    """
    if NAMES.isdisjoint(attributes):
        return None
    found: dict[str, Any] = {}
    for name in sorted(_FIELDS.keys() & attributes.keys(), key=_RANKS.__getitem__):
        field = _FIELDS[name]
        if field not in found:
            value = (amount if field == _COST else count)(attributes[name])
            if value is not None:
                found[field] = value
    if _DETAILS in attributes or _COSTS in attributes:
        _add_details(found, attributes)
    if _COST not in found:
        parts = [amount(attributes.get(f"llm.cost.{part}")) for part in ("prompt", "completion")]
        if None not in parts:
            found[_COST] = sum(filter(None, parts))
    _mend(found)
    return found or None


def price(
    usage: dict[str, Any], model: str, where: str | None, attributes: Attributes, at: int
) -> float | None:
    """What a call costs by the list of prices; None where the sender says it, or nobody knows.

    ``where`` is the address that was called, or the provider.
    """
    if _COST in usage:
        return None
    tiers = (attributes.get(name) for name in _TIERS)
    tier = next((tier for tier in tiers if type(tier) is str), None)
    options = None if tier is None else {"service_tier": tier}
    return prices.cost(where, model, usage, at, options=options)


_TIERS = (
    "openai.response.service_tier", "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
)  # fmt: skip


def _add_details(found: dict[str, Any], attributes: Attributes) -> None:
    details = table(attributes.get(_DETAILS))
    for field, names in _IN_DETAILS.items():
        for name in names:
            if (value := count(details.get(name))) is not None:
                found[field] = value
                break
    if (cost := amount(table(attributes.get(_COSTS)).get("total"))) is not None:
        found[_COST] = cost


def _mend(found: dict[str, Any]) -> None:
    """Make the whole out of its parts where the sender means something else by it."""
    total = found.pop(_TOTAL, None)
    given, came = found.get(_INPUT), found.get(_OUTPUT)
    cached, reasoning = found.get(_READ, 0) + found.get(_WRITTEN, 0), found.get(_REASONING, 0)
    if given is None and came is None and total is None:
        return
    if given is None and total is not None and total >= (came or 0):
        given = total - (came or 0)
    elif given is not None and came is None and total is not None and total > given:
        came = total - given
    elif given is not None:
        apart = 0 if total is None else total - given - (came or 0)  # what comes on top of both
        if cached > given or (cached and apart in (cached, cached + reasoning)):
            given += cached
            apart -= cached
        if came is not None and reasoning and (reasoning > came or apart == reasoning):
            came += reasoning
    whole = {_INPUT: given, _OUTPUT: came}
    found.update((field, value) for field, value in whole.items() if value is not None)
