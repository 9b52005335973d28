import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { onRuntime, PlatformComponent, type ProcessRuntime, type Runtime, type Transform, transform } from "./component.ts";
import type { ServiceDescriptor } from "./descriptor.ts";
import { type PlatformEndpoints, platformEnvironment } from "./endpoints.ts";
import { serviceProcess } from "./process/microservice.ts";
import { listMigrations } from "./providers/migration-files.ts";
import { Migrations } from "./providers/migrations.ts";
import { Process } from "./providers/process.ts";

type DependsOn = NonNullable<pulumi.ResourceOptions["dependsOn"]>;

export interface MicroserviceAppArgs {
  runtime: Runtime;
  /** What the service says of itself in its `plinth.json`. */
  descriptor: ServiceDescriptor;
  platform: PlatformEndpoints;
  transform?: { process?: Transform<ProcessSpec> };
}

/**
 * One service: its tables are migrated, then it starts, and counts as up when its readiness probe answers.
 *
 * @example
 * new MicroserviceApp("wallet", { runtime, descriptor, platform }, { dependsOn: [schemas, tenants] });
 */
export class MicroserviceApp extends PlatformComponent {
  /** `http://host:port`; resolves when the service is ready. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: MicroserviceAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("MicroserviceApp", name, opts);
    // Children do not inherit what their parent waits for.
    const after = opts?.dependsOn ?? [];
    const migrated = this.migrate(args, after) ?? after;
    this.url = onRuntime(args.runtime, {
      process: (runtime) => this.start(args, runtime, migrated),
    });
    this.registerOutputs({ url: this.url });
  }

  private migrate({ descriptor, platform }: MicroserviceAppArgs, after: DependsOn): Migrations | undefined {
    if (descriptor.migrations === undefined) return undefined;
    const files = listMigrations(join(root, descriptor.migrations));
    const args = { databaseUrl: platform.databaseUrl, service: descriptor.name, directory: descriptor.migrations, files };
    return new Migrations(this.child("migrations"), args, { parent: this, dependsOn: after });
  }

  private start({ descriptor, platform, transform: hooks }: MicroserviceAppArgs, runtime: ProcessRuntime, after: DependsOn) {
    const spec = transform(hooks?.process, serviceProcess(descriptor, descriptor.port + runtime.portOffset));
    const contract = platformEnvironment(platform);
    const environment = contract.plain.apply((plain) => ({ ...plain, ...spec.environment }));
    const service = new Process(
      this.child("service"),
      { runtime, process: descriptor.name, spec: { ...spec, environment, secrets: contract.secret } },
      { parent: this, dependsOn: after },
    );
    return pulumi.interpolate`http://localhost:${service.port("http")}`;
  }
}
