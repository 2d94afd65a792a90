"""What retrace-sdk sends by HTTP."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.app.engine.receivers.serving import TOKEN, Serving

KEY = {"x-retrace-key": TOKEN, "Content-Type": "application/json"}
TRACE = "6b9af59a-de4c-4bf9-af7c-04c31d36c742"
SPAN = "6fb2410f-47db-4f1d-8cd9-5de31a4f8fd9"
RUN = TRACE.replace("-", "")
STEP = {
    "id": SPAN, "trace_id": TRACE, "span_type": "llm_call", "name": "n", "model": "gpt-4o",
    "started_at": "2026-11-21T01:08:39.5Z", "ended_at": "2026-11-21T01:08:39.75Z", "output": "a",
}  # fmt: skip
BODY = {
    "id": TRACE, "name": "agent", "status": "completed", "started_at": "2026-11-21T01:08:39Z",
    "ended_at": "2026-11-21T01:08:40Z", "output": "x", "spans": [STEP],
}  # fmt: skip


def ask(
    server: Serving, path: str, body: Any, method: str = "POST", **more: str
) -> tuple[int, Any]:
    """One request with the key: the status, and what the answer says."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _, answer = server.ask(f"/api/v1/{path}", data, {**KEY, **more}, method)
    return status, json.loads(answer)


def types(server: Serving) -> list[str]:
    return [event["type"] for event in server.events()]


@pytest.mark.parametrize("prefix", ["", "/", "/a/b", "/a/b/"])
def test_a_whole_trace_as_often_as_it_is_sent(socket_server: Serving, prefix: str) -> None:
    for _ in range(2):
        status, _, answer = socket_server.ask(
            f"{prefix}/api/v1/traces", json.dumps(BODY).encode(), KEY
        )
        assert (status, json.loads(answer)) == (200, {"ok": True, "id": TRACE})
        assert types(socket_server) == ["run.start", "span.start", "span.end", "run.end"]
    [client] = socket_server.ingress.clients.known()
    assert (client.protocol, client.name, client.events) == ("retrace", "agent", 2)


def test_a_trace_of_very_many_steps_and_numbers_that_are_none(socket_server: Serving) -> None:
    steps = [{**STEP, "id": f"{n}", "output": float("nan")} for n in range(1000)]
    assert ask(socket_server, "traces", {**BODY, "spans": steps})[0] == 200
    assert types(socket_server).count("span.end") == 1000


def test_a_packed_trace(socket_server: Serving) -> None:
    packed = gzip.compress(json.dumps(BODY).encode())
    assert ask(socket_server, "traces", packed, **{"Content-Encoding": "gzip"})[0] == 200
    assert types(socket_server)[-1] == "run.end"


def test_an_older_client_is_known_by_its_name(socket_server: Serving) -> None:
    messages = [{"role": "user", "content": f"{n}"} for n in range(10)]
    name = "openai.chat.completions.create"
    step = {**STEP, "name": name, "input": {"messages": messages}}
    for version, cut in (("0.16.24", False), ("0.16.7", True), ("0.17.0", False), ("x", False)):
        body = {**BODY, "id": version, "spans": [{**step, "id": version}]}
        before = len(socket_server.events())
        client = {"x-retrace-client": f"python-sdk/{version}"}
        assert ask(socket_server, "traces", body, **client)[0] == 200
        told = [e for e in socket_server.events() if e["type"] == "span.start"]
        assert len(socket_server.events()) > before
        [start] = [e for e in told if e["attrs"]["source_id"] == version]
        assert ("lossy" in start) is cut, version


def test_the_end_of_a_trace_that_nobody_knows(socket_server: Serving) -> None:
    said = {"status": "failed", "error": "ValueError: x", "ended_at": "2026-11-21T01:08:40Z"}
    assert ask(socket_server, f"traces/{TRACE}", said, "PATCH") == (200, {"ok": True})
    start, end = socket_server.events()
    assert (start["run"], end["status"]) == (RUN, "error")


def test_marks(socket_server: Serving) -> None:
    assert ask(socket_server, f"traces/{TRACE}/golden", {"golden": True})[0] == 200
    assert ask(socket_server, "traces/%2e%2e%2fx/golden", {"golden": False})[0] == 200
    told = [e for e in socket_server.events() if e["type"] == "feedback"]
    assert sorted(e["value"] for e in told) == [False, True]
    assert {path.parent for path in socket_server.folder.rglob("*")} == {socket_server.folder}


@pytest.mark.parametrize(
    ("path", "method", "body", "sentence"),
    [
        ("traces", "POST", b"{", "The JSON cannot be read"),
        ("traces", "POST", b"\xff", "not text in UTF-8"),
        ("traces", "POST", b"[" * 100_000, "nested too deeply"),
        ("traces", "POST", [], "A trace is an object with an id."),
        (f"traces/{TRACE}", "PATCH", 5, "is an object"),
        (f"traces/{TRACE}/golden", "POST", {"golden": 1}, "golden is true or false."),
        ("enforcement/check", "POST", {}, "run_id is missing."),
    ],
)
def test_what_cannot_be_taken_gets_a_sentence(
    socket_server: Serving, path: str, method: str, body: Any, sentence: str
) -> None:
    status, answer = ask(socket_server, path, body, method)
    assert status == 400
    assert sentence in answer["error"]
    assert socket_server.events() == []


