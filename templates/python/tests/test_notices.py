import unittest
from datetime import UTC, datetime
from uuid import UUID

from app.events import SystemEvent
from app.notices import KEPT, Notices


def event(number: int, tenant_id: int) -> SystemEvent:
    return SystemEvent(UUID(int=number), tenant_id, "a", "DISK_FULL", {"text": str(number)}, datetime.fromtimestamp(0, UTC), 1)


class NoticesTest(unittest.TestCase):
    def test_each_tenant_has_its_own_the_newest_first(self) -> None:
        notices = Notices()
        for number, tenant_id in ((1, 7), (2, 8), (3, 7)):
            notices.add(event(number, tenant_id))
        self.assertEqual([notice.text for notice in notices.of(7)], ["3", "1"])
        self.assertEqual(notices.of(9), [])

    def test_an_event_that_comes_again_changes_nothing_and_old_ones_make_room(self) -> None:
        notices = Notices()
        self.assertTrue(notices.add(event(0, 7)))
        self.assertFalse(notices.add(event(0, 7)))
        for number in range(1, KEPT + 1):
            notices.add(event(number, 7))
        self.assertEqual((len(notices.of(7)), notices.of(7)[0].text), (KEPT, str(KEPT)))
