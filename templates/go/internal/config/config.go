// Package config reads what the platform tells the service.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Config is the environment, checked.
type Config struct {
	Name, Version   string
	Host            string
	Port            int
	AllowedHosts    []string // names under which it answers besides the loopback's; nil: any
	LogLevel        slog.Level
	Brokers         []string
	RegistryURL     string
	Topic           string
	DeadLetterTopic string  // for what cannot be read
	ForwardURL      string  // of a service that each new notice is sent to; empty: none
	MetricsPrefix   string  // of every metric's name
	MetricsTenants  int     // how many tenants have metrics of their own
	SampleRatio     float64 // share of the traces beginning here that are recorded
}

// Address is what to listen on.
func (c Config) Address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

var levels = map[string]slog.Level{
	"trace": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn,
	"error": slog.LevelError, "fatal": slog.LevelError, "silent": slog.LevelError + 100,
}

var hostNames = regexp.MustCompile(`^[\w.-]+(,[\w.-]+)*$`)

var metricsPrefix = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9_]*_)?$`)

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
		ForwardURL:      strings.TrimRight(lookup("FORWARD_URL"), "/"),
		MetricsPrefix:   lookup("METRICS_PREFIX"),
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
	if hosts := strings.ToLower(lookup("ALLOWED_HOSTS")); hosts != "" {
		if c.AllowedHosts = strings.Split(hosts, ","); !hostNames.MatchString(hosts) {
			fault("ALLOWED_HOSTS must be host names without port, parted by commas")
		}
	}
	if c.RegistryURL == "" {
		fault("SCHEMA_REGISTRY_URL is missing")
	} else if !isURL(c.RegistryURL) {
		fault("SCHEMA_REGISTRY_URL must be a URL that begins with http:// or https://")
	}
	if c.ForwardURL != "" && !isURL(c.ForwardURL) {
		fault("FORWARD_URL must be a URL that begins with http:// or https://")
	}
	if !metricsPrefix.MatchString(c.MetricsPrefix) {
		fault("METRICS_PREFIX must be the beginning of a metric's name, such as shop_")
	}
	if c.MetricsTenants, err = strconv.Atoi(or("METRICS_TENANTS", "100")); err != nil || c.MetricsTenants < 0 || c.MetricsTenants > 10_000 {
		fault("METRICS_TENANTS must be a whole number from 0 to 10000")
	}
	if c.SampleRatio, err = strconv.ParseFloat(or("OTEL_TRACES_SAMPLER_ARG", "1"), 64); err != nil || !(c.SampleRatio >= 0 && c.SampleRatio <= 1) {
		fault("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1")
	}
	if len(faults) > 0 {
		return Config{}, errors.New("The environment is not complete:\n" + strings.Join(faults, "\n"))
	}
	return c, nil
}

func isURL(text string) bool {
	at, err := url.Parse(text)
	return err == nil && at.Host != "" && (at.Scheme == "http" || at.Scheme == "https")
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
