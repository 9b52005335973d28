import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings.js";
import { load } from "js-yaml";
import type { Recorded } from "./record.ts";

/** `node tools/record-program.ts STACK CONFIG`: prints what the stack's program registers, as JSON. */
const [stack, overrides] = process.argv.slice(2) as [string, string];
const recorded: Recorded[] = [];

/** What real providers would answer, as far as the program waits for it. */
const answers = {
  context: "recorded",
  coordinator: "citus-coordinator",
  result: "[generated]",
  stdout: "",
  distributed: true,
  registered: {},
};

interface Registration {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean | undefined;
  getDependenciesList(): string[];
}

async function record(): Promise<void> {
  const { config, secrets } = configuration();
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secrets);
  pulumi.runtime.setAllConfig(config, secrets);
  const inputs = new Map<string, Record<string, unknown>>();
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        inputs.set(`${resource.type} ${resource.name}`, resource.inputs);
        const generated = resource.type.startsWith("random:") ? { result: wrapped("[generated]") } : {};
        return { id: `${resource.name}-id`, state: { ...answers, ...resource.inputs, readyPorts: resource.inputs.ports, ...generated } };
      },
      call: ({ inputs: given }) => given,
    },
    "plinth",
    stack,
  );
  // The mocks are not told of parents and options; the monitor is.
  const monitor = getMonitor() as unknown as { registerResource(request: Registration, answer: unknown): Promise<void> };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request, answer) => {
    await register(request, answer);
    const [type, name] = [request.getType(), request.getName()];
    const parent = nameOf(request.getParent());
    recorded.push({
      type,
      name,
      inputs: inputs.get(`${type} ${name}`) ?? {},
      ...(parent && parent !== `plinth-${stack}` && { parent }),
      dependencies: [...new Set(request.getDependenciesList().map(nameOf))].sort(),
      protect: request.getProtect() ?? false,
    });
  };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

function wrapped(value: string) {
  return { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value };
}

/** Of the stack's file. An encrypted value cannot be read without its passphrase, and need not be. */
function configuration(): { config: Record<string, string>; secrets: string[] } {
  const file = load(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config?: Record<string, unknown> };
  const all = Object.entries({ ...file.config, ...(JSON.parse(overrides || "{}") as Record<string, unknown>) });
  const secrets = all.filter(([, value]) => typeof value === "object" && value !== null && "secure" in value).map(([key]) => key);
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return { config: Object.fromEntries(all.map(([key, value]) => [key, secrets.includes(key) ? "[secret]" : text(value)])), secrets };
}

try {
  await record();
  await import("../index.ts");
  // A component registers its outputs after its children: what is under way now may start more.
  await pulumi.runtime.disconnect();
  process.stdout.write(JSON.stringify(recorded));
} catch (error) {
  // As the engine shows it: only the reader's own mistake goes without its stack.
  process.stderr.write(`${pulumi.RunError.isInstance(error) ? error.message : ((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
}
