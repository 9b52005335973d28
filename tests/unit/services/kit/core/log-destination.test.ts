import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "@plinth/local/locations.ts";
import { eventually } from "../../../../support/eventually.ts";

const settings = { service: "shop", version: "1.2.3", level: "info" };

describe("log destination of a process (SDG-7)", () => {
  const running: ChildProcess[] = [];
  after(() => {
    for (const child of running) child.kill("SIGKILL");
  });

  /** Starts a process that logs on standard output, as a service does. */
  function start(script: string, shell?: string): ChildProcess {
    const imports = `import { createLogger } from "@plinth/kit/core/logger.ts"; const logger = createLogger(${JSON.stringify(settings)});`;
    const args = ["--input-type=module", "-e", `${imports}\n${script}`];
    const options = { cwd: root, stdio: ["ignore", "pipe", "pipe"] as ("ignore" | "pipe")[] };
    const child =
      shell === undefined
        ? spawn(process.execPath, args, options)
        : spawn("sh", ["-c", `"$0" "$@" ${shell}`, process.execPath, ...args], { ...options, detached: true });
    running.push(child);
    return child;
  }

  const numbersOf = (output: string) =>
    output
      .split("\n")
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { n?: number }).n)
      .filter((n) => n !== undefined);
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

  const ends: [string, string][] = [
    ["by itself", ""],
    ["by exit", "process.exit(3);"],
    ["by an uncaught error", `throw new Error("boom");`],
    ["by an unhandled rejection", `Promise.reject(new Error("boom"));`],
    ["by an error of a timer", `setTimeout(() => { logger.info({ n: 1000 }, "last"); throw new Error("boom"); }, 5);`],
  ];
  for (const [how, end] of ends) {
    it(`writes whole lines in order when the process ends ${how}`, async () => {
      const child = start(`for (let n = 0; n < 1000; n++) logger.info({ n }, "line"); ${end}`);
      const [output, errors] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "close")]);
      assert.deepEqual(numbersOf(output), upTo(how.endsWith("timer") ? 1001 : 1000));
      if (!end.includes("boom")) return;
      const last = JSON.parse(output.trim().split("\n").at(-1)!) as { level: string; err: { message: string } };
      assert.deepEqual([last.level, last.err.message], ["fatal", "boom"]);
      assert.match(errors, /boom/, "Node prints it too");
      assert.notEqual(child.exitCode, 0);
    });
  }

  it("writes all lines, the last included, when the process is stopped under load", async () => {
    const child = start(`
      let n = 0;
      const timer = setInterval(() => { for (let i = 0; i < 50; i++) logger.info({ n: n++ }, "line"); }, 1);
      process.on("SIGTERM", () => { clearInterval(timer); logger.info({ n: n++ }, "stopped"); process.exit(0); });`);
    const all = text(child.stdout!);
    await once(child.stdout!, "data");
    await sleep(100);
    child.kill("SIGTERM");
    await once(child, "close");
    const numbers = numbersOf(await all);
    assert.deepEqual(numbers, upTo(numbers.length));
    assert.match(await all, /"msg":"stopped"\}\n$/);
  });

  it("reaches its reader within a moment, before the process ends", async () => {
    const child = start(`logger.info({ n: 0 }, "line"); setInterval(() => undefined, 1000);`);
    const begun = performance.now();
    const [chunk] = (await once(child.stdout!, "data")) as [Buffer];
    assert.deepEqual(numbersOf(String(chunk)), [0]);
    assert.ok(performance.now() - begun < 5000);
    child.kill("SIGKILL");
  });

  it("buffers lines for a paused reader up to a limit, and counts the lost ones", async () => {
    const child = start(`
      const filler = "x".repeat(1000);
      for (let n = 0; n < 10_000; n++) logger.info({ n, filler }, "line");
      let n = 10_000;
      setInterval(() => logger.info({ n: n++ }, "line"), 100);`);
    await sleep(1000);
    const chunks: string[] = [];
    child.stdout!.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
    const told = /"lost":(\d+).*\n.*"n":(\d+).*\n/;
    await eventually("the number of lost lines, and the line after them", () => told.test(chunks.slice(-4).join("")));
    const output = chunks.join("");
    child.kill("SIGKILL");
    const [, lost, next] = told.exec(output)!.map(Number);
    const kept = numbersOf(output.slice(0, output.lastIndexOf("\n", output.indexOf(`"lost":`)) + 1));
    assert.deepEqual(kept, upTo(kept.length), "what is kept is the beginning, whole");
    assert.equal(kept.length + lost!, next);
    assert.ok(lost! > 4000, `${lost} lines of 10 MB were lost, and 4 MiB are kept`);
  });

  it("never blocks the process while its reader pauses, through a shell's pipe or Node's", async () => {
    const script = `
      setInterval(() => { for (let i = 0; i < 50; i++) logger.info({ filler: "x".repeat(1000) }, "line"); }, 5);
      let beats = 0;
      setInterval(() => process.stderr.write(String(++beats) + " "), 20);`;
    for (const reader of ["| sleep 30", ""]) {
      const child = start(script, reader);
      let beats = "";
      child.stderr!.setEncoding("utf8").on("data", (text: string) => {
        beats += text;
      });
      await eventually(`a beat long after the pipe is full, ${reader || "of Node"}`, () => beats.includes(" 40 "), 8);
      process.kill(-child.pid!, "SIGKILL");
    }
  }).timeout(20_000);

  it("lets the process go on when its reader has gone", async () => {
    const child = start(`
      let n = 0;
      setInterval(() => { for (let i = 0; i < 200; i++) logger.info({ n: n++ }, "line"); if (n === 4000) process.exit(7); }, 2);`);
    await once(child.stdout!, "data");
    child.stdout!.destroy();
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 7);
  });
});
