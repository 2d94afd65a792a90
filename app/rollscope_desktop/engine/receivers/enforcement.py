"""What our SDK asks before a call: may it be made, and how it stands with one that is held."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeGuard

from aiohttp import web

from rollscope import wire
from rollscope_desktop.model.rules import Question

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.ingress import Ingress

_LARGEST = 1 << 16
_LONGEST = 500
_ARGUMENTS = 4_000
_RUN = re.compile("[0-9a-f]{32}")
_SPAN = re.compile("[0-9a-f]{16}")
_MOST = 1 << 53


def routes(ingress: Ingress) -> list[web.RouteDef]:
    """Where programs ask."""
    asked = _Asked(ingress)
    return [
        web.post("/{prefix:.*}v1/enforcement/check", asked.check),
        web.get("/{prefix:.*}v1/enforcement/holds/{hold}", asked.hold),
    ]


class NoQuestion(ValueError):
    """What was sent is no question; the text is a sentence."""


def question_of(said: Any) -> Question:
    """The question that the body of a check is. Raises NoQuestion."""
    if not isinstance(said, dict):
        raise NoQuestion("A question is an object.")
    run, kind, name = said.get("run"), said.get("kind"), said.get("name")
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise NoQuestion("run must be 32 hexadecimal digits.")
    if not _is_word(kind) or not _is_word(name):
        # A name that is cut might be another one for the rules.
        raise NoQuestion(f"kind and name must be texts of at most {_LONGEST} characters.")
    project, hash = said.get("project"), said.get("arguments_hash")
    tokens, usd = said.get("tokens"), said.get("usd")
    span, arguments = said.get("span"), said.get("arguments")
    if not (project is None or _is_word(project)) or not (hash is None or _is_word(hash)):
        raise NoQuestion(f"project and arguments_hash are texts of at most {_LONGEST} characters.")
    if not (tokens is None or (type(tokens) is int and 0 <= tokens < _MOST)):
        raise NoQuestion("tokens must be a whole number.")
    if not (usd is None or (type(usd) in (int, float) and 0 <= usd < _MOST)):
        raise NoQuestion("usd must be a number.")
    return Question(
        run=run, kind=kind, name=name, project=project or None, arguments_hash=hash or "",
        tokens=tokens, usd=usd,
        span=span if isinstance(span, str) and _SPAN.fullmatch(span) else None,
        arguments=arguments[:_ARGUMENTS] if isinstance(arguments, str) else "",
    )  # fmt: skip


class _Asked:
    def __init__(self, ingress: Ingress) -> None:
        self._ingress = ingress

    async def check(self, request: web.Request) -> web.Response:
        """May a call be made?"""
        self._let_in(request)
        body = await self._ingress.body_of(request, _LARGEST)
        try:
            question = question_of(wire.load(body))
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"This is no question: {error}") from None
        verdict = self._ingress.enforcement.check(question)
        return web.json_response({name: said for name, said in asdict(verdict).items() if said})

    async def hold(self, request: web.Request) -> web.Response:
        """How does it stand with a call that is held?"""
        self._let_in(request)
        enforcement, id = self._ingress.enforcement, request.match_info["hold"]
        answer = {"status": enforcement.hold(id)}
        if answer["status"] != "approved":
            answer["reason"] = enforcement.reason(id)
        return web.json_response(answer)

    def _let_in(self, request: web.Request) -> None:
        if not self._ingress.is_bearer(request):
            raise web.HTTPUnauthorized(text="The token is missing or wrong.")


def _is_word(said: Any) -> TypeGuard[str]:
    return isinstance(said, str) and len(said) <= _LONGEST
