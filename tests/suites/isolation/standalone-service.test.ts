import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { runnable, temporaryFolder, writeFiles } from "../../support/sample-repositories.ts";
import { createProcessOf } from "../../support/services/service-process.ts";

describe("a service that a user has added to services/ (INF-14)", function () {
  this.timeout(120_000);
  const base = temporaryFolder();
  after(() => rmSync(base, { recursive: true }));

  const builds: Record<string, { build?: string[][]; command: string[] }> = {
    node: { command: ["node", "index.js"] },
    go: { build: [["go", "build", "-o", "bin/service", "./cmd/hello"]], command: ["bin/service"] },
    python: { build: [["python3", "-m", "venv", ".venv"]], command: [".venv/bin/python", "app.py"] },
    php: { command: ["sh", "-c", 'exec php -S "$HOST:$PORT" -t public public/index.php'] },
  };
  for (const [index, { language, files, says }] of runnable.entries())
    it(`is built and runs in its folder beside the tests of this repository: ${language}`, async () => {
      const name = `mine-${language}`;
      const descriptor = {
        name,
        description: "Greets its callers",
        port: 8200 + index,
        ...builds[language]!,
        probes: { live: language === "node" ? "/healthz" : "/health", ready: "/" },
        metrics: "/metrics",
        openapi: "/openapi.json",
        needs: [],
        topics: { produces: [], consumes: [] },
        tenant: "none",
      };
      const own = { ...files, Dockerfile: "FROM scratch\n", "plinth.json": JSON.stringify(descriptor) };
      writeFiles(join(base, "services", name), own);
      const platform = { environment: () => ({ HOST: "127.0.0.1" }) };
      const service = await createProcessOf(platform, name, {}, base);
      try {
        await service.start();
        assert.equal(await (await fetch(service.baseUrl)).text(), says);
      } finally {
        await service.stop();
      }
    });
});
