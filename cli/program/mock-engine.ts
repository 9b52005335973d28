import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";

/** What real providers would answer, as far as the program waits for it. */
const mockOutputs = {
  context: "recorded",
  coordinator: "citus-coordinator",
  result: "[generated]",
  stdout: "",
  distributed: true,
  registered: {},
};

/** In the place of an encrypted value. */
const REDACTED = "[secret]";

/**
 * Puts this process in the place of the engine's, with the configuration of `Pulumi.STACK.yaml`,
 * before `index.ts` is imported.
 *
 * @param overrides replaces keys of the file
 * @param seen is told of each resource when it is made
 */
export async function installMockEngine(
  stack: string,
  overrides: Record<string, unknown>,
  seen: (resource: pulumi.runtime.MockResourceArgs) => void,
): Promise<void> {
  const { config, secrets } = readStackConfig(stack, overrides);
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secrets);
  pulumi.runtime.setAllConfig(config, secrets);
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        seen(resource);
        const generated = resource.type.startsWith("random:") ? { result: wrapSecret("[generated]") } : {};
        return {
          id: `${resource.name}-id`,
          state: { ...mockOutputs, ...resource.inputs, readyPorts: resource.inputs.ports, ...generated },
        };
      },
      call: ({ inputs: given }) => given,
    },
    "plinth",
    stack,
  );
}

function wrapSecret(value: string) {
  return { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value };
}

/**
 * Of the stack's file. An encrypted value cannot be read without its passphrase, and need not be.
 */
function readStackConfig(
  stack: string,
  overrides: Record<string, unknown>,
): { config: Record<string, string>; secrets: string[] } {
  const file = load(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config?: Record<string, unknown> };
  const all = Object.entries({ ...file.config, ...overrides });
  // As the engine has it: one encrypted value within a key makes the whole key a secret.
  const secrets = all
    .filter(([, value]) => JSON.stringify(value) !== JSON.stringify(redactEncrypted(value)))
    .map(([key]) => key);
  return {
    config: Object.fromEntries(all.map(([key, value]) => [key, configText(key, redactEncrypted(value))])),
    secrets,
  };
}

/** The same with a text in the place of each encrypted value. */
function redactEncrypted(value: unknown): unknown {
  const isEncrypted = (part: unknown) => typeof part === "object" && part !== null && "secure" in part;
  return JSON.parse(JSON.stringify(value), (_, part: unknown) => (isEncrypted(part) ? REDACTED : part));
}

function configText(key: string, value: unknown): string {
  // Encrypted as a whole, not even the names of the variables can be read.
  if (key === "plinth:environment" && value === REDACTED) return "{}";
  return typeof value === "string" ? value : JSON.stringify(value);
}
