import { topicEnvironment } from "@plinth/schemas/catalog.ts";
import { dump } from "js-yaml";
import type { Server } from "../../components/base/endpoint.ts";
import type { Profile } from "../../components/base/runtime.ts";
import { sizes } from "../../components/base/sizes.ts";
import { labels } from "../../components/kubernetes/labels.ts";
import { egressPolicy, ingressPolicy } from "../../components/kubernetes/network.ts";
import { disruptionBudget } from "../../components/kubernetes/placement.ts";
import { ALLOY } from "../../components/observability/kubernetes/alloy/alloy.ts";
import { OTLP_GRPC_PORT, OTLP_HTTP_PORT } from "../../components/observability/kubernetes/alloy/traces.ts";
import { LOKI, LOKI_PORT } from "../../components/observability/kubernetes/loki.ts";
import { nodesNamespace, scrapers } from "../../components/observability/kubernetes/scrapers.ts";
import { autoscalerSpec } from "../../components/service/autoscaling.ts";
import type { LocatedService } from "../../components/service/descriptor.ts";
import type { Need } from "../../components/service/descriptor-rule.ts";
import { deploymentSpec, serviceSpec } from "../../components/service/kubernetes.ts";

/** Servers in the namespace of a stack; their short names hold in every namespace (SDG-4). */
const platformServices: Record<Need, { variable: string; address: string; secret: boolean; server: Server }> = {
  database: {
    variable: "DATABASE_URL",
    address: "postgresql://app:app@citus-coordinator:5432/app",
    secret: true,
    server: { workload: "citus-coordinator", ports: [5432] },
  },
  cache: {
    variable: "REDIS_URL",
    address: "redis://redis:6379",
    secret: true,
    server: { workload: "redis", ports: [6379] },
  },
  broker: {
    variable: "KAFKA_BROKERS",
    address: "redpanda:9092",
    secret: false,
    server: { workload: "redpanda", ports: [9092] },
  },
  registry: {
    variable: "SCHEMA_REGISTRY_URL",
    address: "http://schema-registry:8081",
    secret: false,
    server: { workload: "redpanda", ports: [8081] },
  },
};

/** Takes lines in the namespace of the stack. */
const loki: Server = { workload: LOKI, ports: [LOKI_PORT] };

/** Takes spans on each node, in a namespace that follows that of the stack. */
function alloyOf(namespace: string): Server {
  return { workload: ALLOY, ports: [OTLP_GRPC_PORT, OTLP_HTTP_PORT], namespace: nodesNamespace(namespace) };
}

const MANAGED_BY = { "app.kubernetes.io/managed-by": "kustomize" };

const defaultNamespaces: Record<Profile, string> = { development: "dev-infra", production: "plinth" };

/**
 * A kustomize base and its overlays `dev` and `prod`, by path relative to the service's folder: the
 * manifests that the program creates, for deploying the service separately into the namespace of
 * the platform.
 */
export function renderKustomize(service: LocatedService): Map<string, string> {
  const { name } = service;
  const base = baseObjects(service);
  const development = serviceSize(service, "development");
  const production = serviceSize(service, "production");
  const files = new Map<string, unknown>([
    ...[...base].map(([file, object]) => [`k8s/base/${file}`, object] as const),
    ["k8s/base/kustomization.yaml", kustomization({ resources: [...base.keys()] })],
    [
      "k8s/overlays/dev/kustomization.yaml",
      kustomization({
        namespace: defaultNamespaces.development,
        resources: ["../../base"],
        patches: overlayPatches(service, "development", development.resources),
        ...(secretLiterals(service).length > 0 && {
          secretGenerator: [{ name: `${name}-environment`, literals: secretLiterals(service) }],
        }),
        images: [{ name, newName: `plinth/${name}`, newTag: "dev" }],
      }),
    ],
    [
      "k8s/overlays/prod/kustomization.yaml",
      kustomization({
        namespace: defaultNamespaces.production,
        resources: ["../../base", "autoscaler.yaml", "budget.yaml"],
        patches: overlayPatches(service, "production", production.resources, [
          { op: "remove", path: "/spec/replicas" },
        ]),
        // The release sets it: kustomize edit set image NAME=registry.example.com/NAME@sha256:…
        images: [{ name, newName: `registry.example.com/${name}`, newTag: "unreleased" }],
      }),
    ],
    [
      "k8s/overlays/prod/autoscaler.yaml",
      kubernetesObject("autoscaling/v2", "HorizontalPodAutoscaler", name, autoscalerSpec(name, production.replicas)),
    ],
    [
      "k8s/overlays/prod/budget.yaml",
      kubernetesObject("policy/v1", "PodDisruptionBudget", name, disruptionBudget(name, production.replicas.min)),
    ],
  ]);
  return new Map([...files].map(([file, content]) => [file, dump(content, { lineWidth: 140, noRefs: true })]));
}

