package events

import (
	"context"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Publisher writes events, and returns once every in-sync replica has them.
type Publisher struct {
	client *kgo.Client
	codec  *Codec
	topic  string
}

// NewPublisher connects when it first has something to write.
func NewPublisher(name string, brokers []string, topic string, codec *Codec) (*Publisher, error) {
	client, err := kgo.NewClient(
		kgo.ClientID(name),
		kgo.SeedBrokers(brokers...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordDeliveryTimeout(5*time.Second),
		kgo.DialTimeout(1500*time.Millisecond),
	)
	return &Publisher{client, codec, topic}, err
}

// Publish writes an event under its aggregate's id, with the headers that every event has and those given.
func (p *Publisher) Publish(ctx context.Context, event SystemEvent, headers map[string]string) error {
	value, err := p.codec.Encode(ctx, event)
	if err != nil {
		return err
	}
	record := &kgo.Record{Topic: p.topic, Key: []byte(event.AggregateID), Value: value, Headers: []kgo.RecordHeader{
		{Key: "tenant_id", Value: []byte(strconv.FormatInt(event.TenantID, 10))},
		{Key: "version", Value: []byte(strconv.Itoa(event.Version))},
	}}
	for name, value := range headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	return p.write(ctx, record)
}

func (p *Publisher) write(ctx context.Context, record *kgo.Record) error {
	return p.client.ProduceSync(ctx, record).FirstErr()
}

// Check fails while no broker answers.
func (p *Publisher) Check(ctx context.Context) error { return p.client.Ping(ctx) }

// Close waits for nothing: every write was waited for.
func (p *Publisher) Close() { p.client.Close() }
