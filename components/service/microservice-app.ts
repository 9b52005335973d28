import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { Migrations } from "@plinth/providers/migrations.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { ContainerResources } from "../base/resources.ts";
import {
  clusterAccess,
  type KubernetesRuntime,
  onRuntime,
  type ProcessRuntime,
  type Runtime,
} from "../base/runtime.ts";
import { type Sizes, sizes } from "../base/sizes.ts";
import { applyTransform, type Transform } from "../base/transform.ts";
import type { PlatformGateway } from "../gateway/platform-gateway.ts";
import { ServiceDeployment } from "./deployment.ts";
import type { LocatedService } from "./descriptor.ts";
import { type PlatformEndpoints, platformEnvironment, type Variables } from "./environment.ts";
import { ServiceImage } from "./image.ts";
import { serviceProcess } from "./process.ts";
import { mergeVariables } from "./variables.ts";

type DependsOn = NonNullable<pulumi.ResourceOptions["dependsOn"]>;

export interface MicroserviceAppArgs {
  runtime: Runtime;
  /** The service's `plinth.json` and its folder. */
  descriptor: LocatedService;
  platform: PlatformEndpoints;
  /**
   * Variables besides those of the environment contract, which they cannot override; a new value
   * restarts the service. `secret` ones appear only in the Secret. @default none
   */
  environment?: Partial<Variables> | undefined;
  /**
   * Image with its digest; Kubernetes only, required in production. @default built from the sources
   * and loaded into the cluster
   */
  image?: string | undefined;
  /** Replicas and resources; Kubernetes only. @default those of the profile (SDG-2) */
  sizes?: Partial<Sizes["service"]>;
  /** Resources of a replica; Kubernetes only. @default the descriptor's, else those of `sizes` */
  resources?: ContainerResources | undefined;
  /**
   * Whether the cluster runs KEDA, so that consumer lag scales the replicas too; Kubernetes only.
   * @default false
   */
  keda?: boolean;
  /** Routes requests from outside to public services; Kubernetes only. @default none */
  gateway?: PlatformGateway | undefined;
  transform?: { process?: Transform<ProcessSpec>; deployment?: Transform<types.input.apps.v1.DeploymentSpec> };
}

/**
 * One service: its migrations run, then it starts, and it counts as up when its readiness probe
 * succeeds.
 *
 * @example
 * const args = { runtime, descriptor, platform };
 * new MicroserviceApp("wallet", args, { dependsOn: [schemas, tenants] });
 */
export class MicroserviceApp extends PlatformComponent {
  /** `http://host:port`; resolves when the service is ready. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: MicroserviceAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("MicroserviceApp", name, args.runtime, opts);
    // Children do not inherit what their parent waits for.
    const after = opts?.dependsOn ?? [];
    const migrated = this.createMigrations(args, after) ?? after;
    this.url = onRuntime(args.runtime, {
      process: (runtime) => this.createProcess(args, runtime, migrated),
      kubernetes: (runtime) => this.createDeployment(args, runtime, migrated),
    });
    this.registerOutputs({ url: this.url });
  }

  private createMigrations(
    { runtime, descriptor, platform }: MicroserviceAppArgs,
    after: DependsOn,
  ): Migrations | undefined {
    if (descriptor.migrations === undefined) return undefined;
    const files = listMigrations(join(root, descriptor.migrations));
    const database = { databaseUrl: platform.database.url, ...clusterAccess(runtime) };
    const args = { ...database, service: descriptor.name, directory: descriptor.migrations, files };
    return new Migrations(this.childName("migrations"), args, { parent: this, dependsOn: after });
  }

  private createProcess(args: MicroserviceAppArgs, runtime: ProcessRuntime, after: DependsOn) {
    const { descriptor, platform, transform } = args;
    const spec = applyTransform(
      transform?.process,
      serviceProcess(descriptor, descriptor.port + runtime.portOffset, runtime.allowedHosts),
    );
    const { plain, secret } = mergeVariables(
      platformEnvironment(platform, runtime.stack, descriptor.needs),
      args.environment,
    );
    const environment = pulumi.output({ ...plain, ...spec.environment });
    const service = new Process(
      this.childName("service"),
      { runtime, process: descriptor.name, spec: { ...spec, environment, secrets: pulumi.secret(secret) } },
      { parent: this, dependsOn: after },
    );
    return pulumi.interpolate`http://localhost:${service.port("http")}`;
  }

  private createDeployment(args: MicroserviceAppArgs, runtime: KubernetesRuntime, after: DependsOn) {
    const { descriptor, platform, environment, keda = false, gateway } = args;
    const image = args.image ?? this.createImage(descriptor, runtime);
    const defaults = { ...sizes[runtime.profile].service, ...args.sizes };
    const resources = args.resources ?? descriptor.resources?.[runtime.profile] ?? defaults.resources;
    const deployment = new ServiceDeployment(
      this.name,
      {
        runtime,
        descriptor,
        platform,
        environment,
        image,
        sizes: { ...defaults, resources },
        keda,
        gateway,
        transform: args.transform?.deployment,
      },
      { parent: this, dependsOn: after },
    );
    return deployment.url;
  }

  private createImage(service: LocatedService, runtime: KubernetesRuntime) {
    if (runtime.profile === "production")
      throw new UserError(
        `MicroserviceApp '${service.name}' has no image, but in production it needs one with its digest: ` +
          `set 'images.${service.name}' to registry/${service.name}@sha256:….`,
      );
    return new ServiceImage(this.childName("image"), { runtime, service }, { parent: this }).image;
  }
}
