"""Which key goes with a call: from the environment, from the keychain, or as it was typed.

A key goes to its provider's own hosts, or to a place that the user has confirmed by its name. One
that is kept in the keychain was kept for one place, and goes nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.engine.trying.providers import AZURE, VARIABLES, speaker_of

if TYPE_CHECKING:
    from rollscope_desktop.engine.trying.keychain import Keys
    from rollscope_desktop.engine.trying.target import Target

KEYCHAIN = "keychain"
_TYPED = "typed"
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Key:
    """``origin`` is the name of a variable, ``keychain`` or ``typed``."""

    value: str = field(repr=False)
    origin: str


def variables_for(target: Target, dialect: str) -> tuple[str, ...]:
    """The variables that may hold a key for a call, the likeliest first."""
    owner = target.owner or speaker_of(dialect, target.place)
    return () if owner is None else owner.variables


def find_key(
    target: Target,
    dialect: str,
    environment: Mapping[str, str],
    keychain: Keys,
    *,
    confirmed: str = "",
    variable: str = "",
    typed: str = "",
) -> Key | None:
    """The key that may go with a call; None if there is none.

    ``confirmed`` is the place that the user has allowed, ``variable`` the one that was chosen.
    Raises Refused where a key was typed, or a variable chosen, for a place that was not confirmed.
    """
    allowed = target.owner is not None or confirmed == target.place
    if variable and variable not in VARIABLES:
        raise Refused("argument", f"{variable:.60} is no variable that holds a key.")
    if (typed or variable) and not allowed:
        raise Refused(
            "permission",
            f"{target.place} is no host that is known to be a provider's. Say that your key may "
            "be sent there, or leave the key out.",
        )
    if typed:
        return Key(_checked(typed.strip(), "The key that was typed"), _TYPED)
    if not variable and (kept := keychain.get(target.place)):
        return Key(_checked(kept, "The key in the keychain"), KEYCHAIN)
    names = (variable,) if variable else variables_for(target, dialect) if allowed else ()
    for name in names:
        if value := environment.get(name, "").strip():
            return Key(_checked(value, name), name)
    return None


def headers_of(dialect: str, target: Target, key: Key | None) -> dict[str, str]:
    """The headers that a provider wants, with the key where it looks for it."""
    headers = {"Content-Type": "application/json"}
    speaker = speaker_of(dialect, target.place)
    own = target.owner in (None, speaker)
    if dialect == "anthropic":
        headers["anthropic-version"] = "2023-06-01"
    if key is None:
        return headers
    if speaker is AZURE:
        headers["api-key"] = key.value
    elif dialect == "anthropic" and own:
        headers["x-api-key"] = key.value
    elif dialect == "gemini" and own:
        headers["x-goog-api-key"] = key.value
    else:
        headers["Authorization"] = f"Bearer {key.value}"
    return headers


def _checked(value: str, what: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value or len(value) > _LONGEST:
        raise Refused("key", f"{what} is no key: it holds spaces or characters that no key has.")
    return value
