import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { load } from "js-yaml";

export interface StackFile {
  cluster: boolean;
  production: boolean;
  /** Whether a key service encrypts its secrets, rather than a passphrase. */
  keyService: boolean;
  namespace: string;
  /** Context of the kubeconfig; undefined for the current one. */
  context: string | undefined;
  stackId: string | undefined;
  observability: { enabled: boolean; profile: "light" | "full" };
}

/**
 * The settings of `Pulumi.STACK.yaml` that commands need before an engine runs.
 *
 * @throws {@link UserError} with the names of the stacks: the engine would create a stack of any
 * misspelt name
 */
export function readStackFile(stack: string): StackFile {
  // A shared backend puts an organisation before the name.
  const file = join(root, `Pulumi.${basename(stack)}.yaml`);
  if (!existsSync(file))
    throw new UserError(
      `There is no stack '${stack}': this clone has ${listStacks().join(", ")}. To begin another, write its settings to ${basename(file)} ('config: {}' for every default)`,
    );
  const { config = {}, secretsprovider } = (load(readFileSync(file, "utf8")) ?? {}) as {
    config?: Record<string, unknown>;
    secretsprovider?: string;
  };
  const { enabled, profile } = (config["plinth:observability"] ?? {}) as Record<string, unknown>;
  return {
    cluster: config["plinth:runtime"] === "kubernetes",
    production: config["plinth:profile"] === "production",
    keyService: typeof secretsprovider === "string" && secretsprovider !== "passphrase",
    namespace: String(config["plinth:namespace"] ?? "dev-infra"),
    context: text(config["plinth:kubernetesContext"]),
    stackId: text(config["plinth:stackId"]),
    observability: { enabled: String(enabled) !== "false", profile: profile === "full" ? "full" : "light" },
  };
}

const text = (value: unknown) => (value === undefined ? undefined : String(value));

function listStacks(): string[] {
  return readdirSync(root)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}
