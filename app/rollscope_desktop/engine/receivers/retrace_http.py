"""What the vendor's ``retrace-sdk`` sends by HTTP: traces as a whole, marks, questions."""

from __future__ import annotations

import asyncio
import contextlib
import re
from time import time_ns
from typing import TYPE_CHECKING, Any

from aiohttp import web

from rollscope import wire
from rollscope_desktop.engine.forks.retrace import arrived
from rollscope_desktop.ingest.journal import JournalFull
from rollscope_desktop.model.rules import Question
from rollscope_desktop.protocols.retrace import traces
from rollscope_desktop.protocols.retrace.ids import run_of, span_of
from rollscope_desktop.protocols.retrace.said import Data, amount, count, table, text
from rollscope_desktop.protocols.retrace.uploads import (
    NotATrace,
    mark_golden,
    patch_trace,
    post_trace,
)

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.ingress import Ingress
    from rollscope_desktop.model.rules import Verdict
    from rollscope_desktop.protocols.retrace.memory import Memory

WRONG_KEY = (
    "The key is missing or wrong. It is Rollscope's token: `rollscope doctor` says where it is."
    " Set RETRACE_API_KEY to it."
)
_QUESTION, _TELEMETRY = 1 << 16, 1 << 16
_COUNTS = (0, 16, 24)
"""From this version on the SDK says how many messages of a model call it has left out."""
_CLIENT = re.compile(r"python-sdk/(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


class RetraceHttp:
    """The addresses that the SDK knows. JournalFull is answered by who calls: 503."""

    def __init__(self, ingress: Ingress, memory: Memory) -> None:
        self._ingress = ingress
        self._memory = memory

    def routes(self) -> list[web.RouteDef]:
        """Where they are, whatever stands before them."""
        at = "/{prefix:(.*/)?}api/v1"
        return [
            web.post(f"{at}/traces", self.post),
            web.patch(f"{at}/traces/{{id}}", self.patch),
            web.post(f"{at}/traces/{{id}}/golden", self.golden),
            web.post(f"{at}/internal/logs", self.telemetry),
            web.post(f"{at}/forks/{{id}}/replay/claim", self.claim),
            web.post(f"{at}/enforcement/check", self.check),
            web.get(f"{at}/enforcement/holds/{{id}}", self.hold),
        ]

    async def post(self, request: web.Request) -> web.Response:
        """A whole trace, as often as it is sent."""
        body = await self._body_of(request)
        try:
            for part in post_trace(self._memory, body, time_ns(), old=_is_old(request)):
                with self._ingress.journal.writing() as runs:
                    part(runs)
                await asyncio.sleep(0)
        except NotATrace as error:
            return _refused(error)
        self._heard(body["id"], text(body.get("name")))
        if (found := arrived(body, run_of(body["id"]))) is not None:
            self._ingress.programs.heard(*found)
        return web.json_response({"ok": True, "id": body["id"]})

    async def patch(self, request: web.Request) -> web.Response:
        """How a trace ended."""
        body, trace = await self._body_of(request), request.match_info["id"]
        try:
            with self._ingress.journal.writing() as runs:
                patch_trace(runs, self._memory, trace, body, time_ns())
        except NotATrace as error:
            return _refused(error)
        self._heard(trace, None)
        return web.json_response({"ok": True})

    async def golden(self, request: web.Request) -> web.Response:
        """A trace is one to compare others with, or is no more."""
        body, trace = await self._body_of(request), request.match_info["id"]
        try:
            with self._ingress.journal.writing() as runs:
                mark_golden(runs, trace, body, time_ns())
        except NotATrace as error:
            return _refused(error)
        return web.json_response({"ok": True})

    async def telemetry(self, request: web.Request) -> web.Response:
        """What the SDK tells its vendor of itself is not kept."""
        answer = web.json_response({"ok": True}, status=202)
        size = request.content_length
        if size is None or size > _TELEMETRY:
            answer.force_close()  # rather than read it
        return answer

    async def claim(self, request: web.Request) -> web.Response:
        """A program may do what it was told to: there is nobody else who could have been."""
        await self._body_of(request, _QUESTION)
        self._ingress.programs.heard(request.match_info["id"], {"type": "claimed"})
        return web.json_response({"ok": True})

    async def check(self, request: web.Request) -> web.Response:
        """Whether a run may go on after a step."""
        body = table(await self._body_of(request, _QUESTION))
        trace = text(body.get("trace_id")) or text(body.get("run_id"))
        if trace is None:
            return web.json_response({"error": "run_id is missing."}, status=400)
        question = self._question(trace, body)
        verdict = self._ingress.enforcement.check(question)
        if verdict.verdict in ("block", "deny"):
            self._note(trace, question, verdict)
        return web.json_response(_told(verdict))

    async def hold(self, request: web.Request) -> web.Response:
        """How it stands with a run that is held."""
        self._check_key(request)
        status = self._ingress.enforcement.hold(request.match_info["id"])
        return web.json_response({"status": status})

    # -- within --------------------------------------------------------------------------------

    def _check_key(self, request: web.Request) -> None:
        if not self._ingress.is_token(request.headers.get("x-retrace-key")):
            raise web.HTTPUnauthorized(text=WRONG_KEY)

    async def _body_of(self, request: web.Request, most: int | None = None) -> Any:
        self._check_key(request)
        body = await self._ingress.body_of(request, *(() if most is None else (most,)))
        try:
            return wire.load(body)
        except wire.WireError as error:
            raise web.HTTPBadRequest(text=str(error)) from None

    def _heard(self, trace: str, name: str | None) -> None:
        self._ingress.clients.heard_of("retrace", name or "retrace-sdk", 1, {run_of(trace)})

    def _question(self, trace: str, body: Data) -> Question:
        """The SDK asks after each step, by the ids of it; a model call by nothing else."""
        run, span, tool = run_of(trace), text(body.get("span_id")), text(body.get("tool_name"))
        at = None if span is None else span_of(span)
        kind, name = "tool", tool or ""
        if tool is None:
            kind = "llm"
            with contextlib.suppress(JournalFull), self._ingress.journal.writing() as runs:
                step = runs(run).step(at or "")
                kind, name = step.kind or kind, step.name
        return Question(
            run=run, kind=kind, name=name, project=text(body.get("project_id")),
            arguments_hash=text(body.get("tool_args_hash")) or "", span=at, made=True,
            tokens=count(body.get("proposed_tokens")), usd=amount(body.get("proposed_usd")),
        )  # fmt: skip

    def _note(self, trace: str, question: Question, verdict: Verdict) -> None:
        """The run says why it was stopped, if it can be written."""
        with contextlib.suppress(JournalFull), self._ingress.journal.writing() as runs:
            run, now = runs(question.run), time_ns()
            traces.ensure(run, trace, {}, now)
            said = {"verdict": verdict.verdict, "reason": verdict.reason, "call": question.name}
            run.write(
                "event", time=now, span=question.span, name="enforcement", data=run.plain(said)
            )


def _told(verdict: Verdict) -> Data:
    """A verdict in the SDK's words, which knows no call that is denied for what it is."""
    if verdict.verdict == "allow":
        return {"verdict": "allow"}
    made: Data = {"verdict": "block", "reason": verdict.reason, "policy_id": "rollscope"}
    return {**made, "verdict": "hold", "hold_id": verdict.hold} if verdict.hold else made


def _is_old(request: web.Request) -> bool:
    found = _CLIENT.match(request.headers.get("x-retrace-client", ""))
    return found is not None and tuple(map(int, found.groups())) < _COUNTS


def _refused(error: NotATrace) -> web.Response:
    return web.json_response({"error": str(error)}, status=400)
