import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../../../../components/service/descriptor.ts";

/** The output of a Node with these flags that runs the module. */
function printed(module: string, ...flags: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, "--input-type=module", "--eval", module], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

describe("memory of a service", () => {
  for (const { name } of discoverServices(root).filter(({ standalone }) => !standalone))
    it(`${name} loads nothing of fetch, which would take 12 MB`, () => {
      const loaded = printed(
        `await import("./services/${name}/app.ts"); console.log(process.moduleLoadList.join("\\n"))`,
      );
      assert.match(loaded, /^NativeModule http$/m);
      assert.doesNotMatch(loaded, /undici/);
    });

  const start = `
    import { readFileSync } from "node:fs";
    import { releaseStartupMemory } from "${join(root, "services/kit/core/memory.ts")}";
    // Kept until it is in the old generation, then dropped, like the garbage of a start.
    let kept = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
    kept = undefined;
    const resident = () => Number(/RssAnon:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
    const before = resident();
    releaseStartupMemory();
    console.log(before - resident());`;

  it("returns the memory that only a start needed", () => {
    assert.ok(Number(printed(start, "--expose-gc")) > 20);
  });

  it("does nothing in a Node without --expose-gc", () => {
    assert.ok(Number(printed(start)) < 5);
  });
});
