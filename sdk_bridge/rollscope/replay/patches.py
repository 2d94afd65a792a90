"""An edit of a request that holds for every later one: the agent's own variables are as before."""

from __future__ import annotations

from typing import Any

from rollscope.capture.dialects import Request


class Patch:
    """What became different of a request in the normal form."""

    def __init__(self, old: Request, new: Request) -> None:
        self._old = old
        self._new = new
        pairs = zip(old.messages, new.messages, strict=False)
        same_length = len(old.messages) == len(new.messages)
        self._replaced = [(a, b) for a, b in pairs if a != b] if same_length else []

    def apply(self, request: Request) -> Request:
        """A later request with the same changes; itself where nothing of it was changed.

        A history that goes on from the old one goes on from the new one. In one that was cut or
        put together anew, messages that were replaced are replaced wherever they stand.
        """
        old, new = self._old, self._new
        messages = request.messages
        if messages[: len(old.messages)] == old.messages:
            messages = [*new.messages, *messages[len(old.messages) :]]
        elif self._replaced:
            messages = [self._message(message) for message in messages]
        return Request(
            new.model if request.model == old.model else request.model,
            messages,
            new.tools if request.tools == old.tools else request.tools,
            _merged(request.settings, old.settings, new.settings),
            _merged(request.extra, old.extra, new.extra),
            request.form,
        )

    def _message(self, message: Any) -> Any:
        return next((b for a, b in self._replaced if a == message), message)


def _merged(now: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    out = dict(now)
    for name in old.keys() | new.keys():
        if old.get(name) != new.get(name) and now.get(name) == old.get(name):
            if name in new:
                out[name] = new[name]
            else:
                out.pop(name, None)
    return out
