import assert from "node:assert/strict";
import { isInstalled } from "@plinth/toolchain/tool.ts";
import { platformTools } from "@plinth/toolchain/tools.ts";

describe("the tools of the platform (INF-16)", () => {
  for (const tool of platformTools) {
    it(`include ${tool.name}, with its version and origin`, async () => {
      const found = await tool.find();
      assert.ok(isInstalled(found), `${tool.name}: ${found ?? "missing"}`);
      assert.ok(found.version.length > 0 && found.from.length > 0);
    });
  }
});
