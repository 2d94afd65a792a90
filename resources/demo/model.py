"""The scripted model of the demo agent: it answers what its script says, at the pace of a real one.

A real agent would call a provider here. Delays, tokens and costs are made up, but consistent: they
follow from the length of what goes in and comes out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools import RateLimited

if TYPE_CHECKING:
    from random import Random

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens, and tokens a second."""

    input: float
    cached: float
    output: float
    speed: float


PRICES = {
    "nimbus-large": Price(2.5, 0.25, 12.0, 48),
    "nimbus-small": Price(0.3, 0.03, 1.2, 110),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model gave: a message in OpenAI's chat form, and what it cost."""

    message: Message
    finish_reason: str
    first_token: int
    usage: dict[str, Any]


class Model:
    """Plays the turns of one script, one for each call."""

    def __init__(
        self, name: str, turns: list[dict[str, Any]], random: Random, clock: Callable[[], int],
        speed: float,
    ) -> None:  # fmt: skip
        self.name = name
        self._turns: Iterator[dict[str, Any]] = iter(turns)
        self._limited: dict[str, Any] | None = None
        self._random = random
        self._clock = clock
        self._speed = speed
        self._seen = 0

    async def answer(self, messages: list[Message], tools: list[Any]) -> Answer:
        """The next turn. Raises RateLimited where the script says so, once."""
        turn, self._limited = self._limited or next(self._turns, None), None
        if turn is None:
            raise LookupError("The script of this model has no further turn.")
        if "limited" in turn:
            self._limited = {key: turn[key] for key in turn if key != "limited"}
            await self._pause(0.2)
            raise RateLimited(
                f"429 Too Many Requests: retry after {turn['limited']} s", turn["limited"]
            )
        message = self._message(turn)
        price = PRICES[self.name]
        given = tokens([messages, tools])
        cached, self._seen = min(self._seen, given) // 64 * 64, given
        thought = tokens(turn["think"]) if "think" in turn else 0
        made = tokens(message["content"]) + tokens(message.get("tool_calls", [])) + thought
        await self._pause(0.6 + given / 9000 + self._random.uniform(0, 0.9))
        first = self._clock()
        await self._pause(made / price.speed * self._random.uniform(0.8, 1.3))
        cost = (given - cached) * price.input + cached * price.cached + made * price.output
        usage = {
            "model": self.name,
            "input_tokens": given,
            "output_tokens": made,
            "cache_read_tokens": cached,
            "reasoning_tokens": thought or None,
            "cost_usd": round(cost / 1e6, 7),
        }
        usage = {key: value for key, value in usage.items() if value is not None}
        return Answer(message, "tool_calls" if "calls" in turn else "stop", first, usage)

    def _message(self, turn: dict[str, Any]) -> Message:
        message: Message = {"role": "assistant", "content": turn.get("say")}
        if "think" in turn:
            message["reasoning_content"] = turn["think"]
        if "calls" in turn:
            message["tool_calls"] = [
                {
                    "id": f"call_{self._random.getrandbits(48):012x}",
                    "type": "function",
                    "function": {"name": call["tool"], "arguments": _text(arguments)},
                }
                for call in turn["calls"]
                for arguments in [{key: call[key] for key in call if key != "tool"}]
            ]
        return message

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


def tokens(value: Any) -> int:
    """About how many tokens a value is."""
    return 0 if value is None else len(_text(value)) // 4


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
