import assert from "node:assert/strict";
import { topicSpecs } from "@plinth/schemas/catalog.ts";
import { recordStack } from "../../support/program/record.ts";
import { ofEachService } from "../../support/program/services.ts";
import { type Differences, differences } from "./differences.ts";

/** `first → second` of a field of one of the observability stack's pods. */
const ofContainer = (name: string, kind = "StatefulSet") => {
  const pods = kind === "StatefulSet" ? `${name}-server-pods` : `${name}-pods`;
  return (field: string, change: string) => `${kind} ${pods}.spec.template.spec.containers.${name}.${field}: ${change}`;
};
const sizesOf = (name: string, kind: string, limit: string | undefined, cpu: string, memory: string) => {
  const field = ofContainer(name, kind);
  return [
    ...(limit === undefined ? [] : [field("resources.limits.memory", limit)]),
    field("resources.requests.cpu", cpu),
    field("resources.requests.memory", memory),
  ];
};
const storage = (name: string, change: string) => [
  `StatefulSet ${name}-server-pods.spec.volumeClaimTemplates.0.spec.resources.requests.storage: ${change}`,
];
const removable = "retain: this stack is removed by itself, and its volumes stay in any case";
const retained = (name: string) =>
  `StatefulSet ${name}-server-pods.metadata.annotations: nothing → {"plinth.dev/policy-exception":"${removable}"}`;
const discovers = "service-account: finds the pods whose metrics it reads, in the stack's two namespaces";
const hash = (pods: string, of: string) =>
  `${pods}.spec.template.metadata.annotations.plinth.dev/${of}-hash: "HASH" → "HASH"`;
const peers = [0, 1, 2].map((index) => `"--cluster.peer=alertmanager-${index}.alertmanager-peers:9094"`).join(",");

const observability = [
  "ConfigMap alloy-config.data.config.alloy",
  "ConfigMap loki-config.data.loki.yaml",
  "ConfigMap prometheus-config.data.prometheus.yaml",
  "ConfigMap tempo-config.data.tempo.yaml",
  ...["loki", "prometheus", "tempo"].map((name) => hash(`StatefulSet ${name}-server-pods`, "config")),
  hash("DaemonSet alloy-pods", "config"),
  hash("StatefulSet grafana-server-pods", "secret"),
  ...["alertmanager", "grafana", "loki", "tempo"].map(retained),
  `StatefulSet prometheus-server-pods.metadata.annotations.plinth.dev/policy-exception: "${discovers}" → "${discovers}; ${removable}"`,
  ...sizesOf("alloy", "DaemonSet", '"384Mi" → "768Mi"', '"50m" → "100m"', '"128Mi" → "256Mi"'),
  ...sizesOf("node-exporter", "DaemonSet", undefined, '"10m" → "20m"', '"24Mi" → "32Mi"'),
  ...sizesOf("alertmanager", "StatefulSet", '"128Mi" → "256Mi"', '"10m" → "20m"', '"32Mi" → "64Mi"'),
  ...sizesOf("grafana", "StatefulSet", '"384Mi" → "1Gi"', '"50m" → "200m"', '"160Mi" → "384Mi"'),
  ...sizesOf("kube-state-metrics", "StatefulSet", '"96Mi" → "256Mi"', '"10m" → "20m"', '"32Mi" → "64Mi"'),
  ...sizesOf("loki", "StatefulSet", '"512Mi" → "3Gi"', '"50m" → "500m"', '"128Mi" → "1Gi"'),
  ...sizesOf("prometheus", "StatefulSet", '"512Mi" → "6Gi"', '"50m" → "500m"', '"192Mi" → "2Gi"'),
  ...sizesOf("tempo", "StatefulSet", '"512Mi" → "4Gi"', '"50m" → "500m"', '"160Mi" → "1Gi"'),
  ...storage("alertmanager", '"256Mi" → "1Gi"'),
  ...storage("grafana", '"512Mi" → "5Gi"'),
  ...storage("loki", '"2Gi" → "20Gi"'),
  ...storage("prometheus", '"2Gi" → "100Gi"'),
  ...storage("tempo", '"2Gi" → "20Gi"'),
  ...[
    ["alertmanager", 3],
    ["loki", 3],
    ["prometheus", 2],
  ].map(([name, replicas]) => `StatefulSet ${name}-server-pods.spec.replicas: 1 → ${replicas}`),
  ofContainer("alertmanager")(
    "args",
    `["--cluster.listen-address="] → ["--cluster.listen-address=0.0.0.0:9094",${peers}]`,
  ),
  ofContainer("prometheus")(
    "args",
    '["--storage.tsdb.retention.size=1638MB"] → ["--storage.tsdb.retention.size=81920MB"]',
  ),
];

