<?php

declare(strict_types=1);

namespace App;

/** Keeps secrets and e-mail addresses out of logs and spans. */
final class Redaction
{
    private const REDACTED = '[redacted]';
    /** Fields that hold a secret or a personal datum, by their names in lower case without dashes and underscores. */
    private const SECRET_NAME = '/^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?'
        . '|.*(api|private|secret|secretaccess)key|credentials?|.*emails?|.*emailaddress|.*phone(number)?|iban|.*cardnumber|cvv|cvc|ssn)$/D';
    private const PATTERNS = [
        '~(://[^\s:/@"\\\\]*):[^\s/?#"\\\\]+@~' => '$1:' . self::REDACTED . '@',
        '~([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\\\]+~i' => '$1' . self::REDACTED,
        // password=x, "token": "x", Authorization: Bearer x
        '~((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credential)s?["\'\\\\]*\s*[=:]\s*["\'\\\\]*)'
            . '(?:(?:bearer|basic|digest)\s+)?[^\s"\'\\\\,;&}\])[]+~i' => '$1' . self::REDACTED,
        '~\b(bearer\s+)[\w+/=.\~-]+~i' => '$1' . self::REDACTED,
        // Keys that tell by their form what they are.
        '~\b(?:eyJ[\w-]{10,}(?:\.[\w-]+)*|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|glpat-[\w-]{10,}|sk_(?:live|test)_\w+|xox[abprs]-[\w-]+)~' => self::REDACTED,
        // E-mail addresses; the last label is of letters, unlike the version in package@1.2.3.
        '~[^\s@"\'<>\\\\,;:()[\]{}/?&=|]{1,64}(?:@|%40)(?:[^\s@"\'<>\\\\,;:()[\]{}/?&=|.%]{1,63}\.){1,10}[a-zA-Z]{2,63}~' => self::REDACTED,
    ];

    /** Without passwords and keys, and e-mail addresses: messages repeat what they were given. */
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
