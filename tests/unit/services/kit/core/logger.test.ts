import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { createLogger, createRequestLines, type Logger } from "@plinth/kit/core/logger.ts";
import { runInTrace } from "@plinth/kit/core/trace-context.ts";
import { root } from "@plinth/local/locations.ts";
import { eventually } from "../../../../support/eventually.ts";

const settings = { service: "shop", version: "1.2.3", level: "info" };
const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: false };

type Line = Record<string, unknown>;

/** What `work` logs. */
function linesOf(work: (logger: Logger) => void): Line[] {
  const lines: Line[] = [];
  work(createLogger(settings, { write: (line: string) => void lines.push(JSON.parse(line) as Line) }));
  return lines;
}

describe("SDG-7 JSON logs", () => {
  it("have level, time, service and version, and nothing below their level", () => {
    const before = Date.now();
    const [line, ...others] = linesOf((logger) => {
      logger.debug("not told");
      logger.info({ user: 7 }, "registered");
    });
    assert.deepEqual(others, []);
    const { time, ...rest } = line!;
    assert.deepEqual(rest, { level: "info", service: "shop", version: "1.2.3", user: 7, msg: "registered" });
    assert.equal(new Date(time as string).toISOString(), time);
    assert.ok(Date.parse(time as string) >= before && Date.parse(time as string) <= Date.now());
  });

  it("tell the time as toISOString does, at any millisecond", () => {
    const now = Date.now;
    try {
      for (const ms of [0, 9, 10, 99, 100, 999, 1000, 86_400_000 - 1, 1_800_000_000_007, 1_800_000_000_060]) {
        Date.now = () => ms;
        assert.equal(linesOf((logger) => logger.info("x"))[0]?.time, new Date(ms).toISOString());
      }
    } finally {
      Date.now = now;
    }
  });

  it("have the ids of the request on every line within it, once", () => {
    const raw: string[] = [];
    const logger = createLogger(settings, { write: (line: string) => void raw.push(line) });
    runInTrace(
      TRACE,
      () => {
        logger.info("of a part that knows no request");
        logger.info({ trace_id: "own", correlation_id: "own" }, "of one that says its own");
        logger.child({ trace_id: "bound", correlation_id: "bound" }).info("of a child");
        runInTrace({ ...TRACE, spanId: "00f067aa0ba902b7" }, () => logger.info("within a span of the request"));
      },
      "order-7",
    );
    logger.info("outside");
    const ids = raw.map((line) =>
      [...line.matchAll(/"(correlation_id|trace_id)":"([^"]*)"/g)].map(([, name, id]) => `${name}=${id}`).sort(),
    );
    const own = ["correlation_id=order-7", `trace_id=${TRACE.traceId}`];
    assert.deepEqual(ids, [
      own,
      ["correlation_id=own", "trace_id=own"],
      ["correlation_id=bound", "trace_id=bound"],
      own,
      [],
    ]);
  });

  it("of requests are written as any other, at their level", () => {
    const fields = {
      correlation_id: "order-7",
      trace_id: TRACE.traceId,
      method: "GET",
      route: '/users/:id(^"\\\\d+)',
      status: 200,
      duration_ms: 1.25,
    };
    const [fast, slow, ...others] = linesOf((logger) => {
      createRequestLines(logger)("GET", fields.route, 200)("order-7", TRACE.traceId, 1.2514);
      logger.info(fields, "request");
      logger.level = "warn";
      createRequestLines(logger)("GET", fields.route, 200)("order-7", TRACE.traceId, 1.2514);
    });
    assert.deepEqual(others, []);
    assert.deepEqual({ ...fast, time: "" }, { ...slow, time: "" });
    assert.deepEqual(Object.keys(fast!), Object.keys(slow!));
    assert.equal(new Date(fast!.time as string).toISOString(), fast!.time);
  });

  it("leave secrets out wherever they are logged from", () => {
    const secret = "hunter2";
    const url = `postgresql://app:${secret}@db:5432/app`;
    const error = new Error(`cannot connect to ${url}`, {
      cause: new AggregateError([new Error(`https://x/y?token=${secret}`)], "both failed"),
    });
    const fields: Line[] = [
      { password: secret },
      {
        request: {
          headers: { Authorization: `Bearer ${secret}`, cookie: secret, "x-api-key": secret, "set-cookie": [secret] },
        },
      },
      { a: { b: { c: { d: { api_key: secret, apiKey: secret, accessToken: secret, client_secret: secret } } } } },
      { list: [{ token: secret }, { url }] },
      {
        DATABASE_URL: url,
        path: `/callback?state=1&access_token=${secret}&x=2`,
        signed: `s3://b/k?X-Amz-Signature=${secret}`,
      },
      { err: error },
      { reason: error },
      { nested: { error } },
      // What JSON shows of objects of a class are their fields, or what they say of themselves.
      {
        account: new (class Account {
          password = secret;
        })(),
      },
      { address: new URL(url) },
      { options: { toJSON: () => ({ token: secret }) } },
      { broker: `kafka://app:p@${secret}@broker:9092/x` },
      { pwd: secret, secretAccessKey: secret, cookies: { session: secret }, refreshTokens: [secret], jwt: secret },
    ];
    const raw: string[] = [];
    const logger = createLogger(settings, { write: (line: string) => void raw.push(line) });
    for (const each of fields) logger.info(each, "told");
    logger.warn({ err: error });
    logger.warn(error);
    logger.warn(`lost ${url}`);
    logger.child({ token: secret, connection: { url } }).info("of a child");
    for (const line of raw) {
      JSON.parse(line);
      assert.ok(!line.includes(secret), line);
      assert.ok(line.includes("[redacted]"), line);
    }
    assert.equal(raw.length, 17);
    assert.match(raw[4]!, /\/callback\?state=1&access_token=\[redacted\]&x=2/);
    assert.deepEqual(fields[0], { password: secret }, "what was logged stays as it was");
  });

  it("describe errors with code and causes, under any name, and end with those that hold themselves", () => {
    const cause = Object.assign(new Error("no route"), { code: "EHOSTUNREACH" });
    const error = new TypeError("cannot ask", { cause });
    cause.cause = error;
    const [line = {}] = linesOf((logger) => logger.error({ err: error, reason: new RangeError("too far") }, "failed"));
    const err = line.err as { type: string; message: string; stack: string; cause: Line };
    assert.deepEqual([err.type, err.message], ["TypeError", "cannot ask"]);
    assert.match(err.stack, /logger\.test\.ts/);
    assert.deepEqual([err.cause.message, err.cause.code], ["no route", "EHOSTUNREACH"]);
    assert.match(JSON.stringify(err), /too deep/);
    assert.equal((line.reason as Line).message, "too far");
  });

  it("show of an object of a class its own fields, and cost no more for one that leads to everything, or cannot be read", () => {
    const socket = new Socket();
    const unreadable = new (class {
      toJSON(): never {
        throw new Error("no");
      }
    })();
    const begun = performance.now();
    const [line = {}] = linesOf((logger) =>
      logger.info({ socket, unreadable, at: new Date(0), bytes: Buffer.from("x") }, "told"),
    );
    assert.ok(performance.now() - begun < 100);
    assert.equal(line.unreadable, "[cannot be read]");
    assert.equal(line.at, "1970-01-01T00:00:00.000Z");
    assert.equal((line.socket as Line).connecting, false);
    assert.equal((line.socket as Line)._readableState, "[ReadableState]");
  });

  it("cost a hostile text no more than its length", () => {
    const texts = [
      "a".repeat(1e6),
      "://".repeat(3e5),
      "?".repeat(1e6),
      `://${"a:".repeat(5e5)}`,
      `?${"token".repeat(2e5)}`,
    ];
    const begun = performance.now();
    linesOf((logger) => {
      for (const each of texts) logger.info({ text: `x=${each}` }, `y=${each}`);
    });
    assert.ok(performance.now() - begun < 1500);
  });
});

