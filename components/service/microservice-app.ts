import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { Migrations } from "@plinth/providers/migrations.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  applyTransform,
  clusterAccess,
  type KubernetesRuntime,
  onRuntime,
  PlatformComponent,
  type ProcessRuntime,
  type Runtime,
  type Transform,
} from "../base/component.ts";
import { type ContainerResources, type Sizes, sizes } from "../base/sizes.ts";
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
  /** What the service says of itself in its `plinth.json`, and where that is. */
  descriptor: LocatedService;
  platform: PlatformEndpoints;
  /**
   * Variables beside those of the platform's contract, which they cannot change; a new value starts
   * the service anew. `secret` ones are in no plan and no manifest but the Secret. @default none
   */
  environment?: Partial<Variables> | undefined;
  /**
   * Image with its digest; Kubernetes only. @default built from the sources and brought into the
   * cluster, in development
   */
  image?: string | undefined;
  /** Replicas and resources; Kubernetes only. @default those of the profile (SDG-2) */
  sizes?: Partial<Sizes["service"]>;
  /**
   * What a replica asks for and may take; Kubernetes only. @default the descriptor's, else that of
   * `sizes`
   */
  resources?: ContainerResources | undefined;
  /**
   * Whether KEDA is in the cluster, so that the lag of consumer groups decides on replicas, too;
   * Kubernetes only. @default false
   */
  keda?: boolean;
  /** Where requests from outside come in; Kubernetes only. @default nowhere */
  gateway?: PlatformGateway | undefined;
  transform?: { process?: Transform<ProcessSpec>; deployment?: Transform<types.input.apps.v1.DeploymentSpec> };
}

/**
 * One service: its tables are migrated, then it starts, and counts as up when its readiness probe
 * answers.
 *
 * @example
 * new MicroserviceApp("wallet", { runtime, descriptor, platform }, { dependsOn: [schemas, tenants] });
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
    const { descriptor, platform, transform: hooks } = args;
    const spec = applyTransform(hooks?.process, serviceProcess(descriptor, descriptor.port + runtime.portOffset));
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
    const { descriptor, platform, environment, keda = false, gateway, transform: hooks } = args;
    const image = args.image ?? this.createImage(descriptor, runtime);
    const size = { ...sizes[runtime.profile].service, ...args.sizes };
    const wanted = { ...size, resources: args.resources ?? descriptor.resources?.[runtime.profile] ?? size.resources };
    const service = new ServiceDeployment(
      this.name,
      { runtime, descriptor, platform, environment, image, sizes: wanted, keda, gateway, transform: hooks?.deployment },
      { parent: this, dependsOn: after },
    );
    return service.url;
  }

  private createImage(service: LocatedService, runtime: KubernetesRuntime) {
    if (runtime.profile === "production")
      throw new pulumi.RunError(
        `MicroserviceApp '${service.name}' has no image, but in production it needs one with its digest: set 'images.${service.name}' to registry/${service.name}@sha256:….`,
      );
    return new ServiceImage(this.childName("image"), { runtime, service }, { parent: this }).image;
  }
}
