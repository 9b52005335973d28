package config

import (
	"slices"
	"testing"
)

func of(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestReadsWhatIsThereAndHasDefaultsForTheRest(t *testing.T) {
	c, err := Read(of(map[string]string{"KAFKA_BROKERS": "a:9092,b:9092", "SCHEMA_REGISTRY_URL": "http://registry:8081/", "PORT": "7000"}))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Brokers, []string{"a:9092", "b:9092"}) || c.RegistryURL != "http://registry:8081" || c.Address() != "127.0.0.1:7000" || c.DeadLetterTopic != "V1_SYSTEM_DLQ" {
		t.Errorf("read %+v", c)
	}
}

func TestEveryFaultIsInOneMessageAndNoValue(t *testing.T) {
	_, err := Read(of(map[string]string{"PORT": "http", "KAFKA_BROKERS": "secret"}))
	want := "The environment is not complete:\n  PORT must be a port from 0 to 65535\n" +
		"  KAFKA_BROKERS must be host:port, several parted by commas\n  SCHEMA_REGISTRY_URL is missing"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
