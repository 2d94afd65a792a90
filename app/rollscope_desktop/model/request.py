"""A recorded model call as a command that repeats it: for curl, and as Python. Never with a key."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pprint import pformat
from shlex import quote
from typing import Any

_SECRET_NAMES = re.compile(
    r"^(x[-_])?(goog[-_])?(api[-_]?keys?|authorization|auth[-_]?tokens?|access[-_]?tokens?"
    r"|secrets?|passwords?|credentials?|cookies?)$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"\b(sk-[\w-]{16,}|AIza[\w-]{20,}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]{10,}|rt_local_\w+)"
    r"|\bBearer\s+[\w.~+/=-]{8,}"
)
_REMOVED = "[key removed]"


class NoRequest(ValueError):
    """The log does not hold what was sent; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a provider would be sent: where to, which variable holds the key, and the body; and what
    its Python package is called with for the same."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: dict[str, Any]
    package: str
    client: str
    call: str
    arguments: dict[str, Any]


def request_of(
    sent: Any,
    model: str | None,
    base: str | None = None,
    dialect: str | None = None,
    url: str | None = None,
) -> Request:
    """The request that a model call's input was, in the shape of its provider.

    ``sent`` is the recorded body, or only its messages, or the common form of all providers; then
    ``dialect`` names whose body that was made from, and ``url`` is where it was sent. ``base`` is
    the server's address where the log tells no more. Raises NoRequest.
    """
    if dialect is not None:
        return _in_dialect(sent, dialect, url)
    if isinstance(sent, dict) and isinstance(sent.get("settings"), dict) and "messages" in sent:
        return _in_dialect(sent, _USUAL, None if base is None else f"{base.rstrip('/')}{_CHAT}")
    if isinstance(sent, str):
        sent = [{"role": "user", "content": sent}]
    if isinstance(sent, list):
        sent = {"messages": sent}
    if not isinstance(sent, dict) or not sent:
        raise NoRequest("The log does not hold what was sent to the model.")
    body = without_keys(
        {key: value for key, value in sent.items() if key not in ("headers", "extra_headers")}
    )
    if model and "model" not in body:
        body = {"model": model, **body}
    name = str(body.get("model") or "")
    if "contents" in body:
        return _gemini(body, name, base)
    if "messages" not in body and not ("input" in body and name):
        raise NoRequest("What was recorded of this call is not a request to a model.")
    if name.startswith("claude") or "anthropic_version" in body:
        return _anthropic(body, base)
    return _openai(body, base)


def _in_dialect(sent: Any, name: str, url: str | None) -> Request:
    """The provider's own body, made of the common form by what read it when it was recorded."""
    from rollscope.capture import dialects  # late: few ask for it

    dialect = next((known for known in dialects.dialects() if known.name == name), None)
    if dialect is None:
        raise NoRequest(f"This call was recorded in the dialect {name}, which is not known here.")
    try:
        asked = dialects.Request.from_log(sent)
        body = without_keys(dialect.encode_request(asked))
    except dialects.NotThisDialect as error:
        raise NoRequest(f"What was recorded of this call is not a whole request: {error}") from None
    if not isinstance(body, dict):
        raise NoRequest("What was recorded of this call is not a request to a model.")
    model = asked.model or str(body.get("model") or "")
    for start, ending, write in (
        ("openai.chat", _CHAT, _openai),
        ("openai.responses", "/responses", _openai),
        ("anthropic", "/v1/messages", _anthropic),
    ):
        if name.startswith(start):
            return _at(write(body, _base(url, ending)), url)
    if "contents" in body:
        return _at(_gemini(body, model, _base(url, "/models/")), url)
    if url is None:
        raise NoRequest("The log does not say where this call was sent.")
    return Request(url, (_JSON,), body, "", "", "", {})


def _base(url: str | None, ending: str) -> str | None:
    """The address of the server, without the part that names the call; None for the usual one."""
    base, found, _ = (url or "").partition("?")[0].rpartition(ending)
    return base if found and not base.startswith(_USUAL_BASES) else None


def _at(request: Request, url: str | None) -> Request:
    return request if url is None else replace(request, url=url)


