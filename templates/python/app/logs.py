"""One JSON object a line on standard output, with the correlation and trace id of whatever is under way."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from .tracing import trace_id

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)

_LEVELS = {"trace": 5, "debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50, "silent": 100}
_NAMES = {"WARNING": "warn", "CRITICAL": "fatal"}


class JsonFormatter(logging.Formatter):
    def __init__(self, service: str, version: str) -> None:
        super().__init__()
        self._base = {"service": service, "version": version}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": _NAMES.get(record.levelname, record.levelname.lower()),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            **self._base,
            "msg": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        for name, value in (("correlation_id", correlation_id.get()), ("trace_id", trace_id())):
            if value:
                line[name] = value
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(service: str, version: str, level: str) -> None:
    """Everything that logs in this process does so in this form, libraries included; those at warn or above."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service, version))
    logging.basicConfig(handlers=[handler], level=max(_LEVELS[level], logging.WARNING), force=True)
    logging.getLogger("app").setLevel(_LEVELS[level])


def log(level: int, message: str, **fields: object) -> None:
    logging.getLogger("app").log(level, message, extra={"fields": fields})
