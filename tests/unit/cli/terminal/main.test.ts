import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { describeError } from "../../../../cli/terminal/main.ts";
import { temporaryFolder } from "../../../support/sample-repositories.ts";

describe("the error that ends a command", () => {
  const folder = temporaryFolder();
  after(() => rmSync(folder, { recursive: true }));

  it("is its sentence alone for a user's mistake", () => {
    assert.equal(describeError(new UserError("PORT is taken"), join(folder, "user")), "PORT is taken");
  });

  it("names the file with the stack trace and the cause when nobody foresaw it", () => {
    const file = join(folder, "deep", "trace");
    const cause = Object.assign(new Error("the root"), { config: { password: "s3cret" } });
    const text = describeError(new TypeError("x is not a function", { cause }), file);
    assert.match(text, /^x is not a function\n\(Nobody foresaw this error of .*trace says where it arose\.\)$/);
    const trace = readFileSync(file, "utf8");
    assert.match(trace, /main\.test\.ts:\d+[\s\S]*caused by Error: the root/);
    assert.doesNotMatch(trace, /s3cret/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  const loop = new Error("loop");
  loop.cause = loop;
  for (const odd of [undefined, null, "oops", {}, Object.create(null), new Error(""), loop])
    it(`is described whatever was thrown: ${typeof odd === "object" && odd ? Object.prototype.toString.call(odd) : odd}`, () =>
      assert.notEqual(describeError(odd, join(folder, "odd")), ""));

  it("goes to the terminal where its file cannot be written", () =>
    assert.match(describeError(new Error("read-only"), "/dev/null/trace"), /read-only\n\s+at /));
});
