<?php

declare(strict_types=1);

namespace App;

/** The request under way. */
final class Request
{
    private const MAX_TENANT = 2 ** 53 - 1;

    /** Methods that labels and spans name; a client may invent others. */
    private const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

    public readonly string $method;
    /** The method, or _OTHER: a label's values are few. */
    public readonly string $knownMethod;
    public readonly string $path;
    public readonly string $host;
    public readonly string $correlationId;
    public readonly string $traceparent;
    public readonly string $tracestate;
    /** Null: the request names no tenant, or a malformed one. */
    public readonly ?int $tenantId;
    private readonly string $givenTenant;

    /** @param array<string, mixed> $server */
    public function __construct(private readonly array $server)
    {
        $this->method = (string) $server['REQUEST_METHOD'];
        $this->path = (string) parse_url('http://host' . $server['REQUEST_URI'], PHP_URL_PATH);
        $this->host = $this->header('HOST');
        $given = $this->header('X_CORRELATION_ID');
        // nginx gives each request an id, which is also in the answers that nginx writes.
        $this->correlationId = preg_match('/^[\w.-]{1,128}$/D', $given) === 1 ? $given : (string) $server['REQUEST_ID'];
        $this->traceparent = $this->header('TRACEPARENT');
        $this->tracestate = $this->header('TRACESTATE');
        $this->knownMethod = in_array($this->method, self::METHODS, true) ? $this->method : '_OTHER';
        $tenant = $this->header('X_TENANT_ID');
        // Two headers name no tenant: another reader of the request might take the other one.
        if (($server['ALL_TENANT_IDS'] ?? $tenant) !== $tenant) {
            $tenant = 'several';
        }
        $this->givenTenant = $tenant;
        $this->tenantId = preg_match('/^[1-9]\d{0,15}$/D', $tenant) === 1 && (int) $tenant <= self::MAX_TENANT ? (int) $tenant : null;
    }

    /** @throws ServiceError tenant_required or tenant_invalid */
    public function tenant(): int
    {
        if ($this->givenTenant === '') {
            throw new ServiceError('tenant_required', "The header X-Tenant-Id is missing: send the tenant's number.");
        }
        return $this->tenantId
            ?? throw new ServiceError('tenant_invalid', 'X-Tenant-Id must be a whole number from 1 to ' . self::MAX_TENANT . '.');
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
