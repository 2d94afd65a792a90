"""What the kind of a step means for sums: which are paid for, and which tell of another."""

PAYING = frozenset({"llm", "embedding", "reranker", "retriever", "tool", "guardrail", "span"})
"""Kinds whose usage counts in a run's totals; an agent's or a task's own sum would count twice."""

DUPLICATE = "duplicate"
"""The kind of a step that tells of a model call of which another step tells as well: it is in the
tree, but neither counted nor said again."""
