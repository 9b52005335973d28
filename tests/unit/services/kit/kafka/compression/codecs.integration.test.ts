import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { zstdCompressSync } from "node:zlib";
import { compressionsAlgorithms, Producer } from "@platformatic/kafka";
import { registerCompressionCodecs } from "@plinth/kit/kafka/compression/codecs.ts";
import { decompressLz4 } from "@plinth/kit/kafka/compression/lz4.ts";
import { decompressSnappy } from "@plinth/kit/kafka/compression/snappy.ts";
import { CompressionTypes, type KafkaMessage } from "kafkajs";
import { consumeRecords, type DecodedRecord } from "../../../../../../cli/kafka-records/consume.ts";
import { waitUntil } from "../../../../../support/eventually.ts";
import { createTopic, eventsOf, type NumberedEvent, type TestTopic } from "../../../../../support/kit/test-topic.ts";
import { kafkaTool } from "../../../../../support/servers/kafka-tools.ts";
import { kafka } from "../../../../../support/servers/servers.ts";

const CODECS = ["gzip", "snappy", "lz4", "zstd"] as const;
const TYPES = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};
const compress = (codec: (typeof CODECS)[number], bytes: Buffer) => compressionsAlgorithms[codec].compressSync(bytes);

describe("compressed records", () => {
  let at: TestTopic;
  afterEach(() => at?.close());

  it("are read from Kafka's own producer with every compression (SDG-6)", async () => {
    at = await createTopic();
    const { url } = await kafka();
    // Random and repeated text: literals and references, within a block and over several.
    const written = new Map<string, string>();
    const seen = new Map<string, string>();
    at.consume(async ({ event }) => {
      seen.set(event.id, event.text ?? "");
      return true;
    });
    await Promise.all(
      ["none", ...CODECS].map(async (codec) => {
        const events = eventsOf([codec], 300).map((event) => ({ ...event, text: textOf(event.number) }));
        for (const { id, text } of events) written.set(id, text);
        const lines = events.map((event) => `${event.aggregate_id}\t${JSON.stringify(event)}\n`).join("");
        const keys = ["--property", "parse.key=true", "--batch-size", "200000"];
        await kafkaTool(
          "ConsoleProducer",
          ["--bootstrap-server", url, "--topic", at.topic, "--compression-codec", codec, ...keys],
          lines,
        );
      }),
    );
    await waitUntil("all are read", () => seen.size === written.size, Boolean, 30_000);
    assert.deepEqual(new Map([...seen].sort()), new Map([...written].sort()));
    assert.equal(await at.metric("consumer_events_total", { result: "dead_letter" }), undefined);
  }).timeout(90_000);

  it("become dead letters when a batch is too large, and later records are handled (SDG-6)", async () => {
    at = await createTopic();
    const { url } = await kafka();
    const producer = new Producer<string, Buffer, string, string>({
      clientId: "tests",
      bootstrapBrokers: [url],
      serializers: { key: (key) => Buffer.from(key ?? ""), value: (value) => value },
    });
    const bomb = Buffer.from(JSON.stringify({ text: "0".repeat(20 << 20) }));
    const [first, last] = eventsOf(["a"], 2) as [NumberedEvent, NumberedEvent];
    const handled: string[] = [];
    at.consume(async ({ event }) => handled.push(event.id) > 0);
    await at.publish([first]);
    await producer.send({ messages: [{ topic: at.topic, key: "a", value: bomb }], compression: "zstd", acks: -1 });
    await producer.close();
    await at.publish([last]);
    const [dead] = await at.read(at.deadLetters, 1);
    await waitUntil("the rest is handled", () => handled.includes(last.id));
    assert.deepEqual(handled, [first.id, last.id]);
    assert.equal(
      dead?.headers.dead_letter_reason,
      "its batch of 1 records cannot be decompressed: zstd: it is larger than 16 MiB when decompressed",
    );
    assert.deepEqual([dead?.headers.dead_letter_topic, dead?.headers.dead_letter_offset], [at.topic, "1"]);
    await waitUntil(
      "all is committed",
      () => at.committed(),
      (offsets) => offsets.get(0) === 3,
    );
    const shown: DecodedRecord[] = [];
    const options = {
      topic: at.topic,
      from: "beginning",
      count: undefined,
      key: undefined,
      tenant: undefined,
      json: false,
    } as const;
    const { signal } = new AbortController();
    const decode = async (value: Buffer | null) => JSON.parse(String(value)) as unknown;
    await consumeRecords({
      kafka: at.bus.client,
      decode,
      options,
      show: (record) => shown.push(record),
      follow: false,
      signal,
    });
    assert.match(shown[1]?.undecodable ?? "", /larger than 16 MiB/);
    assert.equal(shown.length, 3);
  }).timeout(60_000);

  describe("as kafkajs decodes them", () => {
    before(registerCompressionCodecs);

    for (const codec of CODECS) {
      it(`${codec}: all records of a batch`, async () => {
        const messages = await decoded(codec, 3, compress(codec, records("one", "two", textOf(5))));
        assert.deepEqual(
          messages.map(({ offset, value }) => [offset, String(value)]),
          [
            ["70", "one"],
            ["71", "two"],
            ["72", textOf(5)],
          ],
        );
      });

      it(`${codec}: as many placeholders with the reason for a truncated batch`, async () => {
        const whole = compress(codec, records("one", "two", textOf(5)));
        const messages = await decoded(codec, 3, whole.subarray(0, -12));
        assert.deepEqual(
          messages.map(({ offset, key, value }) => [offset, key, value]),
          ["70", "71", "72"].map((offset) => [offset, null, null]),
        );
        for (const { headers } of messages)
          assert.match(
            String(headers?.unreadable_batch),
            new RegExp(`^its batch of 3 records cannot be decompressed: ${codec}: .+`),
          );
      });
    }

    it("a placeholder with the reason when a few kilobytes grow to megabytes", async () => {
      for (const codec of CODECS) {
        const [{ headers }] = (await decoded(codec, 1, compress(codec, Buffer.alloc(17 << 20)))) as [KafkaMessage];
        assert.match(
          String(headers?.unreadable_batch),
          new RegExp(`${codec}: it is larger than 16 MiB when decompressed$`),
        );
      }
    });

    it("none for a batch that claims too many records: the fetch fails with a clear error", async () => {
      await assert.rejects(
        decoded("snappy", 2 ** 31 - 1, Buffer.from("nonsense")),
        /A batch of records cannot be decompressed: snappy: /,
      );
    });
  });

  it("never hang on corrupt bytes", () => {
    const random = generator(42);
    for (const [codec, decompress] of [
      ["snappy", decompressSnappy],
      ["lz4", decompressLz4],
    ] as const) {
      const good = compress(codec, Buffer.from(`${textOf(3)}${textOf(4)}`));
      let refused = 0;
      for (let round = 0; round < 3000; round++) {
        const bad = Buffer.from(good);
        for (let count = 1 + random(3); count > 0; count--) bad[random(bad.length)] = random(256);
        try {
          assert.ok(decompress(bad.subarray(0, 1 + random(bad.length))).length <= 16 << 20);
        } catch {
          refused++;
        }
      }
      assert.ok(refused > 2000, `${codec}: only ${refused} of 3000 were refused`);
    }
    // Read as signed, this literal has a negative length and would restart at its own beginning.
    assert.throws(() => decompressSnappy(Buffer.from([5, 0xfc, 0xfa, 0xff, 0xff, 0xff, 0, 0, 0])), /it ends too early/);
    assert.throws(() => decompressLz4(zstdCompressSync("x")), /it does not start like an LZ4 frame/);
  });
});

