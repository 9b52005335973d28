"""One JSON object a line on standard output, with the ids of whatever is under way and without secrets."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from opentelemetry import trace

from .redaction import redact, redact_field

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
tenant_id: ContextVar[int | None] = ContextVar("tenant_id", default=None)

_LEVELS = {"trace": 5, "debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50, "silent": 100}
_NAMES = {"WARNING": "warn", "CRITICAL": "fatal"}


def parse_correlation_id(text: str | None) -> str | None:
    """The text of a header if it is an id: a sender may write anything there."""
    return text if text and re.fullmatch(r"[\w.-]{1,128}", text, re.ASCII) else None


def for_tenant(tenant: int) -> None:
    """Names the tenant in the log lines and in the span of what is under way."""
    tenant_id.set(tenant)
    trace.get_current_span().set_attribute("tenant.id", tenant)


class JsonFormatter(logging.Formatter):
    def __init__(self, service: str, version: str) -> None:
        super().__init__()
        self._base = {"service": service, "version": version}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": _NAMES.get(record.levelname, record.levelname.lower()),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **self._base,
        }
        context = trace.get_current_span().get_span_context()
        if correlation_id.get():
            line["correlation_id"] = correlation_id.get()
        if context.is_valid:
            line["trace_id"] = trace.format_trace_id(context.trace_id)
            line["span_id"] = trace.format_span_id(context.span_id)
        if tenant_id.get():
            line["tenant_id"] = tenant_id.get()
        line["msg"] = redact(record.getMessage())
        line |= {name: redact_field(name, value) for name, value in getattr(record, "fields", {}).items()}
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


def configure(service: str, version: str, level: str) -> None:
    """Everything that logs in this process does so in this form, libraries included; those at warn or above."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service, version))
    logging.basicConfig(handlers=[handler], level=max(_LEVELS[level], logging.WARNING), force=True)
    logging.getLogger("app").setLevel(_LEVELS[level])


def log(level: int, message: str, **fields: object) -> None:
    logging.getLogger("app").log(level, message, extra={"fields": fields})
