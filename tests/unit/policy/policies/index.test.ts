import assert from "node:assert/strict";
import { policies } from "@plinth/policy/policies/index.ts";
import { type DeclaredResource, findViolations, SECRET, UNKNOWN } from "@plinth/policy/policy.ts";
import {
  allow,
  budget,
  type Change,
  compliantStack,
  container,
  defaultDeny,
  deployment,
  kubernetes,
  scaler,
  service,
  statefulSet,
  topics,
  withContainer,
} from "../../../support/compliant-stack.ts";

const production = { production: true, marksSecrets: true };
const digest = `sha256:${"0".repeat(64)}`;

function found(name: string, resources: DeclaredResource[], stack = production): string[] {
  const policy = policies.find((one) => one.name === name);
  assert.ok(policy, `there is no policy '${name}'`);
  return findViolations(policy, resources, stack).map(({ message }) => message);
}

function hardened(change: Change): DeclaredResource {
  return withContainer({
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, ...change },
  });
}

function job(change: Change = {}): DeclaredResource {
  const pod = { containers: [container({ readinessProbe: undefined, livenessProbe: undefined, ...change })] };
  return kubernetes("batch/v1:Job", "seed", { metadata: {}, spec: { template: { spec: pod } } });
}

function configMap(data: Record<string, string>): DeclaredResource {
  return kubernetes("core/v1:ConfigMap", "settings", { metadata: {}, data });
}

/** As a preview sees it when the whole specification depends on something that is not made yet. */
const later = kubernetes("apps/v1:Deployment", "later", { metadata: { namespace: "shop" }, spec: UNKNOWN });

const keda = kubernetes("keda.sh/v1alpha1:ScaledObject", "api", {
  metadata: { namespace: "shop" },
  spec: { minReplicaCount: 2, scaleTargetRef: { name: "api" } },
});