_USUAL, _CHAT = "openai.chat", "/chat/completions"
_USUAL_BASES = (
    "https://api.openai.com/v1",
    "https://api.anthropic.com",
    "https://generativelanguage.googleapis.com/v1beta",
)


def curl(request: Request) -> str:
    """A shell command; the body is a here-document, so that nothing in it is expanded."""
    lines = [f"curl {quote(request.url)} \\"]
    lines += [f'  -H "{name}: {value}" \\' for name, value in request.headers]
    body = json.dumps(request.body, indent=2, ensure_ascii=False)
    return "\n".join([*lines, "  -d @- <<'JSON'", body, "JSON", ""])


def python(request: Request) -> str:
    """A script for the provider's own package. Raises NoRequest where there is none."""
    if not request.package:
        raise NoRequest("No package is known for this provider. The call can be copied for curl.")
    arguments = [
        f"    {name}={_indented(value)},"
        for name, value in request.arguments.items()
        if name.isidentifier()
    ]
    odd = {name: value for name, value in request.arguments.items() if not name.isidentifier()}
    if odd:
        arguments.append(f"    extra_body={_indented(odd)},")
    call = "\n".join([f"answer = client.{request.call}(", *arguments, ")"])
    return f"{request.package}\n\nclient = {request.client}\n{call}\nprint(answer)\n"


def without_keys(value: Any) -> Any:
    """The value without what may be a secret: fields named like one, texts that look like one."""
    if isinstance(value, dict):
        return {
            key: without_keys(inner)
            for key, inner in value.items()
            if not _SECRET_NAMES.match(str(key))
        }
    if isinstance(value, list):
        return [without_keys(item) for item in value]
    return _SECRET_TEXT.sub(_REMOVED, value) if isinstance(value, str) else value


def _openai(body: dict[str, Any], base: str | None) -> Request:
    responses = "messages" not in body
    root = (base or "https://api.openai.com/v1").rstrip("/")
    client = "OpenAI()" if base is None else f"OpenAI(base_url={root!r})"
    return Request(
        f"{root}/{'responses' if responses else 'chat/completions'}",
        (("Authorization", "Bearer $OPENAI_API_KEY"), _JSON),
        body,
        "from openai import OpenAI",
        f"{client}  # reads OPENAI_API_KEY",
        "responses.create" if responses else "chat.completions.create",
        body,
    )


def _anthropic(body: dict[str, Any], base: str | None) -> Request:
    root = (base or "https://api.anthropic.com").rstrip("/").removesuffix("/v1")
    body = {key: value for key, value in body.items() if key != "anthropic_version"}
    # The provider refuses a call that does not say it.
    body.setdefault("max_tokens", 4096)
    client = "Anthropic()" if base is None else f"Anthropic(base_url={root!r})"
    return Request(
        f"{root}/v1/messages",
        (("x-api-key", "$ANTHROPIC_API_KEY"), ("anthropic-version", "2023-06-01"), _JSON),
        body,
        "from anthropic import Anthropic",
        f"{client}  # reads ANTHROPIC_API_KEY",
        "messages.create",
        body,
    )


def _gemini(body: dict[str, Any], model: str, base: str | None) -> Request:
    root = (base or "https://generativelanguage.googleapis.com/v1beta").rstrip("/")
    body = {key: value for key, value in body.items() if key != "model"}
    name = model.removeprefix("models/") or "MODEL"
    config = {**body, **body.get("generationConfig", {})}
    for taken in ("contents", "generationConfig"):
        config.pop(taken, None)
    return Request(
        f"{root}/models/{name}:generateContent",
        (("x-goog-api-key", "$GEMINI_API_KEY"), _JSON),
        body,
        "from google import genai",
        "genai.Client()  # reads GEMINI_API_KEY",
        "models.generate_content",
        {"model": name, "contents": body["contents"], **({"config": config} if config else {})},
    )


_JSON = ("Content-Type", "application/json")


def _indented(value: Any) -> str:
    return pformat(value, width=92, sort_dicts=False).replace("\n", "\n    ")
