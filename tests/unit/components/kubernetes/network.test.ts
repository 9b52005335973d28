import assert from "node:assert/strict";
import {
  clientLabels,
  defaultDeny,
  egressPolicy,
  ingressPolicy,
  peerPolicy,
} from "../../../../components/kubernetes/network.ts";

const redis = { workload: "redis", ports: [6379] };

describe("network policies (PLT-8)", () => {
  it("allow nothing but DNS look-ups by default", () => {
    const { podSelector, policyTypes, ingress, egress } = defaultDeny();
    assert.deepEqual([podSelector, policyTypes, ingress], [{}, ["Ingress", "Egress"], undefined]);
    assert.deepEqual(egress, [
      {
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
    ]);
  });

  it("admit the clients that declare the dependency, and named namespaces", () => {
    assert.deepEqual(clientLabels([redis]), { "plinth.dev/uses-redis": "true" });
    assert.deepEqual(ingressPolicy(redis).ingress, [
      { from: [{ podSelector: { matchLabels: clientLabels([redis]) } }], ports: [{ protocol: "TCP", port: 6379 }] },
    ]);
    const [rule] = ingressPolicy(redis, { namespaces: ["keda"] }).ingress as { from: unknown[] }[];
    assert.deepEqual(rule!.from[1], { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "keda" } } });
  });

  it("admit readers of metrics to their port alone, and nobody to a server without clients", () => {
    const from = [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } } }];
    const metrics = { from, ports: [{ protocol: "TCP", port: 9100 }] };
    assert.deepEqual(ingressPolicy({ workload: "exporter", ports: [] }, { scrape: { from, port: 9100 } }).ingress, [
      metrics,
    ]);
    assert.deepEqual((ingressPolicy(redis, { scrape: { from, port: 9100 } }).ingress as unknown[])[1], metrics);
    // A rule without peers would admit everyone.
    assert.equal((ingressPolicy(redis, { scrape: { from: [], port: 9100 } }).ingress as unknown[]).length, 1);
  });

  it("let a client reach its dependencies, and the ports of external servers", () => {
    const pods = (name: string) => [{ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } }];
    assert.deepEqual(egressPolicy("wallet", [redis], [5432]).egress, [
      { to: pods("redis"), ports: [{ protocol: "TCP", port: 6379 }] },
      { ports: [{ protocol: "TCP", port: 5432 }] },
    ]);
    // A rule without ports would allow all egress.
    assert.deepEqual(egressPolicy("wallet", []).egress, []);
  });

  it("let the nodes of one system connect to each other, both ways", () => {
    const { podSelector, ingress, egress } = peerPolicy("citus", [5432]);
    const members = [{ podSelector }];
    assert.deepEqual(podSelector, { matchLabels: { "plinth.dev/group": "citus" } });
    assert.deepEqual(ingress, [{ from: members, ports: [{ protocol: "TCP", port: 5432 }] }]);
    assert.deepEqual(egress, [{ to: members, ports: [{ protocol: "TCP", port: 5432 }] }]);
  });

  it("let nodes that gossip exchange datagrams as well", () => {
    const { ingress, egress } = peerPolicy("alertmanager", [9094], [9094]);
    for (const [rule] of [ingress, egress] as unknown as { ports: unknown }[][])
      assert.deepEqual(rule?.ports, [
        { protocol: "TCP", port: 9094 },
        { protocol: "UDP", port: 9094 },
      ]);
  });
});