/** For each policy: what it must catch, with the words that tell what to do. */
const faults: Record<string, [what: string, stack: DeclaredResource[], message: RegExp][]> = {
  "non-root": [
    [
      "a container that may be root",
      [deployment({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } })],
      /'api' may run as root; set .*runAsNonRoot/,
    ],
    ["user 0", [hardened({ runAsUser: 0 })], /runs as user 0/],
    ["one container that takes its pod's word back", [hardened({ runAsNonRoot: false })], /may run as root/],
    ["a privileged container", [hardened({ privileged: true })], /is privileged/],
    ["no word on escalation", [hardened({ allowPrivilegeEscalation: undefined })], /may gain privileges/],
    ["kept capabilities", [hardened({ capabilities: {} })], /keeps capabilities/],
    [
      "added capabilities",
      [hardened({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } })],
      /adds the capabilities SYS_ADMIN/,
    ],
    ["no seccomp profile", [deployment({ securityContext: { runAsNonRoot: true } })], /any system call/],
    ["an unconfined profile", [hardened({ seccompProfile: { type: "Unconfined" } })], /any system call/],
    [
      "an init container",
      [deployment({ initContainers: [container({ name: "init", securityContext: {} })] })],
      /'init' may gain privileges/,
    ],
    ["the node's network", [deployment({ hostNetwork: true })], /remove hostNetwork/],
    [
      "the node's files",
      [deployment({ volumes: [{ name: "logs", hostPath: { path: "/var/log" } }] })],
      /'logs' is a folder of the node/,
    ],
    [
      "a namespace that takes any pod",
      [kubernetes("core/v1:Namespace", "shop", { metadata: { name: "shop" } })],
      /set the label pod-security/,
    ],
    [
      "the pods of a CronJob",
      [
        kubernetes("batch/v1:CronJob", "backup", {
          spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "b" }] } } } } },
        }),
      ],
      /'b' may run as root/,
    ],
  ],
  limits: [
    [
      "no memory limit",
      [withContainer({ resources: { requests: { cpu: "1", memory: "1Gi" } } })],
      /has no resources.limits.memory/,
    ],
    [
      "no requests",
      [withContainer({ resources: { limits: { memory: "1Gi" } } })],
      /has no resources.requests.cpu, resources.requests.memory;/,
    ],
    ["nothing at all", [job({ resources: undefined })], /resources.limits.memory/],
    [
      "a request for nothing",
      [withContainer({ resources: { requests: { cpu: "0", memory: "1Gi" }, limits: { memory: "1Gi" } } })],
      /requests.cpu/,
    ],
  ],
  probes: [
    ["no readiness probe", [withContainer({ readinessProbe: undefined })], /has ports but no readinessProbe/],
    ["no liveness probe", [withContainer({ livenessProbe: undefined })], /has ports but no livenessProbe/],
    [
      "a probe of a port that is not there",
      [withContainer({ livenessProbe: { httpGet: { port: "admin" } } })],
      /livenessProbe of port admin, which/,
    ],
    [
      "a startup probe of a wrong number",
      [withContainer({ startupProbe: { tcpSocket: { port: 8081 } } })],
      /startupProbe of port 8081/,
    ],
    [
      "a sidecar",
      [
        deployment({
          initContainers: [container({ name: "proxy", restartPolicy: "Always", livenessProbe: undefined })],
        }),
      ],
      /'proxy' has ports but no liveness/,
    ],
  ],
  images: [
    ["no tag", [withContainer({ image: "registry.example:5000/api" })], /runs 'registry.example:5000\/api'/],
    ["a version in production", [withContainer({ image: "api:1.2.3" })], /name it by digest, as in api@sha256/],
    ["a digest that is none", [withContainer({ image: "api:1@sha256:abc" })], /whose digest is not/],
    [
      "an init container",
      [deployment({ initContainers: [container({ name: "init", image: "busybox" })] })],
      /'init' runs 'busybox'/,
    ],
  ],
  "plain-secrets": [
    [
      "a password in a variable",
      [withContainer({ env: [{ name: "DB_PASSWORD", value: "hunter2" }] })],
      /in the variable DB_PASSWORD; .*secretKeyRef/,
    ],
    [
      "a secret under an innocent name",
      [withContainer({ env: [{ name: "MODE", value: SECRET }] })],
      /in the variable MODE/,
    ],
    [
      "a URL with a password",
      [withContainer({ env: [{ name: "URL", value: "redis://:pw@redis:6379" }] })],
      /env.0.value holds a URL with a password/,
    ],
    [
      "a password among arguments",
      [withContainer({ args: ["--requirepass", "hunter2"] })],
      /a value for 'requirepass' among its arguments/,
    ],
    ["a secret among arguments", [withContainer({ args: [SECRET] })], /a secret among its arguments/],
    [
      "a token in an annotation",
      [deployment({}, { annotations: { note: "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl" } })],
      /annotations.note holds a signed token/,
    ],
    [
      "a private key in a ConfigMap",
      [configMap({ "tls.key": "-----BEGIN PRIVATE KEY-----\nMII" })],
      /data.tls.key holds a private key/,
    ],
    ["an entry of a ConfigMap", [configMap({ apiKey: "abc" })], /the entry 'apiKey' is a secret/],
    [
      "a line in a ConfigMap",
      [configMap({ "redis.conf": "port 6379\nrequirepass hunter2\n" })],
      /'redis.conf' has a value for 'requirepass'/,
    ],
    [
      "a Secret that is not marked",
      [kubernetes("core/v1:Secret", "s", { stringData: { password: "x" } })],
      /'password' is not marked as a secret/,
    ],
    [
      "a provider's input",
      [{ type: "pulumi-nodejs:dynamic/plinth:TenantRows", name: "t", props: { databaseUrl: "postgresql://a:b@c/d" } }],
      /databaseUrl holds a URL/,
    ],
  ],
  "service-account": [
    [
      "no word on the token",
      [deployment({ automountServiceAccountToken: undefined })],
      /set automountServiceAccountToken to false/,
    ],
    ["a token asked for", [deployment({ automountServiceAccountToken: true })], /API server/],
  ],
  exposure: [
    ["a NodePort", [service({ type: "NodePort" })], /type NodePort opens it/],
    ["a LoadBalancer", [service({ type: "LoadBalancer" })], /type LoadBalancer opens it/],
    ["external addresses", [service({ externalIPs: ["203.0.113.7"] })], /externalIPs/],
    [
      "a port of the node",
      [withContainer({ ports: [{ containerPort: 8080, hostPort: 80 }] })],
      /opens port 80 of its node/,
    ],
  ],
  "network-policy": [
    ["no policy at all", [deployment()], /namespace shop has no default deny/],
    ["a deny of one way only", [deployment(), defaultDeny({ policyTypes: ["Ingress"] })], /no default deny/],
    ["a deny that lets out", [deployment(), defaultDeny({ egress: [{ ports: [{ port: 443 }] }] })], /no default deny/],
    ["a deny of another namespace", [deployment(), elsewhere(defaultDeny())], /no default deny/],
    [
      "a rule for everyone",
      [deployment(), defaultDeny(), allow({ ingress: [{ ports: [{ port: 8080 }] }] })],
      /admits everyone/,
    ],
    [
      "a rule for the whole internet",
      [deployment(), defaultDeny(), allow({ ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] })],
      /admits everyone/,
    ],
    ["a way out to everywhere", [deployment(), defaultDeny(), allow({ egress: [{}] })], /out to everywhere/],
    [
      "a selector that selects nothing",
      [deployment(), defaultDeny(), allow({ podSelector: { matchLabels: { app: "apu" } } })],
      /selects no pod/,
    ],
    [
      "a Service that nobody may reach",
      [deployment(), defaultDeny(), service()],
      /no NetworkPolicy admits anyone to port http of 'api'/,
    ],
    [
      "a Service whose port the rule forgot",
      [deployment(), defaultDeny(), service({ ports: [{ port: 9090 }] }), allow()],
      /admits anyone to port 9090/,
    ],
  ],
  "disruption-budget": [
    ["several pods and no budget", [deployment()], /has 2 pods and no PodDisruptionBudget/],
    [
      "a budget for others",
      [deployment(), budget({ selector: { matchLabels: { app: "other" } } })],
      /no PodDisruptionBudget/,
    ],
    ["an autoscaler's minimum", [deployment({}, { replicas: 1 }), scaler(3)], /has 3 pods/],
    ["KEDA's minimum", [deployment({}, { replicas: 1 }), keda], /has 2 pods/],
    [
      "a budget that lets none go",
      [deployment(), budget({ maxUnavailable: 0 })],
      /nodes cannot be drained; set maxUnavailable to 1/,
    ],
    [
      "a budget as large as the workload",
      [deployment(), budget({ maxUnavailable: undefined, minAvailable: 2 })],
      /cannot be drained/,
    ],
    [
      "a budget for one pod",
      [deployment({}, { replicas: 1 }), budget({ maxUnavailable: undefined, minAvailable: 1 })],
      /guards a single pod/,
    ],
  ],
  retain: [
    ["unprotected data", [statefulSet({}, false)], /is not protected/],
    [
      "claims that go with it",
      [statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } })],
      /deletes its volumes whenDeleted/,
    ],
    ["topics that go with the stack", [topics(3, "delete")], /onDelete: "delete"/],
  ],
  replication: [
    ["two copies", [topics(2)], /V1_BETS has 2 of 3 copies/],
    ["the provider's default", [topics(undefined)], /V1_BETS has 1 of 3 copies/],
  ],
};

