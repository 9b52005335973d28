import assert from "node:assert/strict";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { toResources, type WorkloadPod } from "../../../../cli/dashboard/workloads.ts";

function pod(name: string, workload: string, given: Partial<WorkloadPod["status"]> = {}): WorkloadPod {
  return {
    metadata: { name, labels: { "app.kubernetes.io/name": workload } },
    spec: {
      containers: [
        {
          name: workload,
          ports: [{ name: "http", containerPort: 8080 }],
          env: [
            { name: "KAFKA_BROKERS", value: "redpanda:9092" },
            { name: "DATABASE_URL", valueFrom: { secretKeyRef: {} } },
            { name: "API_TOKEN", value: "plain-token" },
            { name: "CACHE", value: "redis://u:pw@redis:6379" },
          ],
        },
      ],
    },
    status: {
      phase: "Running",
      startTime: "2026-11-28T09:00:00Z",
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-11-28T09:00:05Z" }],
      containerStatuses: [{ restartCount: 1 }],
      ...given,
    },
  };
}

const facts = {
  namespace: "dev-infra",
  uses: new Map([["wallet", ["citus-coordinator"]]]),
  usage: new Map([["wallet-0", { cpu: 0.25, memory: 1000 }]]),
  mask: new SecretMask(undefined),
};

describe("the workloads of a cluster", () => {
  it("are one resource each, with its pods' restarts and no secret (OBS-3)", () => {
    const [resource] = toResources([pod("wallet-0", "wallet"), pod("wallet-1", "wallet")], facts);
    assert.deepEqual(resource, {
      ...{ name: "wallet", kind: "service", state: "ready", since: "2026-11-28T09:00:05Z", restarts: 2 },
      endpoints: [{ name: "http", url: "http://wallet.dev-infra.svc:8080" }],
      ...{ cpu: 0.25, memory: 1000 },
      environment: {
        API_TOKEN: "***",
        CACHE: "redis://u:***@redis:6379",
        DATABASE_URL: "***",
        KAFKA_BROKERS: "redpanda:9092",
      },
      ...{ uses: ["citus-coordinator"], actions: [] },
    });
  });

  it("are as ready as their least ready pod", () => {
    const waiting = (reason: string) => ({
      conditions: [],
      containerStatuses: [{ restartCount: 0, state: { waiting: { reason } } }],
    });
    const stateOf = (status: Partial<WorkloadPod["status"]>) =>
      toResources([pod("a-0", "a"), pod("a-1", "a", status)], facts)[0]!.state;
    assert.equal(stateOf({}), "ready");
    assert.equal(stateOf(waiting("ContainerCreating")), "starting");
    assert.equal(stateOf(waiting("CrashLoopBackOff")), "backing-off");
    assert.equal(stateOf(waiting("ErrImagePull")), "backing-off");
    assert.equal(stateOf({ phase: "Failed", conditions: [] }), "failed");
    assert.equal(stateOf({ phase: "Succeeded", conditions: [] }), "ready");
  });

  it("have a kind by their name", () => {
    const names = ["citus-worker", "redis", "redpanda", "tempo", "wallet", "odd"];
    const kinds = toResources(
      names.map((name) => pod(`${name}-0`, name)),
      facts,
    ).map(({ name, kind }) => `${name} ${kind}`);
    assert.deepEqual(kinds, [
      ...["citus-worker database", "odd other", "redis cache", "redpanda broker"],
      ...["tempo observability", "wallet service"],
    ]);
  });
});
