"""Reads V1_SYSTEM in a group of this service's own."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from opentelemetry.trace import SpanKind

from .config import Config
from .events import Codec, SystemEvent, Unreadable
from .logs import correlation_id, for_tenant, log, parse_correlation_id, tenant_id
from .metrics import Metrics, observe
from .publisher import Publisher
from .tenant import parse_tenant
from .tracing import extract, messaging, span

_RETRY_SECONDS = 0.5


class NoticeConsumer:
    """
    An offset is committed after its effect, so a crash repeats events and loses none. What cannot be read goes to the dead letters, with the
    reason, and the rest goes on; while a dependency is away, nothing does.
    """

    def __init__(self, config: Config, codec: Codec, publisher: Publisher, metrics: Metrics, apply: Callable[[SystemEvent], Awaitable[bool]]) -> None:
        """
        `apply` must bear to see an event again. It gives whether it was new; it raises to be asked again, and Unreadable never to be.
        """
        self._config = config
        self._codec = codec
        self._publisher = publisher
        self._metrics = metrics
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
                    self._lag(consumer, record, record.offset)
                    await self._handle(record)
                    await consumer.commit({TopicPartition(record.topic, record.partition): record.offset + 1})
                    self._lag(consumer, record, record.offset + 1)
            except Exception as error:  # A consumer that ends silently would leave its topic unread for good.
                log(logging.WARNING, "consumer starts again", topic=self._config.topic, error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)
            finally:
                await consumer.stop()

    def _lag(self, consumer: AIOKafkaConsumer, record: ConsumerRecord, following: int) -> None:
        """Sets what is left to handle of a partition, as of the last fetch."""
        end = consumer.highwater(TopicPartition(record.topic, record.partition)) or 0
        self._metrics.consumer_lag.labels(record.topic, record.partition).set(max(0, end - following))

    async def _handle(self, record: ConsumerRecord) -> None:
        """Returns once the record had its effect."""
        headers = {name: value.decode(errors="replace") for name, value in record.headers}
        correlation_id.set(parse_correlation_id(headers.get("correlation_id")))
        tenant_id.set(None)
        attributes = {**messaging(record.topic, "process"), "messaging.consumer.group.name": self._config.name}
        with span(f"process {record.topic}", SpanKind.CONSUMER, attributes, extract(headers)):
            tenant = parse_tenant(headers.get("tenant_id", ""))
            if tenant is not None:
                for_tenant(tenant)
            await self._handle_until_done(record, headers)

    async def _handle_until_done(self, record: ConsumerRecord, headers: dict[str, str]) -> None:
        while True:
            try:
                result = await self._process(record, headers)
                self._metrics.consumed.labels(record.topic, result).inc()
                return
            except Exception as error:  # Of the registry or the broker: they come back.
                log(logging.WARNING, "event waits for a dependency", topic=record.topic, offset=record.offset, error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _process(self, record: ConsumerRecord, headers: dict[str, str]) -> str:
        try:
            event = await self._codec.decode(record.value)
            if headers.get("tenant_id", str(event.tenant_id)) != str(event.tenant_id):
                raise Unreadable(f"the header names tenant {headers['tenant_id']}, the event {event.tenant_id}")
            for_tenant(event.tenant_id)
            begun = time.perf_counter()
            try:
                applied = await self._apply(event)
            finally:
                observe(self._metrics.consumer_seconds.labels(record.topic), time.perf_counter() - begun)
        except Unreadable as reason:
            return await self._send_to_dead_letters(record, headers, str(reason))
        facts = {"event_id": event.id, "event_type": event.event_type, "applied": applied}
        log(logging.INFO, "event", topic=record.topic, **facts)
        return "applied" if applied else "duplicate"

    async def _send_to_dead_letters(self, record: ConsumerRecord, headers: dict[str, str], reason: str) -> str:
        at = {"group": self._config.name, "topic": record.topic, "partition": record.partition, "offset": record.offset}
        at |= {"attempts": 1, "reason": reason}  # No retry can help: it is read once.
        log(logging.ERROR, "event cannot be read", **at)
        facts = {f"dead_letter_{name}": str(value) for name, value in at.items()}
        await self._publisher.publish(self._config.dead_letter_topic, record.key, record.value, {**headers, **facts})
        self._metrics.dead_letters.labels(record.topic, self._config.name).inc()
        return "dead_letter"
