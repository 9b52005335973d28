import assert from "node:assert/strict";
import { originOf } from "@plinth/local/page/sources/kafka/dead-letter.ts";

const LETTER = { topic: "bets_DLQ", partition: 0, offset: "7" };
const headers = (topic: string, partition: string) => ({
  dead_letter_topic: Buffer.from(topic),
  dead_letter_partition: Buffer.from(partition),
});

describe("the origin of a dead letter", () => {
  it("is where it was read", () => {
    const { topic, partition } = originOf(headers("bets", "2"), LETTER);
    assert.deepEqual([topic, partition], ["bets", 2]);
  });

  it("is no topic of the broker or the registry, whose state a letter could overwrite (OBS-3)", () => {
    for (const topic of ["_schemas", "__consumer_offsets", "_redpanda.audit_log"])
      assert.throws(() => originOf(headers(topic, "0"), LETTER), { status: 409, message: /not replayed/ }, topic);
  });

  it("has a partition that can exist", () => {
    for (const partition of ["-1", "1.5", "x", ""])
      assert.throws(() => originOf(headers("bets", partition), LETTER), { status: 409 }, partition);
  });
});
