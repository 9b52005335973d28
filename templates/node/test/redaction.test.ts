import assert from "node:assert/strict";
import { test } from "node:test";
import { redact, redactFields } from "../src/redaction.ts";

test("texts lose passwords, keys and e-mail addresses, and nothing else", () => {
  const cases = [
    ["postgresql://app:s3cret@db/app", "postgresql://app:[redacted]@db/app"],
    ["GET /?token=s3cret&page=2", "GET /?token=[redacted]&page=2"],
    ["Authorization: Bearer s3cret", "Authorization: [redacted]"],
    ['{"password":"s3cret","a":1}', '{"password":"[redacted]","a":1}'],
    ["ann@example.org is taken", "[redacted] is taken"],
    ["package@1.2.3 at 127.0.0.1:9092", "package@1.2.3 at 127.0.0.1:9092"],
  ] as const;
  for (const [text, clean] of cases) assert.equal(redact(text), clean);
});

test("fields named like a secret lose their values, at any depth", () => {
  const fields = { api_key: "k", user: { Password: "p", age: 7 }, err: new Error("ann@example.org") };
  const { err, ...rest } = redactFields(fields);
  assert.deepEqual(rest, { api_key: "[redacted]", user: { Password: "[redacted]", age: 7 } });
  assert.doesNotMatch(JSON.stringify(err), /ann@/);
});
