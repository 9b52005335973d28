// Package telemetry writes the log, counts the metrics and exports the spans that the platform expects of every service.
package telemetry

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/config"
)

const (
	batchDelay    = 500 * time.Millisecond
	exportTimeout = 3 * time.Second
	// What a receiver that does not answer may add to stopping.
	closeTimeout = 2 * time.Second
)

var tracer = otel.Tracer("sample-service")

// StartTracing propagates W3C trace context and baggage. With OTEL_EXPORTER_OTLP_ENDPOINT it also exports spans; the SDK reads most other
// OTEL_* variables itself. The returned function exports what is left, for two seconds at most.
func StartTracing(ctx context.Context, c config.Config, logger *slog.Logger, spans *prometheus.CounterVec) (func(), error) {
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	// Failed exports are logged by the exporter; what is left is of headers that a caller made up, and would go to standard error.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return func() {}, nil
	}
	otlp, err := otlptracehttp.New(ctx, otlptracehttp.WithTimeout(exportTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: batchDelay, MaxInterval: time.Second, MaxElapsedTime: exportTimeout}))
	if err != nil {
		return nil, err
	}
	// OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME come last: they win.
	attributes, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(semconv.ServiceName(c.Name), semconv.ServiceVersion(c.Version)),
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, err
	}
	var batches []sdktrace.BatchSpanProcessorOption
	if os.Getenv("OTEL_BSP_SCHEDULE_DELAY") == "" {
		batches = append(batches, sdktrace.WithBatchTimeout(batchDelay))
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(&countingExporter{SpanExporter: otlp, logger: logger, spans: spans}, batches...),
		sdktrace.WithResource(attributes),
		// The caller decides whether a trace is recorded, and this service only where a trace begins.
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.SampleRatio))),
	)
	otel.SetTracerProvider(provider)
	return func() {
		deadline, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if err := provider.Shutdown(deadline); err != nil {
			logger.Warn("the process ends before all traces were exported")
		}
	}, nil
}

// StartSpan begins a span of the trace in ctx or, without one, of a new trace.
func StartSpan(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	ctx, span := tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
	if span.SpanContext().IsValid() {
		return ctx, span
	}
	// Nothing is recorded without an endpoint, but log lines and called services get ids.
	var ids trace.SpanContextConfig
	_, _ = rand.Read(ids.TraceID[:])
	_, _ = rand.Read(ids.SpanID[:])
	ctx = trace.ContextWithSpanContext(ctx, trace.NewSpanContext(ids))
	return ctx, trace.SpanFromContext(ctx)
}

// Fail marks a span as failed.
func Fail(span trace.Span, err error) {
	span.SetStatus(codes.Error, Redact(err.Error()))
}

// countingExporter logs when exporting begins to fail and when it works again, rather than once a batch.
type countingExporter struct {
	sdktrace.SpanExporter
	logger  *slog.Logger
	spans   *prometheus.CounterVec
	failing bool
}

func (e *countingExporter) ExportSpans(ctx context.Context, batch []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, batch)
	result := "exported"
	if err != nil {
		result = "failed"
	}
	e.spans.WithLabelValues(result).Add(float64(len(batch)))
	switch {
	case err != nil && !e.failing:
		e.logger.Warn("traces cannot be exported", "error", err.Error())
	case err == nil && e.failing:
		e.logger.Info("traces are exported again")
	}
	e.failing = err != nil
	return err
}

// Tenant is the attribute of spans that work for a tenant.
func Tenant(id int64) attribute.KeyValue { return attribute.Int64("tenant.id", id) }
