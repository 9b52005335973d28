"""The events of V1_SYSTEM: Avro in Confluent's framing, by schemas that are looked up and never registered here."""

import asyncio
import io
import json
import struct
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastavro import parse_schema, schemaless_reader, schemaless_writer

_HEADER = struct.Struct(">bI")
_TIMEOUT_SECONDS = 3
_TEXT = (Path(__file__).parent.parent / "schemas" / "V1_SYSTEM.avsc").read_text(encoding="utf-8")
_OWN = parse_schema(json.loads(_TEXT))


class Unreadable(Exception):
    """A record that a retry cannot make readable."""


@dataclass(frozen=True)
class SystemEvent:
    id: UUID
    tenant_id: int
    aggregate_id: str
    event_type: str
    event_data: dict[str, str]
    timestamp: datetime
    version: int


class Codec:
    """A zero byte, the schema's id in four bytes, big-endian, then the Avro body."""

    def __init__(self, registry_url: str, topic: str) -> None:
        self._url = registry_url
        self._subject = f"{topic}-value"
        self._id: int | None = None
        self._written: dict[int, Any] = {}

    async def check(self) -> None:
        """Raises while the registry is away or does not have this service's schema."""
        found = await self._call(f"/subjects/{self._subject}", {"schema": _TEXT})
        if found is None:
            raise LookupError(f"the schema of {self._subject} is not registered: bring the platform up, which registers it")
        self._id = found["id"]

    async def encode(self, event: SystemEvent) -> bytes:
        if self._id is None:
            await self.check()
        frame = io.BytesIO()
        frame.write(_HEADER.pack(0, self._id))
        schemaless_writer(frame, _OWN, asdict(event))
        return frame.getvalue()

    async def decode(self, frame: bytes | None) -> SystemEvent:
        """Reads what any earlier or later writer wrote, in the shape of this service's own schema. Raises Unreadable."""
        if not frame or len(frame) <= _HEADER.size or frame[0] != 0:
            raise Unreadable("the value is not framed Avro")
        written = await self._schema_of(_HEADER.unpack_from(frame)[1])
        body = io.BytesIO(frame[_HEADER.size :])
        try:
            event = SystemEvent(**schemaless_reader(body, written, _OWN))
        except Exception as error:  # Whatever the bytes make the decoder raise, they stay what they are.
            raise Unreadable(f"the value does not fit its schema: {error!r}") from error
        # With bytes left over, the value was written by another schema than its header says.
        if body.read(1):
            raise Unreadable("the value has more bytes than its schema explains")
        return event

    async def _schema_of(self, schema_id: int) -> Any:
        if schema_id not in self._written:
            found = await self._call(f"/schemas/ids/{schema_id}")
            if found is None:
                raise Unreadable(f"the registry has no schema with id {schema_id}")
            self._written[schema_id] = parse_schema(json.loads(found["schema"]))
        return self._written[schema_id]

    async def _call(self, path: str, body: Any = None) -> dict[str, Any] | None:
        """None when the registry does not have what was asked for."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/vnd.schemaregistry.v1+json"})

        def ask() -> dict[str, Any] | None:
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                raise

        return await asyncio.to_thread(ask)
