import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { CitusDrain } from "@plinth/providers/citus-drain.ts";
import { CitusNodes } from "@plinth/providers/citus-nodes.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { type KubernetesRuntime, onRuntime, type ProcessRuntime, type Runtime } from "../base/runtime.ts";
import { applyTransform, type Transform } from "../base/transform.ts";
import { objectMetadata } from "../kubernetes/metadata.ts";
import { peerPolicy } from "../kubernetes/network.ts";
import { StatefulWorkload } from "../kubernetes/stateful-workload.ts";
import { exporterQueries } from "./exporter-queries.ts";
import { type ExternalDatabase, externalDatabaseEndpoint } from "./external.ts";
import { CITUS_METRICS, citusService, citusStatefulSet, QUERIES_FILE, queriesConfigMap } from "./kubernetes.ts";
import { postgresInitSteps, postgresProcess } from "./process.ts";
import { type CitusAdminAccess, type CitusOptions, type CitusSettings, resolveCitusSettings } from "./settings.ts";

type StatefulSetSpec = types.input.apps.v1.StatefulSetSpec;

export interface CitusClusterArgs extends CitusOptions {
  runtime: Runtime;
  /** Password of `user`. */
  password: pulumi.Input<string>;
  /** Password of the superuser `postgres`, which joins the nodes; Kubernetes only, required. */
  superuserPassword?: pulumi.Input<string> | undefined;
  /** A database outside of the stack to use instead of a cluster. */
  external?: ExternalDatabase | undefined;
  transform?: {
    process?: Transform<ProcessSpec>;
    coordinator?: Transform<StatefulSetSpec>;
    worker?: Transform<StatefulSetSpec>;
  };
}

interface NodesArgs {
  settings: CitusSettings;
  runtime: KubernetesRuntime;
  /** Name of the Secret with the superuser's password. */
  secret: pulumi.Input<string>;
  transform: Transform<StatefulSetSpec> | undefined;
  /** Whether each node has its own host name, by which the coordinator reaches workers. */
  headless?: boolean;
  dependsOn?: pulumi.Resource[];
}

