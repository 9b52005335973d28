<?php

declare(strict_types=1);

namespace App;

/** What the platform tells this service, checked. */
final class Config
{
    public const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

    private function __construct(
        public readonly string $name,
        public readonly string $version,
        public readonly string $host,
        public readonly int $port,
        public readonly string $logLevel,
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
        $level = $of('LOG_LEVEL', 'info');
        if (!in_array($level, self::LEVELS, true)) {
            $faults[] = 'LOG_LEVEL must be one of ' . implode(', ', self::LEVELS);
        }
        if ($faults !== []) {
            throw new \RuntimeException("The environment is not complete:\n  " . implode("\n  ", $faults));
        }
        return new self($of('SERVICE_NAME', 'sample-service'), $of('VERSION', '0.0.0-dev'), $host, (int) $port, $level);
    }
}
