import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { CitusDrain } from "@plinth/providers/citus-drain.ts";
import { CitusNodes } from "@plinth/providers/citus-nodes.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import {
  applyTransform,
  type KubernetesRuntime,
  offsetPort,
  onRuntime,
  PlatformComponent,
  type ProcessRuntime,
  type Runtime,
  type Transform,
} from "../base/component.ts";
import { type ContainerResources, sizes } from "../base/sizes.ts";
import { labels } from "../kubernetes/labels.ts";
import { peerPolicy } from "../kubernetes/network.ts";
import { StatefulWorkload } from "../kubernetes/stateful-workload.ts";
import type { Endpoint } from "../service/environment.ts";
import type { CitusAdminAccess } from "../tenants/tenants.ts";
import { type ExternalDatabase, externalDatabaseEndpoint } from "./external.ts";
import { citusService, citusStatefulSet } from "./kubernetes.ts";
import { postgresInitSteps, postgresProcess } from "./process.ts";

type StatefulSetSpec = types.input.apps.v1.StatefulSetSpec;

export interface CitusClusterArgs {
  runtime: Runtime;
  /** Role that services connect as; no superuser. @default "app" */
  user?: string;
  password: pulumi.Input<string>;
  /**
   * Password of the superuser `postgres`, by which the cluster is formed; Kubernetes only, where it
   * is required.
   */
  superuserPassword?: pulumi.Input<string> | undefined;
  /** Database that the role owns. @default "app" */
  database?: string;
  /** TCP port of every node. @default 5432, moved by the stack's port offset */
  port?: number;
  /**
   * Nodes that hold the shards, at least 1; Kubernetes only. Fewer than before: those that go are
   * drained first. @default 1
   */
  workers?: number;
  /** Size of each node's volume, as in "100Gi"; Kubernetes only. @default "2Gi" */
  storage?: string;
  /** Of each node; Kubernetes only. */
  resources?: ContainerResources;
  /** Whether each node has a metrics exporter beside it; Kubernetes only. @default true */
  exporter?: boolean;
  /** A database that somebody else runs, instead of one made here. */
  external?: ExternalDatabase | undefined;
  transform?: {
    process?: Transform<ProcessSpec>;
    coordinator?: Transform<StatefulSetSpec>;
    worker?: Transform<StatefulSetSpec>;
  };
}

export type CitusSettings = Required<
  Omit<CitusClusterArgs, "runtime" | "password" | "superuserPassword" | "external" | "transform">
> & {
  /** What its nodes are called together. */
  group: string;
};

/**
 * PostgreSQL distributed by Citus: a coordinator, which clients connect to, and workers. In the
 * process runtime it is one plain PostgreSQL: the same SQL runs on both, and what depends on the
 * extension says whether it was there.
 *
 * The built-in form keeps its data through restarts, upgrades of the program and changes of scale.
 * It has one coordinator without a standby and makes no backups: a stack that needs those takes an
 * external database.
 *
 * @example
 * const database = new CitusCluster("citus", { runtime, password, superuserPassword, workers: 3 });
 */
export class CitusCluster extends PlatformComponent {
  /**
   * `postgresql://user:password@host:port/database`, secret; resolves when the server accepts
   * connections and the cluster is formed.
   */
  readonly endpoint: Endpoint;
  /**
   * For what only a superuser may: placing tenants. Undefined where there is no cluster of ours.
   */
  readonly admin: CitusAdminAccess | undefined;

  constructor(name: string, args: CitusClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("CitusCluster", name, args.runtime, opts);
    const settings = resolveCitusSettings(name, args);
    const { endpoint, admin } = args.external
      ? { endpoint: externalDatabaseEndpoint(args.external, args.password) }
      : onRuntime<{ endpoint: Endpoint; admin?: CitusAdminAccess }>(args.runtime, {
          process: (runtime) => this.createProcess(settings, runtime, args),
          kubernetes: (runtime) => this.createWorkloads(settings, runtime, args),
        });
    this.endpoint = endpoint;
    this.admin = admin;
    this.registerOutputs({ url: endpoint.url });
  }

  private createProcess(
    settings: CitusSettings,
    runtime: ProcessRuntime,
    { password, transform: hooks }: CitusClusterArgs,
  ) {
    const directory = `${runtime.directory}/postgres`;
    const secret = pulumi.secret(password);
    const spec = applyTransform(hooks?.process, postgresProcess(settings, directory));
    const init = secret.apply((resolved) => postgresInitSteps({ ...settings, password: resolved }, directory));
    const server = new Process(
      this.childName("postgres"),
      { runtime, process: "postgres", spec: { ...spec, init } },
      { parent: this },
    );
    const host = pulumi.interpolate`localhost:${server.port("postgres")}`;
    return { endpoint: { url: databaseUrl(settings.user, secret, host, settings.database), secret: true } };
  }

