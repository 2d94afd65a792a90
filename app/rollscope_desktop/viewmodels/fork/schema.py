"""Whether arguments fit the schema of their tool, in sentences. Pure.

The schema comes from a log, which may be anybody's: nothing is fetched for it, and its patterns are
passed over, since one can be made that takes hours to be matched.
"""

from __future__ import annotations

from typing import Any, Final

from rollscope_desktop.model import text

MOST: Final = 3
_PATTERNS: Final = frozenset({"pattern", "patternProperties", "propertyNames"})


def misfits(value: Any, schema: Any) -> tuple[str, ...]:
    """What of a value does not fit, a sentence each, the first few; nothing where the schema
    itself cannot be used."""
    if not isinstance(schema, dict):
        return ()
    # Late: few forks need it, and it takes a while to load.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        tame = _tame(schema)
        Draft202012Validator.check_schema(tame)
        checker = Draft202012Validator(tame, registry=Registry())
        found = sorted(checker.iter_errors(value), key=lambda error: list(map(str, error.path)))
    except (SchemaError, Unresolvable, RecursionError):
        return ()
    said = [_said(list(error.path), error.message) for error in found[:MOST]]
    more = len(found) - MOST
    return (*said, f"{text.count(more, 'more part')} do not fit.") if more > 0 else tuple(said)


def _said(path: list[Any], message: str) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    where = text.one_line(where.lstrip("."), 60)
    sentence = text.one_line(message, 160)
    return f"{where}: {sentence}." if where else f"{sentence}."


def _tame(schema: Any, names: bool = False) -> Any:
    """The schema without its patterns; ``names``: these keys name properties, not rules."""
    if isinstance(schema, list):
        return [_tame(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: value if key in ("enum", "const", "default", "examples") and not names
        else _tame(value, not names and key in ("properties", "$defs", "definitions"))
        for key, value in schema.items()
        if names or key not in _PATTERNS
    }  # fmt: skip
    if not names and "patternProperties" in schema:
        kept.pop("additionalProperties", None)  # which counts from what the patterns leave
    return kept
