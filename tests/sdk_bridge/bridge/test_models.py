"""A forked run of a real provider's package: what was asked before the edit is not asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sdk_bridge.stub import Reply, StubModel

if TYPE_CHECKING:
    from tests.sdk_bridge.bridge.bridges import Bridges

AGENT = """
import asyncio, openai, rollscope

@rollscope.tool
def look(text):
    open("looked", "a").write("x")
    return text.upper()

@rollscope.agent
def work(question):
    client = openai.OpenAI(base_url="URL/v1", api_key="k")
    def ask(*texts):
        messages = [{"role": "user", "content": text} for text in texts]
        made = client.chat.completions.create(model="gpt-x", messages=messages, stream=STREAM)
        if not STREAM:
            return made.choices[0].message.content
        return "".join(c.choices[0].delta.content or "" for c in made if c.choices)
    found = look(ask(question))
    return ask(question, found)

if __name__ == "__main__":
    work("where?")
"""


@pytest.mark.parametrize("stream", [False, True])
def test_only_what_follows_the_edit_is_asked(bridges: Bridges, stream: bool) -> None:
    with StubModel() as stub:
        code = AGENT.replace("URL", stub.url).replace("STREAM", str(stream))
        bridges.write("agent.py", code)
        stub.script(
            Reply("here"),
            Reply("found"),
            lambda request: Reply("asked of " + request.json["messages"][-1]["content"]),
        )
        run = bridges.record("agent.py")
        edit = {"span": run.step("look").id, "output": "THERE"}

        bridge = bridges.start(run, edit=edit)
        made = bridge.done()

        assert len(stub.requests) == 3

    assert run.end["output"] == "found"
    assert made.end["output"] == "asked of THERE"
    assert (bridges.folder / "looked").read_text() == "x"
    last = bridge.heard[-1]
    assert (last["played"], last["reused"], last["live"], last["reached"]) == (2, 0, 1, True)