  private createWorkloads(settings: CitusSettings, runtime: KubernetesRuntime, args: CitusClusterArgs) {
    const [coordinator, worker] = [`${this.name}-coordinator`, `${this.name}-worker`];
    const suffix = pulumi.interpolate`${runtime.namespace}.svc.cluster.local`;
    const host = pulumi.interpolate`${coordinator}.${suffix}`;
    const workers = suffix.apply((at) =>
      Array.from({ length: settings.workers }, (_, index) => `${worker}-${index}.${worker}.${at}`),
    );
    const [superuser, password] = [
      pulumi.secret(args.superuserPassword ?? throwMissingSuperuserPassword()),
      pulumi.secret(args.password),
    ];
    const admin = {
      adminUrl: databaseUrl("postgres", superuser, pulumi.interpolate`${host}:${settings.port}`, "postgres"),
      cluster: runtime.cluster,
    };
    const nodes = { workers, port: settings.port, database: settings.database };

    const secret = this.createSuperuserSecret(superuser, runtime);
    this.createPeerPolicy(settings, runtime);
    const drained = new CitusDrain(this.childName("drain"), { ...admin, ...nodes }, { parent: this });
    const running = [
      this.createNodes({ workload: coordinator, replicas: 1, headless: false }, settings, secret, runtime, args),
      this.createNodes(
        { workload: worker, replicas: settings.workers, headless: true },
        settings,
        secret,
        runtime,
        args,
        [drained],
      ),
    ];
    const formed = new CitusNodes(
      this.childName("nodes"),
      { ...admin, ...nodes, coordinator: host, user: settings.user, password },
      { parent: this, dependsOn: running },
    );
    // Built from what forming the cluster answered, so that nothing connects before.
    const url = databaseUrl(
      settings.user,
      password,
      pulumi.interpolate`${formed.coordinator}:${settings.port}`,
      settings.database,
    );
    const adminUrl = databaseUrl(
      "postgres",
      superuser,
      pulumi.interpolate`${formed.coordinator}:${settings.port}`,
      settings.database,
    );
    return {
      endpoint: { url, secret: true, server: { workload: coordinator, ports: [settings.port] } },
      admin: { adminUrl, workers },
    };
  }

  private createNodes(
    { workload, replicas, headless }: { workload: string; replicas: number; headless: boolean },
    settings: CitusSettings,
    secret: pulumi.Input<string>,
    runtime: KubernetesRuntime,
    { transform: hooks }: CitusClusterArgs,
    dependsOn: pulumi.Resource[] = [],
  ) {
    return new StatefulWorkload(
      workload,
      {
        runtime,
        server: { workload, ports: [settings.port] },
        services: { [workload]: citusService(workload, settings, headless) },
        spec: citusStatefulSet(workload, replicas, settings, secret),
        transform: headless ? hooks?.worker : hooks?.coordinator,
      },
      { parent: this, dependsOn },
    );
  }

  private createSuperuserSecret(password: pulumi.Output<string>, { namespace }: KubernetesRuntime) {
    const metadata = { name: `${this.name}-superuser`, namespace, labels: labels(this.name) };
    return new Secret(this.childName("superuser"), { metadata, stringData: { password } }, { parent: this }).metadata
      .name;
  }

  private createPeerPolicy({ group, port }: CitusSettings, { namespace }: KubernetesRuntime) {
    const metadata = { name: `${this.name}-nodes`, namespace, labels: labels(this.name) };
    new NetworkPolicy(this.childName("peers"), { metadata, spec: peerPolicy(group, [port]) }, { parent: this });
  }
}

/** Defaults and bounds, apart from any resource so that a table of cases can test them. */
export function resolveCitusSettings(name: string, args: Omit<CitusClusterArgs, "password">): CitusSettings {
  const settings = {
    group: name,
    user: args.user ?? "app",
    database: args.database ?? "app",
    port: args.port ?? offsetPort(args.runtime, 5432),
    workers: args.workers ?? 1,
    storage: args.storage ?? "2Gi",
    resources: args.resources ?? sizes.development.citus.resources,
    exporter: args.exporter ?? true,
  };
  if (!Number.isInteger(settings.workers) || settings.workers < 1)
    throw new Error(`CitusCluster: workers is ${settings.workers}, but at least 1 is needed to hold the shards`);
  return settings;
}

function throwMissingSuperuserPassword(): never {
  throw new Error("CitusCluster: superuserPassword is missing, but in a cluster the nodes are joined by it");
}

function databaseUrl(
  user: string,
  password: pulumi.Output<string>,
  address: pulumi.Input<string>,
  database: string,
): pulumi.Output<string> {
  return pulumi.interpolate`postgresql://${user}:${password.apply(encodeURIComponent)}@${address}/${database}`;
}
