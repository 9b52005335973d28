import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessStatus } from "@plinth/local/supervisor/protocol.ts";
import { eventually } from "../../support/eventually.ts";
import { Stack } from "../../support/stack/stack.ts";

const PROCESSES = ["observability", "victoria-logs", "victoria-metrics", "vmalert"];
const TENANT = "10001";

describe("the observability of a local stack", function () {
  this.timeout(240_000);
  let stack: Stack;

  before(async () => {
    stack = await Stack.create({ observability: true });
    await stack.expectSuccess("up");
  });
  after(() => stack.destroy());

  const push = async (text: string, headers: Record<string, string> = { "x-scope-orgid": TENANT }) => {
    const values = [[String(BigInt(Date.now()) * 1_000_000n), text]];
    const { status } = await fetch(`http://localhost:${stack.ports.loki}/loki/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ streams: [{ stream: { service: "test" }, values }] }),
    });
    return status;
  };
  const find = async (text: string) => {
    const query = encodeURIComponent(`_time:1h "${text}"`);
    const answer = await fetch(`http://localhost:${stack.ports.logs}/select/logsql/query?query=${query}`, {
      headers: { AccountID: TENANT },
    });
    return (await answer.text()).trim().split("\n").filter(Boolean).length;
  };
  const waitFor = (text: string) => eventually(`'${text}' is found`, async () => (await find(text)) === 1, 15);
  const others = (processes: ProcessStatus[]) =>
    processes.filter(({ name }) => !PROCESSES.includes(name)).map(({ name, pid }) => ({ name, pid }));

  it("takes a line as Loki does, and refuses one without a tenant, keeping nothing of it (OBS-4, INF-12)", async () => {
    assert.equal(await push("kept line"), 204);
    await waitFor("kept line");
    assert.ok([400, 401].includes(await push("foreign line", {})));
    assert.equal(await push("foreign line", { "x-scope-orgid": "999999" }), 400);
    assert.equal(await find("foreign line"), 0);
  });

  it("passes its own check, which sends a line and a span through (PIN-12)", async () => {
    await eventually(
      "every program was scraped",
      async () => {
        const answer = await fetch(`http://localhost:${stack.ports.metrics}/api/v1/query?query=up==1`);
        return ((await answer.json()) as { data: { result: unknown[] } }).data.result.length >= 6;
      },
      30,
    );
    const { output } = await stack.expectSuccess("check-monitoring-health");
    assert.doesNotMatch(output, /failed/);
  });

  it("restarts each of its processes after kill -9, and what was stored is there (OBS-2)", async () => {
    assert.equal(await push("line before the kill"), 204);
    await waitFor("line before the kill");
    for (const name of PROCESSES) {
      const { pid } = (await stack.status()).find((each) => each.name === name)!;
      process.kill(pid!, "SIGKILL");
      await eventually(
        `${name} runs again`,
        async () =>
          (await stack.status()).some((each) => each.name === name && each.state === "ready" && each.pid !== pid),
        30,
      );
    }
    await waitFor("line before the kill");
    assert.equal(await push("line after the kill"), 204);
    await waitFor("line after the kill");
  });

  it("is removed alone: every other process runs on (INF-13)", async () => {
    const before = await stack.assertHealthy();
    const { output } = await stack.expectSuccess("obs-down");
    assert.match(output, /has no logs, metrics and traces any more; its services run on/);
    const running = await stack.assertHealthy();
    assert.deepEqual(others(running), others(before));
    assert.equal(running.length, before.length - PROCESSES.length);
  });

  it("stays removed at the next 'up', which changes nothing", async () => {
    const { output } = await stack.expectSuccess("up");
    assert.match(output, /Resources:\n {4}\d+ unchanged\n/);
    assert.doesNotMatch(output, /#token=/);
    assert.match(await stack.expectFailure("check-monitoring-health"), /Type: make obs-up/);
  });

  it("may be removed twice, and services answer without it", async () => {
    await stack.expectSuccess("obs-down");
    const answer = await fetch(`http://localhost:${stack.ports.highload}/ready`);
    assert.equal(answer.status, 200);
  });

  it("is added again alone, with what it kept (INF-13, OBS-2)", async () => {
    const before = others(await stack.status());
    const { output } = await stack.expectSuccess("obs-up");
    assert.match(output, new RegExp(`The page: http://localhost:${stack.ports.page}/#token=\\S+`));
    const running = await stack.assertHealthy();
    assert.deepEqual(others(running), before);
    assert.equal(running.length, before.length + PROCESSES.length);
    await waitFor("line after the kill");
    await stack.expectSuccess("obs-up");
    assert.deepEqual(await stack.status(), running);
  });

  it("refuses a profile that there is not, before anything happens (PIN-12)", async () => {
    const running = await stack.status();
    assert.match(await stack.expectFailure("up", "PROFILE=medium"), /PROFILE.*'light' or 'full'/);
    assert.deepEqual(await stack.status(), running);
  });

  it("keeps lines over 'down', and loses them with PURGE=1 (OBS-2)", async () => {
    await stack.expectSuccess("down");
    await stack.expectSuccess("up");
    await waitFor("line after the kill");
    assert.match(readFileSync(join(stack.root, "Pulumi.local.yaml"), "utf8"), /enabled: true/);
    await stack.expectSuccess("down", "PURGE=1");
    assert.equal(existsSync(stack.directory), false);
  });
});
