import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, ensureSupervisor, logFile, remove, runs, status } from "@plinth/runtime/supervisor/client.ts";
import { writesTo } from "@plinth/runtime/supervisor/identity.ts";
import { holderOf } from "@plinth/runtime/supervisor/ports.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import { freePort } from "../../tools/ports.ts";
import { eventually } from "../support/eventually.ts";
import { alive, clearFolders, folder, killSupervisor, shell, statusOf } from "./support.ts";

/** Answers with its version, and takes `TAKES` milliseconds for it; `/ready` is quick. On SIGTERM it drains. */
const SERVER = `
  const server = require("node:http").createServer((request, response) => {
    const answer = () => response.setHeader("connection", "close").end(process.env.VERSION);
    request.url === "/ready" ? answer() : setTimeout(answer, Number(process.env.TAKES ?? 0));
  });
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
  server.listen({ port: Number(process.env.PORT), host: "127.0.0.1", reusePort: true }, () => console.log("listening"));`;

describe("supervisor: handover from one version to the next (INF-15)", function () {
  this.timeout(20_000);
  if (process.platform !== "linux") return;
  afterEach(clearFolders);

  const server = (directory: string, port: number, environment: Record<string, string>, more: Partial<ProcessSpec> = {}) =>
    shell(directory, "", {
      command: process.execPath,
      args: ["-e", SERVER],
      environment: { PORT: String(port), ...environment },
      ports: { http: port },
      ready: { kind: "http", port, path: "/ready" },
      handover: true,
      ...more,
    });
  const ask = async (port: number, path = "/") => (await fetch(`http://127.0.0.1:${port}${path}`)).text();

  it("leaves no moment without one that listens, and lets requests under way finish", async () => {
    const [directory, port] = [folder(), await freePort()];
    const first = await apply(directory, "one", server(directory, port, { VERSION: "1", TAKES: "400" }));
    const slow = ask(port);
    const ended = new AbortController();
    const answers: string[] = [];
    let resets = 0;
    // Refused is what nobody may ever be. A connection that waits for the old one to accept it in the moment when that closes is reset by the
    // kernel (docs/dev-loop.md); of one client that asks again and again it can be one.
    const reset = (error: Error) => {
      if ((error.cause as { code?: string } | undefined)?.code !== "ECONNRESET") throw error;
      resets++;
    };
    const asking = (async () => {
      while (!ended.signal.aborted) await ask(port, "/ready").then((answer) => answers.push(answer), reset);
    })();
    await sleep(50);
    const second = await apply(directory, "one", server(directory, port, { VERSION: "2" }));
    assert.equal(await ask(port), "2");
    ended.abort();
    await asking;
    assert.equal(await slow, "1");
    assert.deepEqual([second.state, second.restarts, second.pid === first.pid], ["ready", 0, false]);
    assert.deepEqual([...new Set(answers)].sort(), ["1", "2"]);
    assert.ok(resets <= 1, `${resets} connections were reset`);
    await eventually("the first has ended", () => !alive(first.pid!));
    assert.equal(holderOf(port)?.pid, second.pid);
  });

  const broken: [what: string, script: string, sentence: RegExp][] = [
    [
      "ends before it listens",
      'console.error("Expected a brace"); process.exit(1)',
      /exited with code 1, so the one before it goes on; .*\n {2}Expected a brace$/,
    ],
    ["never listens", "setInterval(() => {}, 1000)", /did not listen on \d+ within 1 s, so the one before it goes on/],
  ];
  for (const [what, script, sentence] of broken) {
    it(`keeps what runs when the next one ${what}, and takes the one after it`, async () => {
      const [directory, port] = [folder(), await freePort()];
      const good = server(directory, port, { VERSION: "1" });
      const first = await apply(directory, "one", good);
      const bad = server(directory, port, { VERSION: "2" }, { args: ["-e", script], readyTimeoutSeconds: 1 });
      await assert.rejects(apply(directory, "one", bad), sentence);
      assert.deepEqual([await ask(port), (await statusOf(directory, "one")).pid], ["1", first.pid]);
      assert.deepEqual([await runs(directory, "one", good), await runs(directory, "one", bad)], [true, false]);
      await apply(directory, "one", server(directory, port, { VERSION: "3" }));
      assert.equal(await ask(port), "3");
    });
  }

  it("starts the last of several that come at once, and tells the others so", async () => {
    const [directory, port] = [folder(), await freePort()];
    await apply(directory, "one", server(directory, port, { VERSION: "0" }));
    const versions = ["1", "2", "3", "4"];
    // Which of them comes last is the system's choice.
    const outcomes = await Promise.allSettled(
      versions.map((version) => apply(directory, "one", server(directory, port, { VERSION: version }))),
    );
    const taken = versions.filter((_, index) => outcomes[index]?.status === "fulfilled");
    assert.ok(taken.includes(await ask(port)), `the one that answers is one of ${taken}`);
    assert.ok(taken.length < versions.length);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.match(String(outcome.reason), /a newer configuration came before it was ready/);
  });

  it("starts one of another port, or that does not say so, only when the one before it has ended", async () => {
    const [directory, port] = [folder(), await freePort(2)];
    const first = await apply(directory, "one", server(directory, port, { VERSION: "1" }));
    const second = await apply(directory, "one", server(directory, port + 1, { VERSION: "2" }));
    assert.equal(alive(first.pid!), false);
    await apply(directory, "one", server(directory, port + 1, { VERSION: "3" }, { handover: false }));
    assert.equal(alive(second.pid!), false);
    assert.equal(await ask(port + 1), "3");
  });

  it("is removed with everything, also what still finishes its requests", async () => {
    const [directory, port] = [folder(), await freePort()];
    const first = await apply(directory, "one", server(directory, port, { VERSION: "1", TAKES: "600" }));
    const slow = ask(port);
    await sleep(50);
    const second = await apply(directory, "one", server(directory, port, { VERSION: "2" }));
    assert.equal(alive(first.pid!), true);
    await remove(directory, "one");
    assert.equal(await slow, "1");
    assert.deepEqual([alive(first.pid!), alive(second.pid!), await status(directory)], [false, false, []]);
  });

  it("leaves one process when the supervisor is killed in the middle", async () => {
    const [directory, port] = [folder(), await freePort()];
    const first = await apply(directory, "one", server(directory, port, { VERSION: "1" }));
    const slowStart = { args: ["-e", `setTimeout(() => {${SERVER}}, 5000)`] };
    const interrupted = apply(directory, "one", server(directory, port, { VERSION: "2" }, slowStart)).catch(() => undefined);
    const log = logFile(directory, "one");
    await eventually("the second is being started", () => writers(log).length === 2);
    await killSupervisor(directory);
    await ensureSupervisor(directory);
    await eventually("one is left", () => writers(log).length === 1);
    assert.deepEqual([(await statusOf(directory, "one")).pid, await ask(port)], [first.pid, "1"]);
    await remove(directory, "one");
    await interrupted;
  });
});

/** Processes that have this file as their output. */
function writers(log: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => writesTo(pid, (path) => path === log));
}
