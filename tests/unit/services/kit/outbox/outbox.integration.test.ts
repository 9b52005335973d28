import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createEventEnvelope } from "@plinth/kit/core/event-envelope.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { type Bus, createBus } from "@plinth/kit/kafka/bus.ts";
import type { OutgoingRecord } from "@plinth/kit/kafka/record.ts";
import { createSchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { claimEvents } from "@plinth/kit/outbox/inbox.ts";
import { createOutbox, type Outbox } from "@plinth/kit/outbox/outbox.ts";
import { createRelay, type Relay } from "@plinth/kit/outbox/relay.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import type { SystemEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { type Platform, platform, TENANT } from "../../../../support/services/platform.ts";
import { readTopic } from "../../../../support/services/records.ts";

type Events = { V1_SYSTEM: SystemEvent };

const logger = createLogger({ service: "kit", version: "test", level: "silent" });

describe("outbox and relay", () => {
  let at: Platform;
  let database: Database;
  let bus: Bus;
  let outbox: Outbox<Events>;
  const relays: Relay[] = [];

  before(async () => {
    at = await platform();
    database = createDatabase({ url: at.database.url, logger, name: "wallet" });
    bus = createBus("kit-test", [at.broker.url], logger);
    const codec = createEventCodec<Events>(createSchemaRegistryClient(at.registry.url), {
      V1_SYSTEM: schemas.V1_SYSTEM,
    });
    await codec.loadSchemaIds();
    outbox = createOutbox(codec, (topic) => topic);
  });
  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay.stop();
  });
  after(async () => {
    await bus.close();
    await database.close();
  });

  function startRelay(through: Pick<Bus, "publish"> = bus, name = "kit-test"): Relay {
    const relay = createRelay({
      database,
      bus: { ...bus, ...through },
      logger,
      metrics: createMetrics("kit", "test"),
      name,
    });
    relays.push(relay);
    relay.start();
    return relay;
  }

  function event(aggregate: string): SystemEvent {
    return { ...createEventEnvelope(TENANT, aggregate), event_type: "KIT_TESTED", event_data: {} };
  }

  const append = (transaction: Transaction, one: SystemEvent) =>
    outbox.append(transaction, [{ topic: "V1_SYSTEM", event: one }], undefined);
  const waiting = () =>
    database
      .withSystem((transaction) => transaction.query<{ count: number }>({ text: "select count(*) from outbox" }))
      .then(({ rows }) => rows[0]?.count);

  it("publishes a row that is committed after one with a higher id", async () => {
    const aggregate = randomUUID();
    const [late, early] = [event(aggregate), event(aggregate)];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let taken = () => {};
    const idTaken = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const slow = database.withTenant(TENANT, async (transaction) => {
      append(transaction, late);
      await transaction.query({ text: "select 1" });
      taken();
      await held;
    });
    await idTaken;
    startRelay();
    await database.withTenant(TENANT, async (transaction) => append(transaction, early));
    await waitUntil("the row that was committed first is published", waiting, (count) => count === 0);
    release();
    await slow;
    await waitUntil("the late row is published", waiting, (count) => count === 0);
    const seen = (
      await readTopic(at, "V1_SYSTEM", (all) => all.filter(({ key }) => key === aggregate).length === 2)
    ).filter(({ key }) => key === aggregate);
    assert.deepEqual(
      seen.map((record) => record.event.id),
      [early.id, late.id],
    );
  });

  it("publishes again what it could not delete, and the inbox makes that one effect", async () => {
    const aggregate = randomUUID();
    const one = event(aggregate);
    await database.withTenant(TENANT, async (transaction) => append(transaction, one));
    let attempts = 0;
    startRelay({
      async publish(records) {
        await bus.publish(records);
        attempts++;
        if (attempts === 1) throw new Error("killed between publishing and deleting");
      },
    });
    const seen = (
      await readTopic(at, "V1_SYSTEM", (all) => all.filter(({ key }) => key === aggregate).length === 2)
    ).filter(({ key }) => key === aggregate);
    assert.deepEqual(
      seen.map((record) => record.event.id),
      [one.id, one.id],
    );
    const applied = [];
    for (const record of seen)
      applied.push(
        (
          await database.withTenant(TENANT, (transaction) =>
            claimEvents(transaction, TENANT, "kit-test", [record.event.id]),
          )
        ).size,
      );
    assert.deepEqual(applied, [1, 0]);
  });

  it("recognizes an event by its id in any spelling", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const apply = (...ids: string[]) =>
      database
        .withTenant(TENANT, (transaction) => claimEvents(transaction, TENANT, "kit-test", ids))
        .then((fresh) => [...fresh].sort());
    assert.deepEqual(await apply(one.toUpperCase()), [one.toUpperCase()]);
    assert.deepEqual(await apply(one, other.replaceAll("-", ""), other), [other.replaceAll("-", "")]);
    assert.deepEqual(await apply(other, one), []);
  });

  it("runs one relay at a time, and the next takes over when the holder's session is killed", async () => {
    const published: string[] = [];
    const counting = (name: string) => ({
      publish(records: readonly OutgoingRecord[]) {
        published.push(...records.map(() => name));
        return bus.publish(records);
      },
    });
    startRelay(counting("first"), "exclusive");
    const write = () => database.withTenant(TENANT, async (transaction) => append(transaction, event(randomUUID())));
    await write();
    await waitUntil("the first relay publishes", async () => published.length === 1);
    startRelay(counting("second"), "exclusive");
    for (let i = 0; i < 5; i++) await write();
    await waitUntil("all are published", waiting, (count) => count === 0);
    assert.deepEqual(new Set(published), new Set(["first"]));

    const { rowCount } = await at.sql.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and pid in (select pid from pg_stat_activity where application_name = 'wallet')",
    );
    assert.equal(rowCount, 1);
    await write();
    await waitUntil("a relay publishes", waiting, (count) => count === 0);
    assert.equal(published.length, 7);
  });

  it("keeps an aggregate's events in the order of its changes under parallel writers", async () => {
    startRelay();
    const aggregate = randomUUID();
    await at.sql.query(
      `begin; set local app.tenant_id = '${TENANT}'; insert into accounts (tenant_id, account_id, currency) values (${TENANT}, '${aggregate}', 'EUR'); commit`,
    );
    const order: string[] = [];
    await Promise.all(
      Array.from({ length: 40 }, () =>
        database.withTenant(TENANT, async (transaction) => {
          const { rows } = await transaction.query<{ available_cents: number }>({
            text: "update accounts set available_cents = available_cents + 1 where tenant_id = $1 and account_id = $2 returning available_cents",
            values: [TENANT, aggregate],
          });
          const one = event(aggregate);
          order[Number(rows[0]?.available_cents) - 1] = one.id;
          await sleep(Math.random() * 3);
          append(transaction, one);
        }),
      ),
    );
    const seen = (
      await readTopic(at, "V1_SYSTEM", (all) => all.filter(({ key }) => key === aggregate).length === 40)
    ).filter(({ key }) => key === aggregate);
    assert.deepEqual(
      seen.map((record) => record.event.id),
      order,
    );
  });

  it("refuses an event that is too large for a broker, so that it does not block others", async () => {
    const small = event(randomUUID());
    const large = { ...small, event_data: { text: "x".repeat(1_000_000) } };
    await assert.rejects(
      database.withTenant(TENANT, async (transaction) => append(transaction, large)),
      /An event may have 900000 bytes; this one of V1_SYSTEM has 10001\d\d/,
    );
    assert.equal(await waiting(), 0);
  });

  it("rolls back when a statement fails that was not awaited", async () => {
    const account = randomUUID();
    await assert.rejects(
      database.withTenant(TENANT, async (transaction) => {
        const text = "insert into accounts (tenant_id, account_id, currency) values ($1, $2, $3)";
        transaction.query({ text, values: [TENANT, account, "EUR"] });
        transaction.query({ text, values: [TENANT, account, "EUR"] });
      }),
      /duplicate key/,
    );
    const { rows } = await database.withTenant(TENANT, (transaction) =>
      transaction.query({
        text: "select 1 from accounts where tenant_id = $1 and account_id = $2",
        values: [TENANT, account],
      }),
    );
    assert.deepEqual(rows, []);
  });
});
