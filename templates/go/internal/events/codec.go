// Package events writes and reads the events of V1_SYSTEM: framed Avro, through Kafka.
package events

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/twmb/avro"

	"sample-service/schemas"
)

// SystemEvent is schemas/V1_SYSTEM.avsc.
type SystemEvent struct {
	ID          string            `avro:"id"`
	TenantID    int64             `avro:"tenant_id"`
	AggregateID string            `avro:"aggregate_id"`
	EventType   string            `avro:"event_type"`
	EventData   map[string]string `avro:"event_data"`
	Timestamp   int64             `avro:"timestamp"` // milliseconds since 1970 UTC
	Version     int               `avro:"version"`
}

// Unreadable is the error of a record that a retry cannot make readable.
type Unreadable struct{ reason string }

func (u Unreadable) Error() string { return u.reason }

// Unreadablef returns one.
func Unreadablef(format string, values ...any) error {
	return Unreadable{fmt.Sprintf(format, values...)}
}

const headerBytes = 5

var own = avro.MustParse(schemas.V1System)

// Codec frames events as Confluent does: a zero byte, the schema's id in four bytes, big-endian, then the Avro body.
type Codec struct {
	registry *registry
	subject  string

	mutex   sync.Mutex
	id      int
	known   bool
	readers map[uint32]*avro.Schema
}

// NewCodec asks the registry at url for the ids of schemas, when it needs them.
func NewCodec(url, topic string) (*Codec, error) {
	registry, err := newRegistry(url)
	return &Codec{registry: registry, subject: topic + "-value", readers: map[uint32]*avro.Schema{}}, err
}

// Check fails while the registry is away or does not have this service's schema.
func (c *Codec) Check(ctx context.Context) error {
	id, err := c.registry.schemaID(ctx, c.subject, schemas.V1System)
	if err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.id, c.known = id, true
	return nil
}

// Encode returns the framed event.
func (c *Codec) Encode(ctx context.Context, event SystemEvent) ([]byte, error) {
	id, err := c.ownID(ctx)
	if err != nil {
		return nil, err
	}
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(id))
	return own.AppendEncode(frame, &event)
}

// Decode reads what any earlier or later writer wrote, in the shape of this service's own schema.
func (c *Codec) Decode(ctx context.Context, frame []byte) (event SystemEvent, err error) {
	if len(frame) <= headerBytes || frame[0] != 0 {
		return event, Unreadablef("the value is not framed Avro")
	}
	reader, err := c.readerOf(ctx, binary.BigEndian.Uint32(frame[1:headerBytes]))
	if err != nil {
		return event, err
	}
	rest, err := reader.Decode(frame[headerBytes:], &event)
	if err != nil {
		return event, Unreadablef("the value does not fit its schema: %v", err)
	}
	// With bytes left over, the value was written by another schema than its header says.
	if len(rest) > 0 {
		return event, Unreadablef("the value has %d bytes more than its schema explains", len(rest))
	}
	return event, nil
}

func (c *Codec) ownID(ctx context.Context) (int, error) {
	c.mutex.Lock()
	id, known := c.id, c.known
	c.mutex.Unlock()
	if known {
		return id, nil
	}
	if err := c.Check(ctx); err != nil {
		return 0, err
	}
	return c.ownID(ctx)
}

func (c *Codec) readerOf(ctx context.Context, id uint32) (*avro.Schema, error) {
	c.mutex.Lock()
	reader := c.readers[id]
	c.mutex.Unlock()
	if reader != nil {
		return reader, nil
	}
	text, err := c.registry.schemaByID(ctx, id)
	if err != nil {
		return nil, err
	}
	written, err := avro.Parse(text)
	if err != nil {
		return nil, Unreadablef("schema %d is not one: %v", id, err)
	}
	if reader, err = avro.Resolve(written, own); err != nil {
		return nil, Unreadablef("schema %d cannot be read as this service's: %v", id, err)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.readers[id] = reader
	return reader, nil
}
