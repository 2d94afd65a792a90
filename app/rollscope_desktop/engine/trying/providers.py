"""Who answers model calls: their own hosts, their usual addresses, and what their keys are called.

Only hosts that stand here get a key of the environment unasked: the address of a recorded call
comes from a log, and a log must not choose where a key goes.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote


class Provider(NamedTuple):
    """``hosts`` are its own; ``variables`` name its key, the first that is set counts."""

    name: str
    hosts: tuple[str, ...]
    variables: tuple[str, ...]


OPENAI: Final = Provider("OpenAI", ("api.openai.com",), ("OPENAI_API_KEY",))
ANTHROPIC: Final = Provider("Anthropic", ("api.anthropic.com",), ("ANTHROPIC_API_KEY",))
GEMINI: Final = Provider(
    "Google", ("generativelanguage.googleapis.com",), ("GEMINI_API_KEY", "GOOGLE_API_KEY")
)
OLLAMA: Final = Provider("Ollama", ("ollama.com",), ("OLLAMA_API_KEY",))
AZURE: Final = Provider("Azure", (), ("AZURE_OPENAI_API_KEY",))
"""Everybody may have a host below its domain: none of them is known."""

PROVIDERS: Final = (
    OPENAI,
    ANTHROPIC,
    GEMINI,
    OLLAMA,
    Provider("OpenRouter", ("openrouter.ai",), ("OPENROUTER_API_KEY",)),
    Provider("Groq", ("api.groq.com",), ("GROQ_API_KEY",)),
    Provider("Mistral", ("api.mistral.ai",), ("MISTRAL_API_KEY",)),
    Provider("DeepSeek", ("api.deepseek.com",), ("DEEPSEEK_API_KEY",)),
    Provider("Together", ("api.together.xyz", "api.together.ai"), ("TOGETHER_API_KEY",)),
    Provider("Fireworks", ("api.fireworks.ai",), ("FIREWORKS_API_KEY",)),
    Provider("xAI", ("api.x.ai",), ("XAI_API_KEY",)),
    Provider("Cerebras", ("api.cerebras.ai",), ("CEREBRAS_API_KEY",)),
    AZURE,
)

VARIABLES: Final = tuple(dict.fromkeys(v for one in PROVIDERS for v in one.variables))
"""Every variable that may be read for a key; no other ever is."""

_AZURES: Final = (".openai.azure.com", ".services.ai.azure.com")
_SPEAKERS: Final = {
    "openai.chat": (OPENAI, "https://api.openai.com/v1/chat/completions"),
    "openai.responses": (OPENAI, "https://api.openai.com/v1/responses"),
    "anthropic": (ANTHROPIC, "https://api.anthropic.com/v1/messages"),
    "gemini": (GEMINI, "https://generativelanguage.googleapis.com/v1beta/models/{model}"
                       ":generateContent"),
    "ollama": (OLLAMA, "http://localhost:11434/api/chat"),
}  # fmt: skip

DIALECTS: Final = tuple(_SPEAKERS)
"""The dialects in which a call can be tried."""


def speaker_of(dialect: str, host: str = "") -> Provider | None:
    """Whose dialect it is, and so whose key is the likeliest at a host that nobody owns."""
    found = _SPEAKERS.get(dialect)
    return AZURE if host.endswith(_AZURES) else None if found is None else found[0]


def usual_address(dialect: str, model: str) -> str:
    """Where calls in a dialect go unless the log says otherwise; "" for one that is not known."""
    found = _SPEAKERS.get(dialect)
    return "" if found is None else found[1].replace("{model}", quote(model or "MODEL", safe=""))


def owner_of(host: str) -> Provider | None:
    """Whose own host this is, in lower case and without a port."""
    return next((one for one in PROVIDERS if host in one.hosts), None)
