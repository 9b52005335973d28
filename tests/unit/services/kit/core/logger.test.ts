import assert from "node:assert/strict";
import { Socket } from "node:net";
import { createLogger, createRequestLines, type Logger } from "@plinth/kit/core/logger.ts";
import { redactText } from "@plinth/kit/core/redacted-text.ts";
import { enterTenant, runForTenant, runInTrace } from "@plinth/kit/core/trace-context.ts";

const settings = { service: "shop", version: "1.2.3", level: "info" };
const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: false };

type Line = Record<string, unknown>;

/** The lines that `work` logs. */
function linesOf(work: (logger: Logger) => void): Line[] {
  const lines: Line[] = [];
  work(createLogger(settings, { write: (line: string) => void lines.push(JSON.parse(line) as Line) }));
  return lines;
}

function parseError(text: string): SyntaxError {
  try {
    JSON.parse(text);
  } catch (error) {
    return error as SyntaxError;
  }
  throw new Error("the text could be parsed");
}

describe("logger (SDG-7)", () => {
  it("writes level, time, service and version, and no line below its level", () => {
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

  it("writes the time as toISOString does, at any millisecond", () => {
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

  it("writes the request's ids once on each of its lines", () => {
    const raw: string[] = [];
    const logger = createLogger(settings, { write: (line: string) => void raw.push(line) });
    runInTrace(
      TRACE,
      () => {
        logger.info("of a part that knows no request");
        enterTenant(10_001);
        logger.info({ trace_id: "own", correlation_id: "own" }, "of one that says its own");
        logger.child({ trace_id: "bound", correlation_id: "bound" }).info("of a child");
        logger.child({ tenant_id: 7 }).info("of a child with a tenant");
        runInTrace({ ...TRACE, spanId: "00f067aa0ba902b7" }, () => logger.info("within a span of the request"));
        runForTenant(7, () => logger.info("for another tenant"));
      },
      { correlationId: "order-7" },
    );
    runForTenant(7, () => logger.info("outside of a trace, for a tenant"));
    logger.info("outside");
    const ids = raw.map((line) =>
      [...line.matchAll(/"(correlation_id|trace_id|span_id|tenant_id)":"?([^",}]*)/g)]
        .map(([, name, id]) => `${name}=${id}`)
        .sort(),
    );
    const request = ["correlation_id=order-7", `span_id=${TRACE.spanId}`];
    const trace = `trace_id=${TRACE.traceId}`;
    assert.deepEqual(ids, [
      [...request, trace],
      ["correlation_id=own", "tenant_id=10001", "trace_id=own"],
      ["correlation_id=bound", "tenant_id=10001", "trace_id=bound"],
      [...request, "tenant_id=7", trace],
      ["correlation_id=order-7", "span_id=00f067aa0ba902b7", "tenant_id=10001", trace],
      [...request, "tenant_id=7", trace],
      ["tenant_id=7"],
      [],
    ]);
  });

  it("writes a request's line like any other, at its level", () => {
    const fields = {
      correlation_id: "order-7",
      trace_id: TRACE.traceId,
      span_id: TRACE.spanId,
      tenant_id: 10_001,
      method: "GET",
      route: '/users/:id(^"\\\\d+)',
      status: 200,
      duration_ms: 1.25,
    };
    const ids = { correlationId: "order-7", traceId: TRACE.traceId, spanId: TRACE.spanId, tenantId: 10_001 };
    const [fast, slow, ...others] = linesOf((logger) => {
      createRequestLines(logger)("GET", fields.route, 200)(ids, 1.2514);
      logger.info(fields, "request");
      logger.level = "warn";
      createRequestLines(logger)("GET", fields.route, 200)(ids, 1.2514);
    });
    assert.deepEqual(others, []);
    assert.deepEqual({ ...fast, time: "" }, { ...slow, time: "" });
    assert.deepEqual(Object.keys(fast!), Object.keys(slow!));
    assert.equal(new Date(fast!.time as string).toISOString(), fast!.time);
  });

  it("redacts secrets wherever they are logged", () => {
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

  it("describes errors with code and causes under any name, also errors that contain themselves", () => {
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

  it("shows an instance's own fields, at no more cost when it refers to everything or cannot be read", () => {
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

  it("redacts keys and e-mail addresses in texts, and values that parsers and databases quote (OBS-8)", () => {
    const planted = "hunter2";
    const texts = [
      `mail to bob.${planted}@example.com failed`,
      `to bob%2B${planted}%40example.co.uk`,
      `ann.${planted}@exämple.org`,
      `db_password=${planted} is wrong`,
      `{"password":"${planted}","a":1}`,
      `Authorization: Bearer ${planted}.x`,
      `sent with bearer ${planted}`,
      `token '${planted}' refused`,
      `eyJhbGciOiJIUzI1NiJ9.${planted}.abc`,
      `-----BEGIN RSA PRIVATE KEY-----\n${planted}\n-----END RSA PRIVATE KEY-----`,
    ];
    const refused = Object.assign(new Error(`invalid input syntax for type uuid: "a "${planted}" b"`), {
      code: "22P02",
      detail: planted,
    });
    const errors = [...texts.map((text) => new Error(text)), refused, parseError(`{"a": ${planted}}`)];
    const raw: string[] = [];
    const logger = createLogger(settings, { write: (line: string) => void raw.push(line) });
    for (const text of texts) {
      logger.info(text);
      logger.info({ text, nested: { list: [text] } }, "told");
    }
    for (const err of errors) logger.error({ err: new Error("failed", { cause: err }), reason: err }, "failed");
    logger.info({ email: planted, phone_number: planted, byMail: { [`${planted}@example.com`]: 1 } }, "told");
    assert.deepEqual(
      raw.filter((line) => line.includes(planted)),
      [],
    );
    assert.equal(raw.length, 2 * texts.length + errors.length + 1);
    for (const text of ["at f (/node_modules/pkg@1.2.3/a.js:1:2)", "node_modules/@scope/x.js", "token bucket", "a=1"])
      assert.equal(redactText(text), text);
  });

  it("spends time on a hostile text only in proportion to its length", () => {
    const texts = [
      "a".repeat(1e6),
      "://".repeat(3e5),
      "?".repeat(1e6),
      `://${"a:".repeat(5e5)}`,
      `?${"token".repeat(2e5)}`,
      "a@".repeat(5e5),
      "secret ".repeat(2e5),
      `bearer${" ".repeat(1e6)}`,
      "eyJ-".repeat(25e4),
    ];
    const begun = performance.now();
    linesOf((logger) => {
      for (const each of texts) logger.info({ text: `x=${each}` }, `y=${each}`);
    });
    assert.ok(performance.now() - begun < 1500);
  });
});
