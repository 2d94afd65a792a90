"""OpenAI's embeddings, on whichever server: texts in, vectors out.

Each text is a message of the user. The vectors stay in ``extra`` as the server wrote them, so that
the answer can be given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollscope.capture.dialects.base import Answer, Dialect, Message, Request
from rollscope.capture.dialects.openai_chat import decode_usage
from rollscope.capture.dialects.parts import body_of, careful, rest


class OpenAIEmbeddings(Dialect):
    """``…/embeddings``."""

    name = "openai.embeddings"
    kind = "embedding"

    def claims(self, path: str) -> bool:
        return path.endswith("/embeddings")

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        return type(body.get("input")) in (str, list) and type(body.get("model")) is str

    @careful
    def decode_request(self, body: Any, url: str = "") -> Request:
        if type(body) is not dict or "input" not in body:
            body_of(None, "input")
        model, asked = body.get("model"), body["input"]
        known, form = {"model", "input"}, None
        messages: list[Message] = []
        if type(asked) is str:
            messages, form = [_message(asked)], "text"
        elif type(asked) is list and all(type(text) is str for text in asked):
            messages = [_message(text) for text in asked]
        else:
            known, form = {"model"}, "tokens"
        if type(model) is not str:
            known, model = known - {"model"}, None
        return Request(model, messages, [], {}, rest(body, known), form)

    @careful
    def encode_request(self, request: Request) -> Any:
        body = {**request.extra, **request.settings}
        if request.model is not None:
            body["model"] = request.model
        texts = [message["content"] for message in request.messages]
        if request.form != "tokens":
            body["input"] = texts[0] if request.form == "text" and len(texts) == 1 else texts
        return body

    @careful
    def decode_answer(self, body: Any) -> Answer:
        body_of(body, "data")
        return Answer((), decode_usage(body), body)

    @careful
    def encode_answer(self, answer: Answer) -> Any:
        return answer.extra


def _message(text: str) -> Message:
    return {"role": "user", "content": text}
