<?php

declare(strict_types=1);

namespace App;

/**
 * The process that exports spans by OTLP: php-fpm's workers forget everything between requests, so they hand their spans to it. A receiver that
 * is away or does not answer costs spans and nothing else.
 */
final class SpanExporter
{
    private const BATCH_SPANS = 512;
    private const BATCH_SECONDS = 0.5;
    private const QUEUED_SPANS = 2048;
    private const EXPORTS_AT_ONCE = 2;
    private const EXPORT_SECONDS = 3;
    /** What a receiver that does not answer may add to stopping. */
    private const CLOSE_SECONDS = 2;

    /** @var list<string> */
    private array $queue = [];
    /** @var array<int, int> spans under way, by the process that exports them */
    private array $exports = [];
    /** @var array{exported: int, failed: int, dropped: int} */
    private array $counts = ['exported' => 0, 'failed' => 0, 'dropped' => 0];
    private bool $failing = false;
    private bool $stopping = false;
    private readonly Log $log;

    public function __construct(private readonly Config $config)
    {
        $this->log = new Log($config);
    }

    /** Spans by result, as the exporting process last wrote them. @return array<string, int> */
    public static function counts(Config $config): array
    {
        return json_decode((string) @file_get_contents("{$config->folder}/spans.json"), true) ?? [];
    }

    /** @param array<string, string|int> $attributes */
    public static function attributes(array $attributes): array
    {
        $typed = static fn (string|int $value): array => is_int($value) ? ['intValue' => (string) $value] : ['stringValue' => $value];
        $pair = static fn (string $key): array => ['key' => $key, 'value' => $typed($attributes[$key])];
        return array_map($pair, array_keys($attributes));
    }

    /** Returns after SIGTERM. */
    public function run(): void
    {
        pcntl_async_signals(true);
        pcntl_signal(SIGTERM, fn () => $this->stopping = true);
        $socket = stream_socket_server("udg://{$this->config->folder}/spans.sock", flags: STREAM_SERVER_BIND);
        stream_set_blocking($socket, false);
        $due = microtime(true) + self::BATCH_SECONDS;
        while (!$this->stopping) {
            $this->wait($socket, $this->queue === [] ? 1.0 : max(0.0, $due - microtime(true)));
            $this->read($socket);
            $this->reap();
            if (microtime(true) >= $due || count($this->queue) >= self::BATCH_SPANS) {
                $this->export();
                $due = microtime(true) + self::BATCH_SECONDS;
            }
        }
        $this->read($socket);
        $this->close();
    }

    /** @param resource $socket */
    private function wait($socket, float $seconds): void
    {
        [$read, $none] = [[$socket], null];
        // A signal ends it early.
        @stream_select($read, $none, $none, (int) $seconds, (int) (fmod($seconds, 1) * 1e6));
    }

    /** @param resource $socket */
    private function read($socket): void
    {
        while (($span = @stream_socket_recvfrom($socket, 65536)) !== false && $span !== '') {
            if (count($this->queue) < self::QUEUED_SPANS) {
                $this->queue[] = $span;
            } else {
                $this->counts['dropped']++;
            }
        }
    }

    /** Each batch has a process, so that spans are read while the receiver takes its time. */
    private function export(): void
    {
        while ($this->queue !== [] && count($this->exports) < self::EXPORTS_AT_ONCE) {
            $batch = array_splice($this->queue, 0, self::BATCH_SPANS);
            $pid = pcntl_fork();
            if ($pid === -1) {
                $this->counts['failed'] += count($batch);
                continue;
            }
            if ($pid === 0) {
                pcntl_signal(SIGTERM, SIG_DFL);
                pcntl_alarm(self::EXPORT_SECONDS);
                exit($this->post($batch) ? 0 : 1);
            }
            $this->exports[$pid] = count($batch);
        }
    }

    /** @param list<string> $spans */
    private function post(array $spans): bool
    {
        $scope = '{"scope":{"name":"sample-service"},"spans":[' . implode(',', $spans) . ']}';
        $resource = json_encode(['attributes' => self::attributes($this->config->resource)], JSON_THROW_ON_ERROR);
        $http = [
            'method' => 'POST',
            'header' => ['Content-Type: application/json', ...$this->config->tracesHeaders],
            'content' => '{"resourceSpans":[{"resource":' . $resource . ',"scopeSpans":[' . $scope . ']}]}',
            'timeout' => self::EXPORT_SECONDS,
        ];
        return @file_get_contents((string) $this->config->tracesUrl, false, stream_context_create(['http' => $http])) !== false;
    }

    private function reap(): void
    {
        while (($pid = pcntl_waitpid(-1, $status, WNOHANG)) > 0) {
            $failed = !pcntl_wifexited($status) || pcntl_wexitstatus($status) !== 0;
            $this->counts[$failed ? 'failed' : 'exported'] += $this->exports[$pid];
            unset($this->exports[$pid]);
            if ($failed !== $this->failing) {
                // One line when exporting begins to fail and one when it works again, rather than one a batch.
                $failed ? $this->log->write('warn', 'traces cannot be exported') : $this->log->write('info', 'traces are exported again');
            }
            $this->failing = $failed;
            // Readers see the file before or after, never half of it.
            file_put_contents("{$this->config->folder}/spans.json.new", json_encode($this->counts, JSON_THROW_ON_ERROR));
            rename("{$this->config->folder}/spans.json.new", "{$this->config->folder}/spans.json");
        }
    }

    private function close(): void
    {
        $this->export();
        $deadline = microtime(true) + self::CLOSE_SECONDS;
        while ($this->exports !== [] && microtime(true) < $deadline) {
            usleep(10_000);
            $this->reap();
        }
        if ($this->exports !== []) {
            array_map(static fn (int $pid) => posix_kill($pid, SIGKILL), array_keys($this->exports));
            $this->log->write('warn', 'the process ends before all traces were exported');
        }
    }
}
