"""The grammar of filters: text in, conditions out, and a sentence for what is no filter.

Imports lark, so it is itself imported late.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NoReturn

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from rollscope_desktop.query.filter.conditions import condition, needs_value, text_of
from rollscope_desktop.query.filter.errors import FilterError
from rollscope_desktop.query.filter.tree import All, Either, Node, Not

GRAMMAR = r"""
?start: either
?either: all (_OR all)*
?all: part (_AND? part)*
?part: _MINUS part -> but_not
     | "(" either ")"
     | HEAD value ("," value)* -> condition
     | (WORD | QUOTED) -> text
!value: VALUE | QUOTED

_OR.3: /OR(?![^\s()"])/
_AND.3: /AND(?![^\s()"])/
_MINUS.3: /-(?=[^\s)])/
HEAD.2: /[A-Za-z_](\.("(\\.|[^"\\])*")?|[\w-])*(\s*(>=|<=|>|<|=)\s*|:)/
QUOTED: /"(\\.|[^"\\])*"/s
VALUE: /[^\s"(),]+/
WORD: /(?!(OR|AND)(?![^\s()"]))[^\s"(),:<>=-][^\s"()]*/
%import common.WS
%ignore WS
"""

_LONGEST = 2_000
_MOST_PARTS = 100
_DEEPEST = 30


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=_Builder())


def read(text: str) -> Node:
    """The conditions of a filter that is not empty. Raises FilterError."""
    if len(text) > _LONGEST:
        raise FilterError(
            f"A filter has at most {_LONGEST:,} characters.", _LONGEST, len(text) - _LONGEST
        )
    try:
        node: Node = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        _explain(text, error)
    except VisitError as error:
        if isinstance(error.orig_exc, FilterError):
            raise error.orig_exc from None
        raise
    _check_size(text, node)
    return node


class _Builder(Transformer[Token, Any]):
    """Makes conditions of what the grammar finds, from the inside out."""

    def value(self, parts: list[Token]) -> Token:
        return parts[0]

    def condition(self, parts: list[Token]) -> Node:
        return condition(parts[0], parts[1:])

    def text(self, parts: list[Token]) -> Node:
        return text_of(parts[0])

    def but_not(self, parts: list[Node]) -> Node:
        return Not(parts[0])

    def all(self, parts: list[Node]) -> Node:
        return All(tuple(parts))

    def either(self, parts: list[Node]) -> Node:
        return Either(tuple(parts))


def _check_size(text: str, root: Node) -> None:
    """The database takes only so much at once."""
    waiting: list[tuple[Node, int]] = [(root, 1)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > _MOST_PARTS or depth > _DEEPEST:
            raise FilterError("This filter has too many parts.", 0, len(text))
        if isinstance(node, All | Either):
            waiting += [(part, depth + 1) for part in node.parts]
        elif isinstance(node, Not):
            waiting.append((node.part, depth + 1))


_HEAD_BEFORE = re.compile(r"[A-Za-z_][\w.-]*(\"[^\"]*\")?\s*(>=|<=|>|<|=|:)\s*\Z")
_QUOTE = re.compile(r'"(?:\\.|[^"\\])*("|\Z)', re.DOTALL)


def _explain(text: str, error: UnexpectedInput) -> NoReturn:
    """Say what is wrong with a text that is no filter."""
    at = len(text) if error.pos_in_stream is None else min(error.pos_in_stream, len(text))
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at = len(text)
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed or ())
    sign = text[at : at + 1]
    open_quote = _open_quote(text)
    if open_quote is not None and at <= len(text) and open_quote <= at:
        raise FilterError(
            "This quote is not closed.", open_quote, len(text) - open_quote, unfinished=True
        ) from None
    if expected and not expected - {"VALUE", "QUOTED", "IGNORE", "WS"}:
        _explain_value(text, at)
    if not sign:
        _explain_end(text)
    if sign == ")":
        before = text[:at].rstrip()
        if before.endswith("("):
            start = len(before) - 1
            raise FilterError(
                "Nothing stands between these parentheses.", start, at + 1 - start
            ) from None
        raise FilterError("No parenthesis is open here.", at) from None
    if sign == ",":
        raise FilterError(
            "A comma stands between the values of a field: kind:llm,tool.", at
        ) from None
    if sign in ":<>=":
        raise FilterError(f"“{sign}” needs a field before it, like dur>2s.", at) from None
    if sign == "-":
        raise FilterError(
            "“-” stands right before what is left out: -kind:tool.", at, 1, at + 1 == len(text)
        ) from None
    word = re.match(r"OR|AND", text[at:])
    if word:
        raise FilterError(f"{word[0]} needs something on both sides.", at, len(word[0])) from None
    raise FilterError("This is not understood.", at) from None


def _explain_value(text: str, at: int) -> NoReturn:
    head = _HEAD_BEFORE.search(text, 0, at)
    missing = at == len(text)
    if head is None:  # after a comma
        raise FilterError("A value is missing here.", max(min(at, len(text) - 1), 0), 1, missing)
    token = Token("HEAD", head[0], start_pos=head.start(), end_pos=head.end())
    raise needs_value(token, missing) from None


def _explain_end(text: str) -> NoReturn:
    end = len(text.rstrip())
    word = re.search(r"(?:^|[\s()\"])(OR|AND)\Z", text[:end])
    if word:
        raise FilterError(
            f"{word[1]} needs something on both sides.", word.start(1), len(word[1]), True
        ) from None
    bracket = _open_bracket(text)
    raise FilterError("This parenthesis is not closed.", bracket, 1, True) from None


def _open_quote(text: str) -> int | None:
    for quote in _QUOTE.finditer(text):
        if not quote[1]:
            return quote.start()
    return None


def _open_bracket(text: str) -> int:
    """Where the last parenthesis opens that is not closed."""
    bare = _QUOTE.sub(lambda quote: "x" * len(quote[0]), text)
    closed = 0
    for at in range(len(bare) - 1, -1, -1):
        if bare[at] == ")":
            closed += 1
        elif bare[at] == "(":
            if not closed:
                return at
            closed -= 1
    return max(len(text) - 1, 0)
