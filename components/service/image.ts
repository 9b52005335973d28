import { root } from "@plinth/local/locations.ts";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { type KubernetesRuntime, PlatformComponent } from "../base/component.ts";
import { serviceRevision } from "../base/source-revision.ts";
import type { LocatedService } from "./descriptor.ts";

export interface ServiceImageArgs {
  runtime: KubernetesRuntime;
  service: LocatedService;
}

/**
 * A service's image, built from its sources when they changed, and brought into the cluster of this
 * machine that the stack runs on.
 */
export class ServiceImage extends PlatformComponent {
  /** Its name with a tag of the sources; resolves when the cluster has it. */
  readonly image: pulumi.Output<string>;

  constructor(name: string, { runtime, service }: ServiceImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ServiceImage", name, runtime, opts);
    const image = `plinth/${service.name}:${serviceRevision(service)}`;
    const context = runtime.cluster.apply((cluster) => cluster.context);
    const build = new Command(
      this.childName("build"),
      {
        create: "node components/service/build-image.ts",
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
    this.image = pulumi.all([build.stdout]).apply(() => image);
    this.registerOutputs({ image: this.image });
  }
}