@pytest.mark.parametrize("key", ["", "rt_wrong", "r\xfct"])
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("traces", "POST"), (f"traces/{TRACE}", "PATCH"), (f"traces/{TRACE}/golden", "POST"),
        ("forks/f/replay/claim", "POST"), ("enforcement/check", "POST"),
        ("enforcement/holds/h", "GET"),
    ],
)  # fmt: skip
def test_without_the_key_nothing_is_taken(
    socket_server: Serving, path: str, method: str, key: str
) -> None:
    status, answer = ask(socket_server, path, BODY, method, **{"x-retrace-key": key})
    assert status == 401
    assert "RETRACE_API_KEY" in answer["error"]
    assert socket_server.events() == []


def test_what_the_sdk_tells_of_itself_is_not_kept(socket_server: Serving) -> None:
    for body, is_read in ((b'{"service":"sdk-python"}', True), (b"x" * (1 << 20), False)):
        with socket_server.connect() as line:
            head = f"Host: 127.0.0.1:{socket_server.server.port}\r\nContent-Length: {len(body)}"
            line.sendall(f"POST /api/v1/internal/logs HTTP/1.1\r\n{head}\r\n\r\n".encode())
            answer = line.recv(1000)
            assert answer.startswith(b"HTTP/1.1 202")
            assert (b"Connection: close" not in answer) is is_read
    assert socket_server.events() == []


def test_a_claim_is_granted(socket_server: Serving) -> None:
    body = {"execution_id": "e"}
    assert ask(socket_server, "forks/f-1/replay/claim", body) == (200, {"ok": True})


QUESTION = {
    "run_id": TRACE, "trace_id": TRACE, "span_id": SPAN, "proposed_tokens": 18,
    "proposed_usd": 0.5, "project_id": "p",
}  # fmt: skip


def test_whether_a_run_may_go_on(socket_server: Serving) -> None:
    enforcement = socket_server.ingress.enforcement
    assert ask(socket_server, "enforcement/check", QUESTION) == (200, {"verdict": "allow"})
    enforcement.set_rules({"p": {"max_usd": 0.9, "reason": "Ask Ada."}})
    status, told = ask(socket_server, "enforcement/check", QUESTION)
    assert (status, told["verdict"], told["policy_id"]) == (200, "block", "rollscope")
    assert "Ask Ada." in told["reason"]
    [event] = [e for e in socket_server.events() if e["type"] == "event"]
    assert (event["run"], event["span"], event["name"]) == (
        RUN, SPAN.replace("-", "")[:16], "enforcement",
    )  # fmt: skip
    assert event["data"]["reason"] == told["reason"]


def test_a_denied_tool_is_blocked_in_the_sdks_words(socket_server: Serving) -> None:
    socket_server.ingress.enforcement.set_rules({"": {"denied_tools": ["rm*"]}})
    asked = {**QUESTION, "tool_name": "rm_all", "tool_args_hash": "0" * 32}
    assert ask(socket_server, "enforcement/check", asked)[1]["verdict"] == "block"
    assert ask(socket_server, "enforcement/check", QUESTION)[1] == {"verdict": "allow"}


def test_a_model_is_known_by_the_step_that_was_told(socket_server: Serving) -> None:
    socket_server.ingress.enforcement.set_rules({"": {"held_models": ["gpt-4o"]}})
    assert ask(socket_server, "enforcement/check", QUESTION)[1] == {"verdict": "allow"}
    assert ask(socket_server, "traces", BODY)[0] == 200
    status, told = ask(socket_server, "enforcement/check", QUESTION)
    assert (status, told["verdict"]) == (200, "hold")
    path = f"enforcement/holds/{told['hold_id']}"
    assert ask(socket_server, path, b"", "GET") == (200, {"status": "pending"})
    socket_server.ingress.enforcement.decide(told["hold_id"], True)
    assert ask(socket_server, path, b"", "GET") == (200, {"status": "approved"})


def test_when_nothing_can_be_recorded(socket_server: Serving) -> None:
    socket_server.folder.write_text("in the way")
    status, head, body = socket_server.ask("/api/v1/traces", json.dumps(BODY).encode(), KEY)
    assert status == 503
    assert int(head["retry-after"]) > 0
    assert b"cannot be recorded" in body
    assert ask(socket_server, "enforcement/check", QUESTION) == (200, {"verdict": "allow"})
    socket_server.folder.unlink()
    assert ask(socket_server, "traces", BODY)[0] == 200
