import assert from "node:assert/strict";
import { topicSpecs } from "@plinth/schemas/catalog.ts";
import { recordStack } from "../../../cli/program/record.ts";
import { ofEachService } from "../../support/program/services.ts";
import { type Differences, differences } from "./differences.ts";

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
        "PlatformGateway gateway",
        "PodDisruptionBudget citus-worker-budget",
        "PodDisruptionBudget redpanda-budget",
        "RandomPassword citus-password",
        "RandomPassword citus-superuser-password",
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
      result.fields,
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
