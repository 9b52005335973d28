<?php

declare(strict_types=1);

namespace App;

/** One JSON object a line, without secrets; php-fpm passes it on to standard output. */
final class Log
{
    private readonly int $least;

    /** @param array<string, scalar|null> $bound what every line of it has */
    public function __construct(Config $config, private array $bound = [])
    {
        $this->least = (int) array_search($config->logLevel, Config::LEVELS, true);
        $this->bound = ['service' => $config->name, 'version' => $config->version, ...$bound];
    }

    /** @param array<string, scalar|null> $facts */
    public function write(string $level, string $message, array $facts = []): void
    {
        if (array_search($level, Config::LEVELS, true) < $this->least) {
            return;
        }
        $time = (new \DateTimeImmutable('now', new \DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
        $line = ['level' => $level, 'time' => $time, ...$this->bound, 'msg' => Redaction::text($message), ...Redaction::facts($facts)];
        $line = array_filter($line, static fn ($value) => $value !== null);
        file_put_contents('php://stderr', json_encode($line, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES) . "\n");
    }
}
