package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"sample-service/internal/events"
	"sample-service/internal/notices"
)

const maxBody = 64 << 10

var eventType = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

type newNotice struct {
	Type string
	Text string
}

func (s *Server) listNotices(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"notices": s.store.For(tenantOf(r))})
}

func (s *Server) publishNotice(w http.ResponseWriter, r *http.Request) {
	body, refused := readNotice(w, r)
	if refused != nil {
		s.fail(w, r, *refused)
		return
	}
	event := events.SystemEvent{
		ID:          uuid.NewString(),
		TenantID:    tenantOf(r),
		AggregateID: s.name,
		EventType:   body.Type,
		EventData:   map[string]string{"text": body.Text},
		Timestamp:   time.Now().UnixMilli(),
		Version:     1,
	}
	headers := map[string]string{"correlation_id": correlationOf(r)}
	if err := s.publisher.Publish(r.Context(), event, headers); err != nil {
		s.fail(w, r, apiError{http.StatusServiceUnavailable, "unavailable", "The notice could not be published; try again.", err})
		return
	}
	writeJSON(w, http.StatusCreated, notices.Of(event))
}

func readNotice(w http.ResponseWriter, r *http.Request) (body newNotice, refused *apiError) {
	refuse := func(err apiError) (newNotice, *apiError) { return body, &err }
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return refuse(apiError{http.StatusUnsupportedMediaType, "unsupported_media_type", "Send the body as application/json.", nil})
	}
	large := apiError{http.StatusRequestEntityTooLarge, "payload_too_large", "The body is larger than this service accepts.", nil}
	if r.ContentLength > maxBody {
		return refuse(large)
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	// By name: a struct would take "TYPE" for "type", which the schema does not know.
	var fields map[string]json.RawMessage
	err := decoder.Decode(&fields)
	for name, value := range fields {
		switch name {
		case "type":
			err = errors.Join(err, json.Unmarshal(value, &body.Type))
		case "text":
			err = errors.Join(err, json.Unmarshal(value, &body.Text))
		default:
			err = errors.Join(err, errors.New("it has another field"))
		}
	}
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("it goes on after its end")
		}
	}
	if _, cut := errors.AsType[*http.MaxBytesError](err); cut {
		return refuse(large)
	}
	switch length := utf8.RuneCountInString(body.Text); {
	case err != nil:
		return refuse(invalid("The body must be a JSON object with type and text, and nothing else."))
	case !eventType.MatchString(body.Type) || len(body.Type) > 64:
		return refuse(invalid("The request is not valid: body/type must be UPPER_SNAKE_CASE, such as DISK_FULL, of 64 characters at most."))
	case length < 1 || length > 1000:
		return refuse(invalid("The request is not valid: body/text must have 1 to 1000 characters."))
	}
	return body, nil
}
