import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings.js";
import { installMockEngine } from "./mock-engine.ts";
import type { RecordedResource } from "./record.ts";

/**
 * `node cli/program/recorder.ts STACK CONFIG`: prints what the stack's program registers, as JSON.
 */
const [stack, overrides] = process.argv.slice(2) as [string, string];
const resources: RecordedResource[] = [];

interface Registration {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean | undefined;
  getDependenciesList(): string[];
}

async function recordRegistrations(): Promise<void> {
  const inputs = new Map<string, Record<string, unknown>>();
  await installMockEngine(stack, JSON.parse(overrides || "{}") as Record<string, unknown>, (resource) => {
    inputs.set(`${resource.type} ${resource.name}`, resource.inputs as Record<string, unknown>);
  });
  // Mocks do not receive parents and options; the monitor does.
  const monitor = getMonitor() as unknown as {
    registerResource(request: Registration, answer: unknown): Promise<void>;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request, answer) => {
    await register(request, answer);
    const [type, name] = [request.getType(), request.getName()];
    const parent = nameFromUrn(request.getParent());
    resources.push({
      type,
      name,
      inputs: inputs.get(`${type} ${name}`) ?? {},
      ...(parent && parent !== `plinth-${stack}` && { parent }),
      dependencies: [...new Set(request.getDependenciesList().map(nameFromUrn))].sort(),
      protect: request.getProtect() ?? false,
    });
  };
}

function nameFromUrn(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

try {
  await recordRegistrations();
  await import("../../index.ts");
  // Waits for all registrations: a pending one may start more.
  await pulumi.runtime.disconnect();
  process.stdout.write(JSON.stringify(resources));
} catch (error) {
  // As the engine prints it: only a user's mistake goes without its stack.
  process.stderr.write(`${pulumi.RunError.isInstance(error) ? error.message : ((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
}
