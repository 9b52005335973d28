"""Writes records to the broker."""

import asyncio
import time

from aiokafka import AIOKafkaProducer

from .config import Config
from .metrics import Metrics, observe


class Publisher:
    """Connects when first needed, and again after an attempt that failed: a service starts while its broker is away."""

    def __init__(self, config: Config, metrics: Metrics) -> None:
        self._config = config
        self._metrics = metrics
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, str]) -> None:
        """Returns once every in-sync replica has the record."""
        begun = time.perf_counter()
        try:
            producer = await self._connected()
            await producer.send_and_wait(topic, value, key, headers=[(name, text.encode()) for name, text in headers.items()])
        except Exception:
            self._metrics.publish_failures.inc()
            raise
        observe(self._metrics.publish_seconds, time.perf_counter() - begun)
        self._metrics.published.labels(topic).inc()

    async def check(self) -> None:
        await (await self._connected()).client.fetch_all_metadata()

    async def close(self) -> None:
        if self._producer:
            await self._producer.stop()

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._config.brokers,
                    client_id=self._config.name,
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=5000,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
