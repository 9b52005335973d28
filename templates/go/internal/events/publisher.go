package events

import (
	"context"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/telemetry"
)

func messaging(topic, operation string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("messaging.system.name", "kafka"), semconv.MessagingDestinationName(topic),
		semconv.MessagingOperationName(operation), attribute.String("messaging.operation.type", operation),
	}
}

// Publisher writes events, and returns once every in-sync replica has them.
type Publisher struct {
	client  *kgo.Client
	codec   *Codec
	topic   string
	metrics *telemetry.Metrics
}

// NewPublisher connects when it first has something to write.
func NewPublisher(name string, brokers []string, topic string, codec *Codec, metrics *telemetry.Metrics) (*Publisher, error) {
	client, err := kgo.NewClient(
		kgo.ClientID(name),
		kgo.SeedBrokers(brokers...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordDeliveryTimeout(5*time.Second),
		kgo.DialTimeout(1500*time.Millisecond),
	)
	return &Publisher{client, codec, topic, metrics}, err
}

// Publish writes an event under its aggregate's id, with the headers that every event has, those given, and the trace that ctx belongs to.
func (p *Publisher) Publish(ctx context.Context, event SystemEvent, more map[string]string) error {
	ctx, span := telemetry.StartSpan(ctx, "send "+p.topic, trace.SpanKindProducer, append(messaging(p.topic, "send"), telemetry.Tenant(event.TenantID))...)
	defer span.End()
	err := p.publish(ctx, event, more)
	if err != nil {
		telemetry.Fail(span, err)
	}
	return err
}

func (p *Publisher) publish(ctx context.Context, event SystemEvent, more map[string]string) error {
	value, err := p.codec.Encode(ctx, event)
	if err != nil {
		return err
	}
	record := &kgo.Record{Topic: p.topic, Key: []byte(event.AggregateID), Value: value, Headers: []kgo.RecordHeader{
		{Key: "tenant_id", Value: []byte(strconv.FormatInt(event.TenantID, 10))},
		{Key: "version", Value: []byte(strconv.Itoa(event.Version))},
	}}
	for name, value := range more {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	otel.GetTextMapPropagator().Inject(ctx, headers{record})
	return p.write(ctx, record)
}

func (p *Publisher) write(ctx context.Context, record *kgo.Record) error {
	begun := time.Now()
	err := p.client.ProduceSync(ctx, record).FirstErr()
	if err != nil {
		p.metrics.PublishFailures.Inc()
		return err
	}
	telemetry.Observe(ctx, p.metrics.PublishSeconds, time.Since(begun))
	p.metrics.Published.WithLabelValues(record.Topic).Inc()
	return nil
}

// Check fails while no broker answers.
func (p *Publisher) Check(ctx context.Context) error { return p.client.Ping(ctx) }

// Close waits for nothing: every write was waited for.
func (p *Publisher) Close() { p.client.Close() }
