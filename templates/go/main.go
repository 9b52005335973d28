// Command sample-service publishes notices of a tenant as events, and shows each tenant its notices.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sample-service/internal/config"
	"sample-service/internal/events"
	"sample-service/internal/forward"
	"sample-service/internal/httpapi"
	"sample-service/internal/notices"
	"sample-service/internal/telemetry"
)

// What stopping may take before the process ends regardless.
const drain = 10 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && args[0] == "healthcheck" {
		return healthcheck(cmp.Or(os.Getenv("PORT"), "8099"))
	}
	c, err := config.Read(os.Getenv)
	if err != nil {
		return err
	}
	return serve(c)
}

// serve starts while what the service needs is away, and says so on /ready. On SIGTERM, requests under way finish, then the consumer leaves
// its group, then what both wrote through is closed.
func serve(c config.Config) error {
	signalled, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	logger, metrics := telemetry.NewLogger(c), telemetry.NewMetrics(c)
	flush, err := telemetry.StartTracing(signalled, c, logger, metrics.Spans)
	if err != nil {
		return err
	}
	codec, err := events.NewCodec(c.RegistryURL, c.Topic)
	if err != nil {
		return err
	}
	publisher, err := events.NewPublisher(c.Name, c.Brokers, c.Topic, codec, metrics)
	if err != nil {
		return err
	}
	defer publisher.Close()
	store := notices.NewStore()
	forwarder, err := forward.New(c.ForwardURL)
	if err != nil {
		return err
	}
	consumer := &events.Consumer{
		Codec: codec, Publisher: publisher, Logger: logger, Metrics: metrics,
		Group: c.Name, Topic: c.Topic, DeadLetterTopic: c.DeadLetterTopic,
		Apply: func(ctx context.Context, event events.SystemEvent) (bool, error) {
			if forwarder != nil {
				if err := forwarder.Send(ctx, event); err != nil {
					return false, err
				}
			}
			return store.Add(event), nil
		},
	}
	api := httpapi.New(c.Name, logger, metrics, publisher, store, httpapi.Checks{"broker": publisher.Check, "registry": codec.Check})
	api.Hosts = c.AllowedHosts
	server := &http.Server{
		Handler: api.Handler(),
		// A client that sends its request drop by drop holds a connection no longer than this.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		// It would answer OPTIONS * itself, outside the log and the metrics.
		DisableGeneralOptionsHandler: true,
	}
	listener, err := net.Listen("tcp", c.Address())
	if err != nil {
		return err
	}

	consuming, leave := context.WithCancel(context.Background())
	defer leave()
	left, ended := make(chan error, 1), make(chan error, 1)
	go func() { left <- consumer.Run(consuming, c.Brokers) }()
	go func() { ended <- server.Serve(listener) }()
	logger.Info("listening on " + listener.Addr().String())
	select {
	case err := <-ended:
		return err
	case err := <-left:
		return err
	case <-signalled.Done():
	}

	logger.Info("stopping")
	deadline, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	api.Stopping()
	err = server.Shutdown(deadline)
	leave()
	select {
	case late := <-left:
		flush()
		return errors.Join(err, late)
	case <-deadline.Done():
		return errors.New("stopping took too long; work was left undone")
	}
}

// healthcheck asks the service of this machine: an image without a shell has nothing else to ask it with.
func healthcheck(port string) error {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get("http://127.0.0.1:" + port + "/health")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the service answered %d", response.StatusCode)
	}
	return nil
}
