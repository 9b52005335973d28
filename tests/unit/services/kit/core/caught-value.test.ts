import assert from "node:assert/strict";
import { createBatcher } from "@plinth/kit/core/batcher.ts";
import { describeCaught, toError } from "@plinth/kit/core/caught-value.ts";
import {
  classifyDatabaseError,
  isConnectionError,
  isSchemaMismatch,
  isTransient,
  sqlState,
  toCallerError,
} from "@plinth/kit/core/database-errors.ts";
import { toErrorEnvelope, toServiceError } from "@plinth/kit/core/errors.ts";
import { createLifecycle } from "@plinth/kit/core/lifecycle.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { redactMessage } from "@plinth/kit/core/redacted-text.ts";
import { redactSecrets } from "@plinth/kit/core/redaction.ts";
import { warmUp } from "@plinth/kit/core/warm-up.ts";
import { createGroupCommit } from "@plinth/kit/database/group-commit.ts";
import { toConnectError } from "@plinth/kit/grpc/errors.ts";
import { lostConnectionAsUnavailable } from "@plinth/kit/grpc/retry.ts";
import { toHttpError } from "@plinth/kit/http/fastify-errors.ts";
import { isRecordTooLarge } from "@plinth/kit/kafka/bus.ts";
import { isPermanentFailure } from "@plinth/kit/kafka/dead-letters.ts";
import { toDeadLetter, toRetryRecord, truncateReason } from "@plinth/kit/kafka/retry-topics.ts";
import { createSpanEncoder } from "@plinth/kit/telemetry/otlp-spans.ts";
import { oddValues } from "../../../../support/odd-values.ts";

const MAX_MS = 500;
const record = { key: null, value: Buffer.from("x"), offset: "1", timestamp: "0" };
const origin = { group: "g", topic: "t", partition: 0, offset: "1" };
const context = { traceId: "0".repeat(32), spanId: "0".repeat(16), sampled: true };
const span = { name: "x", kind: "server", context, parent: undefined, startMs: 0, endMs: 1, links: [] } as const;
const encodeSpans = createSpanEncoder({ service: "s", version: "1" });
const lines: string[] = [];
const logger = createLogger({ service: "s", version: "1", level: "debug" }, { write: (line) => void lines.push(line) });

/** Every function of the kit that takes a caught value, with what it gives. */
const takers: Record<string, (caught: unknown) => unknown> = {
  describeCaught,
  toError,
  redactMessage,
  redactSecrets: (value) => redactSecrets({ err: value, value, password: value }),
  "redactSecrets of the value itself": (value) => redactSecrets(value as object),
  sqlState,
  isTransient,
  isSchemaMismatch,
  isConnectionError,
  toCallerError,
  classifyDatabaseError,
  toServiceError: (value) => toErrorEnvelope(toServiceError(value), "id"),
  toHttpError: (value) => toHttpError(value).status,
  truncateReason,
  toRetryRecord: (value) => toRetryRecord(record, { topic: "t", delayMs: 1 }, origin, 1, value),
  toDeadLetter: (value) => toDeadLetter(record, "t", origin, 1, value),
  isPermanentFailure,
  isRecordTooLarge,
  toConnectError: (value) => toConnectError(value, "id").code,
  lostConnectionAsUnavailable: (value) => lostConnectionAsUnavailable(value, undefined).code,
  "a span": (value) => JSON.parse(encodeSpans([{ ...span, attributes: {}, error: value }])),
  "a span's attribute": (value) =>
    JSON.parse(encodeSpans([{ ...span, attributes: { a: value as string }, error: undefined }])),
  "a log line": (value) => {
    logger.error({ err: value, value }, "failed");
    return JSON.parse(lines.at(-1) as string);
  },
  "a log line of nothing else": (value) => logger.error(value as object),
  "a log line's text": (value) => Reflect.apply(logger.error, logger, ["%s %o %j", value, value, value]),
  "a child's field": (value) => logger.child({ value }).info("x"),
};

describe("anything that is thrown", () => {
  for (const [taker, take] of Object.entries(takers))
    it(`is taken by ${taker}, at once`, () => {
      for (const [what, value] of oddValues()) {
        const begun = performance.now();
        assert.doesNotThrow(() => take(value), `${what}`);
        const ms = performance.now() - begun;
        assert.ok(ms < MAX_MS, `${what}: ${ms} ms`);
      }
    });

  it("has a text that a person can read", () => {
    for (const [what, value] of oddValues()) {
      const text = describeCaught(value);
      assert.ok(text.length > 0 && !/this must not be read/.test(text), what);
    }
    assert.equal(describeCaught("oops"), "oops");
    assert.equal(describeCaught(undefined), "undefined was thrown instead of an error");
    assert.equal(describeCaught(new TypeError()), "TypeError without a message");
  });

  it("is logged in one line of JSON, of bounded length", () => {
    for (const [what, value] of oddValues()) {
      lines.length = 0;
      logger.error({ err: value, value, ok: 1 }, "failed");
      assert.equal(lines.length, 1, what);
      assert.equal((JSON.parse(lines[0] as string) as { ok: number }).ok, 1, what);
      assert.ok((lines[0] as string).length < 4_500_000, `${what}: ${lines[0]?.length}`);
    }
  });

  it("ends no lifecycle, no batch and no group", async () => {
    const survive = async ([what, value]: [string, unknown]) => {
      const reject = () => Promise.reject(value);
      const lifecycle = createLifecycle({ logger, hooks: [{ name: "a", check: reject, stop: reject }] });
      await lifecycle.start();
      assert.equal((await lifecycle.readiness()).status, "not_ready", what);
      await lifecycle.stop();
      const batcher = createBatcher<number>({
        send: reject,
        maxBatchItems: 2,
        lingerMs: 0,
        maxQueuedItems: 10,
        overflowError: () => new Error("full"),
        isSharedFailure: isTransient,
      });
      const group = createGroupCommit<number>({ write: reject });
      const work = [batcher.add([1]), batcher.add([2]), group.add(1, 1), group.add(1, 2)];
      for (const { status } of await Promise.allSettled(work)) assert.equal(status, "rejected", what);
      let attempts = 0;
      await warmUp("x", () => (++attempts === 1 ? Promise.reject(value) : Promise.resolve()), logger);
    };
    await Promise.all(oddValues().map(survive));
  });
});
