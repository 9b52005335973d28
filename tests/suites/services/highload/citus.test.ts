import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createHighloadMetrics } from "@plinth/highload/metrics.ts";
import { createEventUseCases } from "@plinth/highload/use-cases/events.ts";
import { createEventProcessor } from "@plinth/highload/use-cases/process-events.ts";
import { createUserUseCases } from "@plinth/highload/use-cases/users.ts";
import type { HighloadEvents } from "@plinth/highload/user-events.ts";
import type { Cache } from "@plinth/kit/cache/cache.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import type { EventCodec } from "@plinth/kit/kafka/avro.ts";
import type { ReceivedEvent } from "@plinth/kit/kafka/received-event.ts";
import { createOutbox } from "@plinth/kit/outbox/outbox.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { createMigrationsHandler } from "@plinth/providers/handlers/migrations.ts";
import type { UserEvent } from "@plinth/schemas/generated/index.ts";
import { describeWithCitus, TestCluster } from "../../../support/servers/citus.ts";

const metrics = createHighloadMetrics(createMetrics("highload", "test"));

describeWithCitus("the high-load service's statements on Citus, under row-level security (HLS-1, INF-3)", () => {
  const cluster = new TestCluster();
  const [tenant, other] = [7, 8];
  let database: Database;

  before(async () => {
    await cluster.filled(2, "1-20");
    const directory = "services/highload/migrations";
    const { outs } = await createMigrationsHandler({ deadlineMs: 10_000 }).create({
      databaseUrl: cluster.appUrl(),
      service: "highload",
      directory,
      files: listMigrations(directory),
      providerVersion: 1,
    });
    assert.ok(outs.distributed);
    const logger = createLogger({ service: "highload", version: "", level: "silent" });
    database = createDatabase({ url: cluster.appUrl(), name: "highload", logger });
  });
  after(async () => {
    await database?.close();
    await cluster.drop();
  });

  it("keeps its tables in its schema, colocated with the tenants", async () => {
    const tables = await cluster.sql<{ name: string; together: boolean }>(
      `select table_name::text as name, colocation_id = (select colocation_id from citus_tables where table_name = 'tenants'::regclass) as together
       from citus_tables where table_name::text like 'highload.%' order by 1`,
    );
    assert.deepEqual(
      tables,
      ["highload.events", "highload.outbox", "highload.users"].map((name) => ({ name, together: true })),
    );
  });

  it("commits events together with their correlation ids, processes each once and shows it only to its tenant", async () => {
    const codec = { encode: () => Buffer.from("00ff225c", "hex") } as unknown as EventCodec<HighloadEvents>;
    const events = createEventUseCases(
      database,
      createOutbox(codec, () => "user-events"),
      metrics,
      () => undefined,
    );
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        events.create(
          { tenantId: tenant, correlationId: `c-${number}`, idempotencyKey: number === 7 ? "key" : undefined },
          { user_id: randomUUID(), type: "t", data: `{"\\": "👋 ${number}"}` },
        ),
      ),
    );
    const created = answers.map(({ result }) => result);
    assert.deepEqual(await events.read(tenant, created[42]!.id), created[42]);
    assert.equal((await events.list(tenant, { limit: 30, offset: 80 })).items.length, 20);
    assert.deepEqual((await events.list(other, { limit: 30, offset: 0 })).items, []);
    const { rows } = await database.withSystem((transaction) =>
      transaction.query({
        text: "select count(*), count(distinct correlation_id) as requests, min(payload::text) as payload from outbox",
      }),
    );
    assert.deepEqual(rows, [{ count: 100, requests: 100, payload: "\\x00ff225c" }]);
    const received = created.map(({ id }) => ({
      event: { tenant_id: tenant, event_data: { event_id: id } },
    })) as ReceivedEvent<UserEvent>[];
    const process = createEventProcessor(database);
    assert.deepEqual([await process(received), await process(received)], [100, 0]);
  });

  it("creates, changes and removes users, with unique addresses in each tenant", async () => {
    const cache = {
      invalidate: async () => undefined,
      getOrLoad: (_key: string, _seconds: number, read: () => unknown) => read(),
    } as unknown as Cache;
    const users = createUserUseCases(database, cache, metrics);
    const [own, others] = [tenant, other].map((tenantId) => ({ tenantId, idempotencyKey: undefined }));
    const { result: user } = await users.create(own!, { email: "A@example.com", first_name: "A", last_name: "B" });
    const again = { email: "a@EXAMPLE.com", first_name: "A", last_name: "B" };
    const keyed = { tenantId: tenant, idempotencyKey: "taken" };
    for (const replayed of [false, true])
      await assert.rejects(users.create(keyed, again), { code: "email_taken", replayed });
    await users.create(others!, again);
    assert.deepEqual(JSON.parse(await users.read(tenant, user.id)), user);
    await assert.rejects(users.read(other, user.id), { code: "user_not_found" });
    assert.equal((await users.change(own!, user.id, { last_name: "C" })).result.last_name, "C");
    assert.equal((await users.list(tenant, { limit: 10, offset: 0 })).items.length, 1);
    await users.remove(own!, user.id);
    await assert.rejects(users.remove(own!, user.id), { code: "user_not_found" });
  });
});
