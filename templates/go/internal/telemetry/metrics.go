package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/config"
)

var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}

// Metrics has the names and labels that the platform's dashboards and alerts read. Labels take few values: no path and no id.
type Metrics struct {
	Requests        *prometheus.CounterVec   // method, route, status
	RequestSeconds  *prometheus.HistogramVec // method, route, status
	TenantRequests  *prometheus.CounterVec   // tenant_id, outcome: ok, refused or failed
	TenantSeconds   *prometheus.CounterVec   // tenant_id
	Consumed        *prometheus.CounterVec   // topic, result: applied, duplicate or dead_letter
	DeadLetters     *prometheus.CounterVec   // topic, group
	ConsumerSeconds *prometheus.HistogramVec // topic
	ConsumerLag     *prometheus.GaugeVec     // topic, partition
	Published       *prometheus.CounterVec   // topic
	PublishFailures prometheus.Counter
	PublishSeconds  prometheus.Histogram
	Spans           *prometheus.CounterVec // result: exported or failed

	registry   *prometheus.Registry
	mutex      sync.Mutex
	tenants    map[int64]bool
	maxTenants int
}

// NewMetrics labels every metric with the service's name and version; METRICS_PREFIX begins the names.
func NewMetrics(c config.Config) *Metrics {
	registry := prometheus.NewRegistry()
	prefixed := prometheus.WrapRegistererWithPrefix(c.MetricsPrefix, registry)
	// Outside the labels: go_info already has a label named version.
	prefixed.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{"service": c.Name, "version": c.Version}, prefixed)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &Metrics{
		Requests:        counter("http_requests_total", "Requests answered", "method", "route", "status"),
		RequestSeconds:  histogram("http_request_duration_seconds", "From the first byte of a request to the last of its answer", "method", "route", "status"),
		TenantRequests:  counter("tenant_requests_total", "Requests of a tenant, by outcome: ok, refused or failed", "tenant_id", "outcome"),
		TenantSeconds:   counter("tenant_request_seconds_total", "Time spent on a tenant's requests", "tenant_id"),
		Consumed:        counter("consumer_events_total", "Events handled: applied, duplicate or dead_letter", "topic", "result"),
		DeadLetters:     counter("consumer_dead_letters_total", "Events that a consumer group gave up", "topic", "group"),
		ConsumerSeconds: histogram("consumer_seconds", "Of one call of the handler", "topic"),
		ConsumerLag:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "consumer_lag", Help: "Records not yet handled"}, []string{"topic", "partition"}),
		Published:       counter("bus_published_total", "Records that all in-sync replicas have", "topic"),
		PublishFailures: prometheus.NewCounter(prometheus.CounterOpts{Name: "bus_publish_failures_total", Help: "Requests to write records that failed"}),
		PublishSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bus_publish_seconds", Help: "From handing records in until all in-sync replicas have them", Buckets: buckets,
		}),
		Spans: counter("tracing_spans_total", "Recorded spans: exported or failed", "result"),

		registry: registry, tenants: map[int64]bool{}, maxTenants: c.MetricsTenants,
	}
	labelled.MustRegister(m.Requests, m.RequestSeconds, m.TenantRequests, m.TenantSeconds, m.Consumed, m.DeadLetters, m.ConsumerSeconds, m.ConsumerLag, m.Published, m.PublishFailures, m.PublishSeconds, m.Spans)
	return m
}

// CountForTenant counts a request of a tenant. The first METRICS_TENANTS tenants have series of their own; all others share one.
func (m *Metrics) CountForTenant(id int64, status int, took time.Duration) {
	m.mutex.Lock()
	if !m.tenants[id] && len(m.tenants) < m.maxTenants {
		m.tenants[id] = true
	}
	tenant := "other"
	if m.tenants[id] {
		tenant = strconv.FormatInt(id, 10)
	}
	m.mutex.Unlock()
	outcome := "ok"
	switch {
	case status >= http.StatusInternalServerError:
		outcome = "failed"
	case status >= http.StatusBadRequest:
		outcome = "refused"
	}
	m.TenantRequests.WithLabelValues(tenant, outcome).Inc()
	m.TenantSeconds.WithLabelValues(tenant).Add(took.Seconds())
}

// Handler prints the metrics; as OpenMetrics, with exemplars, for who asks for that.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// Observe adds a duration, with the span in ctx as its exemplar where that is recorded.
func Observe(ctx context.Context, histogram prometheus.Observer, took time.Duration) {
	span := trace.SpanContextFromContext(ctx)
	if exemplars, can := histogram.(prometheus.ExemplarObserver); can && span.IsSampled() {
		exemplars.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": span.TraceID().String(), "span_id": span.SpanID().String()})
		return
	}
	histogram.Observe(took.Seconds())
}
