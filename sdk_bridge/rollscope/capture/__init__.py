"""Sees model calls and tool calls at the clients that make them, with no code in the program.

``install`` watches for the import of HTTP clients and of the MCP client and wraps one method of
each. Outside a run the wrapped method is called straight away.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rollscope.guard import guarded
from rollscope.imports import when_imported

if TYPE_CHECKING:
    from types import ModuleType

    from rollscope.capture.dialects import Dialect

_STAINLESS = (
    "openai", "anthropic", "groq", "together", "cerebras.cloud.sdk", "perplexity", "writerai",
    "llama_api_client", "llama_stack_client", "fireworks", "sambanova", "replicate",
    "portkey_ai._vendor.openai",
)  # fmt: skip
"""Packages with the generated client whose ``_base_client`` tries a request again by itself."""

_HOOKS = {
    "httpx": "rollscope.capture.httpx",
    "httpx2": "rollscope.capture.httpx",
    "aiohttp": "rollscope.capture.aiohttp",
    "mcp.client.session": "rollscope.capture.mcp",
    "mcp.client.client": "rollscope.capture.mcp",
    **{f"{package}._base_client": "rollscope.capture.stainless" for package in _STAINLESS},
}
"""What is watched for, and the module whose ``patch`` is called with it."""


def install() -> None:
    """Wrap what is imported already, and the rest when it is imported, in this process.

    It imports none of the libraries. Said again it does no harm: a method is wrapped once.
    """
    for name in _HOOKS:
        when_imported(name, _patch)


def _patch(module: ModuleType) -> None:
    name = module.__name__
    with guarded(f"watch {name}"):  # raising here would fail the user's import
        import_module(_HOOKS[name]).patch(module)


def register(dialect: Dialect) -> None:
    """Add a dialect of your own: ``rollscope.capture.dialects.Dialect`` says what it must do.

    It is asked before those that are built in.
    """
    from rollscope.capture import dialects  # late: dialects are not needed until a call is made

    dialects.register(dialect)
