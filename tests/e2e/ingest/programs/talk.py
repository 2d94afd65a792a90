"""What all programs talk about, so that one conversation can be compared from client to client.

Three things happen: a question that takes a tool, an answer that is streamed, a call that fails.
"""

from __future__ import annotations

from typing import Any

MODEL = "gpt-4o-mini"
CLAUDE = "claude-sonnet-4-5"
SYSTEM = "You are terse."
QUESTION = "How warm is Paris?"
TOOL = "get_weather"
DESCRIPTION = "The weather in a city."
ARGUMENTS = {"city": "Paris"}
CALL = "call_paris"
RESULT = "21 °C, dry"
ANSWER = "It is 21 °C in Paris."
COUNT = "Count to three."
COUNTED = "one two three"
WRONG = "Say nothing."
FAULT = "the model is not well"
FINAL = "final_answer"
SESSION = "session-7"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def get_weather(city: str) -> str:
    """The weather in a city."""
    return RESULT if city == ARGUMENTS["city"] else "unknown"
