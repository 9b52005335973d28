import { readFileSync } from "node:fs";
import { Engine } from "./engine.ts";

/** What the program publishes and is no secret; see `index.ts`. */
export interface StackOutputs {
  endpoints: Record<string, string>;
  location: Location;
}

/** Where a stack runs: the folder of its data and logs, or its cluster. */
export type Location = { directory: string } | { context: string; namespace: string };

/** Throws one sentence when the stack is not up. */
export async function outputs(stack: string): Promise<StackOutputs> {
  return outputsOf(await Engine.open(stack));
}

/** The same of a stack that is opened already. */
export async function outputsOf(engine: Engine): Promise<StackOutputs> {
  return complete(engine.stack, await readOutputs(engine));
}

/**
 * Where the stack runs, also while its first 'up' is under way or after it has failed: that is when status and logs are wanted most. Throws one
 * sentence when nothing of it is there.
 */
export async function location(stack: string): Promise<Location> {
  const engine = await Engine.open(stack);
  const supervisor = resources(engine).find(({ type }) => type === "pulumi-nodejs:dynamic/plinth:Supervisor");
  return supervisor ? { directory: supervisor.inputs!.directory! } : (await outputsOf(engine)).location;
}

/** The environment contract, passwords included. Throws one sentence when the stack is not up. */
export async function environment(stack: string): Promise<Record<string, string>> {
  const engine = await Engine.open(stack);
  if (!engine.exists) return complete(stack, {});
  const found = JSON.parse(await engine.read("stack output", "--json", "--show-secrets")) as { environment?: Record<string, string> };
  return complete(stack, found).environment;
}

/** From the state itself where it is a file: asking the engine takes half a second. */
async function readOutputs(engine: Engine): Promise<Partial<StackOutputs>> {
  if (!engine.exists) return {};
  if (engine.stateFile === undefined) return JSON.parse(await engine.read("stack output", "--json")) as Partial<StackOutputs>;
  return resources(engine).find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

interface Resource {
  type: string;
  inputs?: { directory?: string };
  outputs?: Partial<StackOutputs>;
}

/** What the state has, where it is a file. */
function resources({ exists, stateFile }: Engine): Resource[] {
  if (!exists || stateFile === undefined) return [];
  const { checkpoint } = JSON.parse(readFileSync(stateFile, "utf8")) as { checkpoint: { latest?: { resources?: Resource[] } } };
  return checkpoint.latest?.resources ?? [];
}

function complete<T extends object>(stack: string, found: Partial<T>): T {
  if (Object.keys(found).length === 0)
    throw new Error(`Stack '${stack}' is not up. Type: make up${stack === "local" ? "" : ` STACK=${stack}`}`);
  return found as T;
}
