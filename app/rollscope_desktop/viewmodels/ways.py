"""How programs are told to send to this application: a few lines each, to be copied.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollscope.address import otel_variables, own_variables, retrace_variables

HIDDEN = "rt_local_…"
"""What stands for the token until somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Way:
    """A kind of program, what there is to know about it, and the lines that connect it."""

    title: str
    words: str
    lines: str


_AI_SDK = """\
// connect.mjs, for: node --import ./connect.mjs agent.mjs
import { OpenTelemetry } from "@ai-sdk/otel";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { registerTelemetry } from "ai";

const sdk = new NodeSDK();
sdk.start();
registerTelemetry(new OpenTelemetry());
process.once("beforeExit", () => sdk.shutdown());
"""


def ways(endpoint: str, token: str, *, windows: bool) -> tuple[Way, ...]:
    """The lines for each kind of program, as the system's own shell takes them."""
    return (
        Way(
            "retrace-sdk",
            "As it is, in its versions 0.16.7 to 0.16.24. Nothing else is to be changed.",
            _shell(retrace_variables(endpoint, token), windows),
        ),
        Way(
            "OpenTelemetry",
            "Whatever exports traces over HTTP: OpenInference, OpenLLMetry, Pydantic AI, Langfuse "
            "and others. Logs are taken too: some say only there what was said to a model.",
            _shell(otel_variables(endpoint, token), windows),
        ),
        Way(
            "Rollscope's own SDK",
            "On this machine it needs nothing: the logs that it writes are followed. From a "
            "container, set the name that this machine has there as the host.",
            _shell(own_variables(endpoint, token), windows),
        ),
        Way(
            "Vercel AI SDK",
            "The three variables of OpenTelemetry, and this file. Before version 7, without the "
            "lines of @ai-sdk/otel and registerTelemetry; each call then gets "
            "experimental_telemetry: { isEnabled: true }.",
            _AI_SDK,
        ),
    )


def _shell(variables: Mapping[str, str], windows: bool) -> str:
    form = '$env:{} = "{}"\n' if windows else "export {}={}\n"
    return "".join(form.format(name, value) for name, value in variables.items())
