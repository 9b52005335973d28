import assert from "node:assert/strict";
import { Connection, fetchV12, produceV9 } from "@platformatic/kafka";
import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import { withBrokerConnection } from "@plinth/providers/clients/kafka/connection.ts";
import type { BrokerQuota } from "@plinth/providers/clients/kafka/quotas.ts";
import { alterQuotas, expandQuotas, groupQuotas, listQuotas } from "@plinth/providers/clients/kafka/quotas.ts";
import { createTenantQuotasHandler } from "@plinth/providers/handlers/tenant-quotas.ts";
import { tenantName } from "@plinth/providers/tenancy/names.ts";
import type { TenantQuotasInputs } from "@plinth/providers/tenant-quotas.ts";
import kafkajs, { type Admin } from "kafkajs";
import { eventuallyPasses } from "../../../support/eventually.ts";
import { type CuttingProxy, startCuttingProxy } from "../../../support/servers/cutting-proxy.ts";
import { kafka, type Server } from "../../../support/servers/servers.ts";
import { makeTopics } from "../../../support/servers/topics.ts";

const handler = createTenantQuotasHandler();
const impatient = createTenantQuotasHandler({ deadlineMs: 600 });

describe("TenantQuotas on a real broker (PLT-6)", function () {
  this.timeout(90_000);
  let server: Server;
  let admin: Admin;
  const inputs = (quotas: Record<string, BrokerQuota>, brokers = [server.url]): TenantQuotasInputs => ({
    brokers,
    quotas,
    providerVersion: 1,
  });
  const ask = <T>(work: (connection: Connection) => Promise<T>) =>
    withBrokerConnection({ brokers: [server.url] }, 20_000, work);
  /** Reads the quotas of these tenants from the broker, in the shape of the inputs. */
  const quotas = async (...ids: number[]) => {
    const found = await ask(listQuotas);
    return groupQuotas([...found].filter(([id]) => ids.includes(id)));
  };

  before(async () => {
    silenceNegativeTimeoutWarnings();
    server = await kafka();
    admin = new kafkajs.Kafka({ brokers: [server.url], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
  });
  after(() => admin?.disconnect());

  it("sets quotas of single tenants and of ranges, and finds no change", async () => {
    const desired = inputs({
      "11": { produceBytesPerSecond: 1_048_576, consumeBytesPerSecond: 2_097_152, requestPercentage: 50 },
      "12-14": { produceBytesPerSecond: 1024 },
    });
    const { id, outs } = await handler.create(desired);
    assert.deepEqual([id, outs.tenants], ["tenant-quotas", 4]);
    await eventuallyPasses(async () => assert.deepEqual(await quotas(11, 12, 13, 14), desired.quotas));
    assert.deepEqual(await handler.diff(id, outs, desired), { changes: false });
    const read = await handler.read(id, outs);
    assert.deepEqual([read.id, read.props, read.inputs], [id, outs, desired]);
  });

  it("slows a tenant's connections down, and no others", async () => {
    await makeTopics(admin, [{ topic: "QUOTAS" }]);
    await handler.create(inputs({ "21": { produceBytesPerSecond: 1024 }, "22": { consumeBytesPerSecond: 1024 } }));
    const records = [{ topic: "QUOTAS", partition: 0, value: Buffer.alloc(100_000) }];
    const topics = [
      {
        topicId: "QUOTAS",
        partitions: [
          { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0n, lastFetchedEpoch: -1, partitionMaxBytes: 100_000 },
        ],
      },
    ];
    /** Milliseconds by which the broker delays a client that has written or read 100 KB. */
    const throttled = async (clientId: string, what: "write" | "read") => {
      const connection = new Connection(clientId);
      await connection.connect("localhost", server.port);
      try {
        const answer = await (what === "write"
          ? produceV9.api.async(connection, -1, 5_000, records)
          : // This version names the topic where later ones give its id.
            fetchV12.api.async(connection, 0, 1, 1_000_000, 0, 0, -1, topics, [], ""));
        assert.ok(typeof answer === "object");
        return answer.throttleTimeMs;
      } finally {
        await connection.close();
      }
    };
    await eventuallyPasses(async () => assert.ok((await throttled(tenantName(21), "write")) > 0));
    await eventuallyPasses(async () => assert.ok((await throttled(tenantName(22), "read")) > 0));
    for (const clientId of [tenantName(23), "wallet"])
      assert.deepEqual([await throttled(clientId, "write"), await throttled(clientId, "read")], [0, 0], clientId);
    assert.equal(await throttled(tenantName(21), "read"), 0);
  });

  it("writes only differences", async () => {
    const first = inputs({ "31": { produceBytesPerSecond: 1 }, "32": { produceBytesPerSecond: 2 } });
    const { outs } = await handler.create(first);
    await eventuallyPasses(async () => assert.deepEqual(await quotas(31, 32), first.quotas));
    const written: number[] = [];
    const watching = new Proxy({} as Connection, {
      get: (_target, name) =>
        name === "send"
          ? (...args: unknown[]) => {
              written.push(args[0] as number);
              throw new Error("nothing was to be written");
            }
          : undefined,
    });
    const found = await ask(listQuotas);
    await alterQuotas(watching, found, expandQuotas(first.quotas));
    assert.deepEqual(written, []);
    await handler.update(
      "tenant-quotas",
      outs,
      inputs({ "31": { produceBytesPerSecond: 1 }, "32": { consumeBytesPerSecond: 3 } }),
    );
    await eventuallyPasses(async () =>
      assert.deepEqual(await quotas(31, 32), {
        "31": { produceBytesPerSecond: 1 },
        "32": { consumeBytesPerSecond: 3 },
      }),
    );
  });

  it("lifts the quota of a leaving tenant, and all quotas with the resource", async () => {
    const { outs } = await handler.create(inputs({ "41-43": { produceBytesPerSecond: 5, requestPercentage: 0.5 } }));
    const { outs: fewer } = await handler.update("tenant-quotas", outs, inputs({ "42": { produceBytesPerSecond: 5 } }));
    await eventuallyPasses(async () =>
      assert.deepEqual(await quotas(41, 42, 43), { "42": { produceBytesPerSecond: 5 } }),
    );
    await handler.delete("tenant-quotas", fewer);
    await eventuallyPasses(async () => assert.deepEqual(await quotas(41, 42, 43), {}));
    assert.equal((await handler.read("tenant-quotas", fewer)).id, "");
  });

  it("shows changed and lifted quotas as drift, and sets them again", async () => {
    const desired = inputs({ "51-54": { produceBytesPerSecond: 7 } });
    const { outs } = await handler.create(desired);
    await eventuallyPasses(async () => assert.deepEqual(await quotas(51, 52, 53, 54), desired.quotas));
    await ask(async (connection) =>
      alterQuotas(
        connection,
        await listQuotas(connection),
        new Map([
          [52, { produceBytesPerSecond: 8 }],
          [54, undefined],
        ] as const),
      ),
    );
    await eventuallyPasses(async () =>
      assert.deepEqual((await handler.read("tenant-quotas", outs)).inputs?.quotas, {
        "51,53": { produceBytesPerSecond: 7 },
        "52": { produceBytesPerSecond: 8 },
      }),
    );
    const { props } = await handler.read("tenant-quotas", outs);
    assert.equal((await handler.diff("tenant-quotas", props, desired)).changes, true);
    await handler.update("tenant-quotas", props, desired);
    await eventuallyPasses(async () => assert.deepEqual(await quotas(51, 52, 53, 54), desired.quotas));
  });

  it("sets quotas of 10,000 tenants in seconds", async () => {
    const desired = inputs({
      "100000-104999": { produceBytesPerSecond: 9 },
      "105000-109999": { produceBytesPerSecond: 9, consumeBytesPerSecond: 9 },
    });
    const started = performance.now();
    const { outs } = await handler.create(desired);
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < 20, `${seconds} s`);
    await eventuallyPasses(async () => assert.deepEqual((await handler.read("tenant-quotas", outs)).inputs, desired));
    await handler.delete("tenant-quotas", outs);
  });

  describe("over a connection that breaks", () => {
    let proxy: CuttingProxy | undefined;
    afterEach(() => proxy?.stop());

    it("converges when the answer is lost (PLT-10)", async () => {
      proxy = await startCuttingProxy(server.port, "producer_byte_rate");
      await handler.create(inputs({ "61": { produceBytesPerSecond: 11 } }, [`127.0.0.1:${proxy.port}`]));
      assert.equal(proxy.cuts(), 1);
      await eventuallyPasses(async () => assert.deepEqual(await quotas(61), { "61": { produceBytesPerSecond: 11 } }));
    });
  });

  it("tries the next broker if one does not answer", async () => {
    await handler.create(inputs({ "71": { produceBytesPerSecond: 12 } }, ["127.0.0.1:1", server.url]));
    await eventuallyPasses(async () => assert.deepEqual(await quotas(71), { "71": { produceBytesPerSecond: 12 } }));
  });

  it("gives up on a missing broker at the deadline", async () => {
    const started = Date.now();
    await assert.rejects(
      impatient.create(inputs({ "1": { produceBytesPerSecond: 1 } }, ["127.0.0.1:1"])),
      /^the Kafka broker at 127\.0\.0\.1:1 did not serve the request within 1 s: .*ECONNREFUSED/,
    );
    assert.ok(Date.now() - started < 3_000);
  });

  it("names the tenant whose quota the broker refuses", async () => {
    await assert.rejects(
      ask((connection) => alterQuotas(connection, new Map(), new Map([[81, { produceBytesPerSecond: 0.5 }]]))),
      /^the broker refused the quota of tenant-81: .*producer_byte_rate/,
    );
  });

  it("checks the brokers' addresses", async () => {
    const { failures } = await handler.check({}, inputs({}, ["localhost"]));
    assert.deepEqual(failures, [
      { property: "", reason: "'localhost' is not the address of a broker: host:port is needed" },
    ]);
  });

  for (const [quotas, expected] of [
    [
      { "1": { produceBytesPerSecond: 0 } },
      /^quota of tenants 1: produceBytesPerSecond is 0, but a number above 0 is needed$/,
    ],
    [{ "1-5": { requestPercentage: 1 }, "3": { requestPercentage: 2 } }, /^tenant 3 has two quotas: name it once$/],
    [{ x: { requestPercentage: 1 } }, /"x" is neither an id/],
  ] as const) {
    it(`refuses ${JSON.stringify(quotas)}`, async () => {
      const { failures } = await handler.check({}, { brokers: [], quotas, providerVersion: 1 });
      assert.equal(failures.length, 1);
      assert.equal(failures[0]!.property, "");
      assert.match(failures[0]!.reason, expected);
    });
  }
});
