<?php

declare(strict_types=1);

namespace App;

/** What the platform tells this service, checked. */
final class Config
{
    public const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

    /**
     * @param array<string, string> $resource attributes of the service in traces
     * @param list<string> $tracesHeaders
     */
    private function __construct(
        public readonly string $name,
        public readonly string $version,
        public readonly string $host,
        public readonly int $port,
        /** @var list<string>|null names under which it answers besides the loopback's; null: any */
        public readonly ?array $allowedHosts,
        public readonly string $logLevel,
        /** Begins the name of each metric. */
        public readonly string $metricsPrefix,
        /** How many tenants have metrics of their own. */
        public readonly int $metricsTenants,
        /** Share of the traces beginning here that are recorded. */
        public readonly float $sampleRatio,
        /** Where spans are exported to; null: nowhere. */
        public readonly ?string $tracesUrl,
        public readonly array $tracesHeaders,
        public readonly array $resource,
        /** Of files that the service's processes share; bin/serve.php makes it. */
        public readonly string $folder,
    ) {
    }

    /**
     * @param array<string, string> $source
     * @throws \RuntimeException that lists every fault, one a line; a value is never repeated, since it may be a secret
     */
    public static function read(array $source): self
    {
        $of = static fn (string $name, string $fallback): string => ($source[$name] ?? '') === '' ? $fallback : $source[$name];
        $faults = [];
        $port = $of('PORT', '8099');
        if (preg_match('/^\d{1,5}$/D', $port) !== 1 || (int) $port > 65535) {
            $faults[] = 'PORT must be a port from 0 to 65535';
        }
        $host = $of('HOST', '127.0.0.1');
        // It becomes part of the web server's configuration.
        if (preg_match('/^[\w.:\[\]-]+$/D', $host) !== 1) {
            $faults[] = 'HOST must be a name or an address';
        }
        $hosts = strtolower($of('ALLOWED_HOSTS', ''));
        if (preg_match('/^([\w.-]+(,[\w.-]+)*)?$/D', $hosts) !== 1) {
            $faults[] = 'ALLOWED_HOSTS must be host names without port, parted by commas';
        }
        $level = $of('LOG_LEVEL', 'info');
        if (!in_array($level, self::LEVELS, true)) {
            $faults[] = 'LOG_LEVEL must be one of ' . implode(', ', self::LEVELS);
        }
        $prefix = $of('METRICS_PREFIX', '');
        if (preg_match('/^([a-zA-Z][a-zA-Z0-9_]*_)?$/D', $prefix) !== 1) {
            $faults[] = 'METRICS_PREFIX must be the beginning of a metric\'s name, such as shop_';
        }
        $tenants = $of('METRICS_TENANTS', '100');
        if (preg_match('/^(\d{1,4}|10000)$/D', $tenants) !== 1) {
            $faults[] = 'METRICS_TENANTS must be a whole number from 0 to 10000';
        }
        $ratio = $of('OTEL_TRACES_SAMPLER_ARG', '1');
        if (preg_match('/^(0|1|[01]?\.\d+)$/D', $ratio) !== 1 || (float) $ratio > 1) {
            $faults[] = 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1';
        }
        if ($faults !== []) {
            throw new \RuntimeException("The environment is not complete:\n  " . implode("\n  ", $faults));
        }
        [$name, $version] = [$of('SERVICE_NAME', 'sample-service'), $of('VERSION', '0.0.0-dev')];
        $endpoint = rtrim($of('OTEL_EXPORTER_OTLP_ENDPOINT', ''), '/');
        $resource = ['service.name' => $name, 'service.version' => $version, ...self::pairs($of('OTEL_RESOURCE_ATTRIBUTES', ''))];
        $headers = self::pairs($of('OTEL_EXPORTER_OTLP_HEADERS', ''));
        return new self(
            $name,
            $version,
            $host,
            (int) $port,
            $hosts === '' ? null : explode(',', $hosts),
            $level,
            $prefix,
            (int) $tenants,
            (float) $ratio,
            $of('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', $endpoint === '' ? '' : "{$endpoint}/v1/traces") ?: null,
            array_map(static fn (string $header): string => "{$header}: {$headers[$header]}", array_keys($headers)),
            [...$resource, 'service.name' => $of('OTEL_SERVICE_NAME', $resource['service.name'])],
            $of('SERVICE_FOLDER', sys_get_temp_dir()),
        );
    }

    /** Whether it answers under a host: a page whose name leads to this machine must not read its answers. */
    public function serves(string $host): bool
    {
        $name = preg_replace('/:\d*$/D', '', strtolower($host));
        $loopback = preg_match('/^(localhost|([\w-]+\.)+localhost|127\.0\.0\.1|\[::1\])$/D', (string) $name) === 1;
        return $this->allowedHosts === null || $loopback || in_array($name, $this->allowedHosts, true);
    }

    /**
     * As in OTEL_RESOURCE_ATTRIBUTES: key=value, percent-encoded, separated by commas.
     *
     * @return array<string, string>
     */
    private static function pairs(string $text): array
    {
        preg_match_all('/([^=,\s]+)\s*=\s*([^,]*)/', $text, $found);
        return array_combine($found[1], array_map(static fn (string $value): string => rawurldecode(trim($value)), $found[2]));
    }
}
