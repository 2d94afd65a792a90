"""Records what the providers' own clients send, into tests/data/providers/requests.json.

``python -m tests.sdk_bridge.capture.dialects.recording`` runs the clients that are installed
against the stub server and writes the bodies of their requests. Nothing leaves the machine.
"""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx
import openai
from google import genai
from google.genai import types

from tests.conftest import ROOT
from tests.sdk_bridge.stub import Call, Reply, StubModel

REQUESTS = ROOT / "tests" / "data" / "providers" / "requests.json"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Where"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"name": "get_weather", "description": "How warm it is", "parameters": SCHEMA}
RESULT = '{"celsius": 21.0, "sky": "heiter"}'


def record() -> list[dict[str, Any]]:
    """What each client sends: name, dialect, path and body of each request."""
    with StubModel() as stub:
        found: list[dict[str, Any]] = []
        for name, dialect, send in _SENDERS:
            send(stub)
            for number, request in enumerate(stub.requests[len(found) :]):
                row = {"name": f"{name} {number + 1}", "dialect": dialect}
                found.append({**row, "path": request.path, "body": request.json})
    return found


def _openai(stub: StubModel) -> Any:
    return openai.OpenAI(base_url=stub.url + "/v1", api_key="k", max_retries=0)


def _chat(stub: StubModel) -> None:
    tools = [{"type": "function", "function": {**TOOL, "strict": True}}]
    call = {"name": "get_weather", "arguments": '{"city": "Zürich"}'}
    history: list[Any] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How warm is it in Zürich? 🌞"},
    ]
    with _openai(stub) as client:
        stub.script(Reply("", (Call("get_weather", {"city": "Zürich"}),)), Reply("21 degrees"))
        create = client.chat.completions.create
        answer = create(model="m", messages=history, tools=tools, temperature=0.2, seed=7)
        history.append(answer.choices[0].message.model_dump(exclude_none=True))
        id = answer.choices[0].message.tool_calls[0].id
        history.append({"role": "tool", "tool_call_id": id, "content": RESULT})
        options = {"stream_options": {"include_usage": True}, "parallel_tool_calls": False}
        list(create(model="m", messages=history, tools=tools, stream=True, **options))
        parts = [
            {"type": "text", "text": "What is this?"},
            {
                "type": "image_url",
                "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"},
            },
            {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            {"type": "file", "file": {"file_id": "file-1"}},
        ]
        format = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
        create(model="m", messages=[{"role": "user", "content": parts}], response_format=format)
        older = [
            {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "name": "ann", "content": "Hello"},
            {"role": "assistant", "content": None, "function_call": call},
            {"role": "function", "name": "get_weather", "content": RESULT},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            {"role": "assistant", "content": "", "refusal": "No.", "audio": {"id": "audio-1"}},
            {
                "role": "assistant",
                "content": "Let me see.",
                "reasoning_content": "They ask for the weather.",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": call},
                    {"id": "c2", "type": "function", "function": {**call, "arguments": "not JSON"}},
                    {"id": "c3", "type": "custom", "custom": {"name": "shell", "input": "ls"}},
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": RESULT}]},
        ]
        shell = {"type": "custom", "custom": {"name": "shell", "description": "Runs"}}
        choice = {"type": "function", "function": {"name": "get_weather"}}
        create(
            model="m", messages=older, tools=[*tools, shell], n=2, logprobs=True, top_logprobs=2,
            functions=[TOOL], tool_choice=choice, reasoning_effort="low", user="u", stop=["END"],
            extra_body={"provider": {"order": ["a"]}},
        )  # fmt: skip


def _azure(stub: StubModel) -> None:
    maker: Any = openai.AzureOpenAI
    with maker(azure_endpoint=stub.url, api_key="k", api_version="2025-01-01") as client:
        messages = [{"role": "user", "content": "Hello"}]
        client.chat.completions.create(model="deployed", messages=messages)


def _responses(stub: StubModel) -> None:
    with _openai(stub) as client:
        stub.script(Reply("Let me see.", (Call("get_weather", {"city": "Zürich"}),), "They ask."))
        create = client.responses.create
        tools = [{"type": "function", **TOOL, "strict": True}, {"type": "web_search"}]
        asked: list[Any] = [{"role": "user", "content": "How warm is it in Zürich?"}]
        given = {"include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low"}}
        answer = create(
            model="m", instructions="Be brief.", input=asked, tools=tools, store=False, **given
        )
        asked += [item.model_dump(exclude_none=True) for item in answer.output]
        id = answer.output[-1].call_id
        asked.append({"type": "function_call_output", "call_id": id, "output": RESULT})
        with client.responses.stream(model="m", input=asked, tools=tools) as stream:
            stream.until_done()
        create(model="m", input="And now?", previous_response_id=answer.id, instructions=None)
        parts = [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "low"},
            {"type": "input_image", "file_id": "file-1", "detail": "auto"},
            {"type": "input_file", "file_id": "file-2"},
        ]
        said = [
            {"type": "output_text", "text": "A pixel.", "annotations": []},
            {"type": "refusal", "refusal": "No more."},
        ]
        format = {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA, "strict": True}}
        create(
            model="m",
            input=[
                {"role": "developer", "content": "Be brief.", "type": "message"},
                {"role": "user", "content": parts},
                {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                 "content": said},
                {"type": "item_reference", "id": "rs_1"},
                {"type": "custom_tool_call", "call_id": "c1", "name": "shell", "input": "ls"},
                {"type": "custom_tool_call_output", "call_id": "c1", "output": "a.txt"},
                {"type": "function_call", "call_id": "c2", "name": "get_weather",
                 "arguments": '{"city":"Zürich"}'},
                {"type": "function_call_output", "call_id": "c2", "output": [
                    {"type": "input_text", "text": RESULT}]},
                {"type": "web_search_call", "id": "ws_1", "status": "completed",
                 "action": {"type": "search", "query": "Zürich"}},
            ],
            text=format, metadata={"a": "b"}, truncation="auto",
        )  # fmt: skip


