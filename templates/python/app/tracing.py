"""Trace context in and out, and spans by OTLP where the environment names an endpoint."""

import os
from collections.abc import Mapping

from fastapi import FastAPI
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

tracer = trace.get_tracer("app")


def start(app: FastAPI, name: str, version: str) -> None:
    """
    Gives each request a span. With OTEL_EXPORTER_OTLP_ENDPOINT spans are exported; the SDK reads the other OTEL_* variables itself.
    Call it after every other middleware is added: it wraps them.
    """
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        # OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are merged last: they win.
        resource = Resource.create({"service.name": name, "service.version": version}).merge(OTELResourceDetector().detect())
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
    # Probes and scrapes ask every few seconds.
    FastAPIInstrumentor.instrument_app(app, excluded_urls="/health$,/ready$,/metrics$", exclude_spans=["receive", "send"])


def stop() -> None:
    """Exports what is left."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def trace_id() -> str | None:
    """The id of the trace that is under way; None outside of one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def extract(headers: Mapping[str, str]) -> Context:
    """The trace context in a record's headers."""
    return propagate.extract(headers)


def inject(headers: dict[str, str]) -> None:
    """Adds the current trace context to a record's headers."""
    propagate.inject(headers)


def messaging(topic: str, operation: str) -> dict[str, str]:
    return {"messaging.system": "kafka", "messaging.destination.name": topic, "messaging.operation.name": operation}