function baseObjects(service: LocatedService): Map<string, object> {
  const { name, port, needs } = service;
  const servers = [...needs.map((need) => platformServices[need].server), loki];
  const plain = needs
    .filter((need) => !platformServices[need].secret)
    .map((need) => [platformServices[need].variable, platformServices[need].address]);
  const lokiUrl = { LOKI_URL: `http://${LOKI}:${LOKI_PORT}` };
  const environment = { ...Object.fromEntries(plain), ...lokiUrl, ...topicEnvironment() };
  const secret = { name: `${name}-environment`, hash: "" };
  const spec = deploymentSpec(service, serviceSize(service, "development"), {
    image: name,
    environment,
    secret,
    servers: [...servers, alloyOf(defaultNamespaces.development)],
  });
  const { template } = spec;
  const [container] = template.spec.containers;
  const env = [
    ...(container!.env as object[]),
    { name: "K8S_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
  ];
  const { envFrom, ...plainContainer } = container!;
  const containers = [{ ...plainContainer, env, ...(secretLiterals(service).length > 0 && { envFrom }) }];
  // Without the hash annotation: a generated secret has the hash in its name.
  const pods = {
    metadata: { labels: { ...template.metadata.labels, ...MANAGED_BY } },
    spec: { ...template.spec, containers },
  };
  return new Map<string, object>([
    ["account.yaml", { ...kubernetesObject("v1", "ServiceAccount", name), automountServiceAccountToken: false }],
    ["deployment.yaml", kubernetesObject("apps/v1", "Deployment", name, { ...spec, template: pods })],
    ["service.yaml", kubernetesObject("v1", "Service", name, serviceSpec(service))],
    [
      "egress.yaml",
      kubernetesObject("networking.k8s.io/v1", "NetworkPolicy", name, egressPolicy(name, servers), "-egress"),
    ],
    [
      "ingress.yaml",
      kubernetesObject(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        name,
        ingressPolicy({ workload: name, ports: [port] }),
        "-ingress",
      ),
    ],
  ]);
}

function serviceSize({ resources }: LocatedService, profile: Profile) {
  const size = sizes[profile].service;
  return { ...size, resources: resources?.[profile] ?? size.resources };
}

/** The defaults of development; in production a person creates the Secret beforehand. */
function secretLiterals({ needs }: LocatedService): string[] {
  return needs
    .filter((need) => platformServices[need].secret)
    .map((need) => `${platformServices[need].variable}=${platformServices[need].address}`);
}

/**
 * What differs between stacks: size, the stack's name, and the namespaces that spans go to and that
 * metrics are read from.
 */
function overlayPatches({ name, port }: LocatedService, profile: Profile, resources: object, more: object[] = []) {
  const container = "/spec/template/spec/containers/0";
  const alloy = alloyOf(defaultNamespaces[profile]);
  const otlp = `http://${alloy.workload}.${alloy.namespace}:${OTLP_HTTP_PORT}`;
  const variables = { ENVIRONMENT: profile === "development" ? "dev" : "prod", OTEL_EXPORTER_OTLP_ENDPOINT: otlp };
  const deployment = [
    { op: "replace", path: `${container}/resources`, value: resources },
    ...Object.entries(variables).map(([variable, value]) => ({
      op: "add",
      path: `${container}/env/-`,
      value: { name: variable, value },
    })),
    ...more,
  ];
  const readers = scrapers({ mode: "built-in", monitoringNamespace: "" }, defaultNamespaces[profile]);
  const { ingress } = ingressPolicy({ workload: name, ports: [] }, { scrape: { from: readers, port } });
  const { egress } = egressPolicy(name, [alloy]);
  const addRule = (way: string, rules: unknown) => ({
    target: { kind: "NetworkPolicy", name: `${name}-${way}` },
    patch: dump([{ op: "add", path: `/spec/${way}/-`, value: (rules as object[])[0] }]),
  });
  return [
    { target: { kind: "Deployment", name }, patch: dump(deployment) },
    addRule("egress", egress),
    addRule("ingress", ingress),
  ];
}

function kustomization(content: object): object {
  return { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", ...content };
}

function kubernetesObject(apiVersion: string, kind: string, workload: string, spec?: unknown, suffix = ""): object {
  const named = { ...labels(workload), ...MANAGED_BY };
  return {
    apiVersion,
    kind,
    metadata: { name: `${workload}${suffix}`, labels: named },
    ...(spec !== undefined && { spec }),
  };
}
