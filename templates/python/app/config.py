"""What the platform tells this service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal", "silent")
_URL = r"https?://[^/].*"
_URL_RULE = "a URL that begins with http:// or https://"


class IncompleteEnvironment(Exception):
    """Its message lists every fault, one a line. A value is never repeated: it may be a secret."""


@dataclass(frozen=True)
class Config:
    name: str
    version: str
    host: str
    port: int
    # Names under which it answers besides the loopback's; None: any.
    allowed_hosts: tuple[str, ...] | None
    log_level: str
    brokers: list[str]
    registry_url: str
    topic: str
    # Where records go that cannot be read.
    dead_letter_topic: str
    # Of a service that each new notice is sent to; None: there is none.
    forward_url: str | None
    metrics_prefix: str
    # How many tenants have metrics of their own.
    metrics_tenants: int
    # Share of the traces beginning here that are recorded.
    sample_ratio: float


def read_config(source: Mapping[str, str]) -> Config:
    """The environment, checked. Raises IncompleteEnvironment."""
    faults: list[str] = []

    def read(name: str, pattern: str, rule: str, fallback: str | None = None) -> str:
        text = source.get(name) or fallback
        if text is None:
            faults.append(f"{name} is missing")
        elif not re.fullmatch(pattern, text):
            faults.append(f"{name} must be {rule}")
        else:
            return text
        return ""

    port = read("PORT", r"[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]", "a port from 0 to 65535", "8099")
    log_level = read("LOG_LEVEL", "|".join(LEVELS), f"one of {', '.join(LEVELS)}", "info")
    brokers = read("KAFKA_BROKERS", r"[^\s:,]+:[0-9]{1,5}(,[^\s:,]+:[0-9]{1,5})*", "host:port, several parted by commas")
    registry = read("SCHEMA_REGISTRY_URL", _URL, _URL_RULE)
    forward_url = read("FORWARD_URL", _URL, _URL_RULE) if source.get("FORWARD_URL") else None
    hosts = read("ALLOWED_HOSTS", r"[\w.-]+(,[\w.-]+)*", "host names without port, parted by commas") if source.get("ALLOWED_HOSTS") else None
    prefix = read("METRICS_PREFIX", r"([a-zA-Z][a-zA-Z0-9_]*_)?", "the beginning of a metric's name, such as shop_", "")
    tenants = read("METRICS_TENANTS", r"[0-9]{1,4}|10000", "a whole number from 0 to 10000", "100")
    ratio = read("OTEL_TRACES_SAMPLER_ARG", r"0|1|[01]?\.[0-9]+", "a number from 0 to 1", "1")
    if ratio and float(ratio) > 1:
        faults.append("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1")
    if faults:
        raise IncompleteEnvironment("The environment is not complete:\n" + "\n".join(f"  {fault}" for fault in faults))
    return Config(
        name=source.get("SERVICE_NAME") or "sample-service",
        version=source.get("VERSION") or "0.0.0-dev",
        host=source.get("HOST") or "127.0.0.1",
        port=int(port),
        allowed_hosts=tuple(hosts.lower().split(",")) if hosts else None,
        log_level=log_level,
        brokers=brokers.split(","),
        registry_url=registry.rstrip("/"),
        topic=source.get("TOPIC_V1_SYSTEM") or "V1_SYSTEM",
        dead_letter_topic=source.get("TOPIC_V1_SYSTEM_DLQ") or "V1_SYSTEM_DLQ",
        forward_url=forward_url and forward_url.rstrip("/"),
        metrics_prefix=prefix,
        metrics_tenants=int(tenants),
        sample_ratio=float(ratio),
    )
