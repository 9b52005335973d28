import assert from "node:assert/strict";
import { kitError } from "@plinth/kit/core/errors.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { runInTrace } from "@plinth/kit/core/trace-context.ts";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTracing, type Tracing } from "@plinth/kit/telemetry/tracing.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../../../../support/kit/otlp-receiver.ts";
import { postgres } from "../../../../support/servers/servers.ts";

const logger = createLogger({ service: "shop", version: "1", level: "silent" });

/** Lines of the metrics that start with `name`, without the labels that all have. */
async function printed(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.registry.metrics())
    .split("\n")
    .filter((line) => line.startsWith(name))
    .map((line) =>
      line
        .replace(/,?service="shop",version="1"/, "")
        .replace("{,", "{")
        .replace("{}", ""),
    );
}

describe("metrics of the database (SHOP-4)", () => {
  let metrics: Metrics;
  let database: Database;
  let receiver: OtlpReceiver;
  let tracing: Tracing;

  beforeEach(async () => {
    metrics = createMetrics("shop", "1");
    receiver = await startOtlpReceiver();
    tracing = createTracing({ service: "shop", version: "1", endpoint: receiver.endpoint, sampleRatio: 0 });
    database = createDatabase({
      url: (await postgres()).url,
      name: "shop",
      logger,
      maxConnections: 2,
      metrics,
      tracing,
    });
  });
  afterEach(async () => {
    await database.close();
    await tracing.close();
    await receiver.close();
  });

  it("report the pool's connections and the transactions that wait for one", async () => {
    const release = Promise.withResolvers<void>();
    let held = 0;
    const hold = () =>
      database.withTenant(7, async () => {
        held++;
        await release.promise;
      });
    const work = [hold(), hold(), hold()];
    await waitUntil("both connections are taken", () => held === 2);
    assert.deepEqual(await printed(metrics, "database_pool"), [
      'database_pool_connections{state="used"} 2',
      'database_pool_connections{state="idle"} 0',
      "database_pool_waiting 1",
      "database_pool_connections_max 2",
    ]);
    release.resolve();
    await Promise.all(work);
    assert.deepEqual((await printed(metrics, "database_pool")).slice(0, 3), [
      'database_pool_connections{state="used"} 0',
      'database_pool_connections{state="idle"} 2',
      "database_pool_waiting 0",
    ]);
  });

  it("time transactions by kind, and count failures by class", async () => {
    await database.withTenant(7, (transaction) => transaction.query({ text: "select pg_sleep(0.03)" }));
    await database.withSystem((transaction) => transaction.query({ text: "select 1" }));
    await database.query({ text: "select 1" });
    await assert.rejects(database.query({ text: "select * from nowhere" }));
    await assert.rejects(database.withTenant(7, (transaction) => transaction.query({ text: "select 1 / 0" })));
    await assert.rejects(
      database.withTenant(7, async () => {
        throw kitError("not_found", "There is none.");
      }),
    );
    assert.deepEqual(await printed(metrics, "database_transaction_duration_seconds_count"), [
      'database_transaction_duration_seconds_count{kind="tenant"} 3',
      'database_transaction_duration_seconds_count{kind="system"} 1',
      'database_transaction_duration_seconds_count{kind="query"} 2',
    ]);
    const [sum = ""] = await printed(metrics, "database_transaction_duration_seconds_sum");
    assert.ok(Number(sum.split(" ")[1]) >= 0.03, sum);
    assert.deepEqual(
      (await printed(metrics, "database_errors_total")).sort(),
      ['database_errors_total{class="data"} 1', 'database_errors_total{class="statement"} 1'],
      "the service's refusals are not failures of the database",
    );
  });

  it("count retries while the server is away", async () => {
    const nowhere = createMetrics("shop", "1");
    const away = createDatabase({
      url: `postgresql://app@127.0.0.1:${await findFreePort()}/app`,
      name: "shop",
      logger,
      metrics: nowhere,
    });
    await assert.rejects(
      away.withTenant(7, async () => undefined),
      { code: "unavailable" },
    );
    assert.deepEqual(await printed(nowhere, "database_errors_total"), ['database_errors_total{class="unavailable"} 1']);
    assert.deepEqual(await printed(nowhere, "database_retries_total"), ["database_retries_total 2"]);
    await away.close();
  });

  it("record spans only within a sampled trace, of statements without their values (SHOP-6, OBS-8)", async () => {
    const parent = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true };
    const statement = { text: "insert into planted (a) select $1::text where false", values: ["hunter2"] };
    await database.query({ text: "create table if not exists planted (a text)" });
    await runInTrace(parent, () => database.withTenant(7, (transaction) => transaction.query(statement)));
    await runInTrace({ ...parent, sampled: false }, () => database.query({ text: "select 1" }));
    await assert.rejects(runInTrace(parent, () => database.query({ text: "select * from nowhere" })));
    await tracing.close();
    const transaction = receiver.spans.find(({ name }) => name === "database tenant");
    assert.deepEqual(
      receiver.spans.map(({ name, kind, parentSpanId, attributes, status }) => [
        name,
        kind,
        parentSpanId,
        attributes,
        status.code,
      ]),
      [
        [
          "INSERT planted",
          3,
          transaction?.spanId,
          {
            "tenant.id": 7,
            "db.system.name": "postgresql",
            "db.operation.name": "INSERT",
            "db.collection.name": "planted",
          },
          0,
        ],
        ["database tenant", 3, parent.spanId, { "tenant.id": 7, "db.system.name": "postgresql" }, 0],
        [
          "database query",
          3,
          parent.spanId,
          {
            "db.system.name": "postgresql",
            "db.operation.name": "SELECT",
            "db.collection.name": "nowhere",
            "error.type": "error",
          },
          2,
        ],
      ],
    );
  });
});
