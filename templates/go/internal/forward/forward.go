// Package forward sends notices on to another service.
package forward

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/events"
	"sample-service/internal/telemetry"
)

const timeout = 3 * time.Second

// Forwarder calls the service at a URL, in the trace, with the correlation id and for the tenant of the work under way.
type Forwarder struct {
	url    *url.URL
	client http.Client
}

// New returns a forwarder to the service at the URL; nil without one.
func New(base string) (*Forwarder, error) {
	if base == "" {
		return nil, nil
	}
	target, err := url.Parse(base + "/api/v1/notices")
	return &Forwarder{url: target, client: http.Client{Timeout: timeout}}, err
}

// Send fails while the service is away; with an Unreadable when it refuses the notice, since no retry helps then.
func (f *Forwarder) Send(ctx context.Context, event events.SystemEvent) (err error) {
	ctx, span := telemetry.StartSpan(ctx, http.MethodPost, trace.SpanKindClient,
		attribute.String("http.request.method", http.MethodPost), semconv.URLFull(telemetry.Redact(f.url.String())),
		semconv.ServerAddress(f.url.Hostname()), telemetry.Tenant(event.TenantID))
	defer span.End()
	defer func() {
		if err != nil {
			telemetry.Fail(span, err)
		}
	}()
	body, err := json.Marshal(map[string]string{"type": event.EventType, "text": event.EventData["text"]})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Tenant-Id", strconv.FormatInt(event.TenantID, 10))
	request.Header.Set("X-Correlation-Id", telemetry.ScopeOf(ctx).CorrelationID)
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(request.Header))
	response, err := f.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	// A body that was read to its end leaves its connection to the next request.
	_, _ = io.Copy(io.Discard, response.Body)
	span.SetAttributes(semconv.HTTPResponseStatusCode(response.StatusCode))
	switch status := response.StatusCode; {
	case status < 400:
		return nil
	case status < 500 && status != http.StatusTooManyRequests:
		return events.Unreadablef("the service that notices are forwarded to answered %d", status)
	default:
		return fmt.Errorf("the service that notices are forwarded to answered %d", status)
	}
}
