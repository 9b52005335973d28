"""The routes of this service, and what the platform asks of every one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from .config import Config
from .consumer import NoticeConsumer
from .errors import ErrorEnvelope, ServiceError
from .events import Codec, SystemEvent
from .forward import Forwarder
from .logs import correlation_id, log
from .metrics import Metrics
from .notices import Notice, Notices, notice_of
from .observed import Observed, error_response, internal
from .publisher import Publisher
from .tenant import MAX_TENANT, parse_tenant
from .tracing import inject, messaging, span, start, stop

_CHECK_SECONDS = 1.5


class NewNotice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    type: str = Field(pattern=r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", max_length=64, description="UPPER_SNAKE_CASE, such as DISK_FULL")
    text: str = Field(min_length=1, max_length=1000)


class NoticeList(BaseModel):
    notices: list[Notice]


def required_tenant(request: Request, x_tenant_id: Annotated[str, Header(description="The tenant's number")]) -> int:
    given = request.headers.getlist("x-tenant-id")
    if not x_tenant_id and len(given) < 2:
        raise ServiceError("tenant_required", "The header X-Tenant-Id is missing: send the tenant's number.")
    # Two headers name no tenant: another reader of the request might take the other one.
    tenant = parse_tenant(",".join(given))
    if tenant is None:
        raise ServiceError("tenant_invalid", f"X-Tenant-Id must be a whole number from 1 to {MAX_TENANT}.")
    return tenant


def json_only(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ServiceError("unsupported_media_type", "Send the body as application/json.")


Tenant = Annotated[int, Depends(required_tenant)]


def _description(config: Config) -> dict[str, Any]:
    return {
        "title": config.name,
        "description": "Notices of each tenant",
        "version": config.version,
        "contact": {"name": config.name},
        "license_info": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "servers": [{"url": "/", "description": "The server that answered with this document"}],
        "openapi_tags": [{"name": "notices", "description": "What a service tells its tenants"}],
    }


def create_app(config: Config) -> FastAPI:
    """The whole service. It starts while what it needs is away, and says so on /ready."""
    metrics = Metrics(config)
    start(config, metrics.spans)
    codec = Codec(config.registry_url, config.topic)
    publisher = Publisher(config, metrics)
    notices = Notices()
    forwarder = Forwarder(config.forward_url) if config.forward_url else None

    async def remember(event: SystemEvent) -> bool:
        if forwarder:
            await forwarder.send(event)
        return notices.add(event)

    consumer = NoticeConsumer(config, codec, publisher, metrics, remember)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        consuming = asyncio.create_task(consumer.run())
        yield
        # By now every request has its answer.
        consuming.cancel()
        with suppress(asyncio.CancelledError):
            await consuming
        await publisher.close()
        await asyncio.to_thread(stop)

    # FastAPI's spans would repeat those of Observed, with the query string.
    silent = {"tracing": False, "metrics": False, "logs": False}
    app = FastAPI(**_description(config), lifespan=lifespan, docs_url="/swagger", redoc_url=None, redirect_slashes=False, telemetry=silent)
    app.add_middleware(Observed, metrics=metrics, allowed_hosts=config.allowed_hosts)
    app.add_exception_handler(RequestValidationError, refuse)
    app.add_exception_handler(HTTPException, refuse)

    @app.get("/health", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/ready", include_in_schema=False)
    async def ready() -> JSONResponse:
        checks = {"broker": publisher.check, "registry": codec.check}
        states = dict(zip(checks, await asyncio.gather(*map(state, checks.values())), strict=True))
        good = all(one == "up" for one in states.values())
        return JSONResponse({"status": "ready" if good else "not_ready", "checks": states}, 200 if good else 503)

    @app.get("/metrics", include_in_schema=False)
    async def scrape(request: Request) -> Response:
        text, content_type = metrics.text(request.headers.get("accept", ""))
        return Response(text, media_type=content_type)

    errors: dict[int | str, dict[str, Any]] = {status: {"model": ErrorEnvelope} for status in (400, "default")}
    body_errors: dict[int | str, dict[str, Any]] = {status: {"model": ErrorEnvelope} for status in (413, 415, 503)}
    api = APIRouter(prefix="/api/v1", tags=["notices"], responses=errors)

    @api.post(
        "/notices",
        status_code=201,
        operation_id="publishNotice",
        summary="Publish a notice",
        description="Publishes a notice; it is shown once it was read back.",
        responses=body_errors,
        dependencies=[Depends(json_only)],
    )
    async def publish(tenant_id: Tenant, body: NewNotice) -> Notice:
        event = SystemEvent(
            id=uuid4(),
            tenant_id=tenant_id,
            aggregate_id=config.name,
            event_type=body.type,
            event_data={"text": body.text},
            timestamp=datetime.now(UTC),
            version=1,
        )
        headers = {"tenant_id": str(tenant_id), "version": str(event.version), "correlation_id": correlation_id.get() or ""}
        try:
            with span(f"send {config.topic}", SpanKind.PRODUCER, {**messaging(config.topic, "send"), "tenant.id": tenant_id}):
                inject(headers)
                await publisher.publish(config.topic, event.aggregate_id.encode(), await codec.encode(event), headers)
        except Exception as error:
            log(logging.ERROR, "notice not published", error=repr(error))
            raise ServiceError("unavailable", "The notice could not be published; try again.") from error
        return notice_of(event)

    @api.get(
        "/notices",
        operation_id="listNotices",
        summary="The last notices of the tenant, newest first",
        description="Lists the notices that this replica has seen.",
    )
    async def show(tenant_id: Tenant) -> NoticeList:
        return NoticeList(notices=notices.of(tenant_id))

    app.include_router(api)
    # The platform's gateway authenticates. FastAPI makes the document once and keeps it.
    app.openapi()["security"] = []
    return app


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """Whatever the framework refuses is answered in the one envelope."""
    if isinstance(error, ServiceError):
        return error_response(error)
    if isinstance(error, RequestValidationError):
        faults = error.errors()
        if any(fault["loc"] == ("header", "x-tenant-id") for fault in faults):
            return error_response(ServiceError("tenant_required", "The header X-Tenant-Id is missing: send the tenant's number."))
        reasons = "; ".join(f"{'/'.join(map(str, fault['loc']))} {fault['msg']}" for fault in faults)
        return error_response(ServiceError("invalid_request", f"The request is not valid: {reasons}."))
    if isinstance(error, HTTPException) and error.status_code in (404, 405):
        return error_response(ServiceError("not_found", f"There is no {request.method} {request.url.path}."))
    if isinstance(error, HTTPException) and error.status_code == 400:
        return error_response(ServiceError("invalid_request", "The request could not be read: its body must be well-formed JSON."))
    # Of a library: its status was not meant for this caller.
    log(logging.ERROR, "request failed", error=repr(error))
    return error_response(internal())


async def state(check: Callable[[], Awaitable[None]]) -> str:
    try:
        await asyncio.wait_for(check(), _CHECK_SECONDS)
        return "up"
    except Exception as error:
        log(logging.DEBUG, "not ready", error=repr(error))
        return "down"
