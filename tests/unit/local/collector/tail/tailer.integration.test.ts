import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, symlinkSync, truncateSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { rotateLog } from "@plinth/local/supervisor/logs.ts";
import { TailedFolder } from "../../../../support/collector/tailed-folder.ts";
import { eventually } from "../../../../support/eventually.ts";
import { type LogStore, startLogStore } from "../../../../support/servers/victoria-logs.ts";

describe("tailer of the processes' logs", function () {
  this.timeout(60_000);
  let store: LogStore;
  let folder: TailedFolder;
  before(async () => {
    store = await startLogStore();
  });
  beforeEach(() => {
    folder = new TailedFolder(store.url);
  });
  afterEach(async () => {
    await folder.remove();
    names++;
  });
  after(() => store.stop());

  /** Every test has processes of its own in the one store. */
  let names = 0;
  const name = (base: string) => `${base}-${names}`;
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `line ${from + index}`);
  const text = (lines: string[]) => lines.map((line) => `${line}\n`).join("");
  const arrive = (process: string, expected: string[]) =>
    eventually(`${expected.length} lines of ${process}`, async () => {
      const found = new Set(await folder.messages(process));
      return expected.every((message) => found.has(message));
    });

  it("brings a line to the store within a second, with its labels (OBS-2)", async () => {
    await folder.start();
    folder.write(name("redis"), "first\n");
    await arrive(name("redis"), ["first"]);
    const writtenAt = Date.now();
    folder.write(name("redis"), "second\n");
    await arrive(name("redis"), ["second"]);
    assert.ok(Date.now() - writtenAt < 1000, `${Date.now() - writtenAt} ms`);
    const [document] = await folder.documents(name("redis"));
    assert.deepEqual(
      [document?.service, document?.env, document?.version, document?.origin, document?._stream],
      [name("redis"), "local", "1", "console", `{env="local",service="${name("redis")}",version="1"}`],
    );
  });

  it("reads all logs although one cannot be read, and one is called like a property of objects", async () => {
    mkdirSync(folder.path("folder"));
    symlinkSync(folder.path("loop"), folder.path("loop"));
    folder.write("constructor", "first\n");
    folder.write(name("redis"), `{"time":{"toString":1},"msg":"odd"}\nfirst\n`);
    await folder.start();
    await arrive(name("redis"), ["odd", "first"]);
    await arrive("constructor", ["first"]);
    assert.ok(folder.counts.get("plinth_collector_errors_total", { part: "tailer", code: "EISDIR" }) > 0);
    assert.ok(folder.tailer!.backlog() >= 0);
  });

  it("goes on after a stop without loss or repetition", async () => {
    const process = name("wallet");
    await folder.start();
    folder.write(process, text(numbered(0, 100)));
    await arrive(process, numbered(0, 100));
    await folder.stop();
    folder.write(process, text(numbered(100, 200)));
    await folder.start();
    await arrive(process, numbered(100, 200));
    assert.deepEqual(await folder.messages(process), numbered(0, 200));
  });

  it("loses nothing when a log is rotated several times while the store is away (OBS-7)", async () => {
    const process = name("wallet");
    await folder.start();
    folder.write(process, text(numbered(0, 50)));
    await arrive(process, numbered(0, 50));
    await store.kill();
    // Some lines after the last read, then three rotations.
    for (let rotation = 0; rotation < 3; rotation++) {
      folder.write(process, text(numbered(50 + rotation * 50, 100 + rotation * 50)));
      rotateLog(folder.path(process), 0);
      await sleep(200);
    }
    folder.write(process, text(numbered(200, 250)));
    await store.start();
    await arrive(process, numbered(0, 250));
  });

  it("reads a log from the beginning that was truncated and has grown longer since", async () => {
    const process = name("wallet");
    folder.write(process, text(numbered(0, 50)));
    await folder.start();
    await arrive(process, numbered(0, 50));
    await folder.stop();
    folder.write(process, text(numbered(50, 60)));
    copyFileSync(folder.path(process), `${folder.path(process)}.1`);
    truncateSync(folder.path(process));
    folder.write(process, text(numbered(1000, 1200)));
    await folder.start();
    await arrive(process, [...numbered(0, 60), ...numbered(1000, 1200)]);
  });

  it("sends again what the store lost in a crash (OBS-7)", async () => {
    const process = name("wallet");
    await folder.start();
    const durable = numbered(0, 500);
    folder.write(process, text(durable));
    await arrive(process, durable);
    // Until they are on the store's disk, and the tailer counts on it.
    await sleep(5000);
    let written = durable.length;
    for (let round = 0; round < 20; round++) {
      folder.write(process, text(numbered(written, written + 500)));
      written += 500;
      await sleep(100);
      if (round === 8) {
        await store.kill();
        await store.start();
      }
    }
    await arrive(process, numbered(0, written));
    const found = await folder.messages(process);
    // What was sent again is what was taken within the last seconds before the crash.
    assert.ok(found.length < 2 * written, `${found.length} of ${written}`);
    const isDurable = new Set(durable);
    assert.equal(found.filter((line) => isDurable.has(line)).length, durable.length);
  });

  it("delays no other process while one writes 50,000 lines a second (OBS-7)", async () => {
    const [noisy, quiet] = [name("noisy"), name("quiet")];
    folder.write(quiet, "begin\n");
    await folder.start();
    await arrive(quiet, ["begin"]);
    const line = `${JSON.stringify({ level: "info", msg: "x".repeat(150) })}\n`.repeat(5000);
    const writer = setInterval(() => folder.write(noisy, line), 100);
    try {
      for (let n = 0; n < 8; n++) {
        await sleep(300);
        const writtenAt = Date.now();
        folder.write(quiet, `needle ${n}\n`);
        await arrive(quiet, [`needle ${n}`]);
        assert.ok(Date.now() - writtenAt < 1500, `${Date.now() - writtenAt} ms`);
      }
    } finally {
      clearInterval(writer);
    }
  });

  it("survives a line of 5 MB, one without an end, binary, invalid UTF-8 and ANSI (OBS-7)", async () => {
    const process = name("odd");
    await folder.start();
    folder.write(
      process,
      `{"level":"error","time":"${new Date().toISOString()}","msg":"big ${"x".repeat(5_000_000)}"}\n`,
    );
    folder.write(process, Buffer.from([0, 1, 2, 255, 254, 10]));
    folder.write(process, Buffer.concat([Buffer.from("caf\u00e9 "), Buffer.from([0xc3, 0x28, 10])]));
    folder.write(process, "\u001b[31mred\u001b[0m\n");
    folder.write(process, `after\n${"endless ".repeat(200_000)}`);
    await arrive(process, ["caf\u00e9 \ufffd(", "red", "after"]);
    const documents = await eventually("all lines", async () => {
      const found = await folder.documents(process);
      return found.length >= 6 && found;
    });
    const big = documents.find(({ _msg = "" }) => _msg.startsWith("big "));
    assert.equal(big?.level, "error");
    assert.ok(Number(big?.["cut.bytes"]) > 100_000 && (big?._msg ?? "").length > 100_000);
    const endless = documents.filter(({ _msg = "" }) => _msg.startsWith("endless "));
    assert.equal(endless.length, 1);
    folder.write(process, "\nnext\n");
    await arrive(process, ["next"]);
  });

  it("takes a line whose end never comes", async () => {
    await folder.start();
    folder.write(name("dying"), "last words");
    await arrive(name("dying"), ["last words"]);
  });

  it("keeps the order of lines that share a time", async () => {
    const process = name("trace");
    await folder.start();
    const lines = ["Error: x", "    at one (a.ts:1)", "    at two (b.ts:2)", "    at three (c.ts:3)"];
    folder.write(process, text(lines));
    await arrive(process, lines);
    assert.deepEqual(await folder.messages(process), lines);
  });

  it("costs an idle machine less than 1 % of a core", async () => {
    for (let n = 0; n < 50; n++) folder.write(name(`idle${n}`), "begin\n");
    await folder.start();
    await arrive(name("idle49"), ["begin"]);
    await sleep(4000);
    const before = process.cpuUsage();
    await sleep(3000);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1e6 / 3 < 0.01, `${(user + system) / 3e4} %`);
  });
});
