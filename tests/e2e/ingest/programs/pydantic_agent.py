"""An agent of pydantic-ai with a tool, instrumented as its documentation says.

``python -m tests.e2e.ingest.programs.pydantic_agent <url of the model>``
"""

from __future__ import annotations

import asyncio
import sys

from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.e2e.ingest.programs import talk
from tests.e2e.ingest.programs.exporting import exporting


async def main(url: str) -> None:
    Agent.instrument_all()
    model = OpenAIChatModel(talk.MODEL, provider=OpenAIProvider(f"{url}/v1", api_key="none"))
    ask = Agent(
        model,
        name="ask",
        instructions=talk.SYSTEM,
        tools=[talk.get_weather],
        model_settings={"temperature": 0.5},
    )
    await ask.run(talk.QUESTION, conversation_id=talk.SESSION)
    async with Agent(model, name="count").run_stream(talk.COUNT) as result:
        await result.get_output()
    try:
        await Agent(model, name="fail").run(talk.WRONG)
    except ModelHTTPError:
        return
    raise AssertionError("the model answered")


if __name__ == "__main__":
    with exporting():
        asyncio.run(main(sys.argv[1]))
