"""The metrics that the platform's dashboards and alerts read. Labels take few values: no path and no id."""

from collections.abc import Iterable

from opentelemetry import trace
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from .config import Config

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_REQUEST = ("method", "route", "status")


class LabelledRegistry(CollectorRegistry):
    """Labels every metric with the service's name and version; METRICS_PREFIX begins the names."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._labels = {"service": config.name, "version": config.version}
        self._prefix = config.metrics_prefix

    def collect(self) -> Iterable[Metric]:
        for metric in super().collect():
            metric.name = self._prefix + metric.name
            metric.samples = [sample._replace(name=self._prefix + sample.name, labels=self._complete(sample.labels)) for sample in metric.samples]
            yield metric

    def _complete(self, labels: dict[str, str]) -> dict[str, str]:
        # Other languages' clients print a whole bound as 1, not as 1.0: their series must meet in one query.
        bound = {"le": labels["le"].removesuffix(".0")} if "le" in labels else {}
        return {**self._labels, **labels, **bound}


class Metrics:
    def __init__(self, config: Config) -> None:
        disable_created_metrics()
        self._registry = registry = LabelledRegistry(config)
        ProcessCollector(registry=registry)

        def histogram(name: str, meaning: str, labels: tuple[str, ...] = ()) -> Histogram:
            return Histogram(name, meaning, labels, buckets=_SECONDS, registry=registry)

        self.requests = Counter("http_requests", "Requests answered", _REQUEST, registry=registry)
        self.request_seconds = histogram("http_request_duration_seconds", "From the first byte of a request to the last of its answer", _REQUEST)
        outcomes = "Requests of a tenant, by outcome: ok, refused or failed"
        self._tenant_requests = Counter("tenant_requests", outcomes, ("tenant_id", "outcome"), registry=registry)
        self._tenant_seconds = Counter("tenant_request_seconds", "Time spent on a tenant's requests", ("tenant_id",), registry=registry)
        self._tenants: set[int] = set()
        self._max_tenants = config.metrics_tenants
        results = "Events handled: applied, duplicate or dead_letter"
        self.consumed = Counter("consumer_events", results, ("topic", "result"), registry=registry)
        self.dead_letters = Counter("consumer_dead_letters", "Events that a consumer group gave up", ("topic", "group"), registry=registry)
        self.consumer_seconds = histogram("consumer_seconds", "Of one call of the handler", ("topic",))
        self.consumer_lag = Gauge("consumer_lag", "Records not yet handled", ("topic", "partition"), registry=registry)
        self.published = Counter("bus_published", "Records that all in-sync replicas have", ("topic",), registry=registry)
        self.publish_failures = Counter("bus_publish_failures", "Requests to write records that failed", registry=registry)
        self.publish_seconds = histogram("bus_publish_seconds", "From handing records in until all in-sync replicas have them")
        self.spans = Counter("tracing_spans", "Recorded spans: exported or failed", ("result",), registry=registry)

    def count_for_tenant(self, tenant: int, status: int, seconds: float) -> None:
        """The first METRICS_TENANTS tenants have series of their own; all others share one."""
        if len(self._tenants) < self._max_tenants:
            self._tenants.add(tenant)
        name = str(tenant) if tenant in self._tenants else "other"
        outcome = "failed" if status >= 500 else "refused" if status >= 400 else "ok"
        self._tenant_requests.labels(name, outcome).inc()
        self._tenant_seconds.labels(name).inc(seconds)

    def text(self, accept: str) -> tuple[bytes, str]:
        """The metrics and their content type; as OpenMetrics, with exemplars, for who asks for that."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


def observe(histogram: Histogram, seconds: float) -> None:
    """Adds a duration, with the span under way as its exemplar where that is recorded."""
    context = trace.get_current_span().get_span_context()
    ids = {"trace_id": trace.format_trace_id(context.trace_id), "span_id": trace.format_span_id(context.span_id)}
    histogram.observe(seconds, ids if context.trace_flags.sampled else None)
