"""Keeps secrets and e-mail addresses out of logs and spans."""

import re

_REDACTED = "[redacted]"
# Fields that hold a secret or a personal datum, by their names in lower case without dashes and underscores.
_SECRET_NAME = re.compile(
    r"authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?"
    r"|.*(api|private|secret|secretaccess)key|credentials?|.*emails?|.*emailaddress|.*phone(number)?|iban|.*cardnumber|cvv|cvc|ssn"
)
# What a text needs for any of the patterns: most texts are looked at once.
_SUSPICIOUS = re.compile(r"[=:@%]|bearer|eyJ|AKIA|gh[pousr]_|glpat-|sk_|xox", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r'(://[^\s:/@"\\]*):[^\s/?#"\\]+@'), rf"\1:{_REDACTED}@"),
    (
        re.compile(r'([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+', re.IGNORECASE),
        rf"\1{_REDACTED}",
    ),
    # password=x, "token": "x", Authorization: Bearer x
    (
        re.compile(
            r"((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credential)s?[\"'\\]*\s*[=:]\s*[\"'\\]*)"
            r"(?:(?:bearer|basic|digest)\s+)?[^\s\"'\\,;&}\])\[]+",
            re.IGNORECASE,
        ),
        rf"\1{_REDACTED}",
    ),
    (re.compile(r"\b(bearer\s+)[\w+/=.~-]+", re.IGNORECASE), rf"\1{_REDACTED}"),
    # Keys that tell by their form what they are.
    (
        re.compile(
            r"\b(?:eyJ[\w-]{10,}(?:\.[\w-]+)*|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|glpat-[\w-]{10,}|sk_(?:live|test)_\w+|xox[abprs]-[\w-]+)"
        ),
        _REDACTED,
    ),
    # E-mail addresses; the last label is of letters, unlike the version in package@1.2.3.
    (
        re.compile(
            r"[^\s@\"'<>\\,;:()\[\]{}/?&=|]{1,64}(?:@|%40)(?:[^\s@\"'<>\\,;:()\[\]{}/?&=|.%]{1,63}\.){1,10}[a-zA-Z]{2,63}"
        ),
        _REDACTED,
    ),
)


def redact(text: str) -> str:
    """Without passwords and keys, and e-mail addresses: messages of drivers repeat what they were given."""
    if not _SUSPICIOUS.search(text):
        return text
    for pattern, by in _PATTERNS:
        text = pattern.sub(by, text)
    return text


def redact_field(name: str, value: object) -> object:
    if _SECRET_NAME.fullmatch(re.sub("[-_]", "", name).lower()):
        return _REDACTED
    if isinstance(value, dict):
        return {key: redact_field(str(key), one) for key, one in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))
