import assert from "node:assert/strict";
import { createServiceProcess } from "@plinth/kit/testing/service-process.ts";

describe("a service in a separate process", () => {
  it("whose program is not there fails to start at once, and can still be stopped", async () => {
    const service = createServiceProcess({ command: ["bin/nowhere"], cwd: "/", environment: {}, port: 9 });
    const begun = performance.now();
    await assert.rejects(service.start(), /^Error: 'bin\/nowhere' cannot be run in \/: spawn bin\/nowhere ENOENT$/);
    assert.ok(performance.now() - begun < 5000);
    await service.stop();
    await service.kill();
  });
});
