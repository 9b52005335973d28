package events

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// registry looks schemas up. It registers none: the platform does.
type registry struct{ client *sr.Client }

func newRegistry(url string) (*registry, error) {
	client, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(&http.Client{Timeout: 3 * time.Second}))
	return &registry{client}, err
}

// schemaID returns the id of exactly this schema under this subject.
func (r *registry) schemaID(ctx context.Context, subject, schema string) (int, error) {
	found, err := r.client.LookupSchema(ctx, subject, sr.Schema{Schema: schema})
	if isNotFound(err) {
		err = fmt.Errorf("the schema of %s is not registered: bring the platform up, which registers it", subject)
	}
	return found.ID, err
}

func (r *registry) schemaByID(ctx context.Context, id uint32) (string, error) {
	found, err := r.client.SchemaByID(ctx, int(id))
	if isNotFound(err) {
		err = Unreadablef("the registry has no schema with id %d", id)
	}
	return found.Schema, err
}

func isNotFound(err error) bool {
	answer, ok := errors.AsType[*sr.ResponseError](err)
	return ok && answer.StatusCode == http.StatusNotFound
}
