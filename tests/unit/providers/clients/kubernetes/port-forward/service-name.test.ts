import assert from "node:assert/strict";
import { parseServiceName } from "@plinth/providers/clients/kubernetes/port-forward/service-name.ts";

describe("The names of the cluster's DNS (PLT-2)", () => {
  for (const [host, name] of [
    ["redis.dev-infra.svc", { service: "redis", namespace: "dev-infra" }],
    ["redis.dev-infra.svc.cluster.local", { service: "redis", namespace: "dev-infra" }],
    ["Redis.Dev-Infra.svc.cluster.local.", { service: "redis", namespace: "dev-infra" }],
    [
      "citus-worker-0.citus-worker.dev-infra.svc",
      { pod: "citus-worker-0", service: "citus-worker", namespace: "dev-infra" },
    ],
    [
      "redpanda-0.redpanda-brokers.x.svc.cluster.local",
      { pod: "redpanda-0", service: "redpanda-brokers", namespace: "x" },
    ],
    ["localhost", undefined],
    ["127.0.0.1", undefined],
    ["::1", undefined],
    ["redis", undefined],
    ["db.example.com", undefined],
    ["svc", undefined],
    ["dev-infra.svc", undefined],
    ["a.b.c.d.svc", undefined],
    ["redis.dev-infra.svc.example.com", undefined],
    ["-bad.dev-infra.svc", undefined],
    ["", undefined],
  ] as const) {
    it(`${host || "(none)"} ${name ? `is parsed as ${JSON.stringify(name)}` : "needs no port-forward"}`, () =>
      assert.deepEqual(parseServiceName(host), name));
  }
});
