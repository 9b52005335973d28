import * as pulumi from "@pulumi/pulumi";
import { readStackYaml } from "../stack/stack-yaml.ts";

/** Outputs of real providers that the program waits for. */
const mockOutputs = {
  context: "recorded",
  stackId: "recorded",
  coordinator: "citus-coordinator",
  result: "[generated]",
  stdout: "",
  distributed: true,
  registered: {},
};

/** Replaces an encrypted value. */
const REDACTED = "[secret]";

/**
 * Mocks the engine in this process, with the configuration of `Pulumi.STACK.yaml`. To be called
 * before `index.ts` is imported.
 *
 * @param overrides replaces keys of the file
 * @param onResource is called for each resource
 */
export async function installMockEngine(
  stack: string,
  overrides: Record<string, unknown>,
  onResource: (resource: pulumi.runtime.MockResourceArgs) => void,
): Promise<void> {
  const { config, secrets } = readStackConfig(stack, overrides);
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secrets);
  pulumi.runtime.setAllConfig(config, secrets);
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        onResource(resource);
        const generated = resource.type.startsWith("random:") ? { result: wrapSecret("[generated]") } : {};
        return {
          id: `${resource.name}-id`,
          state: { ...mockOutputs, ...resource.inputs, readyPorts: resource.inputs.ports, ...generated },
        };
      },
      call: ({ inputs }) => inputs,
    },
    "plinth",
    stack,
  );
}

function wrapSecret(value: string) {
  return { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value };
}

/** The stack's file; encrypted values are redacted, since they need a passphrase. */
function readStackConfig(
  stack: string,
  overrides: Record<string, unknown>,
): { config: Record<string, string>; secrets: string[] } {
  const all = Object.entries({ ...readStackYaml(stack).config, ...overrides });
  // As in the engine, one encrypted value makes its whole key a secret.
  const secrets = all
    .filter(([, value]) => JSON.stringify(value) !== JSON.stringify(redactEncrypted(value)))
    .map(([key]) => key);
  return {
    config: Object.fromEntries(all.map(([key, value]) => [key, configText(key, redactEncrypted(value))])),
    secrets,
  };
}

/** Replaces each encrypted value by a text. */
function redactEncrypted(value: unknown): unknown {
  const isEncrypted = (part: unknown) => typeof part === "object" && part !== null && "secure" in part;
  return JSON.parse(JSON.stringify(value), (_, part: unknown) => (isEncrypted(part) ? REDACTED : part));
}

function configText(key: string, value: unknown): string {
  // Encrypted as a whole, it hides even the names of the variables.
  if (key === "plinth:environment" && value === REDACTED) return "{}";
  return typeof value === "string" ? value : JSON.stringify(value);
}
