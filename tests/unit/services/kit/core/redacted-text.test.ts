import assert from "node:assert/strict";
import { redactText } from "@plinth/kit/core/redacted-text.ts";

describe("texts of logs and spans", () => {
  it("are cut when they are long, and show no half of a secret there", () => {
    const secret = "password=correct-horse-battery";
    for (const before of [65_500, 65_510, 65_520, 65_530]) {
      const text = `${"x".repeat(before)} ${secret} ${"y".repeat(20_000_000)}`;
      const shown = redactText(text);
      assert.ok(shown.length < 66_000, `${shown.length} characters`);
      assert.ok(shown.endsWith(`… [${text.length} characters]`));
      assert.doesNotMatch(shown, /=[cor]/);
    }
  });
});
