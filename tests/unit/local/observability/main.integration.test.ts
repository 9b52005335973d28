import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM } from "@plinth/local/observability/build.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../../../support/eventually.ts";

const BUILD = new URL("../../../../local/observability/build.ts", import.meta.url).pathname;

describe("the bundle of the collector and the page", function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), "plinth-observability-"));
  const program = join(folder, "program-2", PROGRAM);
  let port: number;
  const started: ChildProcess[] = [];

  before(async () => {
    await runCommand(process.execPath, [BUILD, join(folder, "program-1")]);
    await runCommand(process.execPath, [BUILD, join(folder, "program-2")]);
    port = await findFreePort(3);
  });
  after(() => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (settings: object | string) => {
    const file = join(folder, "settings.json");
    writeFileSync(file, typeof settings === "string" ? settings : JSON.stringify(settings));
    const child = spawn(process.execPath, [program, file], { stdio: ["ignore", "pipe", "pipe"] });
    started.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
    return { child, output: () => output, ended: once(child, "exit").then(([code]) => code as number) };
  };
  const settings = () => ({
    stack: "test",
    directory: folder,
    data: join(folder, "data"),
    page: join(folder, "program-2", "page"),
    ports: { page: port, loki: port + 1, otlp: port + 2 },
    stores: { logs: "http://127.0.0.1:1", metrics: "http://127.0.0.1:1" },
    brokers: "127.0.0.1:1",
    registry: "http://127.0.0.1:1",
    processes: [],
    dashboards: [],
    retention: { days: 7, bytes: "1GB" },
  });

  it("replaces that of older sources", () => assert.deepEqual(readdirSync(folder), ["program-2"]));

  it("serves the page and its health without any store, and ends in order on SIGTERM", async () => {
    const { child, ended, output } = start(settings());
    const answer = await eventually("it answers", () =>
      fetch(`http://localhost:${port}/health`).catch(() => undefined),
    );
    assert.equal(answer.status, 200);
    assert.match(await (await fetch(`http://localhost:${port}/`)).text(), /<script/);
    assert.equal(statSync(join(folder, "data", "page-token")).mode & 0o077, 0, "only its owner reads the token");
    child.kill("SIGTERM");
    assert.equal(await ended, 0, output());
    assert.match(output(), /stopped on SIGTERM/);
  });

  for (const [name, offset] of Object.entries({ page: 0, "Loki's pushes": 1, spans: 2 }))
    it(`says which port is taken: that of ${name}`, async () => {
      const holder = createServer().listen(port + offset, "127.0.0.1");
      await once(holder, "listening");
      const { ended, output } = start(settings());
      assert.equal(await ended, 1);
      assert.match(output(), new RegExp(`Port ${port + offset} is taken: stop the program that has it`));
      assert.doesNotMatch(output(), /^\s+at /m);
      holder.close();
    });

  it("refuses a settings file without a trace of its own code", async () => {
    const { ended, output } = start("{");
    assert.equal(await ended, 1);
    assert.match(output(), /settings\.json cannot be read/);
    assert.doesNotMatch(output(), /^\s+at /m);
  });
});
