import asyncio
import unittest

from starlette.types import Message

from app.errors import ServiceError
from app.observed import limited


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


class LimitedTest(unittest.IsolatedAsyncioTestCase):
    async def test_a_body_that_does_not_arrive_is_not_waited_for(self) -> None:
        with self.assertRaises(ServiceError) as raised:
            await limited(never, "10", 0.01)()
        self.assertEqual(raised.exception.status_code, 408)

    async def test_a_body_of_too_large_a_declared_length_is_not_read(self) -> None:
        for declared in (str(64 * 1024 + 1), "9" * 20):
            with self.assertRaises(ServiceError) as raised:
                await limited(never, declared, 10)()
            self.assertEqual(raised.exception.status_code, 413)

    async def test_after_the_body_a_client_may_stay_as_long_as_it_likes(self) -> None:
        messages: list[Message] = [{"type": "http.request", "body": b"{}"}]

        async def receive() -> Message:
            return messages.pop() if messages else await never()

        receiving = limited(receive, "2", 0.01)
        await receiving()
        waiting = asyncio.create_task(receiving())
        await asyncio.sleep(0.05)
        self.assertFalse(waiting.done())
        waiting.cancel()
