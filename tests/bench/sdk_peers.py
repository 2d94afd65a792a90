"""The peers of row B1, each the way its own documentation uses it; tasks of ``sdk_tasks``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.child import environment
from tests.bench.sdk_calls import BATCHES, PER_RUN, QUESTION, by_turns, medians, search

Said = dict[str, Any]


def otel_null(home: Path) -> Said:
    """The OpenTelemetry SDK, whose exporter does nothing."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Null(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    return _otel(Null())


def otel_file(home: Path) -> Said:
    """The OpenTelemetry SDK, each span as a line of JSON in a file when it has ended."""
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter

    with open(home / "otel.jsonl", "w", encoding="utf-8") as file:
        return _otel(
            ConsoleSpanExporter(out=file, formatter=lambda span: span.to_json(indent=None) + "\n")
        )


def _otel(exporter: Any) -> Said:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("bench")

    def tool(query: str) -> dict[str, Any]:
        with tracer.start_as_current_span("search") as span:
            span.set_attribute("input", json.dumps({"query": query, "limit": 3}))
            output = search(query)
            span.set_attribute("output", json.dumps(output))
            return output

    def batch() -> list[float]:
        with tracer.start_as_current_span("agent"):
            [took] = by_turns(
                lambda: search(QUESTION), lambda: tool(QUESTION), batches=1, size=PER_RUN
            )
        return took

    batch()
    said = medians(("bare", "added"), [batch() for _ in range(BATCHES)])
    provider.shutdown()
    return said


def retrace_sdk(home: Path) -> Said:
    """retrace-sdk, whose server is on this machine and acknowledges everything at once."""
    os.environ |= {"RETRACE_TELEMETRY": "0", "HOME": str(home)}
    command = [sys.executable, "-m", "tests.bench.sdk_peer_server"]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            return _retrace(port)
        finally:
            server.kill()


def _retrace(port: int) -> Said:
    import retrace
    from retrace import SpanType

    retrace.configure(api_key="rt_bench", base_url=f"http://127.0.0.1:{port}")

    def batch() -> list[float]:
        with retrace.record(name="agent") as recorder:

            def tool(query: str) -> dict[str, Any]:
                span = recorder.start_span(
                    "search", SpanType.TOOL_CALL, input={"query": query, "limit": 3}
                )
                output = search(query)
                recorder.end_span(span, output=output)
                return output

            [took] = by_turns(
                lambda: search(QUESTION), lambda: tool(QUESTION), batches=1, size=PER_RUN
            )
        time.sleep(0.5)  # it sends behind our back, and drops what does not fit its buffer
        return took

    batch()
    return medians(("bare", "added"), [batch() for _ in range(BATCHES // 3)])
