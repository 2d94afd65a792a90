"""The requests of the engine's protocol about rules and held calls."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.engine.enforcement import Enforcement
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.model.rules import RulesError


def serve_enforcement(request: dict[str, Any], enforcement: Enforcement) -> dict[str, Any] | None:
    """The answer to a request; None when it is about something else. On any thread.

    Raises Refused.
    """
    match request.get("do"):
        case "rules":
            return _rules(enforcement)
        case "set_rules":
            try:
                enforcement.set_rules(request.get("rules"))
            except RulesError as error:
                raise Refused("argument", str(error)) from None
            return _rules(enforcement)
        case "decide":
            hold, allow = request.get("hold"), request.get("allow")
            if not isinstance(hold, str) or not isinstance(allow, bool):
                raise Refused("argument", "hold must be a text, and allow true or false.")
            try:
                enforcement.decide(hold, allow)
            except KeyError:
                raise Refused("unknown", "This call does not wait any more.") from None
            return {"holds": enforcement.holds()}
        case _:
            return None


def _rules(enforcement: Enforcement) -> dict[str, Any]:
    return {"rules": enforcement.rules, "trouble": enforcement.trouble}
