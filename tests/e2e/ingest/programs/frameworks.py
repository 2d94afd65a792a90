"""Agents of frameworks, each beside its OpenInference instrumentation and that of openai.

``python -m tests.e2e.ingest.programs.frameworks <agents|langchain|smolagents> <url of the model>``

Two instrumentations nest: the framework tells of a model call, and openai's own tells of it again.
"""

from __future__ import annotations

import sys
from typing import Any

from openinference.instrumentation import using_session
from openinference.instrumentation.openai import OpenAIInstrumentor

from tests.e2e.ingest.programs import talk
from tests.e2e.ingest.programs.exporting import exporting


def agents(url: str) -> None:
    """openai-agents: agent, generation and tool spans."""
    from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, trace
    from agents.models.openai_provider import OpenAIProvider
    from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

    OpenAIAgentsInstrumentor().instrument()
    model = OpenAIProvider(base_url=f"{url}/v1", api_key="none", use_responses=False).get_model(
        talk.MODEL
    )
    assert isinstance(model, OpenAIChatCompletionsModel)
    agent: Any = Agent(
        name="ask",
        instructions=talk.SYSTEM,
        model=model,
        tools=[function_tool(talk.get_weather)],
    )
    with trace("weather workflow", group_id=talk.SESSION):
        Runner.run_sync(agent, talk.QUESTION)


def langchain(url: str) -> None:
    """langchain: a graph whose nodes hold the model and the tools."""
    from langchain.agents import create_agent
    from langchain_openai import ChatOpenAI
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument()
    model = ChatOpenAI(
        model=talk.MODEL, base_url=f"{url}/v1", api_key="none", temperature=0.5, max_retries=0
    )
    agent = create_agent(model, [talk.get_weather], system_prompt=talk.SYSTEM, name="ask")
    with using_session(talk.SESSION):
        agent.invoke({"messages": [{"role": "user", "content": talk.QUESTION}]})


def smolagents(url: str) -> None:
    """smolagents: steps around a model call and the tools that it wanted."""
    from openinference.instrumentation.smolagents import SmolagentsInstrumentor
    from smolagents import OpenAIServerModel, ToolCallingAgent, tool

    SmolagentsInstrumentor().instrument()

    @tool
    def get_weather(city: str) -> str:
        """The weather in a city.

        Args:
            city: its name
        """
        return talk.get_weather(city)

    model = OpenAIServerModel(talk.MODEL, api_base=f"{url}/v1", api_key="none")
    ToolCallingAgent(tools=[get_weather], model=model, name="ask", max_steps=2).run(talk.QUESTION)


KINDS = {"agents": agents, "langchain": langchain, "smolagents": smolagents}

if __name__ == "__main__":
    with exporting():
        OpenAIInstrumentor().instrument()
        KINDS[sys.argv[1]](sys.argv[2])
