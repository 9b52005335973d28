<?php

declare(strict_types=1);

/* php tests/run.php: exit code 1 and one line for each claim that does not hold. */

require __DIR__ . '/../src/autoload.php';

$failed = 0;
$claim = static function (string $what, mixed $actual, mixed $expected) use (&$failed): void {
    if ($actual !== $expected) {
        $failed++;
        fwrite(STDERR, "{$what}: " . var_export($actual, true) . ' instead of ' . var_export($expected, true) . "\n");
    }
};

$config = App\Config::read(['PORT' => '7000']);
$claim('what is there is read, the rest has defaults', [$config->port, $config->host, $config->logLevel], [7000, '127.0.0.1', 'info']);

try {
    App\Config::read(['PORT' => '65536', 'LOG_LEVEL' => 'secret']);
    $claim('a fault is refused', false, true);
} catch (RuntimeException $error) {
    $levels = implode(', ', App\Config::LEVELS);
    $faults = "  PORT must be a port from 0 to 65535\n  LOG_LEVEL must be one of {$levels}";
    $claim('every fault is in one message, and no value', $error->getMessage(), "The environment is not complete:\n{$faults}");
}

$request = static fn (array $headers) => new App\Request(['REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/a?b', 'REQUEST_ID' => 'own', ...$headers]);
$claim('the path has no query', $request([])->path, '/a');
$claim('a malformed correlation id is replaced', $request(['HTTP_X_CORRELATION_ID' => "a\n"])->correlationId, 'own');
$claim('the tenant is a number', $request(['HTTP_X_TENANT_ID' => '10001'])->tenant(), 10001);
foreach (['' => 'tenant_required', '1x' => 'tenant_invalid', '9007199254740992' => 'tenant_invalid'] as $given => $reason) {
    try {
        $request(['HTTP_X_TENANT_ID' => (string) $given])->tenant();
        $claim("tenant {$given} is refused", false, true);
    } catch (App\ServiceError $error) {
        $claim("tenant {$given}", $error->reason, $reason);
    }
}
$claim('a span has the ids of its caller', App\Trace::of('00-' . str_repeat('a', 32) . '-' . str_repeat('b', 16) . '-01', '', $config)->spanId, str_repeat('b', 16));
$claim('a malformed traceparent begins a trace', App\Trace::of('00-' . str_repeat('0', 32) . '-1-01', '', $config)->parentSpanId, null);
$claim('URLs and addresses are redacted', App\Redaction::text('https://a:b@c/?token=d ann@example.org'), 'https://a:[redacted]@c/?token=[redacted] [redacted]');
foreach (
    [
        'postgresql://app:s3cret@db/app' => 'postgresql://app:[redacted]@db/app',
        'Authorization: Bearer s3cret' => 'Authorization: [redacted]',
        '{"password":"s3cret","a":1}' => '{"password":"[redacted]","a":1}',
        'package@1.2.3 at 127.0.0.1:9092' => 'package@1.2.3 at 127.0.0.1:9092',
    ] as $text => $clean
) {
    $claim("'{$text}' is redacted", App\Redaction::text($text), $clean);
}
$claim('secrets are redacted by name', App\Redaction::facts(['api_key' => 'k', 'status' => 1]), ['api_key' => '[redacted]', 'status' => 1]);
exit($failed === 0 ? 0 : 1);
