<?php

declare(strict_types=1);

namespace App;

/** The routes of this service, and what the platform asks of every one. */
final class App
{
    private const TYPE = '/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/D';
    /** Probes and scrapers ask these every few seconds: a line each would be most of the log. */
    private const QUIET = ['/health', '/ready', '/metrics'];

    private int $status = 200;
    private readonly Metrics $metrics;

    public function __construct(private readonly Config $config, private readonly Notices $notices = new Notices())
    {
        $this->metrics = new Metrics($config);
    }

    /** @param array<string, mixed> $server */
    public function handle(array $server): void
    {
        $begun = (float) $server['REQUEST_TIME_FLOAT'];
        $request = new Request($server);
        $trace = Trace::of($request->traceparent, $request->tracestate, $this->config);
        $ids = ['correlation_id' => $request->correlationId, 'trace_id' => $trace->traceId, 'span_id' => $trace->spanId];
        $log = new Log($this->config, [...$ids, 'tenant_id' => $request->tenantId]);
        header("X-Correlation-Id: {$request->correlationId}");
        $route = 'none';
        // What ends PHP itself, such as a lack of memory, is never caught.
        register_shutdown_function(function () use ($request, $log, $begun, &$route): void {
            $last = error_get_last();
            if (in_array($last['type'] ?? 0, [E_ERROR, E_PARSE, E_CORE_ERROR, E_COMPILE_ERROR], true) && !headers_sent()) {
                $log->write('error', 'request failed', ['error' => "{$last['message']} in {$last['file']}:{$last['line']}"]);
                $this->failUnexpectedly($request);
                $this->metrics->observe($request->knownMethod, $route, $this->status, microtime(true) - $begun);
            }
        });
        set_error_handler(static function (int $level, string $message, string $file, int $line) use ($log): bool {
            // Not what was silenced with @.
            if ((error_reporting() & $level) !== 0) {
                $log->write('warn', $message, ['file' => "{$file}:{$line}"]);
            }
            return true;
        });
        try {
            $this->answer($request, $route);
        } catch (ServiceError $error) {
            $this->fail($error, $request);
        } catch (\Throwable $error) {
            $log->write('error', 'request failed', ['error' => (string) $error]);
            $this->failUnexpectedly($request);
        }
        $seconds = microtime(true) - $begun;
        // By route pattern, never by path: ids would multiply it.
        $this->metrics->observe($request->knownMethod, $route, $this->status, $seconds);
        if (in_array($route, self::QUIET, true)) {
            return;
        }
        $method = $request->knownMethod;
        $facts = ['method' => $method, 'route' => $route, 'status' => $this->status, 'duration_ms' => round($seconds * 1000, 2)];
        $log->write('info', 'request', $facts);
        if ($request->tenantId !== null) {
            $this->metrics->countForTenant($request->tenantId, $this->status, $seconds);
        }
        // Without the path and the query, which hold whatever a caller writes.
        $attributes = [
            'http.request.method' => $method,
            'http.response.status_code' => $this->status,
            'url.scheme' => 'http',
            ...($route === 'none' ? [] : ['http.route' => $route]),
            ...($request->tenantId === null ? [] : ['tenant.id' => $request->tenantId]),
        ];
        // The client waits for nothing that follows.
        fastcgi_finish_request();
        $name = $method === '_OTHER' ? 'HTTP' : $method;
        $trace->send($this->config, $route === 'none' ? $name : "{$name} {$route}", $attributes, $begun, $seconds, $this->status >= 500);
    }

    /** @param string $route set to the pattern of the route that was found, which the metrics need even when the route fails */
    private function answer(Request $request, string &$route): void
    {
        $routes = [
            'GET /health' => fn () => $this->json(200, ['status' => 'ok']),
            // It needs nothing yet; name here what it comes to need: 'database' => 'up'.
            'GET /ready' => fn () => $this->json(200, ['status' => 'ready', 'checks' => new \stdClass()]),
            'GET /metrics' => fn () => $this->text('text/plain; version=0.0.4; charset=utf-8', $this->metrics->text()),
            'GET /openapi.json' => fn () => $this->text('application/json', (string) file_get_contents(__DIR__ . '/../openapi.json')),
            'GET /api/v1/notices' => fn () => $this->json(200, ['notices' => $this->notices->of($request->tenant())]),
            'POST /api/v1/notices' => fn () => $this->keep($request->tenant(), $request),
        ];
        if (!$this->config->serves($request->host)) {
            throw new ServiceError('misdirected_request', 'This service does not answer under that name.');
        }
        $handler = $routes["{$request->method} {$request->path}"] ?? null;
        if ($handler === null) {
            throw new ServiceError('not_found', "There is no {$request->method} {$request->path}.");
        }
        $route = $request->path;
        $handler();
    }

    private function keep(int $tenant, Request $request): void
    {
        $body = get_object_vars($request->object());
        ['type' => $type, 'text' => $text] = $body + ['type' => null, 'text' => null];
        if (array_diff_key($body, ['type' => 0, 'text' => 0]) !== []) {
            throw new ServiceError('invalid_request', 'The request is not valid: body must have type and text, and nothing else.');
        }
        if (!is_string($type) || preg_match(self::TYPE, $type) !== 1 || strlen($type) > 64) {
            $rule = 'body/type must be UPPER_SNAKE_CASE, such as DISK_FULL, of 64 characters at most';
            throw new ServiceError('invalid_request', "The request is not valid: {$rule}.");
        }
        if (!is_string($text) || $text === '' || iconv_strlen($text, 'UTF-8') > 1000) {
            throw new ServiceError('invalid_request', 'The request is not valid: body/text must have 1 to 1000 characters.');
        }
        $now = (new \DateTimeImmutable('now', new \DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
        $notice = ['id' => $this->uuid(), 'type' => $type, 'text' => $text, 'timestamp' => $now];
        $this->notices->add($tenant, $notice);
        $this->json(201, $notice);
    }

    private function fail(ServiceError $error, Request $request): void
    {
        $body = ['code' => $error->reason, 'message' => $error->getMessage(), 'correlation_id' => $request->correlationId];
        $this->json($error->status, ['error' => $body]);
    }

    private function failUnexpectedly(Request $request): void
    {
        $this->fail(new ServiceError('internal', 'The service failed; the failure is in its log under this correlation id.'), $request);
    }

    private function json(int $status, mixed $body): void
    {
        $this->status = $status;
        http_response_code($status);
        // A path may be any bytes.
        $flags = JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES;
        $this->text('application/json; charset=utf-8', json_encode($body, $flags));
    }

    private function text(string $type, string $text): void
    {
        header("Content-Type: {$type}");
        echo $text;
    }

    private function uuid(): string
    {
        $bytes = random_bytes(16);
        $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
        $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
        return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
    }
}
