package events

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// registry looks schemas up. Nothing is registered here: the platform has done that.
type registry struct {
	url    string
	client http.Client
}

func newRegistry(url string) *registry {
	return &registry{url: url, client: http.Client{Timeout: 3 * time.Second}}
}

type registered struct {
	ID     int    `json:"id"`
	Schema string `json:"schema"`
}

// idOf returns the id of exactly this schema under this subject.
func (r *registry) idOf(ctx context.Context, subject, schema string) (int, error) {
	found, ok, err := r.call(ctx, http.MethodPost, "/subjects/"+subject, map[string]string{"schema": schema})
	if err == nil && !ok {
		err = fmt.Errorf("the schema of %s is not registered: bring the platform up, which registers it", subject)
	}
	return found.ID, err
}

func (r *registry) schemaOf(ctx context.Context, id uint32) (string, error) {
	found, ok, err := r.call(ctx, http.MethodGet, fmt.Sprintf("/schemas/ids/%d", id), nil)
	if err == nil && !ok {
		err = unreadable("the registry has no schema with id %d", id)
	}
	return found.Schema, err
}

// call returns false when the registry does not have what was asked for.
func (r *registry) call(ctx context.Context, method, path string, body any) (found registered, ok bool, err error) {
	text := []byte{}
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return found, false, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, bytes.NewReader(text))
	if err != nil {
		return found, false, err
	}
	request.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	response, err := r.client.Do(request)
	if err != nil {
		return found, false, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return found, true, json.NewDecoder(response.Body).Decode(&found)
	case http.StatusNotFound:
		return found, false, nil
	}
	return found, false, fmt.Errorf("the schema registry answered %d to %s", response.StatusCode, path)
}
