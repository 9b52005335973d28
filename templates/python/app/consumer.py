"""Reads V1_SYSTEM in a group of this service's own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from .config import Config
from .events import Codec, SystemEvent, Unreadable
from .logs import correlation_id, log
from .publisher import Publisher
from .tracing import extract, messaging, tracer

_RETRY_SECONDS = 0.5


class NoticeConsumer:
    """
    An offset is committed after its effect, so a crash repeats events and loses none. What cannot be read goes to the dead letters, with the
    reason, and the rest goes on; while a dependency is away, nothing does.
    """

    def __init__(self, config: Config, codec: Codec, publisher: Publisher, counted: Counter, apply: Callable[[SystemEvent], Awaitable[bool]]) -> None:
        """
        `counted` has the labels topic and result. `apply` must bear to see an event again. It gives whether it was new; it raises to be asked
        again, and Unreadable never to be.
        """
        self._config = config
        self._codec = codec
        self._publisher = publisher
        self._counted = counted
        self._apply = apply

    async def run(self) -> None:
        """Goes on until it is cancelled; then it leaves the group, so that the group need not wait for this member."""
        while True:
            consumer = AIOKafkaConsumer(
                self._config.topic,
                bootstrap_servers=self._config.brokers,
                client_id=self._config.name,
                group_id=self._config.name,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                # After a kill, the group waits this long for its dead member.
                session_timeout_ms=6000,
                heartbeat_interval_ms=1500,
                rebalance_timeout_ms=8000,
                fetch_max_wait_ms=250,
            )
            try:
                await consumer.start()
                async for record in consumer:
                    await self._handle(record)
                    await consumer.commit({TopicPartition(record.topic, record.partition): record.offset + 1})
            except Exception as error:  # A consumer that ends silently would leave its topic unread for good.
                log(logging.WARNING, "consumer starts again", topic=self._config.topic, error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)
            finally:
                await consumer.stop()

    async def _handle(self, record: ConsumerRecord) -> None:
        """Returns once the record had its effect."""
        headers = {name: value.decode(errors="replace") for name, value in record.headers}
        correlation_id.set(headers.get("correlation_id"))
        attributes = messaging(record.topic, "process")
        with tracer.start_as_current_span(f"process {record.topic}", extract(headers), SpanKind.CONSUMER, attributes):
            await self._handle_until_done(record, headers)

    async def _handle_until_done(self, record: ConsumerRecord, headers: dict[str, str]) -> None:
        while True:
            try:
                result = await self._process(record, headers)
                self._counted.labels(record.topic, result).inc()
                return
            except Exception as error:  # Of the registry or the broker: they come back.
                log(logging.WARNING, "event waits for a dependency", topic=record.topic, offset=record.offset, error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _process(self, record: ConsumerRecord, headers: dict[str, str]) -> str:
        try:
            event = await self._codec.decode(record.value)
            if headers.get("tenant_id", str(event.tenant_id)) != str(event.tenant_id):
                raise Unreadable(f"the header names tenant {headers['tenant_id']}, the event {event.tenant_id}")
            applied = await self._apply(event)
        except Unreadable as reason:
            return await self._send_to_dead_letters(record, headers, str(reason))
        facts = {"event_id": event.id, "event_type": event.event_type, "tenant_id": event.tenant_id, "applied": applied}
        log(logging.INFO, "event", topic=record.topic, **facts)
        return "applied" if applied else "duplicate"

    async def _send_to_dead_letters(self, record: ConsumerRecord, headers: dict[str, str], reason: str) -> str:
        at = {"group": self._config.name, "topic": record.topic, "partition": record.partition, "offset": record.offset}
        at |= {"attempts": 1, "reason": reason}  # No retry can help: it is read once.
        log(logging.ERROR, "event cannot be read", **at)
        facts = {f"dead_letter_{name}": str(value) for name, value in at.items()}
        await self._publisher.publish(self._config.dead_letter_topic, record.key, record.value, {**headers, **facts})
        return "dead_letter"
