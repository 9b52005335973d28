import assert from "node:assert/strict";
import { handler } from "@plinth/providers/handlers/broker-count.ts";

const brokers = (count: number) => ({ brokers: count, providerVersion: 1 });

describe("The number of brokers (PLT-4)", () => {
  it("may be any number the first time, and may grow", async () => {
    assert.deepEqual(await handler.check({}, brokers(3)), { inputs: brokers(3), failures: [] });
    assert.deepEqual((await handler.check(brokers(3), brokers(3))).failures, []);
    assert.deepEqual((await handler.check(brokers(1), brokers(3))).failures, []);
  });

  it("may not shrink, and the plan says what would be lost", async () => {
    const { failures } = await handler.check(brokers(5), brokers(3));
    assert.equal(failures.length, 1);
    assert.equal(failures[0]!.property, "");
    assert.match(
      failures[0]!.reason,
      /^5 brokers cannot become 3: .* Leave 'redpanda\.brokers' at 5, or move to a new cluster/,
    );
    assert.ok(!failures[0]!.reason.includes("\n"));
  });

  it("is updated in place", async () => {
    assert.deepEqual(await handler.diff("brokers", brokers(3), brokers(3)), { changes: false });
    assert.deepEqual(await handler.diff("brokers", brokers(1), brokers(3)), { changes: true });
    assert.deepEqual(await handler.update("brokers", brokers(1), brokers(3)), { outs: brokers(3) });
  });

  it("is the same after a refresh", async () => {
    const created = await handler.create(brokers(3));
    assert.deepEqual(await handler.create(brokers(3)), created);
    assert.deepEqual(await handler.read(created.id, created.outs), { id: created.id, props: brokers(3) });
    await handler.delete(created.id, created.outs);
  });
});
