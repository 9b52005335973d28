package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is an error whose code and message are meant for the caller.
type apiError struct {
	status  int
	code    string
	message string
	cause   error
}

func (e apiError) Error() string { return e.message }

func invalid(format string, values ...any) apiError {
	return apiError{status: http.StatusBadRequest, code: "invalid_request", message: fmt.Sprintf(format, values...)}
}

type envelope struct {
	Error envelopeError `json:"error"`
}

type envelopeError struct {
	Code          string `json:"code"`
	Message       string `json:"message"`
	CorrelationID string `json:"correlation_id"`
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err apiError) {
	if err.status >= http.StatusInternalServerError {
		s.logger.ErrorContext(r.Context(), "request failed", "error", fmt.Sprint(err.cause))
	}
	if err.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, err.status, envelope{envelopeError{err.code, err.message, correlationOf(r)}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// The client may be gone; a failed write has no reader.
	_ = json.NewEncoder(w).Encode(body)
}
