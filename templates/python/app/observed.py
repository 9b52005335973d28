"""What every request gets: a correlation id, a limit, one line in the log, its place in the metrics, and an answer even when it fails."""

import logging
import re
import time
from uuid import uuid4

from prometheus_client import CollectorRegistry, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ServiceError
from .logs import correlation_id, log

_CORRELATION = re.compile(r"[\w.-]{1,128}", re.ASCII)
_MAX_BODY_BYTES = 64 * 1024
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
# Probes and scrapers ask these every few seconds: a line each would be most of the log.
_QUIET = {"/health", "/ready", "/metrics"}


def error_response(error: ServiceError) -> JSONResponse:
    body = {"error": {"code": error.code, "message": error.detail, "correlation_id": correlation_id.get()}}
    return JSONResponse(body, error.status_code, {"retry-after": "1"} if error.status_code == 503 else None)


class Observed:
    def __init__(self, app: ASGIApp, metrics: CollectorRegistry) -> None:
        self._app = app
        self._duration = Histogram(
            "http_request_duration_seconds",
            "From the first byte of a request to the last of its answer",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=metrics,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0
        headers = Headers(scope=scope)
        given = headers.get("x-correlation-id", "")
        correlation_id.set(given if _CORRELATION.fullmatch(given) else str(uuid4()))

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-correlation-id"] = correlation_id.get() or ""
            await send(message)

        try:
            await self._app(scope, _limited(receive), answer)
        except Exception:
            logging.getLogger("app").exception("request failed")
            if status == 0:
                failed = ServiceError("internal", "The service failed; the failure is in its log under this correlation id.")
                await error_response(failed)(scope, receive, answer)
        # By route pattern, never by path: ids would multiply it.
        route = getattr(scope.get("route"), "path", "none")
        seconds = time.perf_counter() - begun
        self._duration.labels(scope["method"], route, status).observe(seconds)
        if route not in _QUIET:
            log(logging.INFO, "request", method=scope["method"], route=route, status=status, duration_ms=round(seconds * 1000, 2))


def _limited(receive: Receive) -> Receive:
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > _MAX_BODY_BYTES:
            raise ServiceError("payload_too_large", "The body is larger than this service accepts.")
        return message

    return limited
