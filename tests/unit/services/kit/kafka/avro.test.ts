import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { UnreadableRecord } from "@plinth/kit/kafka/record.ts";
import type { SchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";

interface Note {
  id: string;
  text: string;
  count?: number;
}

const schema = (fields: object[]) => JSON.stringify({ type: "record", name: "Note", fields });
const current = schema([
  { name: "id", type: "string" },
  { name: "text", type: "string" },
  { name: "count", type: "int", default: 7 },
]);
const older = schema([
  { name: "id", type: "string" },
  { name: "text", type: "string" },
]);

describe("avro", () => {
  const written: Record<number, string> = { 1: older, 2: current, 3: JSON.stringify("long") };
  const lookedUp: number[] = [];
  const registry: SchemaRegistryClient = {
    findSchemaId: async (_subject, text) => (text === older ? 1 : 2),
    async getSchema(id) {
      lookedUp.push(id);
      const text = written[id];
      if (text === undefined) throw new UnreadableRecord(`the registry has no schema with id ${id}`);
      return text;
    },
    check: async () => undefined,
  };
  const codec = createEventCodec<{ notes: Note }>(registry, { notes: current });
  const before = createEventCodec<{ notes: Note }>(registry, { notes: older });

  it("says unavailable until it has found its schemas", () => {
    assert.throws(() => codec.encode("notes", { id: "1", text: "", count: 1 }), /schema registry has not answered/);
  });

  it("frames an event of any size with its schema's id and reads it back byte for byte (SDG-6)", async () => {
    await Promise.all([codec.loadSchemaIds(), before.loadSchemaIds()]);
    for (const text of ["", "🙂 שלום", "x".repeat(16_360), "x".repeat(100_000), "\u0000"]) {
      const frame = codec.encode("notes", { id: "1", text, count: 3 });
      assert.deepEqual([...frame.subarray(0, 5)], [0, 0, 0, 0, 2]);
      assert.deepEqual({ ...(await codec.decode("notes", frame)) }, { id: "1", text, count: 3 });
    }
    assert.deepEqual(lookedUp, [], "it looked up its own schema");
  });

  it("gives each event a separate frame", async () => {
    const [first, second] = [
      codec.encode("notes", { id: "1", text: "one", count: 1 }),
      codec.encode("notes", { id: "2", text: "two", count: 2 }),
    ];
    assert.equal((await codec.decode("notes", first)).text, "one");
    assert.equal((await codec.decode("notes", second)).text, "two");
  });

  it("decodes an earlier version's events into its own shape and looks up their schema once", async () => {
    const frame = before.encode("notes", { id: "1", text: "old" });
    for (const _ of [1, 2])
      assert.deepEqual({ ...(await codec.decode("notes", frame)) }, { id: "1", text: "old", count: 7 });
    assert.deepEqual(lookedUp, [1]);
  });

  const whole = () => codec.encode("notes", { id: "1", text: "cut", count: 1 });
  for (const [what, frame, reason] of [
    ["nothing", () => null, /not framed Avro/],
    ["another framing", () => Buffer.from("{}\n\n\n\n\n"), /not framed Avro/],
    ["a value cut short", () => whole().subarray(0, 8), /does not fit its schema/],
    ["bytes left over", () => Buffer.concat([whole(), Buffer.alloc(3)]), /does not fit its schema/],
    ["an unknown schema", () => Buffer.from([0, 0, 0, 0, 9, 1]), /no schema with id 9/],
    ["a schema of something else", () => Buffer.from([0, 0, 0, 0, 3, 1]), /cannot be read as this service's/],
  ] as const) {
    it(`calls ${what} unreadable`, () =>
      assert.rejects(
        codec.decode("notes", frame()),
        (error) => error instanceof UnreadableRecord && reason.test(error.message),
      ));
  }

  const unknown = (id: number) => {
    const frame = Buffer.from([0, 0, 0, 0, 0, 1]);
    frame.writeUInt32BE(id, 1);
    return codec.decode("notes", frame);
  };
  const askedFor = (id: number) => lookedUp.filter((one) => one === id).length;

  it("waits once for an unknown schema, not with each of its records, and looks it up again later", async () => {
    await assert.rejects(unknown(1000), UnreadableRecord);
    const [before, startedAt] = [askedFor(1000), performance.now()];
    assert.ok(before > 1);
    for (let record = 0; record < 1000; record++) await assert.rejects(unknown(1000), /no schema with id 1000/);
    assert.ok(performance.now() - startedAt < 1000, `${performance.now() - startedAt} ms`);
    assert.equal(askedFor(1000), before);
    const { now } = performance;
    performance.now = () => now.call(performance) + 11_000;
    try {
      written[1000] = older;
      await codec.decode("notes", Buffer.from([0, 0, 0, 3, 0xe8, 2, 0x31, 2, 0x31]));
    } finally {
      performance.now = now;
      delete written[1000];
    }
  });

  it("remembers a bounded number of unknown ids", async () => {
    const ids = Array.from({ length: 1001 }, (_, index) => 2000 + index);
    // Apart from each other, so that a busy machine cannot change which is the oldest and the
    // newest.
    const lookUp = (part: number[]) => Promise.allSettled(part.map(unknown));
    const oldest = lookUp(ids.slice(0, 1));
    await sleep(500);
    const others = lookUp(ids.slice(1, -1));
    await sleep(500);
    const outcomes = await Promise.all([oldest, others, lookUp(ids.slice(-1))]);
    for (const { status } of outcomes.flat()) assert.equal(status, "rejected");
    const [first, last] = [askedFor(ids[0]!), askedFor(ids.at(-1)!)];
    await Promise.allSettled([ids[0]!, ids.at(-1)!].map(unknown));
    assert.ok(askedFor(ids[0]!) > first, "the oldest is remembered");
    assert.equal(askedFor(ids.at(-1)!), last, "the newest is forgotten");
  });

  it("refuses an event that does not fit its schema", () => {
    assert.throws(() => codec.encode("notes", { id: "1", text: 4 as unknown as string, count: 1 }), /invalid "string"/);
  });
});
