"""What becomes of a span that tells of a model call that another span counts."""

from __future__ import annotations

from rollscope_desktop.model.kinds import DUPLICATE
from rollscope_desktop.protocols.otlp.naming import span_name
from rollscope_desktop.protocols.otlp.step import Asked, Told

_OWN = ("provider", "dialect", "url", "stream", "response_id")


def demote(echo: Told, call: str | None) -> None:
    """Take it out of what counts. ``call`` is the one that does; None: there are several in it."""
    echo.kind, echo.counts = "span" if call is None else DUPLICATE, False
    echo.name = span_name(echo.span) or echo.name
    if echo.attrs.get("span_name") == echo.name:
        del echo.attrs["span_name"]
    if call is not None:
        echo.attrs["same_call"] = call
    if echo.used and echo.used.keys() > {"model"}:
        echo.attrs["usage_sum"] = echo.used


def absorb(call: Told, echo: Told) -> None:
    """Give the call what only the other one knows. Neither is in the log yet."""
    if call.input is None or (isinstance(echo.input, Asked) and not isinstance(call.input, Asked)):
        call.input = echo.input
        call.lossy |= echo.lossy & {"input"}
    if call.output is None:
        call.output = echo.output
        call.lossy |= echo.lossy & {"output"}
    if echo.used:
        own = call.used or {}
        given = dict(echo.used)
        if echo.is_priced and "input_tokens" in own:
            given.pop("cost_usd", None)  # the call knows better where it was sent, and its price
        call.used = given | own
    if call.first_token is None:
        call.first_token = echo.first_token
    if call.failed and echo.error:
        call.error = {**echo.error, **(call.error or {})}
    if call.model is None and echo.model is not None:
        call.model = call.name = echo.model
    call.response = call.response or echo.response
    for name in _OWN:
        if name in echo.attrs:
            call.attrs.setdefault(name, echo.attrs[name])
