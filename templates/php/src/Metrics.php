<?php

declare(strict_types=1);

namespace App;

/** Requests and their durations, in memory that all workers share; printed as Prometheus reads them. Labels take few values: no path and no id. */
final class Metrics
{
    private const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
    private const PREFIX = 'metrics|';
    private const TENANT_REQUESTS = 'tenant_requests|';
    private const TENANT_TIME = 'tenant_time|';

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

    /** The first METRICS_TENANTS tenants have series of their own; all others share one. */
    public function countForTenant(int $tenant, int $status, float $seconds): void
    {
        $known = apcu_exists("tenants|{$tenant}");
        if (!$known && apcu_fetch('tenants|count') < $this->config->metricsTenants && apcu_add("tenants|{$tenant}", true)) {
            apcu_inc('tenants|count');
            $known = true;
        }
        $name = $known ? $tenant : 'other';
        $outcome = $status < 400 ? 'ok' : ($status < 500 ? 'refused' : 'failed');
        apcu_inc(self::TENANT_REQUESTS . "tenant_id=\"{$name}\",outcome=\"{$outcome}\"");
        apcu_inc(self::TENANT_TIME . "tenant_id=\"{$name}\"", (int) round($seconds * 1e6));
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
        $time = array_map(static fn (int $microseconds): float => $microseconds / 1e6, $this->read(self::TENANT_TIME));
        return $this->counter('http_requests_total', 'Requests answered', $requests)
            . $this->histogram('http_request_duration_seconds', 'From the first byte of a request to the last of its answer', $series)
            . $this->counter('tenant_requests_total', 'Requests of a tenant, by outcome: ok, refused or failed', $this->read(self::TENANT_REQUESTS))
            . $this->counter('tenant_request_seconds_total', 'Time spent on a tenant\'s requests', $time)
            . $this->counter('tracing_spans_total', 'Recorded spans: exported, failed or dropped', $spans);
    }

    /** @return array<string, int> counts by the labels that their keys end with */
    private function read(string $prefix): array
    {
        $series = [];
        foreach (new \APCUIterator('/^' . preg_quote($prefix, '/') . '/') as ['key' => $key, 'value' => $value]) {
            $series[substr($key, strlen($prefix))] = $value;
        }
        return $series;
    }

    /** @param array<string, int|float> $series */
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
