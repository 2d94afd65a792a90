"""Addresses without secrets, and texts without what must not be repeated."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import httpx
import pytest

from rollscope.capture.secrets import covered, found, public
from rollscope.context import here
from rollscope.told import without
from tests.sdk_bridge.capture.runs import KEY, Runs
from tests.sdk_bridge.stub import Reply, StubModel


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/v1/chat", "https://host/v1/chat"),
        ("https://host/v1?key=abcdef", "https://host/v1"),
        ("https://host/v1?alt=sse&key=abcdef", "https://host/v1?alt=sse"),
        ("https://host/v1?API-Version=2&code=abcdef#part", "https://host/v1?API-Version=2"),
        ("https://user:pass@host:8/v1", "https://host:8/v1"),
        ("https://us@er:pass@host/a@b", "https://host/a@b"),
        ("/v1?key=abcdef", "/v1"),
        ("", ""),
    ],
)
def test_addresses(url: str, shown: str) -> None:
    assert public(url) == shown


def test_what_must_not_be_repeated() -> None:
    headers = [
        ("Authorization", "Bearer sk-12345678"),
        ("x-api-key", "abcdefgh"),
        ("X-Goog-Api-Key", "tiny"),
        ("content-type", "application/json"),
    ]
    url = "https://somebody:password@host/v1?alt=sse&key=0123456789&beta=true"
    secrets = found(url, headers)
    assert set(secrets) == {
        "Bearer sk-12345678",
        "sk-12345678",
        "abcdefgh",
        "somebody:password",
        "somebody",
        "password",
        "0123456789",
    }
    said = {"type": "E", "message": "key 0123456789 or Bearer sk-12345678 or sk-12345678", "n": 1}
    assert without(said, secrets) == {"type": "E", "message": "key *** or *** or ***", "n": 1}


def test_a_key_that_is_written_in_two_ways() -> None:
    assert set(found("https://host/v1?key=ab%2Fcdef", [])) == {"ab%2Fcdef", "ab/cdef"}


def test_nothing_to_hide() -> None:
    assert found("https://host/v1", []) == []
    assert without("as it is", []) == "as it is"


TOLD_TO_OTHERS = [
    (
        "/v1/responses",
        {"input": "hi", "tools": [
            {"type": "mcp", "server_label": "s", "authorization": KEY, "headers": {"X-A": KEY}},
            {"type": "function", "name": "f", "parameters": {"properties": {"headers": {}}}},
        ]},
    ),
    (
        "/v1/messages",
        {"max_tokens": 3, "messages": [{"role": "user", "content": "hi"}],
         "mcp_servers": [{"type": "url", "name": "s", "authorization_token": KEY}]},
    ),
    (
        "/v1/chat/completions",
        {"messages": [{"role": "user", "content": "hi"}],
         "data_sources": [{"parameters": {"authentication": {"type": "api_key", "key": KEY}}}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "asked"), TOLD_TO_OTHERS)
def test_keys_that_a_provider_is_given_for_other_servers(
    runs: Runs, stub: StubModel, path: str, asked: dict[str, Any]
) -> None:
    with runs.run():
        httpx.post(stub.url + path, json={"model": "m", **asked})
    assert KEY in stub.requests[0].body.decode()  # it is sent as ever
    [span] = runs.spans()
    [log] = runs.folder.iterdir()
    assert KEY not in log.read_text()
    assert "***" in log.read_text()
    assert span.start["lossy"] == ["input"]


def test_what_only_describes_is_left_as_it_is() -> None:
    tool = {"name": "f", "schema": {"properties": {"password": {"type": "string"}}}}
    assert covered(tool) is tool
    assert covered([1, {"model": "m", "top_p": 0.5}]) == [1, {"model": "m", "top_p": 0.5}]


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
def test_errors_of_the_program_that_repeat_an_address(
    runs: Runs, stub: StubModel, library: str, status: int
) -> None:
    stub.script(Reply("x") if status == 200 else Reply(status=status, error=f"no {KEY}"))
    url = f"{stub.url}/v1/chat/completions?key={KEY}"
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}

    async def ask() -> None:
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            answer.raise_for_status()
            await answer.read()
            raise ValueError(f"no sense in {answer.url}")

    @runs.client.tool
    def fails() -> None:
        if library == "aiohttp":
            asyncio.run(ask())
        httpx.post(url, json=body).raise_for_status()
        raise ValueError(f"no sense in {url}")

    @runs.client.agent
    def agent() -> None:
        try:
            fails()
        except Exception as error:
            place = here()
            assert place is not None
            place.trace.record_error(error)
            with runs.client.span("says") as span:
                span.record_error(error)
            raise

    with pytest.raises(Exception, match=KEY):
        agent()
    runs.check_keys()
    assert [span.end["status"] for span in runs.spans() if span.start["kind"] != "llm"] == [
        "error",
        "error",
    ]
