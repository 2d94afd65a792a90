"""Plain calls of httpx and httpx2: what programs do that speak to a model server by themselves."""

from __future__ import annotations

import asyncio
import gc
import threading
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from rollscope.errors import EnforcementError
from tests.sdk_bridge.capture.runs import KEY, Runs
from tests.sdk_bridge.stub import Reply, StubModel

if TYPE_CHECKING:
    from types import ModuleType

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "Hello."}]}
STREAM = {**ASKED, "stream": True}
HEADERS = {"Authorization": f"Bearer {KEY}"}

both = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


def chat(stub: StubModel) -> str:
    return f"{stub.url}/v1/chat/completions"


@both
def test_a_call(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    stub.script(Reply("Hello yourself.", gzip=True))
    with runs.run(), library.Client() as client:
        response = client.post(f"{chat(stub)}?key={KEY}", json=ASKED, headers=HEADERS)
    assert response.json()["choices"][0]["message"]["content"] == "Hello yourself."
    span = runs.span()
    assert span.start["name"] == "llama"
    assert span.start["attrs"] == {"dialect": "openai.chat", "url": chat(stub)}
    assert span.said == "Hello yourself."
    assert span.end["attrs"]["status"] == 200


@both
def test_functions_of_the_module(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    with runs.run():
        assert library.post(chat(stub), json=ASKED).status_code == 200
    assert runs.span().end["status"] == "ok"


@both
def test_a_stream_passes_unchanged_and_as_it_comes(
    runs: Runs, stub: StubModel, library: ModuleType
) -> None:
    def ask() -> list[bytes]:
        stub.script(Reply("one two three", pause=0.005))
        with library.Client() as client, client.stream("POST", chat(stub), json=STREAM) as r:
            assert r.num_bytes_downloaded == 0
            chunks = list(r.iter_raw())
        assert r.elapsed.total_seconds() > 0
        return chunks

    before = b"".join(ask())
    with runs.run():
        chunks = ask()
    assert len(chunks) > 3
    assert [c.replace(b"chatcmpl-2", b"chatcmpl-1") for c in chunks]
    assert b"".join(chunks).replace(b"chatcmpl-2", b"chatcmpl-1") == before
    span = runs.span()
    assert span.said == "one two three"
    assert span.start["time"] < span.end["first_token"] < span.end["time"]


@both
def test_the_first_chunk_is_there_before_the_second_is_sent(
    runs: Runs, stub: StubModel, library: ModuleType
) -> None:
    hold = threading.Event()
    stub.script(Reply("one two three", hold=hold))
    with (
        runs.run(),
        library.Client() as client,
        client.stream("POST", chat(stub), json=STREAM) as response,
    ):
        lines = response.iter_lines()
        assert next(lines).startswith("data: ")
        hold.set()
        assert "data: [DONE]" in list(lines)
    assert runs.span().said == "one two three"


@both
def test_a_stream_that_is_read_whole(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    with runs.run(), library.Client() as client:
        assert "[DONE]" in client.post(chat(stub), json=STREAM).text
    span = runs.span()
    assert span.said == "Hello from the stub."
    assert span.end["status"] == "ok"


@both
def test_an_answer_that_is_read_later(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    with (
        runs.run(),
        library.Client() as client,
        client.stream("POST", chat(stub), json=ASKED) as response,
    ):
        assert runs.spans()[0].end == {}
        assert response.read() == response.content
    assert runs.span().said == "Hello from the stub."


@both
def test_an_answer_that_is_never_read(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    with runs.run(), library.Client() as client:
        with client.stream("POST", chat(stub), json=ASKED):
            pass
        assert runs.span().end["status"] == "cancelled"


@both
def test_an_error_status(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    stub.script(Reply(status=404, error="no such model"))
    with runs.run(), library.Client() as client:
        assert client.post(chat(stub), json=ASKED).status_code == 404
        span = runs.span()
    assert span.end["status"] == "error"
    assert span.end["error"]["message"] == "no such model"
    assert span.end["attrs"] == {"status": 404, "request_id": "req_1"}
    assert span.notes == []


@both
def test_a_loop_of_the_program_is_one_call(
    runs: Runs, stub: StubModel, library: ModuleType
) -> None:
    stub.script(Reply(status=503), Reply(status=429, headers={"retry-after": "0"}), Reply("done"))
    with runs.run(), library.Client() as client:
        while client.post(chat(stub), json=ASKED).status_code != 200:
            pass
    span = runs.span()
    assert [note["data"]["status"] for note in span.notes] == [503, 429]
    assert span.notes[1]["data"]["retry_after"] == 0.0
    assert span.end["attrs"]["attempts"] == 3
    assert span.said == "done"


@both
def test_another_request_is_another_call(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    stub.script(Reply(status=503, error="busy"), Reply("done"))
    with runs.run(), library.Client() as client:
        client.post(chat(stub), json=ASKED)
        client.post(chat(stub), json={**ASKED, "model": "other"})
    one, two = runs.spans()
    assert one.end["status"] == "error"
    assert one.end["error"]["message"] == "busy"
    assert (two.start["name"], two.end["status"]) == ("other", "ok")
    assert two.notes == []


@both
def test_a_failure_that_is_not_tried_again_ends_with_the_run(
    runs: Runs, stub: StubModel, library: ModuleType
) -> None:
    stub.script(Reply(status=503, error="busy"))
    with runs.run(), library.Client() as client:
        client.post(chat(stub), json=ASKED)
    assert runs.span().end["error"]["message"] == "busy"


@both
def test_a_connection_that_breaks(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    stub.script(Reply(cut=0))
    with runs.run(), library.Client() as client, pytest.raises(library.RemoteProtocolError):
        client.post(chat(stub), json=ASKED)
    span = runs.span()
    assert span.end["status"] == "error"
    assert span.end["error"]["type"] == "RemoteProtocolError"
    assert span.notes[0]["data"]["number"] == 1


@both
def test_keys_in_errors_are_not_repeated(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    stub.script(Reply(status=401, error=f"{KEY} is no key of ours"))
    with runs.run(), library.Client() as client:
        client.post(f"{chat(stub)}?key={KEY}", json=ASKED)
    assert runs.span().end["error"]["message"] == "*** is no key of ours"


@both
def test_async_stream_early_end_and_cancellation(
    runs: Runs, stub: StubModel, library: ModuleType
) -> None:
    async def work() -> None:
        async with library.AsyncClient() as client:
            stub.script(Reply("one two"), Reply("one two", pause=0.01), Reply(delay=5))
            async with client.stream("POST", chat(stub), json=STREAM) as response:
                assert "[DONE]" in "".join([text async for text in response.aiter_text()])
            async with client.stream("POST", chat(stub), json=STREAM) as response:
                async for _ in response.aiter_lines():
                    break
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.post(chat(stub), json=ASKED)

    with runs.run():
        asyncio.run(work())
    one, two, three = runs.spans()
    assert (one.end["status"], one.said) == ("ok", "one two")
    assert two.end["status"] == "cancelled"
    assert three.end["status"] == "cancelled"


@both
def test_a_generator_that_is_collected(runs: Runs, stub: StubModel, library: ModuleType) -> None:
    stub.script(Reply("one two three", pause=0.01))
    with runs.run(), library.Client() as client:
        request = client.build_request("POST", chat(stub), json=STREAM)
        parts = client.send(request, stream=True).iter_raw()
        next(parts)
        del parts
        gc.collect()
        assert runs.span().end["status"] == "cancelled"


@both
def test_a_ceiling_is_raised_to_the_program(
    tmp_path: Any, stub: StubModel, library: ModuleType
) -> None:
    runs = Runs(tmp_path, max_steps_per_run=1)
    with runs.run(), library.Client() as client:
        client.post(chat(stub), json=ASKED)
        with pytest.raises(EnforcementError):
            client.post(chat(stub), json=ASKED)
    assert len(stub.requests) == 1


@both
def test_what_is_no_model_call_is_left_alone(
    runs: Runs, stub: StubModel, library: ModuleType
) -> None:
    def parts() -> Any:
        yield b"{}"

    with runs.run(), library.Client() as client:
        client.get(f"{stub.url}/v1/models")
        client.post(f"{stub.url}/other", json={"messages": []})
        client.post(chat(stub), content=b"this is no JSON")
        client.post(chat(stub), content=parts())
    assert runs.spans() == []


@both
@pytest.mark.parametrize("whole", [True, False])
def test_packed_answers(runs: Runs, library: ModuleType, whole: bool) -> None:
    body = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"small"}}]}'

    def serve(request: Any) -> Any:
        packed = zlib.compress(body)
        return library.Response(
            200, headers={"content-encoding": "deflate"}, stream=library.ByteStream(packed)
        )

    url = "http://127.0.0.1/v1/chat/completions"
    with runs.run(), library.Client(transport=library.MockTransport(serve)) as client:
        if whole:
            assert client.post(url, json=ASKED).content == body
        else:
            with client.stream("POST", url, json=ASKED) as response:
                assert b"".join(response.iter_raw()) == zlib.compress(body)
    assert runs.span().said == "small"