/** What they must let pass, beside the good stack. */
const fine: [policy: string, what: string, stack: DeclaredResource[], facts?: typeof production][] = [
  ["probes", "a job, which serves nobody", [job()]],
  [
    "probes",
    "a container without ports",
    [withContainer({ ports: undefined, readinessProbe: undefined, livenessProbe: { exec: { command: ["true"] } } })],
  ],
  [
    "images",
    "a version outside of production",
    [withContainer({ image: "registry.example:5000/api:1.2.3" })],
    { production: false, marksSecrets: true },
  ],
  ["images", "a digest behind a tag", [withContainer({ image: `api:1.2.3@${digest}` })]],
  ["images", "an image that only 'up' will know", [withContainer({ image: UNKNOWN })]],
  [
    "non-root",
    "the one capability that restricted allows",
    [hardened({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } })],
  ],
  [
    "plain-secrets",
    "a password that only 'up' will know",
    [withContainer({ env: [{ name: "DB_PASSWORD", value: UNKNOWN }] })],
  ],
  [
    "plain-secrets",
    "names that only sound like secrets",
    [withContainer({ env: [{ name: "PASSWORD_FILE", value: "/run/secret" }] })],
  ],
  [
    "plain-secrets",
    "a Secret that is marked",
    [kubernetes("core/v1:Secret", "s", { stringData: { password: SECRET } })],
  ],
  [
    "plain-secrets",
    "a Secret where marks are not to be had",
    [kubernetes("core/v1:Secret", "s", { stringData: { p: "x" } })],
    { production: true, marksSecrets: false },
  ],
  [
    "plain-secrets",
    "settings that refer to variables",
    [configMap({ "app.yaml": "password: $(PASSWORD)\nurl: redis://:$(PASSWORD)@redis" })],
  ],
  [
    "network-policy",
    "a way out to everywhere at one port",
    [deployment(), defaultDeny(), allow({ egress: [{ ports: [{ port: 443 }] }] })],
  ],
  [
    "network-policy",
    "a range of ports",
    [
      ...compliantStack().filter(({ name }) => name !== "api"),
      deployment(),
      service(),
      allow({ ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8000, endPort: 8100 }] }] }),
    ],
  ],
  [
    "network-policy",
    "a rule for pods that only 'up' will know",
    [deployment(), defaultDeny(), allow({ podSelector: { matchLabels: { app: "later" } } }), later],
  ],
  ["service-account", "pods that only 'up' will know", [later]],
  ["disruption-budget", "one pod without a budget", [deployment({}, { replicas: 1 })]],
  ["retain", "protected data", [statefulSet()]],
  ["retain", "what a stack of one person opts into", [topics(1, "delete")], { production: false, marksSecrets: true }],
  ["replication", "a single copy outside of production", [topics(1)], { production: false, marksSecrets: true }],
];

function elsewhere(resource: DeclaredResource): DeclaredResource {
  return { ...resource, props: { ...resource.props, metadata: { namespace: "elsewhere" } } };
}

describe("policies (PLT-8, SHOP-7)", () => {
  it("are all tested", () => {
    assert.deepEqual(Object.keys(faults).sort(), policies.map(({ name }) => name).sort());
  });

  for (const [policy, cases] of Object.entries(faults)) {
    describe(policy, () => {
      for (const [what, stack, message] of cases)
        it(`catches ${what}`, () => assert.match(found(policy, stack).join("\n"), message));
      for (const [of, what, stack, facts] of fine.filter(([of]) => of === policy))
        it(`lets ${what} pass`, () => assert.deepEqual(found(of, stack, facts), []));
      it("lets a good stack pass", () => assert.deepEqual(found(policy, compliantStack()), []));
    });
  }
});
