"""Errors that are meant for the caller, and the one envelope that all of them are answered in."""

from pydantic import BaseModel
from starlette.exceptions import HTTPException

STATUS = {
    "invalid_request": 400,
    "tenant_required": 400,
    "tenant_invalid": 400,
    "not_found": 404,
    "request_timeout": 408,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "misdirected_request": 421,
    "internal": 500,
    "unavailable": 503,
}


class ServiceError(HTTPException):
    """Its code and message leave the service as they are; what caused it does not."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(STATUS[code], message)
        self.code = code


class ErrorBody(BaseModel):
    code: str
    message: str
    correlation_id: str


class ErrorEnvelope(BaseModel):
    error: ErrorBody
