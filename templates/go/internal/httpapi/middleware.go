package httpapi

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"path"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/telemetry"
)

var tenant = regexp.MustCompile(`^[1-9][0-9]{0,15}$`)

// Numbers above it are not exact in every language that the platform's services are written in.
const maxTenant = 1<<53 - 1

// Probes and scrapers ask these every few seconds: a line each would be most of the log.
var quiet = map[string]bool{"/health": true, "/ready": true, "/metrics": true}

// Methods that labels and spans name; a client may invent others.
var methods = map[string]bool{
	"GET": true, "HEAD": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true, "OPTIONS": true,
}

func correlationOf(r *http.Request) string { return telemetry.ScopeOf(r.Context()).CorrelationID }

func tenantOf(r *http.Request) int64 { return telemetry.ScopeOf(r.Context()).TenantID }

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// observed gives each request its ids and its span, one line in the log and its place in the metrics.
func (s *Server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		scope := telemetry.Scope{CorrelationID: telemetry.ParseCorrelationID(r.Header.Get("X-Correlation-Id"))}
		if scope.CorrelationID == "" {
			scope.CorrelationID = uuid.NewString()
		}
		if id, ok := parseTenant(r.Header.Values("X-Tenant-Id")); ok {
			scope.TenantID = id
		}
		w.Header().Set("X-Correlation-Id", scope.CorrelationID)
		ctx, span := r.Context(), trace.SpanFromContext(r.Context())
		// Probes and scrapers get no span.
		if !quiet[r.URL.Path] {
			ctx = otel.GetTextMapPropagator().Extract(ctx, propagation.HeaderCarrier(r.Header))
			ctx, span = telemetry.StartSpan(ctx, r.Method, trace.SpanKindServer)
			defer span.End()
		}
		r = r.WithContext(telemetry.WithScope(ctx, scope))
		answer := &recorder{w, http.StatusOK}
		defer func() {
			if reason := recover(); reason != nil {
				cause := fmt.Errorf("%v\n%s", reason, debug.Stack())
				message := "The service failed; the failure is in its log under this correlation id."
				s.fail(answer, r, apiError{http.StatusInternalServerError, "internal", message, cause})
			}
			s.record(r, span, answer.status, time.Since(begun))
		}()
		if !serves(r.Host, s.Hosts) {
			message := "This service does not answer under that name."
			s.fail(answer, r, apiError{http.StatusMisdirectedRequest, "misdirected_request", message, nil})
			return
		}
		// The router would redirect other spellings of a path, and answer CONNECT and OPTIONS * itself, all outside the envelope.
		if !strings.HasPrefix(r.URL.Path, "/") || strings.TrimSuffix(r.URL.Path, "/") != strings.TrimSuffix(path.Clean(r.URL.Path), "/") {
			s.notFound(answer, r)
			return
		}
		next.ServeHTTP(answer, r)
	})
}

// record names a request by its route's pattern, never by its path: ids would multiply it.
func (s *Server) record(r *http.Request, span trace.Span, status int, took time.Duration) {
	route := "none"
	// "GET /health" or, where no route was found, "/" or nothing.
	if _, path, found := strings.Cut(r.Pattern, "/"); found && path != "" {
		route = "/" + path
	}
	method, name := r.Method, r.Method
	if !methods[method] {
		method, name = "_OTHER", "HTTP"
	}
	labels := []string{method, route, strconv.Itoa(status)}
	s.metrics.Requests.WithLabelValues(labels...).Inc()
	telemetry.Observe(r.Context(), s.metrics.RequestSeconds.WithLabelValues(labels...), took)
	if quiet[route] {
		return
	}
	// Without the path and the query, which hold whatever a caller writes.
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", method), semconv.HTTPResponseStatusCode(status), semconv.URLScheme("http"),
	}
	if route != "none" {
		name, attributes = name+" "+route, append(attributes, semconv.HTTPRoute(route))
	}
	if tenant := tenantOf(r); tenant != 0 {
		attributes = append(attributes, telemetry.Tenant(tenant))
		s.metrics.CountForTenant(tenant, status, took)
	}
	span.SetName(name)
	span.SetAttributes(attributes...)
	if status >= http.StatusInternalServerError {
		telemetry.Fail(span, errors.New(http.StatusText(status)))
	}
	milliseconds := math.Round(took.Seconds()*1e5) / 100
	s.logger.InfoContext(r.Context(), "request", "method", method, "route", route, "status", status, "duration_ms", milliseconds)
}

// tenantRequired refuses a request without a tenant before anything else of it is read.
func (s *Server) tenantRequired(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Values("X-Tenant-Id")
		if strings.Join(given, "") == "" {
			s.fail(w, r, apiError{http.StatusBadRequest, "tenant_required", "The header X-Tenant-Id is missing: send the tenant's number.", nil})
			return
		}
		if _, ok := parseTenant(given); !ok {
			message := fmt.Sprintf("X-Tenant-Id must be a whole number from 1 to %d.", int64(maxTenant))
			s.fail(w, r, apiError{http.StatusBadRequest, "tenant_invalid", message, nil})
			return
		}
		next(w, r)
	}
}

func parseTenant(given []string) (int64, bool) {
	text := strings.Join(given, ",")
	id, err := strconv.ParseInt(text, 10, 64)
	return id, tenant.MatchString(text) && err == nil && id <= maxTenant
}
