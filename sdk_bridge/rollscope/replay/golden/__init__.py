"""Golden files: one good run in a file, played back offline to see how the agent has changed."""
