import assert from "node:assert/strict";
import { redpandaServices, redpandaStatefulSet } from "../../../../components/redpanda/kubernetes.ts";
import { resolveRedpandaSettings } from "../../../../components/redpanda/settings.ts";

const runtime = { kind: "process", stack: "s", directory: "/d", portOffset: 0 } as const;
const settings = (more: object) => resolveRedpandaSettings({ runtime, brokerPort: 9092, registryPort: 8081, ...more });
const sized = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory }, limits: { memory } } });

/** The value of a flag among the broker's arguments. */
function flag(name: string, more: object): string | undefined {
  const args = redpandaStatefulSet("redpanda", settings(more)).template.spec.containers[0]!.args as string[];
  return args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
}

describe("a broker's pods", () => {
  it("acknowledge records before they are on disk in developer mode alone", () => {
    assert.equal(flag("--mode", { mode: "developer" }), "dev-container");
    assert.equal(flag("--mode", { mode: "production", brokers: 3 }), undefined);
  });

  it("use their requested processors, at least one, and four fifths of their memory", () => {
    for (const [cpu, threads] of Object.entries({ "250m": "1", "1": "1", "2": "2", "3500m": "3", "4.5": "4" }))
      assert.equal(flag("--smp", sized(cpu, "4Gi")), threads, cpu);
    assert.equal(flag("--memory", sized("2", "4Gi")), "3276M");
    assert.equal(flag("--memory", sized("2", "512Mi")), "409M");
  });

  it("have the first three brokers as seeds, for any number of brokers", () => {
    assert.equal(flag("--seeds", { brokers: 1 })!.split(",").length, 1);
    assert.equal(flag("--seeds", { brokers: 5 }), flag("--seeds", { brokers: 3 }));
    assert.equal(flag("--seeds", { brokers: 3 })!.split(",").length, 3);
  });

  it("have the contract's names and ports (SDG-4, INF-6, INF-7)", () => {
    const ports = Object.entries(redpandaServices("redpanda", "schema-registry", settings({}))).map(
      ([name, { ports: list }]) => [name, (list as { port: number }[]).map(({ port }) => port)],
    );
    assert.deepEqual(Object.fromEntries(ports), {
      redpanda: [9092, 9644],
      "redpanda-brokers": [9092, 9644, 8081, 33145],
      "schema-registry": [8081],
    });
  });
});
