"""Sends notices on to another service."""

import asyncio
import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind

from .events import SystemEvent, Unreadable
from .logs import correlation_id
from .redaction import redact
from .tracing import inject, span

_TIMEOUT_SECONDS = 3


class Forwarder:
    """Calls the service at a URL, in the trace, with the correlation id and for the tenant of the work under way."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v1/notices"

    async def send(self, event: SystemEvent) -> None:
        """Raises while the service is away; Unreadable when it refuses the notice, since no retry helps then."""
        attributes = {
            "http.request.method": "POST",
            "url.full": redact(self._url),
            "server.address": urlsplit(self._url).hostname or "",
            "tenant.id": event.tenant_id,
        }
        with span("POST", SpanKind.CLIENT, attributes) as call:
            headers = {"content-type": "application/json", "x-tenant-id": str(event.tenant_id)}
            headers["x-correlation-id"] = correlation_id.get() or ""
            inject(headers)
            body = json.dumps({"type": event.event_type, "text": event.event_data.get("text", "")}).encode()
            status = await asyncio.to_thread(_post, urllib.request.Request(self._url, body, headers))
            call.set_attribute("http.response.status_code", status)
            reason = f"the service that notices are forwarded to answered {status}"
            if status >= 500 or status == 429:
                raise ConnectionError(reason)
            if status >= 400:
                raise Unreadable(reason)


def _post(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            response.read()
            return response.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