/**
 * PostgreSQL distributed by Citus: a coordinator, which clients connect to, and workers. In the
 * process runtime it is one plain PostgreSQL: the same SQL runs on both, and whatever depends on
 * the extension reports whether it was there.
 *
 * The cluster keeps its data through restarts, upgrades of the program and changes of scale. It has
 * one coordinator without a standby and makes no backups: a stack that needs those takes an
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
  /** Superuser access, for placing tenants. Undefined unless this component forms a cluster. */
  readonly admin: CitusAdminAccess | undefined;

  constructor(name: string, args: CitusClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("CitusCluster", name, args.runtime, opts);
    const settings = resolveCitusSettings(name, args);
    const { endpoint, admin } = args.external
      ? { endpoint: externalDatabaseEndpoint(args.external, args.password) }
      : onRuntime<{ endpoint: Endpoint; admin?: CitusAdminAccess }>(args.runtime, {
          process: (runtime) => this.createProcess(settings, runtime, args),
          kubernetes: (runtime) => this.createCluster(settings, runtime, args),
        });
    this.endpoint = endpoint;
    this.admin = admin;
    this.registerOutputs({ url: endpoint.url });
  }

  private createProcess(settings: CitusSettings, runtime: ProcessRuntime, { password, transform }: CitusClusterArgs) {
    const directory = `${runtime.directory}/postgres`;
    const secret = pulumi.secret(password);
    const spec = applyTransform(transform?.process, postgresProcess(settings, directory));
    const init = secret.apply((resolved) => postgresInitSteps({ ...settings, password: resolved }, directory));
    const server = new Process(
      this.childName("postgres"),
      { runtime, process: "postgres", spec: { ...spec, init } },
      { parent: this },
    );
    const address = pulumi.interpolate`localhost:${server.port("postgres")}`;
    return { endpoint: { url: databaseUrl(settings.user, secret, address, settings.database), secret: true } };
  }

  private createCluster(settings: CitusSettings, runtime: KubernetesRuntime, args: CitusClusterArgs) {
    const { port, database, user } = settings;
    const [coordinator, worker] = [`${this.name}-coordinator`, `${this.name}-worker`];
    const domain = pulumi.interpolate`${runtime.namespace}.svc.cluster.local`;
    const host = pulumi.interpolate`${coordinator}.${domain}`;
    const workers = domain.apply((suffix) =>
      Array.from({ length: settings.workers }, (_, index) => `${worker}-${index}.${worker}.${suffix}`),
    );
    const superuser = pulumi.secret(args.superuserPassword ?? throwMissingSuperuserPassword());
    const password = pulumi.secret(args.password);
    const formation = {
      adminUrl: databaseUrl("postgres", superuser, pulumi.interpolate`${host}:${port}`, "postgres"),
      cluster: runtime.cluster,
      workers,
      port,
      database,
    };

    const common = { settings, runtime, secret: this.createSuperuserSecret(superuser, runtime) };
    this.createPeerPolicy(settings, runtime);
    this.createExporterQueries(settings, runtime);
    const { transform } = args;
    const coordinatorPods = this.createNodes(coordinator, 1, { ...common, transform: transform?.coordinator });
    // Moves the shards off the workers to remove, before their pods go.
    const drain = new CitusDrain(this.childName("drain"), formation, { parent: this });
    const workerPods = this.createNodes(worker, settings.workers, {
      ...common,
      transform: transform?.worker,
      headless: true,
      dependsOn: [drain],
    });
    const nodes = new CitusNodes(
      this.childName("nodes"),
      { ...formation, coordinator: host, user, password },
      { parent: this, dependsOn: [coordinatorPods, workerPods] },
    );
    // An output of the formed cluster, so that nothing connects before.
    const address = pulumi.interpolate`${nodes.coordinator}:${port}`;
    return {
      endpoint: {
        url: databaseUrl(user, password, address, database),
        secret: true,
        server: { workload: coordinator, ports: [port] },
      },
      admin: { adminUrl: databaseUrl("postgres", superuser, address, database), workers },
    };
  }

  /** @returns the Secret's name */
  private createSuperuserSecret(password: pulumi.Output<string>, runtime: KubernetesRuntime): pulumi.Output<string> {
    const metadata = objectMetadata(this.name, runtime, `${this.name}-superuser`);
    const manifest = { metadata, stringData: { password } };
    return new Secret(this.childName("superuser"), manifest, { parent: this }).metadata.name;
  }

  private createPeerPolicy({ group, port }: CitusSettings, runtime: KubernetesRuntime): void {
    const metadata = objectMetadata(this.name, runtime, `${this.name}-nodes`);
    new NetworkPolicy(this.childName("peers"), { metadata, spec: peerPolicy(group, [port]) }, { parent: this });
  }

  private createExporterQueries(settings: CitusSettings, runtime: KubernetesRuntime): void {
    if (!settings.exporter) return;
    const metadata = objectMetadata(this.name, runtime, queriesConfigMap(settings));
    // YAML contains JSON.
    const data = { [QUERIES_FILE]: JSON.stringify(exporterQueries, undefined, 2) };
    new ConfigMap(this.childName("exporter"), { metadata, data }, { parent: this });
  }

  private createNodes(workload: string, replicas: number, args: NodesArgs): StatefulWorkload {
    const { settings, secret, runtime, transform, headless = false, dependsOn = [] } = args;
    return new StatefulWorkload(
      workload,
      {
        runtime,
        server: { workload, ports: [settings.port] },
        metrics: settings.exporter ? CITUS_METRICS : undefined,
        services: { [workload]: citusService(workload, settings, { headless }) },
        spec: citusStatefulSet(workload, replicas, settings, secret),
        transform,
      },
      { parent: this, dependsOn },
    );
  }
}

function throwMissingSuperuserPassword(): never {
  throw new UserError(
    "CitusCluster: superuserPassword is missing, but in a cluster the superuser joins the nodes; pass it",
  );
}

function databaseUrl(
  user: string,
  password: pulumi.Output<string>,
  address: pulumi.Input<string>,
  database: string,
): pulumi.Output<string> {
  return pulumi.interpolate`postgresql://${user}:${password.apply(encodeURIComponent)}@${address}/${database}`;
}
