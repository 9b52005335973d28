import assert from "node:assert/strict";
import { type RecordedProgram, recordProgram } from "../../../support/program/recorded-program.ts";
import { ofEachService } from "../../../support/program/services.ts";

const image = `registry.example.com/wallet@sha256:${"1".repeat(64)}`;
const json = (value: unknown) => JSON.stringify(value);

describe("a program with a mistake in its configuration (PLT-1)", () => {
  it("is refused when production lacks the image of a service", () =>
    assert.rejects(recordProgram("prod", { "plinth:images": json({ highload: image }) }), {
      message:
        "MicroserviceApp 'wallet' has no image, but in production it needs one with its digest: set 'images.wallet' to registry/wallet@sha256:….",
    }));

  for (const [stack, key, value] of [
    ["dev", "redis", json({ memoryMiB: 8 })],
    ["prod", "redpanda", json({ brokers: 1 })],
    ["prod", "citus", json({ external: { host: "db.example.com" } })],
    ["local", "tenants", json([{ ids: "1-9", placement: { worker: 0 } }])],
    ["local", "environment", json({ orders: { LIMIT: 1 } })],
    ["local", "citus", "{}"],
  ] as const)
    it(`is refused in one line without a stack trace: ${stack}, ${key} = ${value}`, () =>
      assert.rejects(recordProgram(stack, { [`plinth:${key}`]: value }), { message: /^[^\n]+$/ }));

  it("is refused with the sentence about the key", () =>
    assert.rejects(recordProgram("dev", { "plinth:citus": json({ workers: 0 }) }), {
      message: "Configuration 'citus': 'workers' is 0, but must be a whole number from 1 to 999.",
    }));
});

describe("a configuration that overrides defaults", () => {
  const spec = (of: RecordedProgram, type: string, name: string) =>
    of.only(type, name).inputs.spec as Record<string, unknown>;

  it("scales the stores and the services (SDG-2)", async () => {
    const dev = await recordProgram("dev", {
      "plinth:citus": json({ workers: 2, storage: "5Gi", exporter: false }),
      "plinth:redpanda": json({ brokers: 3, console: false }),
      "plinth:redis": json({ memoryMiB: 64, persistence: "appendonly", flavour: "redis" }),
      "plinth:services": json({ minReplicas: 2 }),
    });
    assert.equal(spec(dev, "StatefulSet", "citus-worker-pods").replicas, 2);
    assert.doesNotMatch(JSON.stringify(spec(dev, "StatefulSet", "citus-worker-pods")), /exporter/);
    assert.match(JSON.stringify(spec(dev, "StatefulSet", "citus-worker-pods")), /"storage":"5Gi"/);
    assert.equal(spec(dev, "StatefulSet", "redpanda-pods").replicas, 3);
    assert.match(
      JSON.stringify(spec(dev, "StatefulSet", "redis-pods")),
      /"64mb".*library\/redis:.*volumeClaimTemplates/,
    );
    assert.equal(spec(dev, "Deployment", "wallet-pods").replicas, 2);
    assert.deepEqual(
      dev.lines.filter((line) => /redpanda-console|autoscaler|-budget/.test(line)),
      [
        "PodDisruptionBudget citus-worker-budget ← citus-worker",
        "PodDisruptionBudget redpanda-budget ← redpanda",
        ...ofEachService("PodDisruptionBudget %-budget ← %"),
      ].sort(),
    );
  });

  it("scales services by consumer lag, and admits KEDA to the brokers (HLS-4)", async () => {
    const prod = await recordProgram("prod", { "plinth:keda": "true" });
    const { triggers, ...rest } = spec(prod, "ScaledObject", "wallet-autoscaler") as {
      triggers: { metadata: unknown }[];
    };
    assert.ok(!prod.lines.some((line) => line.startsWith("HorizontalPodAutoscaler")));
    assert.deepEqual(rest, {
      scaleTargetRef: { name: "wallet" },
      minReplicaCount: 3,
      maxReplicaCount: 12,
      advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 300 } } } },
    });
    assert.deepEqual(triggers.at(-1)!.metadata, {
      bootstrapServers: "redpanda.plinth.svc.cluster.local:9092",
      consumerGroup: "wallet-balances",
      topic: "V1_PAYMENTS",
      lagThreshold: "500",
    });
    assert.match(
      JSON.stringify(spec(prod, "NetworkPolicy", "redpanda-ingress")),
      /"kubernetes.io\/metadata.name":"keda"/,
    );
  });

  it("admits requests from outside by the gateway alone, in dev too (HLS-4)", async () => {
    const gateway = json({ domain: "dev.example.com", tlsSecret: "tls", proxies: "edge", requestsPerSecond: 7 });
    const dev = await recordProgram("dev", { "plinth:gateway": gateway });
    assert.deepEqual((spec(dev, "HTTPRoute", "wallet-route") as { hostnames: string[] }).hostnames, [
      "wallet.dev.example.com",
    ]);
    assert.match(JSON.stringify(spec(dev, "NetworkPolicy", "wallet-ingress")), /"kubernetes.io\/metadata.name":"edge"/);
    assert.match(
      JSON.stringify(spec(dev, "BackendTrafficPolicy", "wallet-rate-limit")),
      /"limit":\{"requests":7,"unit":"Second"\}/,
    );
    assert.match(
      JSON.stringify(spec(dev, "Gateway", "gateway-listeners")),
      /"certificateRefs":\[\{"kind":"Secret","name":"tls"\}\]/,
    );
  });

  it("selects the cluster by its context", async () => {
    const dev = await recordProgram("dev", { "plinth:kubernetesContext": "kind-plinth" });
    assert.equal(dev.only("Cluster", "platform-cluster").inputs.context, "kind-plinth");
  });
});
