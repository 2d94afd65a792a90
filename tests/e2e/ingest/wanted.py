"""In what the clients differ: the steps that they tell of, and what they leave out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import ANY

from tests.e2e.ingest.programs import talk


@dataclass(frozen=True, slots=True)
class Costs:
    """Of the two calls of the question and of the stream, in billionths of a dollar."""

    calls: tuple[int | None, int | None] = (None, None)
    stream: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a client tells of the question, and of the stream and the failure if it has them.

    ``tree`` has the steps of the question, ``around`` and ``inside`` those of the two others around
    and in the call, and ``others`` the names of their runs. ``inner`` is an agent within the run.
    ``cached`` are tokens that came from the cache: of the two calls, and of the stream. ``tool``
    says that the tool is known as one; ``asked`` is what went into it, None where that is not told.
    ``offered``: the call tells which tools there are. ``refused``: what was refused is told.
    ``finish`` is why the three answers ended, ``fault`` the type and the text of the failure.
    """

    tree: tuple[str, ...]
    name: str = "ask"
    agent: str | None = "ask"
    session: Any = talk.SESSION
    project: str | None = "weather"
    input: Any = None
    output: Any = None
    model: str = talk.MODEL
    costs: Costs = Costs((14_700, 12_600), 4_800)
    cached: tuple[int | None, int | None, int | None] = (0, 64, 0)
    tool: bool = True
    asked: Any = field(default_factory=lambda: talk.ARGUMENTS)
    offered: bool = True
    settings: dict[str, Any] = field(default_factory=lambda: {"temperature": 0.5})
    finish: tuple[str | None, str | None, str | None] = ("tool_calls", "stop", "stop")
    others: tuple[str, str] | None = None
    around: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    inside: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    inner: str | None = None
    other_agents: tuple[str | None, str | None] = (None, None)
    other_session: Any = talk.SESSION
    other_settings: dict[str, Any] = field(default_factory=dict)
    streamed: tuple[int | None, int | None] = (12, 5)
    first_token: bool = True
    refused: bool = True
    fault: tuple[str | None, str | None] = (
        "openai.BadRequestError",
        f"Error code: 400 - {talk.FAULT}",
    )
    failed_steps: int = 1


_REFUSED = f"Error code: 400 - {talk.FAULT}"
_PARTS = {
    "messages": [
        {"role": "system", "content": talk.SYSTEM},
        {"role": "user", "content": talk.QUESTION},
    ]
}
_SAID = {"role": "assistant", "content": talk.ANSWER}
_AGENT = ("agent ask", "  llm gpt-4o-mini", "  tool get_weather", "  llm gpt-4o-mini")
_PLAIN = ("span ask", "  llm gpt-4o-mini", "  span get_weather", "  llm gpt-4o-mini")
_CLAUDE = Costs((330_000, 202_200), 111_000)

_OPENAI_V2 = Wanted(
    tree=_PLAIN, agent=None, session=None, other_session=None, tool=False, asked=None,
    offered=False,
    costs=Costs((14_700, 17_400), 4_800), cached=(None, None, None), first_token=False,
    others=("chat gpt-4o-mini", "chat gpt-4o-mini"), fault=("BadRequestError", _REFUSED),
)  # fmt: skip
_OPENLLMETRY = Wanted(
    tree=_PLAIN, agent=None, session=None, other_session=None, tool=False, asked=None,
    costs=Costs(), finish=("tool_call", "stop", "stop"), others=("openai.chat", "openai.chat"),
)  # fmt: skip
_ANTHROPIC = Wanted(
    tree=("agent ask", "  llm claude-sonnet-4-5", "  tool get_weather", "  llm claude-sonnet-4-5"),
    input=talk.QUESTION, output=talk.ANSWER, model=talk.CLAUDE, costs=_CLAUDE, offered=False,
    settings={"max_tokens": 99}, other_settings={"max_tokens": 99},
    finish=("tool_use", "end_turn", "end_turn"),
    others=("anthropic.messages.create", "anthropic.messages.create"),
    fault=("invalid_request_error", None),
)  # fmt: skip
_VERCEL = Wanted(
    tree=("workflow ask", "  llm gpt-4o-mini", "  tool get_weather", "  llm gpt-4o-mini"),
    agent=None, project=None,
    input=_PARTS, output={"message": _SAID, "finish_reason": "stop"},
    finish=("tool-calls", "stop", "stop"), others=("count", "fail"),
    around=(("workflow count",), ("workflow fail",)),
    settings={"temperature": 0.5, "maxRetries": 2}, other_settings=ANY,
    fault=("AI_APICallError", talk.FAULT), failed_steps=2,
)  # fmt: skip

