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

test("fields that refer to each other, throw or are no errors in order are still logged", () => {
  const loop: Record<string, unknown> = { a: 1 };
  loop.self = loop;
  const error = new Error("x");
  error.cause = error;
  const odd = Object.assign(new Error("y"), { message: undefined, name: null, stack: 7 });
  const getter = Object.defineProperty({}, "x", { enumerable: true, get: () => assert.fail("thrown") });
  const friends: Record<string, unknown>[] = Array.from({ length: 12 }, () => ({}));
  for (const one of friends) for (const [index, other] of friends.entries()) one[index] = other;
  const text = JSON.stringify(redactFields({ loop, error, odd, getter, large: 2n ** 60n, friend: friends[0] }));
  assert.match(text, /"large":"1152921504606846976"/);
  assert.match(text, /cannot be read/);
  assert.ok(text.length < 100_000);
});
