import type { DeclaredResource } from "@plinth/policy/policy.ts";

type Props = Record<string, unknown>;

/** Fields to replace in a resource; `undefined` removes one. */
export interface Change {
  [key: string]: unknown;
}

const digest = `sha256:${"a1".repeat(32)}`;
const namespace = "shop";
const selector = { "app.kubernetes.io/name": "api" };

/** A container that breaks no policy. */
export function container(change: Change = {}): Props {
  return merge(
    {
      name: "api",
      image: `registry.example/shop/api@${digest}`,
      env: [
        { name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "api", key: "password" } } },
        { name: "DATABASE_URL", value: "postgresql://app:$(DB_PASSWORD)@citus-coordinator:5432/app" },
        { name: "TOKEN_TTL", value: "15m" },
      ],
      args: ["--port", "8080", "--requirepass", "$(DB_PASSWORD)"],
      ports: [{ name: "http", containerPort: 8080 }],
      readinessProbe: { httpGet: { path: "/readyz", port: "http" } },
      livenessProbe: { httpGet: { path: "/healthz", port: 8080 } },
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
    change,
  );
}

/** Two pods of that container. @param change to the pod */
export function deployment(
  change: Change = {},
  { replicas = 2, annotations = {} }: { replicas?: number; annotations?: Change } = {},
): DeclaredResource {
  const pod = {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container()],
    volumes: [{ name: "scratch", emptyDir: {} }],
  };
  return kubernetes("apps/v1:Deployment", "api", {
    metadata: { name: "api", namespace, annotations },
    spec: {
      replicas,
      selector: { matchLabels: selector },
      template: { metadata: { labels: selector }, spec: merge(pod, change) },
    },
  });
}

export function withContainer(change: Change): DeclaredResource {
  return deployment({ containers: [container(change)] });
}

export function statefulSet(spec: Change = {}, protect = true): DeclaredResource {
  const { props } = deployment();
  const merged = { ...(props.spec as Props), volumeClaimTemplates: [{ metadata: { name: "data" } }], ...spec };
  return {
    ...kubernetes("apps/v1:StatefulSet", "api", { metadata: { name: "api", namespace }, spec: merged }),
    protect,
  };
}

export function service(spec: Change = {}): DeclaredResource {
  return kubernetes("core/v1:Service", "api", {
    metadata: { name: "api", namespace },
    spec: merge({ type: "ClusterIP", selector, ports: [{ port: 80, targetPort: "http" }] }, spec),
  });
}

export function budget(spec: Change = {}): DeclaredResource {
  return kubernetes("policy/v1:PodDisruptionBudget", "api", {
    metadata: { namespace },
    spec: merge({ maxUnavailable: 1, selector: { matchLabels: selector } }, spec),
  });
}

export function scaler(minReplicas: number): DeclaredResource {
  return kubernetes("autoscaling/v2:HorizontalPodAutoscaler", "api", {
    metadata: { namespace },
    spec: { minReplicas, maxReplicas: 9, scaleTargetRef: { kind: "Deployment", name: "api" } },
  });
}

export function defaultDeny(spec: Change = {}): DeclaredResource {
  const names = { ports: [{ protocol: "UDP", port: 53 }] };
  return networkPolicy("deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"], egress: [names], ...spec });
}

export function allow(spec: Change = {}): DeclaredResource {
  const from = [{ podSelector: { matchLabels: { "plinth.dev/uses-api": "true" } } }];
  const rule = { from, ports: [{ port: 8080 }] };
  return networkPolicy("api", {
    podSelector: { matchLabels: selector },
    policyTypes: ["Ingress"],
    ingress: [rule],
    ...spec,
  });
}

export function topics(replicationFactor: number | undefined, onDelete = "retain"): DeclaredResource {
  const bets = { partitions: 6, ...(replicationFactor !== undefined && { replicationFactor }) };
  return {
    type: "pulumi-nodejs:dynamic/plinth:KafkaTopics",
    name: "topics",
    props: { topics: { V1_BETS: bets }, onDelete },
  };
}

/** A small stack that no policy refuses, not even in production. */
export function compliantStack(): DeclaredResource[] {
  return [
    deployment(),
    service(),
    budget(),
    defaultDeny(),
    allow(),
    topics(3),
    kubernetes("core/v1:Namespace", "shop", {
      metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    }),
  ];
}

export function kubernetes(type: string, name: string, props: Props): DeclaredResource {
  return { type: `kubernetes:${type}`, name, props };
}

function networkPolicy(name: string, spec: Props): DeclaredResource {
  return kubernetes("networking.k8s.io/v1:NetworkPolicy", name, { metadata: { name, namespace }, spec });
}

function merge(base: Props, change: Change): Props {
  return Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== undefined));
}
