"""Puts the input and output of a model call on a line: what repeats is shared, and not copied."""

from __future__ import annotations

from typing import Any

import orjson

from rollscope import wire
from rollscope.capture.secrets import covered
from rollscope.recorder import Recorder
from rollscope.wire.encoded import Escaped, Json

_SAID_AGAIN = ("tools", "instructions")
"""Parts of a request that some providers repeat in every answer."""


def composed(recorder: Recorder, parts: dict[str, Any]) -> Json | None:
    """An input or output in its normal form as one value; None: contents are not recorded."""
    made = ready(recorder, parts)
    return None if made is None else _joined(made)


def ready(recorder: Recorder, parts: dict[str, Any]) -> dict[str, Any] | None:
    """An input or output in its normal form as it stands on a line; None without contents.

    Each message and each tool is written once a run, and so is what providers say again in every
    answer.
    """
    if not recorder.capture:
        return None
    made: dict[str, Any] = {}
    for name, part in parts.items():
        if name == "messages" and isinstance(part, list):
            made[name] = recorder.messages(part)
        elif name == "tools" and isinstance(part, list):
            made[name] = [recorder.share(_covered(tool)) for tool in part]
        elif name == "message":
            made[name] = recorder.share(part)
        elif name == "choices":
            made[name] = [{**one, "message": recorder.share(one["message"])} for one in part]
        elif name == "extra" and any(said in part for said in _SAID_AGAIN):
            made[name] = {key: recorder.share(_covered(value)) for key, value in part.items()}
        else:
            made[name] = recorder.value(_covered(part))
    return made


def _covered(part: Any) -> Any:
    """The part without keys of the program; lossy if it held some."""
    shown = covered(part)
    return part if shown is part else Json(wire.dump(shown), lossy=True)


def _joined(parts: dict[str, Any]) -> Json:
    """One value of parts that are ready: references stay what they are, all else is escaped."""
    lossy = False

    def embed(part: Any) -> Any:
        nonlocal lossy
        if not isinstance(part, Json):
            raise TypeError
        lossy = lossy or part.lossy
        ready = part if isinstance(part, Escaped) else wire.escape(part)
        return orjson.Fragment(ready.data)

    return Escaped(orjson.dumps(parts, embed), lossy)
