import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { onRuntime, PlatformComponent, type ProcessRuntime, type Runtime, type Transform, transform } from "./component.ts";
import { initialization, postgresProcess } from "./process/citus.ts";
import { Process } from "./providers/process.ts";

export interface CitusClusterArgs {
  runtime: Runtime;
  /** Role that services connect as; no superuser. @default "app" */
  user?: string;
  password: pulumi.Input<string>;
  /** Database that the role owns. @default "app" */
  database?: string;
  /** TCP port of the coordinator. @default 5432, moved by the stack's port offset */
  port?: number;
  transform?: { process?: Transform<ProcessSpec> };
}

export interface CitusSettings {
  user: string;
  password: string;
  database: string;
  port: number;
}

/**
 * PostgreSQL distributed by Citus. In the process runtime it is one plain PostgreSQL: the same SQL runs on both, and what depends on the
 * extension says whether it was there.
 *
 * @example
 * const database = new CitusCluster("citus", { runtime, password: config.database.password });
 */
export class CitusCluster extends PlatformComponent {
  /** `postgresql://user:password@host:port/database`, secret; resolves when the server accepts connections. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: CitusClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("CitusCluster", name, opts);
    const settings = resolveCitusSettings(args);
    this.url = onRuntime(args.runtime, {
      process: (runtime) => this.start(settings, args.password, runtime, args.transform),
    });
    this.registerOutputs({ url: this.url });
  }

  private start(
    settings: Omit<CitusSettings, "password">,
    password: pulumi.Input<string>,
    runtime: ProcessRuntime,
    hooks: CitusClusterArgs["transform"],
  ) {
    const directory = `${runtime.directory}/postgres`;
    const secret = pulumi.secret(password);
    const spec = transform(hooks?.process, postgresProcess(settings, directory));
    const init = secret.apply((resolved) => initialization({ ...settings, password: resolved }, directory));
    const server = new Process(this.child("postgres"), { runtime, process: "postgres", spec: { ...spec, init } }, { parent: this });
    return pulumi.interpolate`postgresql://${settings.user}:${secret.apply(encodeURIComponent)}@localhost:${server.port("postgres")}/${settings.database}`;
  }
}

/** Defaults, apart from any resource so that a table of cases can test them. */
export function resolveCitusSettings(args: Omit<CitusClusterArgs, "password">): Omit<CitusSettings, "password"> {
  return { user: args.user ?? "app", database: args.database ?? "app", port: args.port ?? 5432 + args.runtime.portOffset };
}
