import assert from "node:assert/strict";
import {
  clientLabels,
  defaultDeny,
  egressPolicy,
  ingressPolicy,
  peerPolicy,
} from "../../../../components/kubernetes/network.ts";
import { disruptionBudget } from "../../../../components/kubernetes/placement.ts";

const redis = { workload: "redis", ports: [6379] };

describe("network policies (PLT-8)", () => {
  it("let out name look-ups only where nothing else is said", () => {
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

  it("let in whoever declares the dependency, and nobody else", () => {
    assert.deepEqual(clientLabels([redis]), { "plinth.dev/uses-redis": "true" });
    assert.deepEqual(ingressPolicy(redis).ingress, [
      { from: [{ podSelector: { matchLabels: clientLabels([redis]) } }], ports: [{ protocol: "TCP", port: 6379 }] },
    ]);
    const [rule] = ingressPolicy(redis, ["keda"]).ingress as { from: unknown[] }[];
    assert.deepEqual(rule!.from[1], { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "keda" } } });
  });

  it("let a client out to what it declares, and to the ports of what is outside", () => {
    const pods = (name: string) => [{ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } }];
    assert.deepEqual(egressPolicy("wallet", [redis], [5432]).egress, [
      { to: pods("redis"), ports: [{ protocol: "TCP", port: 6379 }] },
      { ports: [{ protocol: "TCP", port: 5432 }] },
    ]);
    // A rule without ports would let everything out.
    assert.deepEqual(egressPolicy("wallet", []).egress, []);
  });

  it("let the nodes of one system talk among themselves, both ways", () => {
    const { podSelector, ingress, egress } = peerPolicy("citus", [5432]);
    const members = [{ podSelector }];
    assert.deepEqual(podSelector, { matchLabels: { "plinth.dev/group": "citus" } });
    assert.deepEqual(ingress, [{ from: members, ports: [{ protocol: "TCP", port: 5432 }] }]);
    assert.deepEqual(egress, [{ to: members, ports: [{ protocol: "TCP", port: 5432 }] }]);
  });
});

describe("a disruption budget", () => {
  it("is there where somebody is left to serve, for a single pod's would keep a node from being drained", () => {
    assert.equal(disruptionBudget("redis", 1), undefined);
    assert.deepEqual(disruptionBudget("redis", 3), {
      maxUnavailable: 1,
      selector: { matchLabels: { "app.kubernetes.io/name": "redis" } },
    });
  });
});
