import assert from "node:assert/strict";
import type { Engine } from "../../../../cli/stack/engine.ts";
import { watchPods } from "../../../../cli/stack/pod-watch.ts";

describe("The watch over pods during 'up' (PLT-9)", () => {
  it("keeps no command alive whose engine could not be run", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const watch = watchPods({ stack: "dev" } as Engine);
    assert.equal(timers(), before);
    await watch.end(0);
  });
});
