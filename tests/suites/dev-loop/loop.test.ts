import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import { TENANT } from "../../support/services/platform.ts";
import { walletClient } from "../../support/services/wallet-client.ts";
import type { Command } from "../../support/stack/command.ts";
import { KeepAliveLoad } from "../../support/stack/keep-alive-load.ts";
import { Stack } from "../../support/stack/stack.ts";
import { StackClients } from "../../support/stack/stack-clients.ts";

describe("the dev loop on a real stack (INF-10, INF-15, PIN-12)", function () {
  this.timeout(120_000);
  let stack: Stack;
  let dev: Command | undefined;
  before(async () => {
    stack = await Stack.create();
    await stack.expectSuccess("up");
  });
  after(async () => {
    dev?.signal("SIGINT");
    await dev?.result;
    await stack.destroy();
  });

  const APP = "services/wallet/app.ts";
  const read = (file: string) => readFileSync(join(stack.root, file), "utf8");
  const write = (file: string, text: string) => writeFileSync(join(stack.root, file), text);
  const title = async () => {
    const response = await fetch(`http://127.0.0.1:${stack.ports.wallet}/openapi.json`, {
      headers: { connection: "close" },
    });
    return ((await response.json()) as { info: { title: string } }).info.title;
  };
  const pid = async (name: string) => (await stack.status()).find((one) => one.name === name)?.pid;
  const entitle = (name: string) => write(APP, read(APP).replace(/title: "[^"]*"/, `title: "${name}"`));
  const shows = (what: RegExp) => eventually(`make dev shows ${what}`, () => what.test(dev!.output), 20);

  it("restarts nothing while make dev does not run", async () => {
    const before = await pid("wallet");
    appendFileSync(join(stack.root, APP), "\n// edited\n");
    // As long as an edit takes under make dev.
    await sleep(1500);
    assert.equal(await pid("wallet"), before);
  });

  it("runs earlier edits as soon as make dev starts", async () => {
    const before = await pid("wallet");
    dev = stack.follow("dev");
    await shows(/↻ wallet sources changed since it was started: serves after \d+ ms/);
    assert.notEqual(await pid("wallet"), before);
    assert.doesNotMatch(dev.output, /↻ highload/);
  });

  it("makes an edit live without losing a request, on new and on busy connections", async () => {
    const busy = new KeepAliveLoad(`http://127.0.0.1:${stack.ports.wallet}/health`);
    entitle("Edited");
    const seen: string[] = [];
    await eventually("the new code answers", async () => seen.push(await title()) > 0 && seen.at(-1) === "Edited", 20);
    assert.deepEqual([...new Set(seen)].sort(), ["Edited", "Wallet"]);
    await eventually("the version before has ended", async () => /wallet +stopped/.test(dev!.output), 20);
    assert.deepEqual(await busy.stop(), []);
    assert.ok(busy.answers > 20, `only ${busy.answers} answers`);
    await shows(/↻ wallet services\/wallet\/app\.ts: serves after \d+ ms/);
  });

  it("shows a mistake as one block, keeps the previous version, and recovers with the next edit", async () => {
    const [good, before] = [read(APP), await pid("wallet")];
    write(APP, `${good}const broken = ;\n`);
    await shows(
      /✖ wallet services\/wallet\/app\.ts\n +process 'wallet' exited with code 1, so the one before it goes on;[\s\S]*const broken = ;\n.*\n +SyntaxError/,
    );
    assert.deepEqual([await title(), await pid("wallet")], ["Edited", before]);
    const shown = () => dev!.output.match(/const broken = ;/g)?.length;
    assert.equal(shown(), 1, "it is shown once");
    write(APP, read(APP));
    await eventually("saving it again tries it again", () => shown() === 2, 20);
    write(APP, good.replace("Edited", "Mended"));
    await eventually("the mended code answers", async () => (await title()) === "Mended", 20);
  });

  it("restarts each service that uses an edited file, and names what only 'up' applies", async () => {
    const before = [await pid("wallet"), await pid("highload")];
    appendFileSync(join(stack.root, "services/kit/core/errors.ts"), "\n// edited\n");
    await eventually(
      "both are other processes",
      async () => (await pid("wallet")) !== before[0] && (await pid("highload")) !== before[1],
      20,
    );
    write("services/wallet/migrations/0009_later.sql", "");
    await shows(/! services\/wallet\/migrations\/0009_later\.sql: 'make up' applies it to the rest of the stack/);
    rmSync(join(stack.root, "services/wallet/migrations/0009_later.sql"));
    await shows(/↻ highload services\/kit\/core\/errors\.ts/);
    await eventually("the file's end is noticed", () => dev!.output.match(/! .*0009_later\.sql/g)?.length === 2, 20);
  });

  it("leaves the stack running when it is interrupted, and the next plan is correct", async () => {
    dev!.signal("SIGINT");
    await dev!.result;
    dev = undefined;
    const before = [await pid("wallet"), await pid("highload")];
    const { output } = await stack.expectSuccess("preview");
    for (const service of ["wallet", "highload"])
      assert.match(output, new RegExp(`Process ${service}-service update \\[diff: ~revision\\]`));
    assert.match(output, /~ 2 to update/);
    assert.doesNotMatch(output, /runs with another configuration/);
    await stack.expectSuccess("up");
    assert.deepEqual([await pid("wallet"), await pid("highload")], before, "both run these sources already");
    assert.doesNotMatch((await stack.expectSuccess("preview")).output, /to update/);
  });

  it("'logs' filters lines, and prints them raw or rendered", async () => {
    const logs = async (...filters: string[]) =>
      (await stack.expectSuccess("logs", ...filters)).output.trimEnd().split("\n");
    for (const line of await logs("SERVICE=wallet", "GREP=started"))
      assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}wallet {2}started/);
    const names = (await logs()).map((line) => /^[\d:.]+ [A-Z]+ +(\S+)/.exec(line)?.[1]);
    for (const name of ["wallet", "highload", "postgres"]) assert.ok(names.includes(name), name);
    const [raw] = await logs("SERVICE=wallet", "GREP=started", "RAW=1");
    assert.equal((JSON.parse(raw!) as { msg: string }).msg, "started");
    assert.deepEqual(await logs("SERVICE=wallet,highload", "LEVEL=fatal"), [""]);
  });

  it("'kafka-consume' decodes records, and shows undecodable ones without stopping (PIN-12)", async () => {
    const account = await walletClient(`http://127.0.0.1:${stack.ports.wallet}`).account(500);
    const at = new StackClients(stack);
    await eventually("the deposit is published", async () => (await at.recordCount("V1_PAYMENTS")) > 0, 20);
    const producer = at.client.producer();
    await producer.connect();
    await producer.send({ topic: "V1_PAYMENTS", messages: [{ key: account, value: "no Avro at all" }] });
    await producer.disconnect();

    const shown = (
      await stack.expectSuccess("kafka-consume", "TOPIC=V1_PAYMENTS", "FROM=beginning", `KEY=${account}`, "JSON=1")
    ).output;
    const [first, second] = shown
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
    assert.equal(first?.value?.event_type, "PAYMENT_CREDITED");
    assert.equal((first?.value?.event_data as { amount_cents: number } | undefined)?.amount_cents, 500);
    assert.deepEqual(
      [first?.headers?.tenant_id, second?.undecodable],
      [String(TENANT), "the value is not framed Avro"],
    );
    const one = (
      await stack.expectSuccess("kafka-consume", "TOPIC=V1_PAYMENTS", "COUNT=1", "FROM=beginning", `TENANT=${TENANT}`)
    ).output;
    assert.match(one, /^V1_PAYMENTS\[\d\]@\d+ \S+ key=\S+ tenant_id=10001 .*\n {2}\{"id".*\}\n$/);
    assert.match(
      await stack.expectFailure("kafka-consume", "TOPIC=V1_BETZ"),
      /^There is no topic 'V1_BETZ'; there are V1_BALANCES, V1_BETS, /m,
    );
    const groups = await administered(at);
    assert.deepEqual(
      groups.filter((name) => name.startsWith("plinth-tools")),
      [],
      "it leaves no group behind",
    );
  });

  it("'kafka-topics' lists topics with the lag of their readers", async () => {
    await eventually(
      "the wallet has read its payments",
      async () => /^V1_PAYMENTS +4 +\d+ +wallet-balances 0$/m.test((await stack.expectSuccess("kafka-topics")).output),
      20,
    );
  });

  it("'psql' shows a tenant's rows of a service, and 'redis-cli' opens the cache, also from a pipe", async () => {
    const piped = async (input: string, command: string) => {
      const { code, output } = await stack.shell(`echo "${input}" | make -s ${command}`);
      assert.equal(code, 0, output);
      return output;
    };
    const count = "select count(*) > 0 as any from accounts";
    assert.match(await piped(count, `psql TENANT=${TENANT} SERVICE=wallet`), /^ t$/m);
    assert.match(await piped(count, "psql TENANT=10002 SERVICE=wallet"), /^ f$/m);
    assert.match(await piped("ping", "redis-cli"), /^PONG$/m);
    assert.match(
      await stack.expectFailure("psql", "SERVICE=kit"),
      /SERVICE=kit has no tables; those with tables are highload, wallet/,
    );
  });

  it("'env' writes exactly the served contract (INF-10)", async () => {
    await stack.expectSuccess("env");
    const variables = read(".env")
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0]!);
    assert.deepEqual(variables.filter((name) => !name.startsWith("TOPIC_")).sort(), [
      "DATABASE_URL",
      "ENVIRONMENT",
      "K8S_NAMESPACE",
      "KAFKA_BROKERS",
      "LOKI_URL",
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "REDIS_URL",
      "SCHEMA_REGISTRY_URL",
    ]);
    assert.ok(variables.includes("TOPIC_V1_BETS") && variables.includes("TOPIC_V1_PAYMENTS_DLQ"));
  });
});

async function administered(at: StackClients): Promise<string[]> {
  const admin = at.client.admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  return groups.map(({ groupId }) => groupId);
}
