import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { kubernetesDirectory } from "@plinth/toolchain/control-plane/kubernetes.ts";
import { kwokDirectory } from "@plinth/toolchain/control-plane/kwok.ts";
import { loadAll } from "js-yaml";
import { processDefaults } from "../../../components/process/defaults.ts";
import { requireInstalled } from "../../../components/process/programs.ts";

/** Annotation of a pod that stays pending, as with a broken image. */
export const NEVER_READY = "plinth.dev/test-never-ready";

/** The ports on 127.0.0.1 and the files by which the parts of a control plane find each other. */
export interface ControlPlane {
  folder: string;
  kubeconfig: string;
  /** The token of the administrator. */
  token: string;
  ports: { etcd: number; etcdPeer: number; api: number; node: number };
}

export function etcdProcess({ folder, ports }: ControlPlane): ProcessSpec {
  const [client, peer] = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${ports.etcdPeer}`];
  const flags = {
    name: "test",
    "data-dir": `${folder}/etcd`,
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `test=${peer}`,
    // Its data need not survive a crash of the machine.
    "unsafe-no-fsync": true,
    "log-level": "warn",
  };
  const command = requireInstalled(findProgram("etcd"), "etcd");
  return part(
    folder,
    command,
    flags,
    { etcd: ports.etcd, peer: ports.etcdPeer },
    { kind: "http", port: ports.etcd, path: "/health" },
  );
}

/** Signs its own certificate, which the nodes' server uses too. */
export function apiServerProcess({ folder, token, ports }: ControlPlane): ProcessSpec {
  const flags = {
    "etcd-servers": `http://127.0.0.1:${ports.etcd}`,
    "bind-address": "127.0.0.1",
    "secure-port": ports.api,
    "cert-dir": `${folder}/certificates`,
    "token-auth-file": `${folder}/tokens.csv`,
    "authorization-mode": "RBAC",
    "service-cluster-ip-range": "10.96.0.0/14",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": `${folder}/service-accounts.pem`,
    "service-account-signing-key-file": `${folder}/service-accounts.pem`,
    // As in real clusters, where Pod Security decides by namespace.
    "allow-privileged": true,
    "kubelet-preferred-address-types": "InternalIP",
    // No pod calls it.
    "endpoint-reconciler-type": "none",
    "advertise-address": "192.0.2.1",
    // Debian's etcd does not serve streamed lists.
    "feature-gates": "WatchList=false",
    // One client applies everything at once.
    "enable-priority-and-fairness": false,
    "max-requests-inflight": 2000,
    "max-mutating-requests-inflight": 1000,
  };
  return {
    ...part(folder, program("kube-apiserver"), flags, { api: ports.api }, { kind: "tcp", port: ports.api }),
    files: { [`${folder}/tokens.csv`]: `${token},admin,admin,system:masters\n` },
  };
}

/** Controllers of Deployments, StatefulSets, claims, disruption budgets, … */
export function controllersProcess({ folder, kubeconfig }: ControlPlane): ProcessSpec {
  const flags = {
    kubeconfig,
    "leader-elect": false,
    "secure-port": 0,
    "service-account-private-key-file": `${folder}/service-accounts.pem`,
    "root-ca-file": `${folder}/certificates/apiserver.crt`,
    "kube-api-qps": 2000,
    "kube-api-burst": 4000,
    // The default of 15 seconds would be the slowest step of the tests.
    "horizontal-pod-autoscaler-sync-period": "1s",
    "concurrent-deployment-syncs": 20,
    "concurrent-replicaset-syncs": 20,
    "concurrent-statefulset-syncs": 20,
  };
  return part(folder, program("kube-controller-manager"), flags, {}, { kind: "log", line: "Starting" });
}

export function schedulerProcess({ folder, kubeconfig }: ControlPlane): ProcessSpec {
  const flags = { kubeconfig, "leader-elect": false, "secure-port": 0, "kube-api-qps": 2000, "kube-api-burst": 4000 };
  return part(folder, program("kube-scheduler"), flags, {}, { kind: "log", line: "Starting Kubernetes Scheduler" });
}

/** Simulates the kubelet of every node. A ClusterPortForward says where a pod's port leads. */
export function nodesProcess({ folder, kubeconfig, ports }: ControlPlane): ProcessSpec {
  const flags = {
    kubeconfig,
    config: `${folder}/stages.yaml`,
    "manage-all-nodes": true,
    "node-ip": "127.0.0.1",
    "node-port": ports.node,
    "server-address": `127.0.0.1:${ports.node}`,
    "tls-cert-file": `${folder}/certificates/apiserver.crt`,
    "tls-private-key-file": `${folder}/certificates/apiserver.key`,
    // Without leases, the controllers consider the nodes dead within a minute.
    "node-lease-duration-seconds": 40,
    "enable-crds": "ClusterPortForward",
  };
  const kwok = join(kwokDirectory(), "kwok");
  return {
    ...part(folder, kwok, flags, { node: ports.node }, { kind: "tcp", port: ports.node }),
    environment: { KUBE_FEATURE_WatchListClient: "false" },
    files: { [`${folder}/stages.yaml`]: stages() },
  };
}

/** Creates the key that signs the tokens of service accounts. */
export function signingKey(): string {
  return generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
}

/** KWOK's stages, except for pods that a test keeps unready. */
function stages(): string {
  const folder = join(kwokDirectory(), "stages");
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => loadAll(readFileSync(join(folder, file), "utf8")) as Stage[])
    .filter(({ kind }) => kind === "Stage");
  const ready = all.find(({ metadata }) => metadata.name === "pod-ready")!;
  ready.spec.selector.matchExpressions.push({
    key: `.metadata.annotations["${NEVER_READY}"]`,
    operator: "DoesNotExist",
  });
  // JSON is YAML.
  return all.map((stage) => JSON.stringify(stage)).join("\n---\n");
}

interface Stage {
  kind: string;
  metadata: { name: string };
  spec: { selector: { matchExpressions: unknown[] } };
}

function part(
  folder: string,
  command: string,
  flags: Record<string, string | number | boolean>,
  ports: ProcessSpec["ports"],
  ready: ProcessSpec["ready"],
): ProcessSpec {
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return { ...processDefaults(folder), command, args, ports, ready };
}

function program(name: string): string {
  return join(kubernetesDirectory(), name);
}
