"""What every request gets: its ids and its span, a limit, one line in the log, its place in the metrics, and an answer even when it fails."""

import asyncio
import logging
import time
from http import HTTPStatus
from uuid import uuid4

from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ServiceError
from .hosts import is_served
from .logs import correlation_id, for_tenant, log, parse_correlation_id, tenant_id
from .metrics import Metrics, observe
from .tenant import parse_tenant
from .tracing import extract, fail, span

_MAX_BODY_BYTES = 64 * 1024
# A client that sends its body drop by drop holds a connection no longer than this.
_BODY_SECONDS = 15
# Probes and scrapers ask these every few seconds: a line each would be most of the log.
_QUIET = {"/health", "/ready", "/metrics"}
# Methods that labels and spans name; a client may invent others.
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def internal() -> ServiceError:
    return ServiceError("internal", "The service failed; the failure is in its log under this correlation id.")


def error_response(error: ServiceError) -> JSONResponse:
    body = {"error": {"code": error.code, "message": error.detail, "correlation_id": correlation_id.get()}}
    return JSONResponse(body, error.status_code, {"retry-after": "1"} if error.status_code == 503 else None)


class Observed:
    def __init__(self, app: ASGIApp, metrics: Metrics, allowed_hosts: tuple[str, ...] | None) -> None:
        self._app = app
        self._allowed_hosts = allowed_hosts
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        correlation_id.set(parse_correlation_id(headers.get("x-correlation-id")) or str(uuid4()))
        # Probes and scrapers get no span.
        if scope["path"] in _QUIET:
            await self._serve(scope, receive, send, None)
            return
        # A list, as of two headers, is no tenant.
        tenant = parse_tenant(",".join(headers.getlist("x-tenant-id")))
        tenant_id.set(tenant)
        with span(scope["method"], SpanKind.SERVER, {}, extract(headers)) as request_span:
            if tenant is not None:
                for_tenant(tenant)
            await self._serve(scope, receive, send, request_span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_span: Span | None) -> None:
        begun, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-correlation-id"] = correlation_id.get() or ""
            await send(message)

        try:
            headers = Headers(scope=scope)
            if is_served(headers.get("host", ""), self._allowed_hosts):
                await self._app(scope, limited(receive, headers.get("content-length", "")), answer)
            else:
                refused = ServiceError("misdirected_request", "This service does not answer under that name.")
                await error_response(refused)(scope, receive, answer)
        except Exception:
            logging.getLogger("app").exception("request failed")
            if status == 0:
                await error_response(internal())(scope, receive, answer)
        self._record(scope, status, time.perf_counter() - begun, request_span)

    def _record(self, scope: Scope, status: int, seconds: float, request_span: Span | None) -> None:
        # By route pattern, never by path: ids would multiply it.
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        self._metrics.requests.labels(method, route, status).inc()
        observe(self._metrics.request_seconds.labels(method, route, status), seconds)
        if request_span is None:
            return
        tenant = tenant_id.get()
        if tenant is not None:
            self._metrics.count_for_tenant(tenant, status, seconds)
        name = "HTTP" if method == "_OTHER" else method
        request_span.update_name(name if route == "none" else f"{name} {route}")
        # Without the path and the query, which hold whatever a caller writes.
        attributes = {"http.request.method": method, "http.response.status_code": status, "url.scheme": scope["scheme"]}
        request_span.set_attributes(attributes if route == "none" else {**attributes, "http.route": route})
        if status >= 500:
            fail(request_span, HTTPStatus(status).phrase)
        log(logging.INFO, "request", method=method, route=route, status=status, duration_ms=round(seconds * 1000, 2))


def limited(receive: Receive, declared: str, seconds: float = _BODY_SECONDS) -> Receive:
    """Ends a body that is too large, by its declared length already, and one that does not arrive in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    read, whole = 0, False

    async def limit() -> Message:
        nonlocal read, whole
        if declared.isdecimal() and int(declared) > _MAX_BODY_BYTES:
            raise ServiceError("payload_too_large", "The body is larger than this service accepts.")
        try:
            # After the body, what comes is that the client left.
            message = await (receive() if whole else asyncio.wait_for(receive(), deadline - asyncio.get_running_loop().time()))
        except TimeoutError:
            raise ServiceError("request_timeout", "The request did not arrive in time.") from None
        whole = not message.get("more_body", False)
        read += len(message.get("body", b""))
        if read > _MAX_BODY_BYTES:
            raise ServiceError("payload_too_large", "The body is larger than this service accepts.")
        return message

    return limit
