import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../eventually.ts";
import { once, pathInFolder, type Server, startServer, stopLater } from "../servers/servers.ts";
import { isReady, KubernetesApi, type KubernetesObject } from "./api.ts";
import {
  apiServerProcess,
  type ControlPlane,
  controllersProcess,
  etcdProcess,
  nodesProcess,
  schedulerProcess,
  signingKey,
} from "./control-plane.ts";
import { installDefinitions, kwokDefinition } from "./custom-resources.ts";

/**
 * A real control plane on this machine. KWOK simulates its nodes: pods become ready but run
 * nothing.
 */
export interface Cluster {
  /** Path of a kubeconfig with one context, {@link context}. Tests set KUBECONFIG to it. */
  kubeconfig: string;
  context: string;
  /** The server's URL in the kubeconfig. */
  serverUrl: string;
  api: KubernetesApi;
  /** Leads port-forwards to a pod's port to a port of this machine. A second call replaces it. */
  forward(pod: { namespace: string; name: string; port: number }, localPort: number): Promise<void>;
  /** Cuts every connection to the kubeconfig's server, and returns how many there were. */
  cutConnections(): number;
  /**
   * Kills the API server and restarts it on the same port, which cuts watches and port-forwards.
   */
  restartApiServer(): Promise<void>;
  apiServer: Server;
}

const CONTEXT = "plinth-test";
const CERTIFICATE = "certificates/apiserver.crt";
const ZONES = ["a", "b", "c"];

/** Starts one cluster for the whole mocha process, whose root hook ends it. */
export const cluster = once(async (): Promise<Cluster> => {
  const plane = await prepare();
  await startServer("etcd", etcdProcess(plane), plane.ports.etcd, `http://127.0.0.1:${plane.ports.etcd}`);
  const direct = `https://127.0.0.1:${plane.ports.api}`;
  const apiServer = await startServer("api-server", apiServerProcess(plane), plane.ports.api, direct);
  const proxy = stopLater(await startFaultProxy(plane.ports.api));
  const api = connect(plane, direct);
  const kubeconfig = writeKubeconfig(plane, "kubeconfig-of-users", `https://127.0.0.1:${proxy.port}`);
  const ready = () => eventually("the API server is ready", () => api.ready(), 60);
  await ready();
  await installDefinitions(api, [kwokDefinition("clusterportforwards")]);
  const [, ...controllers] = await Promise.all([
    startServer("nodes", nodesProcess(plane), plane.ports.node, ""),
    startServer("controllers", controllersProcess(plane), 0, ""),
    startServer("scheduler", schedulerProcess(plane), 0, ""),
  ]);
  await Promise.all([...ZONES.map((zone) => api.apply(node(zone))), api.apply(storageClass)]);
  await eventually(
    "the nodes are ready",
    async () => (await api.list("v1", "Node")).every((node) => isReady(node)),
    30,
  );
  return {
    kubeconfig,
    context: CONTEXT,
    serverUrl: `https://127.0.0.1:${proxy.port}`,
    api,
    apiServer,
    async forward(pod, localPort) {
      await api.apply(portForward(pod, localPort));
    },
    cutConnections: proxy.resetConnections,
    async restartApiServer() {
      await apiServer.kill();
      await apiServer.start();
      await ready();
      // Controllers would reconnect by themselves, but after up to half a minute. KWOK reconnects
      // at once, and must not restart: a new one waits until the leases of the old one expire.
      await Promise.all(controllers.map((each) => each.kill().then(each.start)));
      // Only for port-forwards KWOK backs off too, by up to a minute after several restarts.
      await eventually(
        "the nodes watch port-forwards again",
        async () => (await api.watchers("clusterportforwards")) > 0,
        90,
      );
    },
  };
});

async function prepare(): Promise<ControlPlane> {
  const folder = pathInFolder("control-plane");
  const [etcd, etcdPeer, api, node] = await Promise.all([
    findFreePort(),
    findFreePort(),
    findFreePort(),
    findFreePort(),
  ]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "service-accounts.pem"), signingKey(), { mode: 0o600 });
  return {
    folder,
    kubeconfig: join(folder, "kubeconfig"),
    token: "of-the-test-administrator",
    ports: { etcd: etcd!, etcdPeer: etcdPeer!, api: api!, node: node! },
  };
}

/** Connects once the API server has written its certificate. */
function connect(plane: ControlPlane, url: string): KubernetesApi {
  writeKubeconfig(plane, "kubeconfig", url);
  return new KubernetesApi({
    url,
    token: plane.token,
    certificate: readFileSync(join(plane.folder, CERTIFICATE), "utf8"),
  });
}

function writeKubeconfig({ folder, token }: ControlPlane, name: string, server: string): string {
  const cluster = { server, "certificate-authority-data": readFileSync(join(folder, CERTIFICATE)).toString("base64") };
  const contents = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": CONTEXT,
    clusters: [{ name: CONTEXT, cluster }],
    users: [{ name: CONTEXT, user: { token } }],
    contexts: [{ name: CONTEXT, context: { cluster: CONTEXT, user: CONTEXT } }],
  };
  const path = join(folder, name);
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(contents, undefined, 2), { mode: 0o600 });
  return path;
}

/** A node in its own zone, so that tests see pods spread over zones. */
function node(zone: string): KubernetesObject {
  const name = `node-${zone}`;
  const size = { cpu: "64", memory: "256Gi", pods: "20000" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": "test",
        "topology.kubernetes.io/zone": `test-${zone}`,
      },
    },
    status: { capacity: size, allocatable: size },
  };
}

/** The class whose claims KWOK's stages bind to volumes. */
const storageClass: KubernetesObject = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "kwok-volume", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "kwok.x-k8s.io/volume",
  reclaimPolicy: "Delete",
  volumeBindingMode: "Immediate",
};

function portForward(pod: { namespace: string; name: string; port: number }, localPort: number): KubernetesObject {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterPortForward",
    metadata: { name: `${pod.namespace}.${pod.name}.${pod.port}` },
    spec: {
      selector: { matchNamespaces: [pod.namespace], matchNames: [pod.name] },
      forwards: [{ ports: [pod.port], target: { port: localPort, address: "127.0.0.1" } }],
    },
  };
}
