import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import { type Bus, createBus } from "@plinth/kit/kafka/bus.ts";
import { createRelay, type Relay } from "@plinth/kit/outbox/relay.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { type FaultProxy, startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import pg from "pg";
import { waitUntil } from "../../../../support/eventually.ts";
import { createTopic, logger, type TestTopic } from "../../../../support/kit/test-topic.ts";
import { kafka, postgres } from "../../../../support/servers/servers.ts";

/** The outbox is a separate table, which no other relay empties. */
describe("relay", () => {
  const schema = `relay-${randomUUID()}`;
  let url: string;
  let at: TestTopic;
  let sql: pg.Pool;
  let database: Database;
  let proxy: FaultProxy;
  const relays: Relay[] = [];

  before(async () => {
    ({ url } = await postgres());
    sql = new pg.Pool({ connectionString: url, options: `-c search_path=${schema}` });
    await sql.query(`create schema "${schema}"; create table outbox (outbox_id bigint generated always as identity primary key,
      tenant_id bigint default 1, topic text, message_key text default 'key', payload bytea default '{}', version int default 1,
      correlation_id text, traceparent text)`);
    proxy = await startFaultProxy(Number(new URL(url).port));
    at = await createTopic();
  });
  beforeEach(async () => {
    database = createDatabase({ url, name: schema, logger });
    await sql.query("truncate outbox");
  });
  afterEach(async () => {
    await proxy.heal();
    for (const relay of relays.splice(0)) await relay.stop();
    await database.close();
  });
  after(async () => {
    await proxy.stop();
    await at.close();
    await sql.query(`drop schema "${schema}" cascade`);
    await sql.end();
  });

  function startRelay(bus: Bus = at.bus, through: Database = database): Relay {
    const relay = createRelay({ database: through, bus, logger, metrics: createMetrics("kit", "test"), name: schema });
    relays.push(relay);
    relay.start();
    return relay;
  }

  const write = (topic: string, count = 1) =>
    sql.query("insert into outbox (topic) select $1 from generate_series(1, $2)", [topic, count]);
  const remaining = async (topic: string) =>
    Number(
      (await sql.query<{ count: string }>("select count(*) from outbox where topic = $1", [topic])).rows[0]?.count,
    );

  it("takes over from a holder whose machine lost power (INF-8)", async () => {
    const far = createDatabase({
      url: Object.assign(new URL(url), { port: String(proxy.port) }).href,
      name: schema,
      logger,
    });
    startRelay(at.bus, far);
    await write(at.topic);
    await waitUntil("it publishes", async () => (await remaining(at.topic)) === 0);
    proxy.blackHole();
    startRelay();
    await write(at.topic);
    await waitUntil("the other one publishes", async () => (await remaining(at.topic)) === 0, Boolean, 12_000);
    await proxy.heal();
    await far.close();
  });

  it("keeps its session while publishing is slow", async () => {
    let slow = true;
    let calls = 0;
    startRelay({
      ...at.bus,
      async publish(records) {
        calls++;
        if (slow) await new Promise((resolve) => setTimeout(resolve, 6500));
        slow = false;
        await at.bus.publish(records);
      },
    });
    await write(at.topic);
    await waitUntil("it is published", async () => (await remaining(at.topic)) === 0);
    assert.equal(calls, 1);
  });

  it("stops while others go on writing", async () => {
    let others = 30;
    const busy = startRelay({
      ...at.bus,
      async publish(records) {
        // Committed meanwhile: the next poll finds it.
        if (others-- > 0) await write(at.topic);
        await at.bus.publish(records);
      },
    });
    await write(at.topic);
    await waitUntil("it publishes", () => others < 25);
    await busy.stop();
    assert.ok(others > 10, `published ${30 - others} times`);
  });

  it("publishes other topics' events while the broker refuses one topic", async () => {
    const bus = createBus("kit-test", [(await kafka()).url], logger);
    await write("no-such-topic", 1500);
    await write(at.topic, 3);
    startRelay(bus);
    await waitUntil("the others are published", async () => (await remaining(at.topic)) === 0, Boolean, 40_000);
    assert.equal(await remaining("no-such-topic"), 1500);
    for (const one of relays.splice(0)) await one.stop();
    await bus.close();
  }).timeout(60_000);
});
