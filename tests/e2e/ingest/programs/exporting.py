"""The OpenTelemetry SDK as its documentation sets it up: batches, sent to the usual variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

SERVICE = "weather"


@contextmanager
def exporting(make: Callable[..., TracerProvider] = TracerProvider) -> Iterator[TracerProvider]:
    """Send spans, the last of them when the block ends; log records too if ``TEST_LOGS`` is set."""
    resource = Resource.create({"service.name": SERVICE})
    spans = make(resource=resource)
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(spans)
    logs = LoggerProvider(resource=resource)
    if os.environ.get("TEST_LOGS"):
        logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        _logs.set_logger_provider(logs)
    try:
        yield spans
    finally:
        spans.shutdown()
        logs.shutdown()
