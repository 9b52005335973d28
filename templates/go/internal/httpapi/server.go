// Package httpapi serves the notices, and what the platform asks of every service.
package httpapi

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sample-service/internal/events"
	"sample-service/internal/notices"
	"sample-service/internal/telemetry"
)

//go:embed openapi.json
var openapi []byte

const checkTimeout = 1500 * time.Millisecond

// Checks are what the service needs, by name; each fails while it is away.
type Checks map[string]func(context.Context) error

// Server answers requests.
type Server struct {
	name      string
	logger    *slog.Logger
	metrics   *telemetry.Metrics
	publisher *events.Publisher
	store     *notices.Store
	checks    Checks
	Hosts     []string // names under which it answers besides the loopback's; nil: any
	stopping  atomic.Bool
}

// New returns a server that counts its requests in metrics.
func New(name string, logger *slog.Logger, metrics *telemetry.Metrics, publisher *events.Publisher, store *notices.Store, checks Checks) *Server {
	return &Server{name: name, logger: logger, metrics: metrics, publisher: publisher, store: store, checks: checks}
}

// Handler has every route. Its answers are JSON, but for the metrics.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /ready", s.ready)
	mux.Handle("GET /metrics", s.metrics.Handler())
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(openapi)
	})
	mux.HandleFunc("GET /api/v1/notices", s.tenantRequired(s.listNotices))
	mux.HandleFunc("POST /api/v1/notices", s.tenantRequired(s.publishNotice))
	mux.HandleFunc("/", s.notFound)
	return s.observed(mux)
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, apiError{http.StatusNotFound, "not_found", "There is no " + r.Method + " " + r.URL.Path + ".", nil})
}

// Stopping has /ready say that no more requests are wanted.
func (s *Server) Stopping() { s.stopping.Store(true) }

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	var mutex sync.Mutex
	var asked sync.WaitGroup
	states, status := map[string]string{}, "ready"
	for name, check := range s.checks {
		asked.Go(func() {
			state := "up"
			if check(ctx) != nil {
				state = "down"
			}
			mutex.Lock()
			defer mutex.Unlock()
			states[name] = state
			if state == "down" {
				status = "not_ready"
			}
		})
	}
	asked.Wait()
	code := http.StatusOK
	if s.stopping.Load() {
		status = "stopping"
	}
	if status != "ready" {
		code = http.StatusServiceUnavailable
	}
	writeJSON(w, code, map[string]any{"status": status, "checks": states})
}
