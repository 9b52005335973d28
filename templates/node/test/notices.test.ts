import assert from "node:assert/strict";
import { test } from "node:test";
import { Notices } from "../src/notices.ts";

const event = (id: string, tenant_id: number) => ({
  id,
  tenant_id,
  aggregate_id: "a",
  event_type: "DISK_FULL",
  event_data: { text: id },
  timestamp: 0,
  version: 1,
});

test("each tenant has its own notices, the newest first", () => {
  const notices = new Notices();
  for (const [id, tenant] of [
    ["1", 7],
    ["2", 8],
    ["3", 7],
  ] as const)
    notices.add(event(id, tenant));
  assert.deepEqual(
    notices.of(7).map(({ id }) => id),
    ["3", "1"],
  );
  assert.deepEqual(notices.of(9), []);
});

test("an event that comes again changes nothing, and old ones make room", () => {
  const notices = new Notices();
  assert.equal(notices.add(event("0", 7)), true);
  assert.equal(notices.add(event("0", 7)), false);
  for (let n = 1; n <= 100; n++) notices.add(event(String(n), 7));
  assert.equal(notices.of(7).length, 100);
  assert.equal(notices.of(7)[0]?.id, "100");
});
