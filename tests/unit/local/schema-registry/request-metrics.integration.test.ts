import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { RegistryError } from "@plinth/local/schema-registry/errors.ts";
import { createRegistryServer } from "@plinth/local/schema-registry/server.ts";

describe("schema registry: its metrics", () => {
  it("count refused requests by status, under the names of Redpanda's registry (OBS-1)", async () => {
    const refuse = {
      method: "POST",
      path: "/subjects",
      handle: () => {
        throw new RegistryError(409, 409, "incompatible");
      },
    };
    const list = { method: "GET", path: "/subjects", handle: () => [] };
    const server = createRegistryServer([refuse, list] as Parameters<typeof createRegistryServer>[0], () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const before = await (await fetch(`${url}/metrics`)).text();
      assert.match(before, /^redpanda_schema_registry_request_errors_total\{redpanda_status="409"\} 0$/m);
      const statuses = [
        (
          await fetch(`${url}/subjects`, {
            method: "POST",
            body: "{}",
            headers: { "content-type": "application/json" },
          })
        ).status,
        (await fetch(`${url}/subjects`)).status,
        (await fetch(`${url}/nothing`)).status,
      ];
      assert.deepEqual(statuses, [409, 200, 404]);
      const after = await (await fetch(`${url}/metrics`)).text();
      for (const status of [409, 404])
        assert.ok(
          after.includes(`redpanda_schema_registry_request_errors_total{redpanda_status="${status}"} 1\n`),
          after,
        );
      assert.match(after, /^redpanda_schema_registry_request_latency_seconds_count 3$/m);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
