package events

import "github.com/twmb/franz-go/pkg/kgo"

// headers carries trace context in a record's headers.
type headers struct{ record *kgo.Record }

func (h headers) Get(name string) string { return header(h.record, name) }

func (h headers) Set(name, value string) {
	h.record.Headers = append(h.record.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
}

func (h headers) Keys() []string {
	names := make([]string, 0, len(h.record.Headers))
	for _, one := range h.record.Headers {
		names = append(names, one.Key)
	}
	return names
}

func header(record *kgo.Record, name string) string {
	for _, one := range record.Headers {
		if one.Key == name {
			return string(one.Value)
		}
	}
	return ""
}
