import assert from "node:assert/strict";
import { test } from "node:test";
import { asServiceError, ServiceError, unreadable } from "../src/errors.ts";

test("only what reads the request makes an error of the caller", () => {
  const upstream = Object.assign(new Error("Not Found: http://internal/secret"), { statusCode: 404 });
  assert.equal(asServiceError(upstream).code, "internal");
  assert.equal(asServiceError(upstream).message.includes("internal/secret"), false);
  const unread = Object.assign(new Error("Body is not valid JSON"), { code: "FST_ERR_CTP_INVALID_JSON_BODY" });
  assert.equal(asServiceError(unread).code, "invalid_request");
});

test("whatever was thrown becomes an answer", () => {
  for (const odd of [undefined, null, "oops", 7, {}, Object.create(null), new Error("")])
    assert.equal(asServiceError(odd).status, 500);
  const own = new ServiceError("not_found", "There is none.");
  assert.equal(asServiceError(own), own);
});

test("an error of a client of this service is not taken for one of the caller's body", () => {
  const foreign = Object.assign(new Error("secret"), { validation: ["secret"], statusCode: 400 });
  assert.equal(asServiceError(foreign).code, "internal");
});

test("what Node cannot read is told apart", () => {
  assert.equal(unreadable("HPE_HEADER_OVERFLOW").status, 431);
  assert.equal(unreadable("ERR_HTTP_REQUEST_TIMEOUT").status, 408);
  assert.equal(unreadable("HPE_INVALID_METHOD").status, 400);
});
