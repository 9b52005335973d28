import * as pulumi from "@pulumi/pulumi";
import type { Runtime } from "./runtime.ts";

/** Base of every component: one type prefix, and children named after their parent. */
export abstract class PlatformComponent extends pulumi.ComponentResource {
  protected readonly name: string;

  protected constructor(
    kind: string,
    name: string,
    runtime: Runtime | undefined,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const inherited = runtime?.kind === "kubernetes" ? { providers: [runtime.provider] } : {};
    // `{}` on purpose: the SDK sends these arguments to the engine, secrets and closures included.
    super(`plinth:platform:${kind}`, name, {}, pulumi.mergeOptions(inherited, opts));
    this.name = name;
  }

  /** The logical name of a child: unique in the stack because the parent's is. */
  protected childName(suffix: string): string {
    return `${this.name}-${suffix}`;
  }
}
