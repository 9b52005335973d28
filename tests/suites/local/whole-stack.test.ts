import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { remove } from "@plinth/local/supervisor/client.ts";
import { isPortFree } from "@plinth/local/supervisor/system/ports.ts";
import { catalog, topicSpecs } from "@plinth/schemas/catalog.ts";
import { eventually } from "../../support/eventually.ts";
import { walletClient } from "../../support/services/wallet-client.ts";
import { freeOffset } from "../../support/stack/ports.ts";
import { Stack } from "../../support/stack/stack.ts";
import { StackClients, TENANT } from "../../support/stack/stack-clients.ts";

const DEPOSIT = 10_000;
const STAKES = [100, 250, 1, 999, 4000];
const REST = DEPOSIT - STAKES.reduce((sum, stake) => sum + stake);

// One stack from up to down; the steps build on each other.
describe("the whole local stack (PLT-1, PLT-9)", function () {
  this.timeout(180_000);

  let stack: Stack;
  let at: StackClients;
  let account: string;
  let resources: number;

  before(async () => {
    stack = await Stack.create({ observability: true });
    at = new StackClients(stack);
  });
  let broken = false;
  beforeEach(function () {
    if (broken) this.skip();
  });
  afterEach(function () {
    broken ||= this.currentTest?.state === "failed";
  });
  after(() => stack.destroy());

  /** The number of unchanged resources; the summary must contain nothing else. */
  const unchanged = (output: string) => {
    const [, summary] = /Resources:\n((?: {4}.+\n)+)/.exec(output) ?? [];
    assert.match(summary ?? output, /^ {4}(\d+) unchanged\n$/);
    return Number.parseInt(summary!.trim(), 10);
  };

  it("comes up from nothing and prints its addresses", async () => {
    const files = ["Pulumi.yaml", "Pulumi.local.yaml", "package-lock.json"].map((name) => join(stack.root, name));
    const before = files.map((file) => readFileSync(file, "utf8"));
    const { output, milliseconds } = await stack.expectSuccess("up");
    for (const port of [
      stack.ports.postgres,
      stack.ports.redis,
      stack.ports.kafka,
      stack.ports.registry,
      stack.ports.wallet,
      stack.ports.highload,
      stack.ports.page,
    ])
      assert.ok(output.includes(`localhost:${port}`), `${port} is among the endpoints:\n${output}`);
    resources = Number(/\+ (\d+) created/.exec(output)?.[1]);
    assert.deepEqual(
      files.map((file) => readFileSync(file, "utf8")),
      before,
      "no file of the repository is changed",
    );
    console.log(`      up from nothing: ${(milliseconds / 1000).toFixed(1)} s`);
  });

  it("runs every process once, as 'make wait' and 'make status' show (INF-1)", async () => {
    const running = await stack.assertHealthy();
    assert.deepEqual(running.map(({ name }) => name).sort(), [
      "highload",
      "kafka",
      "observability",
      "postgres",
      "redis",
      "schema-registry",
      "victoria-logs",
      "victoria-metrics",
      "vmalert",
      "wallet",
    ]);
    await stack.expectSuccess("wait");
    const { output } = await stack.expectSuccess("status");
    for (const { name } of running) assert.match(output, new RegExp(`^${name}\\s+ready`, "m"));
  });

  it("writes the environment contract for programs outside (INF-2, INF-5, INF-6, INF-10)", async () => {
    await stack.expectSuccess("env");
    const contract = Object.fromEntries(
      readFileSync(join(stack.root, ".env"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/=(.*)/s, 2)),
    );
    assert.equal(contract.DATABASE_URL, at.databaseUrl);
    assert.equal(contract.REDIS_URL, `redis://localhost:${stack.ports.redis}`);
    assert.equal(contract.KAFKA_BROKERS, `localhost:${stack.ports.kafka}`);
    assert.equal(contract.SCHEMA_REGISTRY_URL, at.registry.url);
    assert.equal(contract.TOPIC_V1_BETS, "V1_BETS");
    assert.equal(contract.LOKI_URL, `http://localhost:${stack.ports.loki}`);
    assert.equal(contract.OTEL_EXPORTER_OTLP_ENDPOINT, `http://localhost:${stack.ports.otlp}`);
    assert.equal(statSync(join(stack.root, ".env")).mode & 0o077, 0, "only its owner reads it");
  });

  it("has the tenant, the topics and the subjects, each BACKWARD_TRANSITIVE (INF-3, INF-7, INF-8)", async () => {
    assert.deepEqual(await at.rows("select id from tenants"), [{ id: String(TENANT) }]);
    assert.deepEqual((await at.json<string[]>("/subjects")).sort(), catalog.map(({ subject }) => subject).sort());
    for (const { subject } of catalog)
      assert.deepEqual(await at.json(`/config/${subject}`), { compatibilityLevel: "BACKWARD_TRANSITIVE" });
    const topics = await at.topics();
    assert.deepEqual(
      topicSpecs().filter(({ topic }) => !topics.includes(topic)),
      [],
    );
  });

  it("accepts bets, and the balance follows from the events (SDG-5)", async () => {
    const wallet = walletClient(at.wallet);
    account = await wallet.account(DEPOSIT);
    for (const stake of STAKES) assert.equal((await wallet.bet(account, stake)).status, 201);
    await balanceIs(REST);
  });

  it("publishes an event for each bet, with key and headers, readable by the registry's schema (INF-8, SDG-6)", async () => {
    const bets = await at.records("V1_BETS");
    assert.deepEqual(
      bets.map(({ event }) => event.event_data.amount_cents).sort((a, b) => a - b),
      [...STAKES].sort((a, b) => a - b),
    );
    for (const { key, headers, event } of bets) {
      assert.equal(event.event_type, "BET_PLACED");
      assert.equal(key, event.aggregate_id);
      assert.equal(headers.tenant_id, String(TENANT));
      assert.equal(headers.version, String(event.version));
    }
    const payments = await at.records("V1_PAYMENTS");
    assert.equal(payments.length, 1 + STAKES.length);
    const balances = await at.records("V1_BALANCES");
    const last = balances.find(({ event }) => event.event_data.sequence === payments.length);
    assert.equal(last?.event.event_data.balance_cents, REST);
  });

  it("has nothing to change at a second 'up' and 'preview', and writes nothing (PLT-9, INF-7)", async () => {
    const written = await at.recordCount("_schemas");
    const running = await stack.status();
    const { output, milliseconds } = await stack.expectSuccess("up");
    assert.equal(unchanged(output), resources);
    assert.equal(unchanged((await stack.expectSuccess("preview")).output), resources);
    assert.deepEqual(await stack.status(), running);
    assert.equal(await at.recordCount("_schemas"), written);
    console.log(`      up with nothing to do: ${(milliseconds / 1000).toFixed(1)} s`);
  });

  it("shows in a preview that the supervisor and a process died, and 'up' repairs it (PLT-10)", async () => {
    const dead = (await stack.status()).find(({ name }) => name === "wallet")!.pid!;
    const supervisor = stack.supervisor()!.pid;
    for (const pid of [supervisor, dead]) process.kill(pid, "SIGKILL");
    await eventually("both are gone", () => !stack.processes().some(({ pid }) => pid === dead || pid === supervisor));
    const { output } = await stack.expectSuccess("preview");
    assert.match(output, /Process wallet-service update \[diff: .*incident/);
    assert.match(output, /^ {4}the supervisor was killed while it kept [^\n]*wallet[^\n]*; it will be started again/m);
    await stack.expectSuccess("up");
    await stack.assertHealthy();
    await balanceIs(REST);
  });

  it("shows in the plan which process was removed behind the engine's back, and 'up' starts it (PLT-10)", async () => {
    await remove(stack.directory, "redis");
    assert.match(
      (await stack.expectSuccess("preview")).output,
      /^ {4}process 'redis': not running; will be started again$/m,
    );
    await stack.expectSuccess("up");
    await stack.assertHealthy();
    assert.equal(unchanged((await stack.expectSuccess("up")).output), resources);
  });

  it("has nothing to correct at a refresh", async () => {
    assert.equal(unchanged((await stack.expectSuccess("refresh")).output), resources);
  });

  it("keeps its data when its ports are moved by configuration", async () => {
    const old = stack.ports;
    await stack.setPortOffset(await freeOffset());
    at = new StackClients(stack);
    const { output } = await stack.expectSuccess("up");
    assert.ok(output.includes(`localhost:${stack.ports.wallet}`));
    await stack.assertHealthy();
    for (const [name, port] of Object.entries(old)) assert.ok(await isPortFree(port), `${name} gave port ${port} free`);
    await balanceIs(REST);
    assert.equal((await at.records("V1_BETS")).length, STAKES.length);
  });

  it("leaves no process, port or lock after down, and keeps the data (INF-1, PLT-4)", async () => {
    const { output } = await stack.expectSuccess("down");
    assert.match(output, /data of 'local' stays/);
    await stack.assertNothingLeft();
    await stack.expectSuccess("down");
  });

  it("has the data when it comes up again (PLT-4)", async () => {
    await stack.expectSuccess("up");
    await balanceIs(REST);
    assert.deepEqual(
      await at.rows("select amount_cents from bets order by placed_at"),
      STAKES.map((stake) => ({ amount_cents: String(stake) })),
    );
    assert.equal((await at.records("V1_BETS")).length, STAKES.length);
    const wallet = walletClient(at.wallet);
    assert.equal((await wallet.bet(account, 1)).status, 201);
    await balanceIs(REST - 1);
  });

  it("removes its data with PURGE=1 (INF-1)", async () => {
    await stack.expectSuccess("down", "PURGE=1");
    await stack.assertNothingLeft();
    assert.ok(!existsSync(stack.directory), "the data is removed");
  });

  async function balanceIs(cents: number): Promise<void> {
    const wallet = walletClient(at.wallet);
    const found = await eventually(`a balance of ${cents}`, async () => {
      const { body } = await wallet.get(`/api/v1/accounts/${account}/balance`);
      return body.balance_cents === cents && body;
    });
    assert.equal(found.available_cents, cents);
  }
});
