import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import type { Need } from "../../../components/service/descriptor-rule.ts";
import type { KubernetesObject } from "../../support/kubernetes/api.ts";
import { manifestsOf, templatesOf } from "../../support/kubernetes/manifests.ts";
import { allowsConnection, type Peer } from "../../support/kubernetes/network-policies.ts";
import { discoverServices } from "../../support/program/services.ts";

/** Workload and port of each need. */
const servers: Record<Need, string> = {
  database: "citus-coordinator:5432",
  cache: "redis:6379",
  broker: "redpanda:9092",
  registry: "redpanda:8081",
};
/** Connections among the pods of each distributed system. */
const systems = [
  { members: ["citus-coordinator", "citus-worker"], ports: [5432] },
  { members: ["redpanda"], ports: [8081, 9092, 9644, 33145] },
  { members: ["alertmanager"], ports: [9094] },
  { members: ["loki"], ports: [7946, 9095] },
];
/** Workloads of the platform that connect to others. */
const parts: Record<string, string[]> = {
  "redpanda-console": ["redpanda:8081", "redpanda:9092"],
  alloy: ["loki:3100", "tempo:4317"],
  grafana: ["alertmanager:9093", "loki:3100", "prometheus:9090", "tempo:3200"],
  prometheus: ["alertmanager:9093"],
};
/** Where each workload prints its metrics; services at their own port. */
const metrics: Record<string, number> = {
  alertmanager: 9093,
  alloy: 12_345,
  "citus-coordinator": 9187,
  "citus-worker": 9187,
  grafana: 3000,
  "kube-state-metrics": 8080,
  loki: 3100,
  "node-exporter": 9100,
  prometheus: 9090,
  redpanda: 9644,
  tempo: 3200,
};
/** Where every service sends lines and spans. */
const telemetry = ["loki:3100", "alloy:4317", "alloy:4318"];
/** Pods that ask the API server. */
const askers = ["alloy", "kube-state-metrics", "prometheus"];
const PROXIES = "envoy-gateway-system";

for (const stack of ["dev", "prod"] as const) {
  describe(`the network policies of ${stack} (SHOP-7)`, () => {
    let policies: KubernetesObject[];
    let pods: Map<string, Peer>;
    let ports: number[];
    let namespace: string;

    before(async () => {
      const manifests = await manifestsOf(stack);
      namespace = manifests.find(({ kind }) => kind === "Namespace")!.metadata.name;
      policies = manifests.filter(({ kind }) => kind === "NetworkPolicy");
      const templates = templatesOf(manifests);
      pods = new Map(
        templates.map(({ workload, template }) => [
          workload.metadata.name,
          { namespace: workload.metadata.namespace!, labels: template.metadata.labels },
        ]),
      );
      const listening = templates.flatMap(({ template }) =>
        template.spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)),
      );
      // A port without a listener stands for all others.
      ports = [...new Set([...listening, 12_345])];
    });

    const connections = (clients: Map<string, Peer>) =>
      [...clients].flatMap(([client, from]) =>
        [...pods].flatMap(([server, to]) =>
          ports
            .filter((port) => allowsConnection(policies, from, to, port))
            .map((port) => `${client} → ${server}:${port}`),
        ),
      );

    it("admit exactly the declared connections", () => {
      const services = discoverServices(root).flatMap(({ name, needs }) =>
        [...needs.map((need) => servers[need]), ...telemetry].map((server) => `${name} → ${server}`),
      );
      const scrapes = [
        ...Object.entries(metrics),
        ...discoverServices(root).map(({ name, port }) => [name, port] as const),
      ].map(([workload, port]) => `prometheus → ${workload}:${port}`);
      const internal = systems.flatMap(({ members, ports }) =>
        members.flatMap((from) => members.flatMap((to) => ports.map((port) => `${from} → ${to}:${port}`))),
      );
      const platform = Object.entries(parts)
        .filter(([part]) => pods.has(part))
        .flatMap(([part, used]) => used.map((server) => `${part} → ${server}`));
      assert.deepEqual(
        connections(pods).sort(),
        [...new Set([...services, ...internal, ...platform, ...scrapes])].sort(),
      );
    });

    it("admit no client from another namespace, even with a client's labels", () => {
      const wallet = pods.get("wallet")!;
      const strangers = new Map([
        ["without labels", { namespace, labels: {} }],
        ["elsewhere", { namespace: "elsewhere", labels: wallet.labels }],
      ]);
      assert.deepEqual(connections(strangers), []);
    });

    it("admit the gateway's proxies to public services alone", () => {
      const proxies = new Map([["proxies", { namespace: PROXIES, labels: {} }]]);
      const open = stack === "prod" ? discoverServices(root).filter((service) => service.public) : [];
      assert.deepEqual(connections(proxies).sort(), open.map(({ name, port }) => `proxies → ${name}:${port}`).sort());
    });

    it("let every pod look up names, and reach nothing outside but the API server and object storage", () => {
      const reaching = stack === "prod" ? [...askers, "loki", "tempo"] : askers;
      for (const [name, pod] of pods) {
        assert.ok(
          allowsConnection(policies, pod, { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } }, 53),
          name,
        );
        for (const port of [443, 6443, 80])
          assert.equal(
            allowsConnection(policies, pod, { namespace: "kube-system", labels: {} }, port),
            port === 443 ? reaching.includes(name) : port === 6443 && askers.includes(name),
            `${name} to port ${port}`,
          );
      }
    });
  });
}
