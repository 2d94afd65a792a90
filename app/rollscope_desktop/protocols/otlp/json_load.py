"""The value of a body in JSON, as exporters in the wild write it.

More is taken than JSON allows: NaN and Infinity, control characters in text, bytes that are no
UTF-8. What no text can hold, such as half of a surrogate pair, becomes a replacement character.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from rollscope_desktop.protocols.otlp.received import NotOtlp


def load(body: bytes) -> Any:
    """Raises NotOtlp with a sentence when the body is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        value = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except RecursionError:
        raise NotOtlp("The JSON is nested too deeply to be read.") from None
    except json.JSONDecodeError as error:
        raise NotOtlp(f"The body is not JSON: {error}.") from None
    except ValueError:  # Python's own bound, some thousand digits
        raise NotOtlp("The JSON has a number that is too long to be read.") from None
    return _without_surrogates(value) if b"\\ud" in body or b"\\uD" in body else value


def _without_surrogates(value: Any) -> Any:
    out = [value]
    todo: list[Any] = [out]
    while todo:
        held = todo.pop()
        if isinstance(held, dict):
            for key in [key for key in held if _is_odd(key)]:
                held[_text(key)] = held.pop(key)
            places: Any = held.items()
        else:
            places = enumerate(held)
        for place, item in places:
            if isinstance(item, str):
                if _is_odd(item):
                    held[place] = _text(item)  # no key is new, so the loop may go on
            elif isinstance(item, (dict, list)):
                todo.append(item)
    return out[0]


def _is_odd(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _text(odd: str) -> str:
    return odd.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