def _anthropic(stub: StubModel) -> None:
    maker: Any = anthropic.Anthropic
    tools = [
        {
            "name": "get_weather", "description": "How warm it is", "input_schema": SCHEMA,
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
    ]  # fmt: skip
    with maker(base_url=stub.url, api_key="k", max_retries=0) as client:
        stub.script(Reply("Let me see.", (Call("get_weather", {"city": "Zürich"}),), "They ask."))
        create = client.messages.create
        asked: list[Any] = [{"role": "user", "content": "How warm is it in Zürich?"}]
        thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
        answer = create(
            model="m", max_tokens=2000, system="Be brief.", messages=asked, tools=tools, **thinking
        )
        asked.append({"role": "assistant", "content": answer.content})
        result = {"type": "tool_result", "tool_use_id": answer.content[-1].id, "content": RESULT}
        asked.append({"role": "user", "content": [result]})
        with client.messages.stream(
            model="m", max_tokens=2000, messages=asked, tools=tools, **thinking
        ) as stream:
            stream.until_done()
        image = {"type": "base64", "media_type": "image/png", "data": PIXEL}
        document = {"type": "text", "media_type": "text/plain", "data": "All about pixels."}
        inner = [
            {"type": "text", "text": "It failed."},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}},
        ]
        found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
        create(
            model="m",
            max_tokens=100,
            system=[
                {"type": "text", "text": "Be brief."},
                {"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}},
            ],
            messages=[
                {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image", "source": image, "cache_control": {"type": "ephemeral"}},
                    {"type": "document", "source": document, "citations": {"enabled": True}}]},
                {"role": "assistant", "content": [
                    {"type": "redacted_thinking", "data": "c2VjcmV0"},
                    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
                     "input": {"query": "pixel"}},
                    found,
                    {"type": "text", "text": "A pixel.", "citations": None},
                    {"type": "tool_use", "id": "t1", "name": "zoom", "input": {}},
                    {"type": "tool_use", "id": "t2", "name": "zoom", "input": {"by": 2}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "is_error": True,
                     "content": inner},
                    {"type": "tool_result", "tool_use_id": "t2"}]},
            ],
            tool_choice={"type": "auto"}, extra_body={"temperature": 0.5}, stop_sequences=["END"],
            metadata={"user_id": "u"},
        )  # fmt: skip