WANTED: dict[str, Wanted] = {
    "openinference-openai": Wanted(
        tree=_AGENT, input=talk.QUESTION, output=talk.ANSWER,
        others=("ChatCompletion", "ChatCompletion"), other_settings=ANY,
    ),
    "openai-v2": _OPENAI_V2,
    "openai-v2-span": _OPENAI_V2,
    "openai-v2-event": _OPENAI_V2,
    "genai-openai": Wanted(
        tree=_AGENT, costs=Costs(), cached=(None, 64, None),
        others=("chat gpt-4o-mini", "chat gpt-4o-mini"), other_session=None,
    ),
    "openllmetry-openai": _OPENLLMETRY,
    "openllmetry-openai-older": replace(
        _OPENLLMETRY, finish=("tool_calls", "stop", "stop"), cached=(0, 64, None),
        streamed=(None, None), fault=(None, _REFUSED),
    ),
    "pydantic-ai": Wanted(
        tree=_AGENT, input=ANY, output=talk.ANSWER, cached=(None, 64, None),
        finish=("tool_call", "stop", "stop"), others=("count", "fail"),
        around=(("agent count",), ("agent fail",)), other_agents=("count", "fail"),
        other_session=ANY, refused=False, failed_steps=2,
        fault=(
            "pydantic_ai.exceptions.ModelRequestRejectedError",
            f"status_code: 400, model_name: {talk.MODEL}, body: {{'message': '{talk.FAULT}', "
            "'type': 'invalid_request_error', 'param': None, 'code': None}",
        ),
    ),
    "anthropic": _ANTHROPIC,
    "vercel-json": _VERCEL,
    "vercel-protobuf": _VERCEL,
    "vercel-7": Wanted(
        tree=(
            "agent ask", "  task step 1", "    llm gpt-4o-mini", "    tool get_weather",
            "  task step 2", "    llm gpt-4o-mini",
        ),
        session=None, other_session=None, project=None, input=_PARTS, output=ANY,
        finish=("tool-calls", "stop", "stop"), others=("count", "fail"),
        around=(("agent count", "  task step 1"), ("agent fail", "  task step 1")),
        other_agents=("count", "fail"), fault=("AI_APICallError", talk.FAULT), failed_steps=3,
    ),
}  # fmt: skip

NESTED: dict[str, Wanted] = {
    "openinference-anthropic": replace(
        _ANTHROPIC, offered=True,
        tree=(
            "agent ask", "  duplicate messages.create", "    llm claude-sonnet-4-5",
            "  tool get_weather", "  duplicate messages.create", "    llm claude-sonnet-4-5",
        ),
        others=("messages.stream", "messages.create"),
        around=((), ("duplicate messages.create",)),
        inside=(("  duplicate anthropic.messages.create",), ()), failed_steps=2,
        fault=(
            "invalid_request_error",
            "Error code: 400 - {'type': 'error', 'error': {'type': 'invalid_request_error', "
            f"'message': '{talk.FAULT}'}}, 'request_id': 'req_stub'}}",
        ),
    ),
    "openinference-agents": Wanted(
        name="weather workflow", session=None, inner="ask", settings={},
        tree=(
            "agent weather workflow", "  task Agent workflow", "    agent ask",
            "      task turn", "        duplicate generation", "          llm gpt-4o-mini",
            "        tool get_weather",
            "      task turn", "        duplicate generation", "          llm gpt-4o-mini",
        ),
    ),
    "openinference-langchain": Wanted(
        agent=None, input={"messages": [_PARTS["messages"][1]]}, output=ANY, asked="Paris",
        settings=ANY,
        tree=(
            "workflow ask", "  task model", "    llm gpt-4o-mini", "      duplicate ChatCompletion",
            "  task tools", "    tool get_weather",
            "  task model", "    llm gpt-4o-mini", "      duplicate ChatCompletion",
        ),
    ),
}  # fmt: skip
"""Two instrumentations tell of each call; it is shown once."""
