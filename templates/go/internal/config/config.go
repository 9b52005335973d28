// Package config reads what the platform tells the service.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Config is the environment, checked.
type Config struct {
	Name, Version   string
	Host            string
	Port            int
	LogLevel        slog.Level
	Brokers         []string
	RegistryURL     string
	Topic           string
	DeadLetterTopic string // for what cannot be read
}

// Address is what to listen on.
func (c Config) Address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

var levels = map[string]slog.Level{
	"trace": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn,
	"error": slog.LevelError, "fatal": slog.LevelError, "silent": slog.LevelError + 100,
}

// Read returns the configuration, or one error that lists every fault, one a line. A value is never repeated: it may be a secret.
func Read(lookup func(string) string) (Config, error) {
	var faults []string
	fault := func(format string, values ...any) { faults = append(faults, "  "+fmt.Sprintf(format, values...)) }
	or := func(name, fallback string) string {
		if value := lookup(name); value != "" {
			return value
		}
		return fallback
	}
	c := Config{
		Name:            or("SERVICE_NAME", "sample-service"),
		Version:         or("VERSION", "0.0.0-dev"),
		Host:            or("HOST", "127.0.0.1"),
		Topic:           or("TOPIC_V1_SYSTEM", "V1_SYSTEM"),
		DeadLetterTopic: or("TOPIC_V1_SYSTEM_DLQ", "V1_SYSTEM_DLQ"),
		RegistryURL:     strings.TrimRight(lookup("SCHEMA_REGISTRY_URL"), "/"),
	}
	port, err := strconv.ParseUint(or("PORT", "8099"), 10, 16)
	if err != nil {
		fault("PORT must be a port from 0 to 65535")
	}
	c.Port = int(port)
	level, known := levels[or("LOG_LEVEL", "info")]
	if !known {
		fault("LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent")
	}
	c.LogLevel = level
	if brokers := lookup("KAFKA_BROKERS"); brokers == "" {
		fault("KAFKA_BROKERS is missing")
	} else if c.Brokers = strings.Split(brokers, ","); !allHostPorts(c.Brokers) {
		fault("KAFKA_BROKERS must be host:port, several parted by commas")
	}
	if c.RegistryURL == "" {
		fault("SCHEMA_REGISTRY_URL is missing")
	} else if at, err := url.Parse(c.RegistryURL); err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
		fault("SCHEMA_REGISTRY_URL must be a URL that begins with http:// or https://")
	}
	if len(faults) > 0 {
		return Config{}, errors.New("The environment is not complete:\n" + strings.Join(faults, "\n"))
	}
	return c, nil
}

func allHostPorts(brokers []string) bool {
	for _, broker := range brokers {
		host, port, err := net.SplitHostPort(broker)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || host == "" {
			return false
		}
	}
	return true
}