def _gemini(stub: StubModel) -> None:
    client: Any = genai.Client(api_key="k", http_options={"base_url": stub.url})
    try:
        declared = types.FunctionDeclaration(
            name="get_weather", description="How warm it is", parameters_json_schema=SCHEMA
        )
        old = types.FunctionDeclaration(
            name="zoom",
            parameters=types.Schema(
                type=types.Type.OBJECT, properties={"by": types.Schema(type=types.Type.INTEGER)}
            ),
        )
        config: Any = types.GenerateContentConfig(
            system_instruction="Be brief.",
            temperature=0.2,
            max_output_tokens=100,
            tools=[types.Tool(function_declarations=[declared, old])],
            thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=100),
            safety_settings=[
                types.SafetySetting(
                    category=types.HarmCategory.HARM_CATEGORY_HARASSMENT,
                    threshold=types.HarmBlockThreshold.BLOCK_NONE,
                )
            ],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        stub.script(Reply("Let me see.", (Call("get_weather", {"city": "Zürich"}),), "They ask."))
        generate = client.models.generate_content
        user = types.Content(role="user", parts=[types.Part(text="How warm is it in Zürich?")])
        answer = generate(model="gemini-x", contents=[user], config=config)
        gave = types.Part.from_function_response(
            name="get_weather", response={"result": {"celsius": 21.0}}
        )
        told = types.Content(role="user", parts=[gave])
        contents = [user, answer.candidates[0].content, told]
        list(
            client.models.generate_content_stream(
                model="gemini-x", contents=contents, config=config
            )
        )
        parts = [
            types.Part(text="What is this?"),
            types.Part(inline_data=types.Blob(data=b"png", mime_type="image/png")),
            types.Part(inline_data=types.Blob(data=b"pdf", mime_type="application/pdf")),
            types.Part.from_uri(file_uri="https://example.com/cat.png", mime_type="image/png"),
        ]
        searching: Any = types.GenerateContentConfig(
            tools=[types.Tool(google_search=types.GoogleSearch())],
            response_mime_type="application/json",
            candidate_count=2,
        )
        generate(model="gemini-x", contents=parts, config=searching)
    finally:
        client.close()


def _ollama(stub: StubModel) -> None:
    call = {"function": {"name": "get_weather", "arguments": {"city": "Zürich"}}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is this?", "images": [PIXEL]},
        {"role": "assistant", "content": "", "thinking": "They ask.", "tool_calls": [call]},
        {"role": "tool", "tool_name": "get_weather", "content": RESULT},
    ]
    body = {"model": "m", "messages": messages, "tools": [{"type": "function", "function": TOOL}]}
    with httpx.Client() as client:  # its client is not among what is installed here
        for more in ({"stream": False, "options": {"temperature": 0.2}}, {"keep_alive": "5m"}):
            client.post(stub.url + "/api/chat", json={**body, **more})


def _embeddings(stub: StubModel) -> None:
    with _openai(stub) as client:
        client.embeddings.create(model="m", input="Hello")
        client.embeddings.create(model="m", input=["Hello", "World"], dimensions=4)
        client.embeddings.create(model="m", input=[[1, 2], [3]], encoding_format="float")


_SENDERS = (
    ("chat", "openai.chat", _chat),
    ("azure", "openai.chat", _azure),
    ("responses", "openai.responses", _responses),
    ("anthropic", "anthropic", _anthropic),
    ("gemini", "gemini", _gemini),
    ("ollama", "ollama", _ollama),
    ("embeddings", "openai.embeddings", _embeddings),
)


def main() -> None:
    """Writes the file anew."""
    REQUESTS.write_text(json.dumps(record(), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
