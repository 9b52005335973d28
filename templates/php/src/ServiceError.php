<?php

declare(strict_types=1);

namespace App;

/** An error whose code and message are meant for the caller. */
final class ServiceError extends \RuntimeException
{
    private const STATUS = [
        'invalid_request' => 400,
        'tenant_required' => 400,
        'tenant_invalid' => 400,
        'not_found' => 404,
        'payload_too_large' => 413,
        'unsupported_media_type' => 415,
        'misdirected_request' => 421,
        'internal' => 500,
    ];

    public readonly int $status;

    public function __construct(public readonly string $reason, string $message)
    {
        parent::__construct($message);
        $this->status = self::STATUS[$reason];
    }
}
