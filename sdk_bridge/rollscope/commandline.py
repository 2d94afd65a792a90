"""A command line as the log holds it: without the keys and passwords that stand in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rollscope import wire
from rollscope.wire import Json

_TELLING = frozenset({
    "apikey", "auth", "authorization", "bearer", "credential", "credentials", "key", "passphrase",
    "passwd", "password", "pwd", "secret", "token",
})  # fmt: skip
"""Words in the name of an option or a variable whose value is nobody else's business."""

_NAMED = re.compile(r"(-{1,2}[A-Za-z][\w.-]*|[A-Za-z_]\w*)(?:(=)(.*))?", re.S)
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_KEYS = re.compile(
    r"\b(?:sk|pk|rk|rt|gsk|hf|glpat|npm|pypi)[-_][\w-]{8,}"
    r"|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bxox[a-z]-[\w-]{10,}"
    r"|\bAIza[\w-]{30,}|\bA[KS]IA[A-Z0-9]{16}\b"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|(?<=[Bb]earer )\S+|(?<=://)[^/@\s]+(?=@)"
)
"""What looks like a key, wherever it stands, and who calls in an address."""


def shown(command: Sequence[str]) -> list[str] | Json:
    """The words of a command, with stars in the place of secrets; lossy if there are any."""
    out: list[str] = []
    hides_next = False
    for word in command:
        named = _NAMED.fullmatch(word)
        if hides_next and not (word.startswith("-") and named):
            out.append("***")
            hides_next = False
            continue
        is_telling = named is not None and _is_telling(named[1])
        if is_telling and named is not None and named[2]:
            out.append(f"{named[1]}=***")
        else:
            out.append(_KEYS.sub("***", word))
        hides_next = is_telling and word.startswith("-") and "=" not in word
    return out if out == list(command) else Json(wire.dump(out), lossy=True)


def _is_telling(name: str) -> bool:
    return any(word.lower() in _TELLING for word in _WORDS.findall(name))
