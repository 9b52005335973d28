import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "@plinth/local/locations.ts";
import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import { control } from "@plinth/local/supervisor/client.ts";
import pg from "pg";
import { createDashboards } from "../../../components/observability/dashboards/dashboards.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { eventually } from "../../support/eventually.ts";
import { Traffic } from "../../support/observability/traffic.ts";
import { Webhook } from "../../support/observability/webhook.ts";
import { Stack } from "../../support/stack/stack.ts";
import { StackClients } from "../../support/stack/stack-clients.ts";

/** From a fault to the webhook, and from its end to the message of that. */
const WITHIN_SECONDS = 60;
/** What a test waits longer, so that a busy machine shows as a slow alert instead of a lost one. */
const PATIENCE_SECONDS = 90;

type Expected = readonly [name: string, labels: Record<string, string>];

// One stack, broken and mended in steps; each step's alerts end before the next step. What no fault
// here makes true within minutes has promtool alone: LatencyBudget, LinesLost, SpansLost,
// CollectorDrops, NotificationsFail and SeriesRefused.
describe("dashboards and alerts of a real stack (OBS-1, OBS-6, SHOP-5, HLS-6)", function () {
  this.timeout(300_000);

  let stack: Stack;
  let at: StackClients;
  let webhook: Webhook;
  let traffic: Traffic;
  const sessions: pg.Client[] = [];

  before(async () => {
    silenceNegativeTimeoutWarnings();
    webhook = await Webhook.start();
    const observability = JSON.stringify({ notify: { webhook: webhook.url } });
    stack = await Stack.create({ observability: true, config: { observability } });
    at = new StackClients(stack);
  });
  after(async () => {
    await traffic?.stop();
    for (const session of sessions) await session.end().catch(() => undefined);
    await stack?.destroy();
    webhook?.stop();
  });

  /** Each alert reaches the webhook within a minute of the fault, and vmalert says it fires. */
  async function fire(since: number, expected: readonly Expected[]): Promise<void> {
    for (const [name, labels] of expected) {
      const { receivedAt, annotations } = await webhook.next("firing", name, labels, {
        since,
        seconds: PATIENCE_SECONDS,
      });
      const seconds = (receivedAt - since) / 1000;
      console.log(`      ${name}: at the webhook after ${seconds.toFixed(0)} s`);
      assert.ok(seconds <= WITHIN_SECONDS, `${name} took ${seconds} s`);
      assert.ok(annotations.action && annotations.runbook, name);
      assert.ok((await alertStates(name)).includes("firing"), name);
    }
  }

  async function resolve(since: number, expected: readonly Expected[]): Promise<void> {
    for (const [name, labels] of expected) {
      const { receivedAt } = await webhook.next("resolved", name, labels, { since, seconds: PATIENCE_SECONDS });
      console.log(`      ${name}: resolved after ${((receivedAt - since) / 1000).toFixed(0)} s`);
    }
  }

  async function alertStates(name: string): Promise<string[]> {
    const response = await fetch(`http://127.0.0.1:${stack.ports.alerts}/api/v1/alerts`);
    const { data } = (await response.json()) as { data: { alerts: { name: string; state: string }[] } };
    return data.alerts.filter((alert) => alert.name === name).map(({ state }) => state);
  }

  /** A session that shares nothing with the services but their role. */
  async function openSession(): Promise<pg.Client> {
    const session = new pg.Client(at.databaseUrl);
    session.on("error", () => undefined);
    await session.connect();
    sessions.push(session);
    return session;
  }

  async function pidOf(name: string): Promise<number> {
    return eventually(`${name} runs`, async () => (await stack.status()).find((one) => one.name === name)?.pid, 30);
  }

  it("tell of a service that a failed migration keeps away, until the file is mended", async () => {
    const folder = join(stack.root, "services/highload/migrations");
    const number = String(readdirSync(folder).length + 1).padStart(4, "0");
    const file = join(folder, `${number}_broken.sql`);
    writeFileSync(file, "-- Fails when it runs.\nselect 1 / 0;\n");
    const begun = Date.now();
    const output = await stack.expectFailure("up");
    rmSync(file);
    assert.match(output, /_broken\.sql.*division by zero/s);
    const expected: Expected[] = [["ServiceDown", { service: "highload" }]];
    await fire(begun, expected);
    const mended = Date.now();
    await stack.expectSuccess("up");
    await resolve(mended, expected);
  });

  it("have data in every panel", async () => {
    traffic = new Traffic(stack.ports);
    const idle = await openSession();
    await idle.query("set idle_in_transaction_session_timeout = 0");
    await idle.query("begin");
    await idle.query("select 1");
    const services = discoverServices(root);
    const queries = createDashboards(services).flatMap(({ id, rows }) =>
      rows.flatMap(({ panels }) =>
        panels
          .filter(({ requires }) => requires === undefined)
          .flatMap((panel) => panel.queries.map(({ expr }) => ({ name: `${id}: ${panel.title}`, expr }))),
      ),
    );
    assert.ok(queries.length > 80);
    const empty = async () => {
      const results = await Promise.all(
        queries.map(async ({ name, expr }) => ((await hasData(expr)) ? [] : [`${name}: ${expr}`])),
      );
      return results.flat();
    };
    await eventually("every panel has data", async () => (await empty()).length === 0, 45).catch(async () =>
      assert.deepEqual(await empty(), []),
    );
  });

  async function hasData(expr: string): Promise<boolean> {
    const query = expr.replaceAll("$__interval", "30s").replaceAll("$service", ".+").replaceAll("$tenant", ".+");
    const response = await fetch(
      `http://127.0.0.1:${stack.ports.metrics}/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    const { data } = (await response.json()) as { data?: { result: { value: [number, string] }[] } };
    return data?.result.some(({ value }) => value[1] !== "NaN") ?? false;
  }

  it("tell of a full pool, waiting locks, a slow route, a deadlock and a refused schema", async () => {
    const since = Date.now();
    const holder = await openSession();
    await holder.query("begin; lock table wallet.accounts, highload.users in share row exclusive mode");
    const clients = Array.from({ length: 40 }, () => new Traffic(stack.ports));
    await deadlock(await openSession(), await openSession());
    await refuseSchema();
    const locks: Expected[] = [
      ["LocksWaiting", {}],
      ["PoolExhausted", {}],
      ["SlowRoute", {}],
    ];
    const events: Expected[] = [
      ["Deadlocks", {}],
      ["SchemasRefused", { redpanda_status: "409" }],
    ];
    await fire(since, [...events, ...locks]).finally(async () => {
      await holder.query("rollback");
      await Promise.all(clients.map((client) => client.stop()));
    });
    await resolve(since, [...events, ...locks]);
  });

  async function deadlock(one: pg.Client, other: pg.Client): Promise<void> {
    for (const [session, lock] of [
      [one, 1],
      [other, 2],
    ] as const) {
      await session.query("begin");
      await session.query(`select pg_advisory_xact_lock(${lock})`);
    }
    const outcomes = await Promise.allSettled([
      one.query("select pg_advisory_xact_lock(2)"),
      sleep(200).then(() => other.query("select pg_advisory_xact_lock(1)")),
    ]);
    assert.ok(outcomes.some(({ status }) => status === "rejected"));
    for (const session of [one, other]) await session.query("rollback");
  }

  async function refuseSchema(): Promise<void> {
    const schema = { type: "record", name: "Bet", fields: [{ name: "no_default", type: "long" }] };
    const response = await fetch(`${at.registry.url}/subjects/V1_BETS-value/versions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    });
    assert.equal(response.status, 409);
  }

  it("tell of a stopped broker, a stuck outbox, a transaction left open, full connections and a stopped store", async () => {
    const since = Date.now();
    const openSince = Date.now() - 120_000;
    await control(stack.directory, "kafka", "stop");
    await control(stack.directory, "victoria-logs", "stop");
    // The last ones are refused.
    await Promise.allSettled(Array.from({ length: 95 }, openSession));
    const expected: Expected[] = [
      ["BrokerDown", {}],
      ["StoreDown", { service: "victoria-logs" }],
      ["ConnectionsNearLimit", {}],
      ["OutboxStuck", { service: "wallet" }],
    ];
    try {
      await fire(since, expected);
      await webhook.next("firing", "TransactionLeftOpen", {}, { since: openSince, seconds: 60 });
    } finally {
      await Promise.all(sessions.splice(0).map((session) => session.end().catch(() => undefined)));
      await control(stack.directory, "kafka", "start");
      await control(stack.directory, "victoria-logs", "start");
    }
    await resolve(since, [...expected, ["TransactionLeftOpen", {}]]);
  });

  it("tell of a killed service, a hanging one with growing lag, and of poison records", async () => {
    const since = Date.now();
    process.kill(await pidOf("wallet"), "SIGKILL");
    const highload = await pidOf("highload");
    process.kill(highload, "SIGSTOP");
    const producer = at.client.producer();
    await producer.connect();
    let poisoning = true;
    const poison = (async () => {
      for (; poisoning; await sleep(500))
        await producer.send({
          topic: "user-events",
          messages: Array.from({ length: 30 }, () => ({ value: "poison" })),
        });
    })();
    const expected: Expected[] = [
      ["ServiceRestarted", { process: "wallet" }],
      ["ServiceDown", { service: "highload" }],
      ["ConsumerLagGrows", { redpanda_topic: "user-events" }],
    ];
    await fire(since, expected).finally(async () => {
      poisoning = false;
      await poison;
      await producer.disconnect();
      process.kill(highload, "SIGCONT");
    });
    const mended = Date.now();
    const letters: Expected[] = [["DeadLetters", { redpanda_topic: "user-events_DLQ" }]];
    await fire(mended, letters);
    await resolve(since, [...expected, ...letters]);
  });

  it("tell of a stopped database, failing requests, a spent budget and a service that crashes again and again", async () => {
    const since = Date.now();
    await control(stack.directory, "postgres", "stop");
    let crashing = true;
    const crashes = (async () => {
      for (; crashing; await sleep(200)) {
        const pid = (await stack.status()).find(({ name }) => name === "wallet")?.pid;
        if (pid !== undefined) kill(pid);
      }
    })();
    const expected: Expected[] = [
      ["DatabaseDown", {}],
      ["HighErrorRate", { service: "highload" }],
      ["ServiceNotReady", { process: "wallet" }],
    ];
    await fire(since, expected).finally(async () => {
      crashing = false;
      await crashes;
      await control(stack.directory, "postgres", "start");
      await control(stack.directory, "wallet", "start");
    });
    await resolve(since, expected);
    // Earlier steps may have spent it. Its short window of five minutes ends after this suite:
    // promtool sees it resolve.
    await webhook.next(
      "firing",
      "AvailabilityBudget",
      { service: "highload", window: "1h" },
      { since: 0, seconds: 60 },
    );
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
