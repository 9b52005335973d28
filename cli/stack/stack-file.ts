import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { load } from "js-yaml";

/**
 * What `Pulumi.STACK.yaml` says before any engine runs: which runtime, so what this machine must
 * have, and how careful to be.
 *
 * @throws one sentence with the stacks that there are: the engine would make one with every default
 * of a name that was only misspelt
 */
export function readStackFile(stack: string): { cluster: boolean; production: boolean; namespace: string } {
  // A backend that a team shares has an organisation before the name.
  const file = join(root, `Pulumi.${basename(stack)}.yaml`);
  if (!existsSync(file))
    throw new Error(
      `There is no stack '${stack}': those of this clone are ${listStacks().join(", ")}. One of your own begins with its settings, in ${basename(file)} ('config: {}' takes every default)`,
    );
  const { config = {} } = (load(readFileSync(file, "utf8")) ?? {}) as { config?: Record<string, unknown> };
  return {
    cluster: config["plinth:runtime"] === "kubernetes",
    production: config["plinth:profile"] === "production",
    namespace: String(config["plinth:namespace"] ?? "dev-infra"),
  };
}

function listStacks(): string[] {
  return readdirSync(root)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}
