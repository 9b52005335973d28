import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";

/** What real providers would answer, as far as the program waits for it. */
const answers = {
  context: "recorded",
  coordinator: "citus-coordinator",
  result: "[generated]",
  stdout: "",
  distributed: true,
  registered: {},
};

/**
 * Puts this process in the place of the engine's, with the configuration of `Pulumi.STACK.yaml`, before `index.ts` is imported.
 *
 * @param overrides replaces keys of the file
 * @param seen is told of each resource when it is made
 */
export async function mockedEngine(
  stack: string,
  overrides: Record<string, unknown>,
  seen: (resource: pulumi.runtime.MockResourceArgs) => void,
): Promise<void> {
  const { config, secrets } = configuration(stack, overrides);
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secrets);
  pulumi.runtime.setAllConfig(config, secrets);
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        seen(resource);
        const generated = resource.type.startsWith("random:") ? { result: wrapped("[generated]") } : {};
        return { id: `${resource.name}-id`, state: { ...answers, ...resource.inputs, readyPorts: resource.inputs.ports, ...generated } };
      },
      call: ({ inputs: given }) => given,
    },
    "plinth",
    stack,
  );
}

function wrapped(value: string) {
  return { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value };
}

/** Of the stack's file. An encrypted value cannot be read without its passphrase, and need not be. */
function configuration(stack: string, overrides: Record<string, unknown>): { config: Record<string, string>; secrets: string[] } {
  const file = load(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config?: Record<string, unknown> };
  const all = Object.entries({ ...file.config, ...overrides });
  const secrets = all.filter(([, value]) => typeof value === "object" && value !== null && "secure" in value).map(([key]) => key);
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return { config: Object.fromEntries(all.map(([key, value]) => [key, secrets.includes(key) ? "[secret]" : text(value)])), secrets };
}
