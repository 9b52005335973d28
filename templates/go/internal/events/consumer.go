package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"sample-service/internal/telemetry"
)

const retry = 500 * time.Millisecond

// Consumer reads V1_SYSTEM in a group. An offset is committed after its effect, so a crash repeats events and loses none. What cannot be
// read goes to the dead letters, with the reason, and the rest goes on; while a dependency is away, nothing does.
type Consumer struct {
	Codec     *Codec
	Publisher *Publisher
	Logger    *slog.Logger
	Metrics   *telemetry.Metrics

	Group           string
	Topic           string
	DeadLetterTopic string
	// Apply must bear to see an event again. It returns whether it was new; an error to be asked again, one that is Unreadable never.
	Apply func(context.Context, SystemEvent) (bool, error)
}

// Run goes on until ctx ends; then it leaves the group, so that the group need not wait for this member.
func (c *Consumer) Run(ctx context.Context, brokers []string) error {
	client, err := kgo.NewClient(
		kgo.ClientID(c.Group),
		kgo.SeedBrokers(brokers...),
		kgo.ConsumerGroup(c.Group),
		kgo.ConsumeTopics(c.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		// After a kill, the group waits this long for its dead member.
		kgo.SessionTimeout(6*time.Second),
		kgo.HeartbeatInterval(1500*time.Millisecond),
		kgo.RebalanceTimeout(8*time.Second),
		kgo.FetchMaxWait(250*time.Millisecond),
		kgo.DialTimeout(1500*time.Millisecond),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		fetches.EachError(func(topic string, partition int32, err error) {
			c.Logger.Warn("topic cannot be read", "topic", topic, "partition", partition, "error", err.Error())
		})
		for _, fetched := range partitions(fetches) {
			for _, record := range fetched.Records {
				c.lag(fetched, record.Offset)
				if !c.handle(ctx, record) {
					return nil
				}
				if err := client.CommitRecords(ctx, record); err != nil {
					c.Logger.Warn("offset not committed: the event may come again", "error", err.Error())
				}
				c.lag(fetched, record.Offset+1)
			}
		}
	}
}

// lag sets what is left to handle of a partition, as of the last fetch.
func (c *Consumer) lag(fetched kgo.FetchTopicPartition, next int64) {
	left := float64(max(0, fetched.HighWatermark-next))
	c.Metrics.ConsumerLag.WithLabelValues(fetched.Topic, strconv.Itoa(int(fetched.Partition))).Set(left)
}

func partitions(fetches kgo.Fetches) (all []kgo.FetchTopicPartition) {
	fetches.EachPartition(func(one kgo.FetchTopicPartition) { all = append(all, one) })
	return all
}

// handle returns once the record had its effect; false when ctx ended before.
func (c *Consumer) handle(ctx context.Context, record *kgo.Record) bool {
	ctx = telemetry.WithScope(ctx, telemetry.Scope{CorrelationID: telemetry.ParseCorrelationID(header(record, "correlation_id"))})
	ctx, span := telemetry.StartSpan(otel.GetTextMapPropagator().Extract(ctx, headers{record}), "process "+record.Topic, trace.SpanKindConsumer,
		append(messaging(record.Topic, "process"), semconv.MessagingConsumerGroupName(c.Group))...)
	defer span.End()
	if tenant, err := strconv.ParseInt(header(record, "tenant_id"), 10, 64); err == nil {
		ctx = telemetry.ForTenant(ctx, tenant)
	}
	for {
		result, err := c.process(ctx, record)
		if err == nil {
			c.Metrics.Consumed.WithLabelValues(record.Topic, result).Inc()
			return true
		}
		c.Logger.WarnContext(ctx, "event waits for a dependency", "topic", record.Topic, "offset", record.Offset, "error", err.Error())
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retry):
		}
	}
}

func (c *Consumer) process(ctx context.Context, record *kgo.Record) (string, error) {
	event, err := c.Codec.Decode(ctx, record.Value)
	if tenant := header(record, "tenant_id"); err == nil && tenant != "" && tenant != strconv.FormatInt(event.TenantID, 10) {
		err = Unreadablef("the header names tenant %s, the event %d", tenant, event.TenantID)
	}
	applied := false
	if err == nil {
		ctx = telemetry.ForTenant(ctx, event.TenantID)
		begun := time.Now()
		applied, err = c.apply(ctx, event)
		telemetry.Observe(ctx, c.Metrics.ConsumerSeconds.WithLabelValues(record.Topic), time.Since(begun))
	}
	if reason, poison := errors.AsType[Unreadable](err); poison {
		return c.sendToDeadLetters(ctx, record, reason)
	}
	if err != nil {
		return "", err
	}
	c.Logger.InfoContext(ctx, "event", "topic", record.Topic, "event_id", event.ID, "event_type", event.EventType, "applied", applied)
	if applied {
		return "applied", nil
	}
	return "duplicate", nil
}

// apply makes an error of a panic, which would end the process at this event again and again.
func (c *Consumer) apply(ctx context.Context, event SystemEvent) (applied bool, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v\n%s", reason, debug.Stack())
		}
	}()
	return c.Apply(ctx, event)
}

func (c *Consumer) sendToDeadLetters(ctx context.Context, record *kgo.Record, reason Unreadable) (string, error) {
	c.Logger.ErrorContext(ctx, "event cannot be read", "topic", record.Topic, "partition", record.Partition, "offset", record.Offset, "reason", reason.Error())
	dead := &kgo.Record{Topic: c.DeadLetterTopic, Key: record.Key, Value: record.Value, Headers: append([]kgo.RecordHeader{}, record.Headers...)}
	for name, value := range map[string]string{
		"group":     c.Group,
		"topic":     record.Topic,
		"partition": strconv.Itoa(int(record.Partition)),
		"offset":    strconv.FormatInt(record.Offset, 10),
		"attempts":  "1", // no retry can help: it is read once
		"reason":    reason.Error(),
	} {
		dead.Headers = append(dead.Headers, kgo.RecordHeader{Key: "dead_letter_" + name, Value: []byte(value)})
	}
	if err := c.Publisher.write(ctx, dead); err != nil {
		return "", err
	}
	c.Metrics.DeadLetters.WithLabelValues(record.Topic, c.Group).Inc()
	return "dead_letter", nil
}