describe("the differences between dev and prod (PLT-1)", () => {
  let result: Differences;

  before(async () => {
    // In one namespace; otherwise every manifest would differ in it.
    const [dev, prod] = await Promise.all([recordStack("dev", { "plinth:namespace": "plinth" }), recordStack("prod")]);
    result = differences(dev, prod);
  });

  it("are a console for the broker and built images, in dev alone", () =>
    assert.deepEqual(
      result.onlyFirst,
      [
        "Deployment redpanda-console-pods",
        "NetworkPolicy redpanda-console-egress",
        "RedpandaConsole redpanda-console",
        "Service redpanda-console-service",
        ...ofEachService("Command %-image-build", "ServiceImage %-image"),
      ].sort(),
    ));

  it("are generated passwords, a gateway, disruption budgets and an autoscaler, in prod alone", () =>
    assert.deepEqual(
      result.onlySecond,
      [
        "Gateway gateway-listeners",
        "HTTPRoute gateway-redirect",
        "NetworkPolicy loki-egress",
        "NetworkPolicy tempo-egress",
        "PlatformGateway gateway",
        "PodDisruptionBudget alertmanager-server-budget",
        "PodDisruptionBudget loki-server-budget",
        "PodDisruptionBudget prometheus-server-budget",
        "PodDisruptionBudget citus-worker-budget",
        "PodDisruptionBudget redpanda-budget",
        "RandomPassword citus-password",
        "RandomPassword citus-superuser-password",
        "RandomPassword grafana-password",
        "RandomPassword grafana-signing-key",
        "RandomPassword redis-password",
        "RandomPassword tenants-secret",
        "Secret redis-auth",
        ...ofEachService(
          "BackendTrafficPolicy %-rate-limit",
          "HTTPRoute %-route",
          "HorizontalPodAutoscaler %-autoscaler",
          "PodDisruptionBudget %-budget",
        ),
      ].sort(),
    ));

  it("are replicas, sizes, images by digest, passwords and outside access, in resources of both (SDG-2)", () =>
    assert.deepEqual(
      // Whole files; unit tests compare what is in them.
      result.fields.map((field) => field.replace(/^(ConfigMap [^:]+): .*/s, "$1")),
      [
        "BrokerCount redpanda-count.brokers: 1 → 3",
        'CitusDrain citus-drain.workers: [] → ["citus-worker-1.citus-worker.plinth.svc.cluster.local","citus-worker-2.citus-worker.plinth.svc.cluster.local"]',
        'CitusNodes citus-nodes.workers: [] → ["citus-worker-1.citus-worker.plinth.svc.cluster.local","citus-worker-2.citus-worker.plinth.svc.cluster.local"]',
        "Cluster platform-cluster.localOnly: true → false",
        ...topicSpecs().map(({ topic }) => `KafkaTopics schemas-topics.topics.${topic}.replicationFactor: nothing → 3`),
        'StatefulSet citus-coordinator-pods.spec.template.spec.containers.postgres.resources.limits.memory: "1Gi" → "8Gi"',
        'StatefulSet citus-coordinator-pods.spec.template.spec.containers.postgres.resources.requests.cpu: "100m" → "2"',
        'StatefulSet citus-coordinator-pods.spec.template.spec.containers.postgres.resources.requests.memory: "384Mi" → "8Gi"',
        'StatefulSet citus-coordinator-pods.spec.volumeClaimTemplates.0.spec.resources.requests.storage: "2Gi" → "100Gi"',
        "StatefulSet citus-worker-pods.spec.replicas: 1 → 3",
        'StatefulSet citus-worker-pods.spec.template.spec.containers.postgres.resources.limits.memory: "1Gi" → "8Gi"',
        'StatefulSet citus-worker-pods.spec.template.spec.containers.postgres.resources.requests.cpu: "100m" → "2"',
        'StatefulSet citus-worker-pods.spec.template.spec.containers.postgres.resources.requests.memory: "384Mi" → "8Gi"',
        'StatefulSet citus-worker-pods.spec.volumeClaimTemplates.0.spec.resources.requests.storage: "2Gi" → "100Gi"',
        'StatefulSet redis-pods.spec.template.metadata.annotations: nothing → {"plinth.dev/secret-hash":"HASH"}',
        'StatefulSet redis-pods.spec.template.spec.containers.redis.args: ["128mb"] → ["/etc/plinth/auth.conf","1024mb"]',
        'StatefulSet redis-pods.spec.template.spec.containers.redis.env: nothing → [{"name":"REDISCLI_AUTH","valueFrom":{"secretKeyRef":{"key":"password","name":"redis-auth"}}}]',
        'StatefulSet redis-pods.spec.template.spec.containers.redis.resources.limits.memory: "256Mi" → "2048Mi"',
        'StatefulSet redis-pods.spec.template.spec.containers.redis.resources.requests.memory: "128Mi" → "1024Mi"',
        'StatefulSet redis-pods.spec.template.spec.containers.redis.volumeMounts.auth: nothing → {"mountPath":"/etc/plinth","name":"auth","readOnly":true}',
        'StatefulSet redis-pods.spec.template.spec.volumes.auth: nothing → {"name":"auth","secret":{"items":[{"key":"auth.conf","path":"auth.conf"}],"secretName":"redis-auth"}}',
        ...observability,
        "StatefulSet redpanda-pods.spec.replicas: 1 → 3",
        'StatefulSet redpanda-pods.spec.template.spec.containers.redpanda.args: ["redpanda-0.redpanda-brokers.$(POD_NAMESPACE).svc.cluster.local:33145","redpanda.default_topic_replications=1","--mode","dev-container","1","819M"] → ["redpanda-0.redpanda-brokers.$(POD_NAMESPACE).svc.cluster.local:33145,redpanda-1.redpanda-brokers.$(POD_NAMESPACE).svc.cluster.local:33145,redpanda-2.redpanda-brokers.$(POD_NAMESPACE).svc.cluster.local:33145","redpanda.default_topic_replications=3","2","3276M"]',
        'StatefulSet redpanda-pods.spec.template.spec.containers.redpanda.resources.limits.memory: "1Gi" → "4Gi"',
        'StatefulSet redpanda-pods.spec.template.spec.containers.redpanda.resources.requests.cpu: "250m" → "2"',
        'StatefulSet redpanda-pods.spec.template.spec.containers.redpanda.resources.requests.memory: "1Gi" → "4Gi"',
        'StatefulSet redpanda-pods.spec.volumeClaimTemplates.0.spec.resources.requests.storage: "2Gi" → "100Gi"',
        ...ofEachService(
          "Deployment %-pods.spec.replicas: 1 → nothing",
          'Deployment %-pods.spec.template.metadata.annotations.plinth.dev/secret-hash: "HASH" → "HASH"',
          'Deployment %-pods.spec.template.spec.containers.%.env.ENVIRONMENT.value: "dev" → "prod"',
          'Deployment %-pods.spec.template.spec.containers.%.env.VERSION.value: "HASH" → "000000000000"',
          'Deployment %-pods.spec.template.spec.containers.%.env.REDIS_URL: {"name":"REDIS_URL","value":"redis://redis.plinth.svc.cluster.local:6379"} → nothing',
          'Deployment %-pods.spec.template.spec.containers.%.image: "plinth/%:HASH" → "registry.example.com/plinth/%@sha256:0000000000000000000000000000000000000000000000000000000000000000"',
          'Deployment %-pods.spec.template.spec.containers.%.resources.limits.cpu: "500m" → "1000m"',
          'Deployment %-pods.spec.template.spec.containers.%.resources.limits.memory: "512Mi" → "1Gi"',
          'Deployment %-pods.spec.template.spec.containers.%.resources.requests.cpu: "100m" → "200m"',
          'Deployment %-pods.spec.template.spec.containers.%.resources.requests.memory: "128Mi" → "256Mi"',
          'NetworkPolicy %-ingress.spec.ingress.0.from.1: nothing → {"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"envoy-gateway-system"}}}',
          'Secret %-environment.stringData.REDIS_URL: nothing → "[secret]"',
        ),
      ].sort(),
    ));
});
