"""The clients: how each is started, and what it needs to be there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT
from tests.e2e.ingest.programs import talk
from tests.sdk_bridge.stub import Call, Reply, Request, StubModel, Tokens

PACKAGES = Path(sys.prefix) / "telemetry"
OLDER = Path(sys.prefix) / "telemetry-older"
NODE = Path(sys.prefix) / "node"

LATEST = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"}
CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
PACKED = {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}


@dataclass(frozen=True, slots=True)
class Client:
    """A program, its arguments before the URL of the model, and variables of its own."""

    program: str
    arguments: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    older: bool = False

    @property
    def node(self) -> bool:
        return self.program.endswith(".mjs")

    @property
    def packages(self) -> Path:
        """The folder that its packages are in."""
        return NODE if self.node else OLDER if self.older else PACKAGES

    def missing(self) -> str:
        """What is not there and would have to be; "" if all is."""
        if self.node and not shutil.which("node"):
            return "there is no node"
        there = self.packages.is_dir()
        return "" if there else f"there are no packages in {self.packages}"

    def command(self, model: str) -> list[str]:
        here = Path(__file__).parent
        if self.node:
            start = ["node", str(here / "node" / self.program)]
        else:
            start = [sys.executable, "-m", f"tests.e2e.ingest.programs.{self.program}"]
        return [*start, *self.arguments.split(), model]


def _openai_v2(**variables: str) -> Client:
    return Client("openai_calls", "openai_v2", variables, older=True)


CLIENTS = {
    "plain": Client("plain_spans"),
    "openinference-openai": Client("openai_calls", "openinference"),
    "openai-v2": _openai_v2(**{CONTENT: "true", "TEST_LOGS": "1"}),
    "openai-v2-span": _openai_v2(**LATEST, **{CONTENT: "span_only"}),
    "openai-v2-event": _openai_v2(**LATEST, **{CONTENT: "event_only", "TEST_LOGS": "1"}),
    "genai-openai": Client("openai_calls", "genai_openai", {CONTENT: "span_only"}),
    "openllmetry-openai": Client("openai_calls", "openllmetry"),
    "openllmetry-openai-older": Client("openai_calls", "openllmetry", older=True),
    "pydantic-ai": Client("pydantic_agent"),
    "anthropic": Client(
        "anthropic_calls", "alone", {"ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content"}
    ),
    "openinference-anthropic": Client("anthropic_calls", "openinference"),
    "openinference-agents": Client("frameworks", "agents"),
    "openinference-langchain": Client("frameworks", "langchain"),
    "openinference-smolagents": Client("frameworks", "smolagents", PACKED),
    "vercel-json": Client("vercel.mjs", "6 json"),
    "vercel-protobuf": Client("vercel.mjs", "6 protobuf", PACKED),
    "vercel-7": Client("vercel.mjs", "7 json"),
}


def script(stub: StubModel) -> None:
    """What the model answers to what all programs ask."""
    stub.script(
        Reply(calls=(Call(talk.TOOL, talk.ARGUMENTS, talk.CALL),), text="", tokens=Tokens(50, 12)),
        _answer,
        Reply(talk.COUNTED, tokens=Tokens(12, 5)),
        Reply(status=400, error=talk.FAULT),
    )


def _answer(request: Request) -> Reply:
    """The answer, as a call where the program wants one."""
    tokens = Tokens(80, 9, cached=64)
    names = [tool.get("function", {}).get("name") for tool in request.json.get("tools", ())]
    if talk.FINAL in names:
        call = Call(talk.FINAL, {"answer": talk.ANSWER}, "call_final")
        return Reply(calls=(call,), text="", tokens=tokens)
    return Reply(talk.ANSWER, tokens=tokens)


def send(client: Client, model: str, endpoint: str, token: str = "") -> None:
    """Run a client until it has ended; ``endpoint`` is where it sends what it measures."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    known = {name: value for name, value in vars(talk).items() if name.isupper()}
    if token:
        inherited["OTEL_EXPORTER_OTLP_HEADERS"] = f"Authorization=Bearer%20{token}"
    done = subprocess.run(
        client.command(model),
        cwd=ROOT,
        env={
            **inherited,
            "PYTHONPATH": str(client.packages),
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "TEST_PACKAGES": str(client.packages),
            "TEST_TALK": json.dumps(known),
            **client.variables,
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
