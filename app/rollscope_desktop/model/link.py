"""Links to a run or a step: ``rollscope://run/<id>`` and ``rollscope://run/<id>/span/<id>``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

SCHEME = "rollscope"
_LONGEST = 2_000


class BadLink(ValueError):
    """A text that is no link of ours; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Link:
    """``run`` is the run's key, ``span`` the span's (a signed 64-bit number), or None."""

    run: str
    span: int | None = None

    def __str__(self) -> str:
        found = f"{SCHEME}://run/{quote(self.run, safe='')}"
        return found if self.span is None else f"{found}/span/{hex_of(self.span)}"


def is_link(text: str) -> bool:
    """Whether a text claims to be a link of ours, valid or not."""
    return text.lower().startswith(f"{SCHEME}:")


def parse(text: str) -> Link:
    """The link that a text is. Raises BadLink."""
    shape = f"A link looks like {SCHEME}://run/ID or {SCHEME}://run/ID/span/ID."
    if len(text) > _LONGEST:
        raise BadLink(f"The link is too long. {shape}")
    try:
        parts = urlsplit(text.strip())
    except ValueError as error:
        raise BadLink(f"The link cannot be read. {shape}") from error
    path = [unquote(part) for part in parts.path.split("/")[1:]]
    while path and not path[-1]:
        path.pop()
    if parts.scheme != SCHEME or parts.netloc != "run" or len(path) not in (1, 3) or not path[0]:
        raise BadLink(shape)
    if len(path) == 1:
        return Link(path[0])
    try:
        if path[1] != "span" or len(path[2]) != 16:
            raise ValueError
        number = int(path[2], 16)
    except ValueError:
        raise BadLink(f"The id of the span must be 16 hexadecimal digits. {shape}") from None
    return Link(path[0], number - (1 << 64) if number >= 1 << 63 else number)


def hex_of(key: int) -> str:
    """A span's key as 16 hexadecimal digits, as in run logs."""
    return f"{key & (1 << 64) - 1:016x}"
