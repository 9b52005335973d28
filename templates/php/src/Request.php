<?php

declare(strict_types=1);

namespace App;

/** The request under way. */
final class Request
{
    private const MAX_TENANT = 2 ** 53 - 1;

    public readonly string $method;
    public readonly string $path;
    public readonly string $correlationId;
    public readonly ?string $traceId;

    /** @param array<string, mixed> $server */
    public function __construct(private readonly array $server)
    {
        $this->method = (string) $server['REQUEST_METHOD'];
        $this->path = (string) parse_url('http://host' . $server['REQUEST_URI'], PHP_URL_PATH);
        $given = $this->header('X_CORRELATION_ID');
        // nginx gives each request an id, which is also in the answers that nginx writes.
        $this->correlationId = preg_match('/^[\w.-]{1,128}$/D', $given) === 1 ? $given : (string) $server['REQUEST_ID'];
        $traced = preg_match('/^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/D', $this->header('TRACEPARENT'), $found) === 1;
        $this->traceId = $traced ? $found[1] : null;
    }

    /** @throws ServiceError tenant_required or tenant_invalid */
    public function tenant(): int
    {
        $given = $this->header('X_TENANT_ID');
        if ($given === '') {
            throw new ServiceError('tenant_required', "The header X-Tenant-Id is missing: send the tenant's number.");
        }
        if (preg_match('/^[1-9]\d{0,15}$/D', $given) !== 1 || (int) $given > self::MAX_TENANT) {
            throw new ServiceError('tenant_invalid', 'X-Tenant-Id must be a whole number from 1 to ' . self::MAX_TENANT . '.');
        }
        return (int) $given;
    }

    /** @throws ServiceError when the body is not a JSON object */
    public function object(): \stdClass
    {
        if (strtolower(trim(explode(';', (string) ($this->server['CONTENT_TYPE'] ?? ''))[0])) !== 'application/json') {
            throw new ServiceError('unsupported_media_type', 'Send the body as application/json.');
        }
        $body = json_decode((string) file_get_contents('php://input'));
        if (!$body instanceof \stdClass) {
            throw new ServiceError('invalid_request', 'The request could not be read: its body must be a JSON object.');
        }
        return $body;
    }

    private function header(string $name): string
    {
        return (string) ($this->server["HTTP_{$name}"] ?? '');
    }
}
