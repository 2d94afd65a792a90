"""Rollscope's SDK: records the run of an agent, from inside the agent's own program."""

__version__ = "0.1.0"
