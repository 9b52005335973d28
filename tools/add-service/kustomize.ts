import { topicEnvironment } from "@plinth/schemas/catalog.ts";
import { dump } from "js-yaml";
import type { Profile } from "../../components/component.ts";
import type { LocatedService, Need } from "../../components/descriptor.ts";
import { autoscaler } from "../../components/kubernetes/autoscaling.ts";
import { labels } from "../../components/kubernetes/metadata.ts";
import { serviceDeployment, serviceService } from "../../components/kubernetes/microservice.ts";
import { clientPolicy, type Server, serverPolicy } from "../../components/kubernetes/network.ts";
import { disruptionBudget } from "../../components/kubernetes/placement.ts";
import { sizes } from "../../components/sizes.ts";

/** What a service finds in the namespace of a stack; short names hold in whatever namespace that is (SDG-4). */
const platform: Record<Need, { variable: string; address: string; secret: boolean; server: Server }> = {
  database: {
    variable: "DATABASE_URL",
    address: "postgresql://app:app@citus-coordinator:5432/app",
    secret: true,
    server: { workload: "citus-coordinator", ports: [5432] },
  },
  cache: { variable: "REDIS_URL", address: "redis://redis:6379", secret: true, server: { workload: "redis", ports: [6379] } },
  broker: { variable: "KAFKA_BROKERS", address: "redpanda:9092", secret: false, server: { workload: "redpanda", ports: [9092] } },
  registry: {
    variable: "SCHEMA_REGISTRY_URL",
    address: "http://schema-registry:8081",
    secret: false,
    server: { workload: "redpanda", ports: [8081] },
  },
};

const MANAGED = { "app.kubernetes.io/managed-by": "kustomize" };

const namespaces: Record<Profile, string> = { development: "dev-infra", production: "plinth" };

/**
 * A kustomize base and its overlays `dev` and `prod`, by path relative to the service's folder: what the program itself makes of the service, for whoever
 * deploys it apart from the platform's stack but into its namespace.
 */
export function kustomizeFiles(service: LocatedService): Map<string, string> {
  const { name } = service;
  const base = baseObjects(service);
  const development = sizesOf(service, "development");
  const production = sizesOf(service, "production");
  const files = new Map<string, unknown>([
    ...[...base].map(([file, object]) => [`k8s/base/${file}`, object] as const),
    ["k8s/base/kustomization.yaml", kustomization({ resources: [...base.keys()] })],
    [
      "k8s/overlays/dev/kustomization.yaml",
      kustomization({
        namespace: namespaces.development,
        resources: ["../../base"],
        patches: [patchOf(name, "dev", development.resources)],
        ...(secretsOf(service).length > 0 && { secretGenerator: [{ name: `${name}-environment`, literals: secretsOf(service) }] }),
        images: [{ name, newName: `plinth/${name}`, newTag: "dev" }],
      }),
    ],
    [
      "k8s/overlays/prod/kustomization.yaml",
      kustomization({
        namespace: namespaces.production,
        resources: ["../../base", "autoscaler.yaml", "budget.yaml"],
        patches: [patchOf(name, "prod", production.resources, [{ op: "remove", path: "/spec/replicas" }])],
        // The release sets it: kustomize edit set image NAME=registry.example.com/NAME@sha256:…
        images: [{ name, newName: `registry.example.com/${name}`, newTag: "unreleased" }],
      }),
    ],
    ["k8s/overlays/prod/autoscaler.yaml", object("autoscaling/v2", "HorizontalPodAutoscaler", name, autoscaler(name, production.replicas))],
    ["k8s/overlays/prod/budget.yaml", object("policy/v1", "PodDisruptionBudget", name, disruptionBudget(name, production.replicas.min))],
  ]);
  return new Map([...files].map(([file, content]) => [file, dump(content, { lineWidth: 140, noRefs: true })]));
}

function baseObjects(service: LocatedService): Map<string, object> {
  const { name, port, needs } = service;
  const servers = needs.map((need) => platform[need].server);
  const plain = needs.filter((need) => !platform[need].secret).map((need) => [platform[need].variable, platform[need].address]);
  const environment = { ...Object.fromEntries(plain), ...topicEnvironment() };
  const secret = { name: `${name}-environment`, hash: "" };
  const spec = serviceDeployment(service, sizesOf(service, "development"), { image: name, environment, secret, servers });
  const { template } = spec;
  const [container] = template.spec.containers;
  const env = [...(container!.env as object[]), { name: "K8S_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } }];
  const { envFrom, ...own } = container!;
  const containers = [{ ...own, env, ...(secretsOf(service).length > 0 && { envFrom }) }];
  // No annotation of the secret's content: what kustomize generates has that in its name.
  const pods = { metadata: { labels: { ...template.metadata.labels, ...MANAGED } }, spec: { ...template.spec, containers } };
  return new Map<string, object>([
    ["account.yaml", { ...object("v1", "ServiceAccount", name), automountServiceAccountToken: false }],
    ["deployment.yaml", object("apps/v1", "Deployment", name, { ...spec, template: pods })],
    ["service.yaml", object("v1", "Service", name, serviceService(service))],
    ["egress.yaml", object("networking.k8s.io/v1", "NetworkPolicy", name, clientPolicy(name, servers), "-egress")],
    ["ingress.yaml", object("networking.k8s.io/v1", "NetworkPolicy", name, serverPolicy({ workload: name, ports: [port] }), "-ingress")],
  ]);
}

function sizesOf({ resources }: LocatedService, profile: Profile) {
  const size = sizes[profile].service;
  return { ...size, resources: resources?.[profile] ?? size.resources };
}

/** What development has by default; in production a Secret of that name is there before the service is. */
function secretsOf({ needs }: LocatedService): string[] {
  return needs.filter((need) => platform[need].secret).map((need) => `${platform[need].variable}=${platform[need].address}`);
}

function patchOf(name: string, stack: string, resources: object, more: object[] = []) {
  const container = "/spec/template/spec/containers/0";
  const operations = [
    { op: "replace", path: `${container}/resources`, value: resources },
    { op: "add", path: `${container}/env/-`, value: { name: "ENVIRONMENT", value: stack } },
    ...more,
  ];
  return { target: { kind: "Deployment", name }, patch: dump(operations) };
}

function kustomization(content: object): object {
  return { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", ...content };
}

function object(apiVersion: string, kind: string, workload: string, spec?: unknown, suffix = ""): object {
  const named = { ...labels(workload), ...MANAGED };
  return { apiVersion, kind, metadata: { name: `${workload}${suffix}`, labels: named }, ...(spec !== undefined && { spec }) };
}