/** Kilobytes that compress well, then kilobytes that do not. */
function textOf(seed: number): string {
  const random = generator(seed + 1);
  return "to and fro; ".repeat(40) + Array.from({ length: 600 }, () => String.fromCharCode(97 + random(26))).join("");
}

/** The same numbers on each call. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

/** Records as a producer encodes them before compression. */
function records(...values: string[]): Buffer {
  const { Encoder, record } = internals();
  return Buffer.concat(
    values.map(
      (value, offsetDelta) =>
        new Encoder().writeEncoder(record({ offsetDelta, timestampDelta: 0, key: null, value, headers: {} })).buffer,
    ),
  );
}

async function decoded(codec: (typeof CODECS)[number], count: number, compressed: Buffer): Promise<KafkaMessage[]> {
  const { Decoder, batch } = internals();
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(70n, 0);
  header.writeInt32BE(49 + compressed.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(TYPES[codec], 21);
  header.writeInt32BE(count - 1, 23);
  header.writeInt32BE(count, 57);
  const before = Buffer.from("what the answer has before the batch");
  const decoder = new Decoder(Buffer.concat([before, header, compressed]));
  decoder.forward(before.length);
  return (await batch(decoder)).records;
}

/** Decodes a fetched batch as kafkajs does. A broker would refuse to store most of these. */
function internals() {
  const require = createRequire(import.meta.url);
  const part = (path: string) => require(`kafkajs/src/protocol/${path}`) as unknown;
  interface Encoded {
    buffer: Buffer;
    writeEncoder(other: Encoded): Encoded;
  }
  return {
    Decoder: part("decoder") as new (bytes: Buffer) => { forward(bytes: number): void },
    Encoder: part("encoder") as new () => Encoded,
    batch: part("recordBatch/v0/decoder") as (decoder: object) => Promise<{ records: KafkaMessage[] }>,
    record: part("recordBatch/record/v0") as (facts: object) => Encoded,
  };
}
