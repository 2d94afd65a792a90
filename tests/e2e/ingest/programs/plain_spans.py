"""Spans of a program that has nothing to do with models, sent one at a time, children first.

``python -m tests.e2e.ingest.programs.plain_spans``
"""

from __future__ import annotations

import math

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor


def main() -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("shop", "1.0")
    with tracer.start_as_current_span("order") as order:
        order.set_attributes({"user.id": "u-1", "numbers": [1, 2**62], "ratio": 0.5, "paid": True})
        with tracer.start_as_current_span("pay") as pay:
            pay.add_event("tried", {"times": 2})
            pay.set_attribute("rate", math.nan)
        try:
            with tracer.start_as_current_span("ship"):
                raise LookupError("no such address")
        except LookupError:
            order.add_event("gave up")
    with tracer.start_as_current_span("later", links=[trace.Link(order.get_span_context())]):
        pass
    provider.shutdown()


if __name__ == "__main__":
    main()
