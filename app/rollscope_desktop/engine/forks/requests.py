"""The requests of the engine's protocol about forks, and what was allowed to be run again."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.engine.forks.forks import Forks
from rollscope_desktop.engine.forks.orders import read_order, read_run
from rollscope_desktop.engine.refused import Refused


def is_slow(request: dict[str, Any]) -> bool:
    """Whether a request reads logs, and is answered by a thread of the forks' own."""
    return request.get("do") in ("fork", "fork_permission", "fork_way")


def serve_forks(request: dict[str, Any], forks: Forks) -> dict[str, Any] | None:
    """The answer to a request; None when it is about something else. Raises Refused."""
    match request.get("do"):
        case "fork":
            batch, made = forks.begin(read_order(request))
            return {"batch": batch, "forks": [fork.told() for fork in made]}
        case "fork_permission":
            return forks.permission(read_run(request)).told()
        case "fork_way":
            return forks.way(read_run(request))
        case "forks":
            return {"forks": forks.told()}
        case "fork_answer":
            forks.answer(
                _text(request, "fork"), request.get("question"), request.get("verdict"),
                request.get("value"),
            )  # fmt: skip
            return {}
        case "fork_cancel":
            forks.cancel(_text(request, "fork"))
            return {}
        case "trusted":
            return {"trusted": [each.told() for each in forks.trusted()]}
        case "distrust":
            forks.distrust(_text(request, "key"))
            return {"trusted": [each.told() for each in forks.trusted()]}
        case _:
            return None


def _text(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise Refused("argument", f"{name} must be a text.")
    return value
