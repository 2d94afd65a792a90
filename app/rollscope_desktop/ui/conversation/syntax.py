"""Light colours for JSON and Python, and where a text has code: pure, by regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*$", re.MULTILINE)
_LONGEST = 20_000
"""Characters of a code block that are coloured; colour is not worth more time."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text: prose, or code in a language that may be unknown."""

    text: str
    code: bool = False
    language: str = ""


def segments(said: str) -> list[Segment]:
    """A text cut at its fences, which are left out; one without an end runs to the end."""
    found: list[Segment] = []
    at = 0
    while match := _FENCE.search(said, at):
        if prose := said[at : match.start()].rstrip("\n"):
            found.append(Segment(prose))
        mark = match[1]
        close = re.compile(rf"^[ \t]{{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$", re.M)
        end = close.search(said, match.end())
        code = said[match.end() + 1 : len(said) if end is None else max(end.start() - 1, 0)]
        found.append(Segment(code.rstrip("\n"), True, match[2].lower()))
        if end is None:
            return found
        at = end.end() + 1
    rest = said[at:]
    return [*found, Segment(rest)] if rest.strip() or not found else found


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of code that has a colour: "name", "text", "number", "word" or "remark"."""

    start: int
    length: int
    kind: str


_JSON = re.compile(
    r'(?P<name>"(?:[^"\\\n]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(?P<word>\b(?:true|false|null)\b)"
)
_PYTHON = re.compile(
    r"(?P<remark>#[^\n]*)"
    r"|(?P<text>\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<number>\b\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?\b)"
    r"|(?P<word>\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except"
    r"|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try"
    r"|while|with|yield|None|True|False)\b)"
)
_LANGUAGES = {"json": _JSON, "jsonl": _JSON, "json5": _JSON, "python": _PYTHON, "py": _PYTHON}
_INLINE = re.compile(r"(?P<name>`[^`\n]+`)|(?P<word>\*\*[^*\n]+\*\*)")


def tokens(segment: Segment) -> Iterator[Token]:
    """The coloured stretches of a piece of code; in prose, what is between `` ` `` or ``**``."""
    rule = _LANGUAGES.get(segment.language) if segment.code else _INLINE
    if segment.code and not segment.language and segment.text.lstrip()[:1] in ("{", "["):
        rule = _JSON
    if rule is None:
        return
    for match in rule.finditer(segment.text[:_LONGEST]):
        yield Token(match.start(), match.end() - match.start(), match.lastgroup or "")
