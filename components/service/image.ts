import { root } from "@plinth/local/locations.ts";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { KubernetesRuntime } from "../base/runtime.ts";
import { buildImageCommand } from "./build-image.ts";
import type { LocatedService } from "./descriptor.ts";
import { serviceRevision } from "./revision.ts";

export interface ServiceImageArgs {
  runtime: KubernetesRuntime;
  service: LocatedService;
}

/**
 * A service's image, built from its sources when they change and loaded into the stack's local
 * cluster.
 */
export class ServiceImage extends PlatformComponent {
  /** Its name, with the revision of the sources as tag; resolves when the cluster has it. */
  readonly image: pulumi.Output<string>;

  constructor(name: string, { runtime, service }: ServiceImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ServiceImage", name, runtime, opts);
    const image = `plinth/${service.name}:${serviceRevision(service)}`;
    const build = this.createBuild(image, service, runtime);
    this.image = pulumi.all([build.stdout]).apply(() => image);
    this.registerOutputs({ image: this.image });
  }

  private createBuild(image: string, service: LocatedService, { cluster }: KubernetesRuntime): Command {
    const context = cluster.apply((access) => access.context);
    return new Command(
      this.childName("build"),
      {
        create: buildImageCommand,
        dir: root,
        environment: {
          SERVICE: service.name,
          IMAGE: image,
          CONTEXT: context,
          ...(service.standalone && { FOLDER: service.folder }),
        },
        triggers: [image, context],
      },
      { parent: this },
    );
  }
}