describe("SDG-7 logs of a process", () => {
  const running: ChildProcess[] = [];
  after(() => {
    for (const child of running) child.kill("SIGKILL");
  });

  /** A process that logs on standard output, as a service does. */
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
    ["by an error that nobody catches", `throw new Error("boom");`],
    ["by a rejection that nobody catches", `Promise.reject(new Error("boom"));`],
    ["by an error of a timer", `setTimeout(() => { logger.info({ n: 1000 }, "last"); throw new Error("boom"); }, 5);`],
  ];
  for (const [how, end] of ends) {
    it(`are whole and in order when it ends ${how}`, async () => {
      const child = start(`for (let n = 0; n < 1000; n++) logger.info({ n }, "line"); ${end}`);
      const [output, errors] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "close")]);
      assert.deepEqual(numbersOf(output), upTo(how.endsWith("timer") ? 1001 : 1000));
      if (!end.includes("boom")) return;
      const last = JSON.parse(output.trim().split("\n").at(-1)!) as { level: string; err: { message: string } };
      assert.deepEqual([last.level, last.err.message], ["fatal", "boom"]);
      assert.match(errors, /boom/, "Node tells it too");
      assert.notEqual(child.exitCode, 0);
    });
  }

  it("are whole when it is told to stop under load, its last lines included", async () => {
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

  it("reach their reader within a moment, without the process ending", async () => {
    const child = start(`logger.info({ n: 0 }, "line"); setInterval(() => undefined, 1000);`);
    const begun = performance.now();
    const [chunk] = (await once(child.stdout!, "data")) as [Buffer];
    assert.deepEqual(numbersOf(String(chunk)), [0]);
    assert.ok(performance.now() - begun < 5000);
    child.kill("SIGKILL");
  });

  it("are kept for a reader that pauses, to a limit, and those past it are counted", async () => {
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

  it("hold nothing up while their reader pauses: neither through a pipe of a shell nor through one of Node", async () => {
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

  it("go on when their reader has gone", async () => {
    const child = start(`
      let n = 0;
      setInterval(() => { for (let i = 0; i < 200; i++) logger.info({ n: n++ }, "line"); if (n === 4000) process.exit(7); }, 2);`);
    await once(child.stdout!, "data");
    child.stdout!.destroy();
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 7);
  });
});
