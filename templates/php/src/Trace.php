<?php

declare(strict_types=1);

namespace App;

/** A request's place in its trace. Source: W3C Trace Context. */
final class Trace
{
    private const TRACEPARENT = '/^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/D';

    private const MAX_TRACESTATE = 512;

    private function __construct(
        public readonly string $traceId,
        public readonly string $spanId,
        public readonly ?string $parentSpanId,
        /** Whether the request's span is exported. */
        public readonly bool $recorded,
        /** What the vendors of earlier spans have to say, as it was received. */
        private readonly string $tracestate,
    ) {
    }

    /** Continues the caller's trace or begins one. The caller decides whether a trace is recorded, and this service only where a trace begins. */
    public static function of(string $traceparent, string $tracestate, Config $config): self
    {
        $traced = preg_match(self::TRACEPARENT, $traceparent, $found) === 1 && ($found[1] !== '00' || !isset($found[5]));
        [$traceId, $parent] = $traced ? [$found[2], $found[3]] : [bin2hex(random_bytes(16)), null];
        $sampled = $traced ? (hexdec($found[4]) & 1) === 1 : mt_rand() / mt_getrandmax() < $config->sampleRatio;
        $recorded = $sampled && $config->tracesUrl !== null;
        // A process that records nothing leaves no gap: what it logs belongs to its caller's span.
        return new self($traceId, $recorded || $parent === null ? bin2hex(random_bytes(8)) : $parent, $parent, $recorded, $traced ? $tracestate : '');
    }

    /**
     * Hands the request's span to the process that exports spans (SpanExporter). Call it after the answer: it may take some milliseconds.
     *
     * @param array<string, string|int> $attributes
     * @param float $begun seconds since 1970
     */
    public function send(Config $config, string $name, array $attributes, float $begun, float $seconds, bool $failed): void
    {
        $socket = $this->recorded ? @stream_socket_client("udg://{$config->folder}/spans.sock", timeout: 0.01) : false;
        if ($socket === false) {
            return;
        }
        stream_set_blocking($socket, false);
        $span = json_encode([
            'traceId' => $this->traceId,
            'spanId' => $this->spanId,
            ...($this->parentSpanId === null ? [] : ['parentSpanId' => $this->parentSpanId]),
            ...($this->tracestate === '' || strlen($this->tracestate) > self::MAX_TRACESTATE ? [] : ['traceState' => $this->tracestate]),
            'name' => $name,
            'kind' => 2,
            'startTimeUnixNano' => self::nanoseconds($begun),
            'endTimeUnixNano' => self::nanoseconds($begun + $seconds),
            'attributes' => SpanExporter::attributes($attributes),
            ...($failed ? ['status' => ['code' => 2]] : []),
        ], JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES);
        // The socket holds few spans until they are read. One that finds no room is lost.
        for ($attempt = 0; $attempt < 5 && @fwrite($socket, $span) !== strlen($span); $attempt++) {
            usleep(1000);
        }
    }

    private static function nanoseconds(float $seconds): string
    {
        return sprintf('%d000', round($seconds * 1e6));
    }
}
