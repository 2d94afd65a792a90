"""What has to be shown of clients that hold another conversation, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.ingest.programs import talk

if TYPE_CHECKING:
    from tests.e2e.ingest.shown import Shown


def told(runs: list[Shown]) -> list[Any]:
    """What is shown, in short."""
    return [
        [run.name, run.session, run.project, run.status, run.tokens, run.cost,
         (run.calls, run.tools, run.errors), *run.tree]
        for run in runs
    ]  # fmt: skip


UNLIKE: dict[str, list[Any]] = {
    "plain": [
        ["order", None, "shop", "ok", (0, 0), 0, (0, 0, 1),
         "span order", "  span pay", "  span ship"],
        ["later", None, "shop", "ok", (0, 0), 0, (0, 0, 0), "span later"],
    ],
    "openinference-smolagents": [
        ["ask", None, "weather", "ok", (130, 21), 27_300, (2, 2, 0),
         "agent ask", "  task Step 1", "    duplicate OpenAIModel.generate",
         f"      llm {talk.MODEL}", f"    tool {talk.TOOL}", "  task Step 2",
         "    duplicate OpenAIModel.generate", f"      llm {talk.MODEL}", f"    tool {talk.FINAL}"],
    ],
}  # fmt: skip
