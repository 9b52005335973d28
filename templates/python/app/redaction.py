"""Keeps secrets and e-mail addresses out of logs and spans."""

import re

_REDACTED = "[redacted]"
# Fields that hold a secret, by their names in lower case without dashes and underscores.
_SECRET_NAME = re.compile(
    r"authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?"
    r"|.*(api|private|secret|secretaccess)key|credentials?"
)
_URL_CREDENTIALS = re.compile(r'(://[^\s:/@"\\]*):[^\s/?#"\\]+@')
_URL_KEYS = re.compile(r'([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+', re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


def redact(text: str) -> str:
    """Without passwords and keys of URLs, and e-mail addresses: messages of drivers repeat what they were given."""
    if "://" in text:
        text = _URL_CREDENTIALS.sub(rf"\1:{_REDACTED}@", text)
    if "=" in text:
        text = _URL_KEYS.sub(rf"\1{_REDACTED}", text)
    return _EMAIL.sub(_REDACTED, text) if "@" in text else text


def redact_field(name: str, value: object) -> object:
    if _SECRET_NAME.fullmatch(re.sub("[-_]", "", name).lower()):
        return _REDACTED
    if isinstance(value, dict):
        return {key: redact_field(str(key), one) for key, one in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))
