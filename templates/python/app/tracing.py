"""Trace context in and out, and spans by OTLP where the environment names an endpoint."""

import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import randbits

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue
from prometheus_client import Counter

from .config import Config
from .logs import log
from .redaction import redact

_BATCH_MILLISECONDS = 500
_EXPORT_SECONDS = 3
# What a receiver that does not answer may add to stopping.
_CLOSE_SECONDS = 2
_tracer = trace.get_tracer("sample-service")


def start(config: Config, counted: Counter) -> None:
    """With OTEL_EXPORTER_OTLP_ENDPOINT spans are exported; the SDK reads most other OTEL_* variables itself."""
    if not (os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return
    # OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are merged last: they win.
    resource = Resource.create({"service.name": config.name, "service.version": config.version}).merge(OTELResourceDetector().detect())
    # The caller decides whether a trace is recorded, and this service only where a trace begins.
    sampler = ParentBasedTraceIdRatio(config.sample_ratio)
    provider = TracerProvider(sampler, resource, shutdown_on_exit=False)
    delay = int(os.environ.get("OTEL_BSP_SCHEDULE_DELAY") or _BATCH_MILLISECONDS)
    provider.add_span_processor(BatchSpanProcessor(CountingExporter(counted), schedule_delay_millis=delay))
    trace.set_tracer_provider(provider)
    # The exporter logs what happens, once and not with every batch.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


def stop() -> None:
    """Exports what is left, for two seconds at most."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        flushing = threading.Thread(target=provider.shutdown, daemon=True)
        flushing.start()
        flushing.join(_CLOSE_SECONDS)
        if flushing.is_alive():
            log(logging.WARNING, "the process ends before all traces were exported")


class CountingExporter(SpanExporter):
    """Logs when exporting begins to fail and when it works again."""

    def __init__(self, counted: Counter) -> None:
        self._otlp = OTLPSpanExporter(timeout=_EXPORT_SECONDS)
        self._counted = counted
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._otlp.export(spans)
        failed = result is not SpanExportResult.SUCCESS
        self._counted.labels("failed" if failed else "exported").inc(len(spans))
        if failed and not self._failing:
            log(logging.WARNING, "traces cannot be exported")
        if not failed and self._failing:
            log(logging.INFO, "traces are exported again")
        self._failing = failed
        return result

    def shutdown(self) -> None:
        self._otlp.shutdown()


@contextmanager
def span(name: str, kind: SpanKind, attributes: Mapping[str, AttributeValue], parent: Context | None = None) -> Iterator[Span]:
    """A span of the parent's trace, of the trace under way or, without either, of a new one. An exception marks it as failed."""
    begun = _tracer.start_span(name, parent, kind, attributes)
    if not begun.get_span_context().is_valid:
        # Nothing is recorded without an endpoint, but log lines and called services get ids.
        begun = NonRecordingSpan(SpanContext(randbits(128) or 1, randbits(64) or 1, is_remote=False))
    with trace.use_span(begun, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield begun
        except Exception as error:
            fail(begun, repr(error))
            raise


def fail(failed: Span, reason: str) -> None:
    failed.set_status(Status(StatusCode.ERROR, redact(reason)))


def extract(headers: Mapping[str, str]) -> Context:
    """The trace context in the headers of a request or a record."""
    return propagate.extract(headers)


def inject(headers: dict[str, str]) -> None:
    """Adds the current trace context to headers."""
    propagate.inject(headers)


def messaging(topic: str, operation: str) -> dict[str, AttributeValue]:
    return {
        "messaging.system.name": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
    }
