package telemetry

import (
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/config"
)

type scopeKey struct{}

// Scope is whose work is under way; each log line written with its context has it.
type Scope struct {
	CorrelationID string
	TenantID      int64 // 0: none
}

var correlation = regexp.MustCompile(`^[\w.-]{1,128}$`)

// ParseCorrelationID returns the text of a header if it is an id, else an empty one: a sender may write anything there.
func ParseCorrelationID(text string) string {
	if correlation.MatchString(text) {
		return text
	}
	return ""
}

// WithScope puts a scope in the context.
func WithScope(ctx context.Context, scope Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, scope)
}

// ScopeOf returns the scope in ctx; the zero value when there is none.
func ScopeOf(ctx context.Context) Scope {
	scope, _ := ctx.Value(scopeKey{}).(Scope)
	return scope
}

// ForTenant names the tenant in the log lines and in the span of ctx.
func ForTenant(ctx context.Context, id int64) context.Context {
	scope := ScopeOf(ctx)
	scope.TenantID = id
	trace.SpanFromContext(ctx).SetAttributes(Tenant(id))
	return WithScope(ctx, scope)
}

// NewLogger writes one JSON object a line, with the ids of the work under way and without secrets. Log with a context: log.InfoContext.
func NewLogger(c config.Config) *slog.Logger {
	handler := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: replaceAttr})
	return slog.New(scopedHandler{handler}).With("service", c.Name, "version", c.Version)
}

func replaceAttr(groups []string, a slog.Attr) slog.Attr {
	switch {
	case a.Key == slog.TimeKey && len(groups) == 0:
		return slog.String(a.Key, a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
	case a.Key == slog.LevelKey && len(groups) == 0:
		return slog.String(a.Key, strings.ToLower(a.Value.String()))
	case isSecret(a.Key):
		return slog.String(a.Key, redacted)
	case a.Value.Kind() == slog.KindString:
		return slog.String(a.Key, Redact(a.Value.String()))
	}
	if err, is := a.Value.Any().(error); is {
		return slog.String(a.Key, Redact(err.Error()))
	}
	return a
}

type scopedHandler struct{ slog.Handler }

func (h scopedHandler) Handle(ctx context.Context, record slog.Record) error {
	scope := ScopeOf(ctx)
	if scope.CorrelationID != "" {
		record.AddAttrs(slog.String("correlation_id", scope.CorrelationID))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	if scope.TenantID != 0 {
		record.AddAttrs(slog.Int64("tenant_id", scope.TenantID))
	}
	return h.Handler.Handle(ctx, record)
}

func (h scopedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return scopedHandler{h.Handler.WithAttrs(attrs)}
}

func (h scopedHandler) WithGroup(name string) slog.Handler {
	return scopedHandler{h.Handler.WithGroup(name)}
}
