"""A request in the normal form as a person edits it: model and temperature apart. Pure."""

from __future__ import annotations

from typing import Any, Final

_NAME: Final = "temperature"
_OWN: Final = frozenset({"extra", "form"})


class BadRequest(ValueError):
    """What was typed makes no request; the text is a sentence."""


def apart(request: dict[str, Any], dialect: str) -> tuple[str, str, dict[str, Any]]:
    """The model, the temperature as text, and the rest of a request."""
    settings = request.get("settings")
    inner, outer = _settings(settings, dialect)
    value = inner.get(_NAME)
    model = request.get("model")
    rest = {k: v for k, v in request.items() if k != "model"}
    said = ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        said = f"{value:g}"
        rest["settings"] = _with(outer, {k: v for k, v in inner.items() if k != _NAME}, dialect)
        if not rest["settings"]:
            del rest["settings"]
    return model if isinstance(model, str) else "", said, rest


def together(rest: dict[str, Any], model: str, temperature: str, dialect: str) -> dict[str, Any]:
    """The request out of these three. Raises BadRequest."""
    if not model.strip():
        raise BadRequest("Name the model that is to answer.")
    settings = rest.get("settings", {})
    if not isinstance(settings, dict):
        raise BadRequest("The settings are a JSON object.")
    request = {"model": model.strip(), **rest}
    if temperature.strip():
        try:
            value = float(temperature.strip().replace(",", "."))
        except ValueError:
            value = -1.0
        if not 0 <= value <= 10:
            raise BadRequest("The temperature is a number, like 0.7.")
        inner, outer = _settings(settings, dialect)
        given: Any = int(value) if value == int(value) else value
        request["settings"] = _with(outer, {**inner, _NAME: given}, dialect)
    return request


def for_others(request: dict[str, Any]) -> dict[str, Any]:
    """The request without what only its own provider understands."""
    made = {k: v for k, v in request.items() if k not in _OWN}
    messages = request.get("messages")
    if isinstance(messages, list):
        made["messages"] = [_plain(each) for each in messages]
    return made


def _plain(message: Any) -> Any:
    """A message, or a part of one, without the form of its provider."""
    if not isinstance(message, dict):
        return message
    kept = {k: v for k, v in message.items() if k not in _OWN}
    if isinstance(kept.get("content"), list):
        kept["content"] = [_plain(part) for part in kept["content"]]
    return kept


def _settings(settings: Any, dialect: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that a temperature is one of, and those around them: Ollama has options."""
    outer = settings if isinstance(settings, dict) else {}
    if dialect != "ollama":
        return outer, outer
    inner = outer.get("options")
    return (inner if isinstance(inner, dict) else {}), outer


def _with(outer: dict[str, Any], inner: dict[str, Any], dialect: str) -> dict[str, Any]:
    if dialect != "ollama":
        return inner
    rest = {k: v for k, v in outer.items() if k != "options"}
    return {**rest, "options": inner} if inner else rest
