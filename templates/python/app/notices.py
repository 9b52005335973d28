"""What was told to each tenant."""

from collections import defaultdict, deque
from datetime import UTC
from uuid import UUID

from pydantic import BaseModel

from .events import SystemEvent

KEPT = 100


class Notice(BaseModel):
    id: UUID
    type: str
    text: str
    timestamp: str


def notice_of(event: SystemEvent) -> Notice:
    at = event.timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Notice(id=event.id, type=event.event_type, text=event.event_data.get("text", ""), timestamp=at)


class Notices:
    """The last notices of each tenant, in memory. Keep them in a table or a cache before you run more than one replica."""

    def __init__(self) -> None:
        self._kept: defaultdict[int, deque[Notice]] = defaultdict(lambda: deque(maxlen=KEPT))

    def add(self, event: SystemEvent) -> bool:
        """False when the event was here already: a broker may deliver it again."""
        own = self._kept[event.tenant_id]
        if any(notice.id == event.id for notice in own):
            return False
        own.appendleft(notice_of(event))
        return True

    def of(self, tenant_id: int) -> list[Notice]:
        """Newest first."""
        return list(self._kept.get(tenant_id, ()))
