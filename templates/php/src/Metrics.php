<?php

declare(strict_types=1);

namespace App;

/** Durations of requests, in memory that all workers share; printed as Prometheus reads them. */
final class Metrics
{
    private const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
    private const PREFIX = 'metrics|';
    private const NAME = 'http_request_duration_seconds';

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
        $text = '# HELP ' . self::NAME . " From the first byte of a request to the last of its answer\n# TYPE " . self::NAME . " histogram\n";
        foreach ($series as $labels => $values) {
            foreach (self::SECONDS as $bound) {
                $text .= self::NAME . "_bucket{{$labels},le=\"{$bound}\"} " . ($values[(string) $bound] ?? 0) . "\n";
            }
            $count = $values['count'] ?? 0;
            $text .= self::NAME . "_bucket{{$labels},le=\"+Inf\"} {$count}\n";
            $text .= self::NAME . "_sum{{$labels}} " . ($values['sum'] ?? 0) / 1e6 . "\n" . self::NAME . "_count{{$labels}} {$count}\n";
        }
        return $text;
    }
}
