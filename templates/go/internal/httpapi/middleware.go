package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/tracing"
)

type contextKey int

const (
	correlationKey contextKey = iota
	loggerKey
	tenantKey
)

var (
	correlation = regexp.MustCompile(`^[\w.-]{1,128}$`)
	tenant      = regexp.MustCompile(`^[1-9][0-9]{0,15}$`)
)

// Numbers above it are not exact in every language that the platform's services are written in.
const maxTenant = 1<<53 - 1

// Probes and scrapers ask these every few seconds: a line each would be most of the log.
var quiet = map[string]bool{"/health": true, "/ready": true, "/metrics": true}

func correlationOf(r *http.Request) string { return r.Context().Value(correlationKey).(string) }

func loggerOf(r *http.Request) *slog.Logger { return r.Context().Value(loggerKey).(*slog.Logger) }

func tenantOf(r *http.Request) int64 { return r.Context().Value(tenantKey).(int64) }

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// observed gives each request its correlation id, its logger, one line in the log and its place in the metrics.
func (s *Server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		id := r.Header.Get("X-Correlation-Id")
		if !correlation.MatchString(id) {
			id = uuid.NewString()
		}
		log := s.logger.With("correlation_id", id)
		if trace := tracing.TraceID(r.Context()); trace != "" {
			log = log.With("trace_id", trace)
		}
		r = r.WithContext(context.WithValue(context.WithValue(r.Context(), correlationKey, id), loggerKey, log))
		w.Header().Set("X-Correlation-Id", id)
		answer := &recorder{w, http.StatusOK}
		defer func() {
			if reason := recover(); reason != nil {
				cause := fmt.Errorf("%v\n%s", reason, debug.Stack())
				message := "The service failed; the failure is in its log under this correlation id."
				s.fail(answer, r, apiError{http.StatusInternalServerError, "internal", message, cause})
			}
			// By route pattern, never by path: ids would multiply it.
			route := r.Pattern[strings.Index(r.Pattern, "/"):]
			if route == "/" {
				route = "none"
			}
			span := trace.SpanFromContext(r.Context())
			span.SetName(r.Method + " " + route)
			span.SetAttributes(semconv.HTTPRoute(route))
			took := time.Since(begun)
			s.duration.WithLabelValues(r.Method, route, strconv.Itoa(answer.status)).Observe(took.Seconds())
			if !quiet[route] {
				milliseconds := math.Round(took.Seconds()*1e5) / 100
				log.Info("request", "method", r.Method, "route", route, "status", answer.status, "duration_ms", milliseconds)
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// tenantRequired refuses a request without a tenant before anything else of it is read.
func (s *Server) tenantRequired(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given := strings.Join(r.Header.Values("X-Tenant-Id"), ",")
		if given == "" {
			s.fail(w, r, apiError{http.StatusBadRequest, "tenant_required", "The header X-Tenant-Id is missing: send the tenant's number.", nil})
			return
		}
		id, err := strconv.ParseInt(given, 10, 64)
		if !tenant.MatchString(given) || err != nil || id > maxTenant {
			message := fmt.Sprintf("X-Tenant-Id must be a whole number from 1 to %d.", int64(maxTenant))
			s.fail(w, r, apiError{http.StatusBadRequest, "tenant_invalid", message, nil})
			return
		}
		next(w, r.WithContext(context.WithValue(r.Context(), tenantKey, id)))
	}
}
