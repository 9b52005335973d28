import { readStackYaml } from "./stack-yaml.ts";

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
  /** Of the data of a stack of processes. */
  directory: string | undefined;
}

/**
 * The settings of `Pulumi.STACK.yaml` that commands need before an engine runs.
 *
 * @throws as {@link readStackYaml}
 */
export function readStackFile(stack: string): StackFile {
  const { config, secretsprovider } = readStackYaml(stack);
  const { enabled, profile } = (config["plinth:observability"] ?? {}) as Record<string, unknown>;
  return {
    cluster: config["plinth:runtime"] === "kubernetes",
    production: config["plinth:profile"] === "production",
    keyService: typeof secretsprovider === "string" && secretsprovider !== "passphrase",
    namespace: String(config["plinth:namespace"] ?? "dev-infra"),
    context: text(config["plinth:kubernetesContext"]),
    stackId: text(config["plinth:stackId"]),
    observability: { enabled: String(enabled) !== "false", profile: profile === "full" ? "full" : "light" },
    directory: text(config["plinth:directory"]),
  };
}

const text = (value: unknown) => (value === undefined ? undefined : String(value));
