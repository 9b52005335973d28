<?php

declare(strict_types=1);

namespace App;

/** Requests and their durations, in memory that all workers share; printed as Prometheus reads them. Labels take few values: no path, tenant or id. */
final class Metrics
{
    private const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
    private const PREFIX = 'metrics|';

    public function __construct(private readonly Config $config)
    {
    }

    public function observe(string $method, string $route, int $status, float $seconds): void
    {
        $series = self::PREFIX . "{$method}|{$route}|{$status}|";
        // Whole microseconds: APCu counts in integers.
        apcu_inc($series . 'sum', (int) round($seconds * 1e6));
        apcu_inc($series . 'count');
        foreach (self::SECONDS as $bound) {
            if ($seconds <= $bound) {
                apcu_inc($series . $bound);
            }
        }
    }

    public function text(): string
    {
        $series = [];
        foreach (new \APCUIterator('/^' . preg_quote(self::PREFIX, '/') . '/') as ['key' => $key, 'value' => $value]) {
            [, $method, $route, $status, $what] = explode('|', $key);
            $series["method=\"{$method}\",route=\"{$route}\",status=\"{$status}\""][$what] = $value;
        }
        ksort($series);
        $requests = array_map(static fn (array $values): int => $values['count'] ?? 0, $series);
        $spans = [];
        foreach (SpanExporter::counts($this->config) as $result => $count) {
            $spans["result=\"{$result}\""] = $count;
        }
        return $this->counter('http_requests_total', 'Requests answered', $requests)
            . $this->histogram('http_request_duration_seconds', 'From the first byte of a request to the last of its answer', $series)
            . $this->counter('tracing_spans_total', 'Recorded spans: exported, failed or dropped', $spans);
    }

    /** @param array<string, int> $series */
    private function counter(string $name, string $help, array $series): string
    {
        $text = $this->head($name, $help, 'counter');
        foreach ($series as $labels => $count) {
            $text .= $this->sample($name, $labels, $count);
        }
        return $text;
    }

    /** @param array<string, array<string, int>> $series */
    private function histogram(string $name, string $help, array $series): string
    {
        $text = $this->head($name, $help, 'histogram');
        foreach ($series as $labels => $values) {
            foreach (self::SECONDS as $bound) {
                $text .= $this->sample("{$name}_bucket", "{$labels},le=\"{$bound}\"", $values[(string) $bound] ?? 0);
            }
            $count = $values['count'] ?? 0;
            $text .= $this->sample("{$name}_bucket", "{$labels},le=\"+Inf\"", $count)
                . $this->sample("{$name}_sum", $labels, ($values['sum'] ?? 0) / 1e6) . $this->sample("{$name}_count", $labels, $count);
        }
        return $text;
    }

    private function head(string $name, string $help, string $type): string
    {
        $name = $this->config->metricsPrefix . $name;
        return "# HELP {$name} {$help}\n# TYPE {$name} {$type}\n";
    }

    private function sample(string $name, string $labels, int|float $value): string
    {
        $of = static fn (string $text): string => addcslashes($text, "\\\"\n");
        $service = 'service="' . $of($this->config->name) . '",version="' . $of($this->config->version) . '"';
        return "{$this->config->metricsPrefix}{$name}{{$service},{$labels}} {$value}\n";
    }
}
