import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { defineErrors, toServiceError } from "@plinth/kit/core/errors.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { redactText } from "@plinth/kit/core/redacted-text.ts";

describe("service errors", () => {
  it("answers an error that is not meant for the caller as internal, without its text", () => {
    for (const thrown of [
      new Error("connect to app:app@db failed"),
      "text",
      undefined,
      null,
      { message: "select * from accounts" },
    ]) {
      const { code, status, message } = toServiceError(thrown);
      assert.deepEqual([code, status], ["internal", 500]);
      assert.doesNotMatch(message, /app:app|select/);
    }
  });

  it("keeps a service's own codes and their status", () => {
    const error = defineErrors({ out_of_stock: 409 })("out_of_stock", "None is left.");
    assert.equal(toServiceError(error), error);
    assert.deepEqual([error.code, error.status], ["out_of_stock", 409]);
  });

  it("are logged as one JSON object a line, without secrets of fields or URLs (SDG-7)", () => {
    const lines: string[] = [];
    const destination = new Writable({ write: (chunk, _encoding, done) => done(void lines.push(String(chunk))) });
    const logger = createLogger({ service: "s", version: "1", level: "info" }, destination);
    logger.info({ password: "p1", user: { token: "p2" } }, "hello");
    logger.error(
      { err: new Error("cannot reach postgresql://app:p3@db/app", { cause: new Error("redis://:p4@cache") }) },
      "failed",
    );
    const [first, second] = lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      [first.level, first.service, first.version, first.password, first.user.token, first.msg],
      ["info", "s", "1", "[redacted]", "[redacted]", "hello"],
    );
    assert.equal(second.err.message, "cannot reach postgresql://app:[redacted]@db/app");
    assert.doesNotMatch(lines.join(""), /p[1-4]\b/);
    assert.equal(redactText("http://localhost:8081/subjects"), "http://localhost:8081/subjects");
  });
});
