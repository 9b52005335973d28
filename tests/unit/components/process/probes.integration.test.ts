import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { apply, logPath } from "@plinth/local/supervisor/client.ts";
import { createProbe } from "@plinth/local/supervisor/process/readiness.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { postgresInitSteps, postgresProcess } from "../../../../components/citus/process.ts";
import { redisProcess } from "../../../../components/redis/process.ts";
import { brokerProcess } from "../../../../components/redpanda/process.ts";
import { eventually } from "../../../support/eventually.ts";
import { clearFolders, supervisorFolder } from "../../../support/supervisor/supervisor.ts";

describe("the question that a store is asked while it is ready", function () {
  this.timeout(60_000);
  afterEach(clearFolders);

  const stores: Record<string, (port: number, directory: string) => ProcessSpec> = {
    redis: (port, directory) =>
      redisProcess({ port, memoryMiB: 16, eviction: "noeviction", persistence: "none" }, `${directory}/redis`),
    postgres: (port, directory) => ({
      ...postgresProcess({ port }, `${directory}/postgres`),
      init: postgresInitSteps({ port, user: "app", database: "app", password: "app" }, `${directory}/postgres`),
    }),
    kafka: (port, directory) => brokerProcess({ brokerPort: port }, `${directory}/kafka`),
  };
  for (const [name, specify] of Object.entries(stores))
    it(`is answered by ${name}, without a line in its log, and left open while it is suspended`, async () => {
      const [directory, port] = [supervisorFolder(), await findFreePort()];
      const spec = specify(port, directory);
      const { pid } = await apply(directory, name, spec);
      const ask = createProbe(spec.live ?? spec.ready, { path: "", from: 0 });
      assert.equal(await eventually("it answers", ask), true);
      const log = readFileSync(logPath(directory, name), "utf8");
      for (let n = 0; n < 5; n++) assert.equal(await ask(), true);
      assert.equal(readFileSync(logPath(directory, name), "utf8"), log);
      process.kill(pid!, "SIGSTOP");
      try {
        assert.equal(await ask(), false);
      } finally {
        process.kill(pid!, "SIGCONT");
      }
      assert.equal(await eventually("it answers again", ask), true);
    });
});
