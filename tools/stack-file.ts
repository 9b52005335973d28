import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { load } from "js-yaml";

/** What `Pulumi.STACK.yaml` says before any engine runs: which runtime, so what this machine must have, and how careful to be. */
export function stackFile(stack: string): { cluster: boolean; production: boolean; namespace: string } {
  const file = join(root, `Pulumi.${stack}.yaml`);
  const { config = {} } = existsSync(file) ? ((load(readFileSync(file, "utf8")) ?? {}) as { config?: Record<string, unknown> }) : {};
  return {
    cluster: config["plinth:runtime"] === "kubernetes",
    production: config["plinth:profile"] === "production",
    namespace: String(config["plinth:namespace"] ?? "dev-infra"),
  };
}
