<?php

declare(strict_types=1);

namespace App;

/** Keeps secrets and e-mail addresses out of logs and spans. */
final class Redaction
{
    private const REDACTED = '[redacted]';
    /** Fields that hold a secret, by their names in lower case without dashes and underscores. */
    private const SECRET_NAME = '/^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt'
        . '|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?)$/D';
    private const PATTERNS = [
        '~(://[^\s:/@"\\\\]*):[^\s/?#"\\\\]+@~' => '$1:' . self::REDACTED . '@',
        '~([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\\\]+~i' => '$1' . self::REDACTED,
        '~[\w.+-]+@[\w-]+(\.[\w-]+)+~' => self::REDACTED,
    ];

    /** Without passwords and keys of URLs, and e-mail addresses: messages repeat what they were given. */
    public static function text(string $text): string
    {
        return preg_replace(array_keys(self::PATTERNS), array_values(self::PATTERNS), $text) ?? self::REDACTED;
    }

    /**
     * @param array<string, scalar|null> $facts
     * @return array<string, scalar|null>
     */
    public static function facts(array $facts): array
    {
        foreach ($facts as $name => $value) {
            if (preg_match(self::SECRET_NAME, strtolower(str_replace(['-', '_'], '', $name))) === 1) {
                $facts[$name] = self::REDACTED;
            } elseif (is_string($value)) {
                $facts[$name] = self::text($value);
            }
        }
        return $facts;
    }
}
