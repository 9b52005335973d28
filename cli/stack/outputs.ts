import { readFileSync } from "node:fs";
import { Engine } from "./engine.ts";

/** What the program publishes and is no secret; see `index.ts`. */
export interface StackOutputs {
  endpoints: Record<string, string>;
  location: StackLocation;
}

/** Where a stack runs: the folder of its data and logs, or its cluster. */
export type StackLocation = { directory: string } | { context: string; namespace: string };

/** Throws one sentence when the stack is not up. */
export async function readStackOutputs(stack: string): Promise<StackOutputs> {
  return readOutputsOf(await Engine.open(stack));
}

/** The same of a stack that is opened already. */
export async function readOutputsOf(engine: Engine): Promise<StackOutputs> {
  return requireUp(engine.stack, await loadOutputs(engine));
}

/**
 * Where the stack runs, also while its first 'up' is under way or after it has failed: that is when
 * status and logs are wanted most. Throws one sentence when nothing of it is there.
 */
export async function readStackLocation(stack: string): Promise<StackLocation> {
  const engine = await Engine.open(stack);
  const supervisor = readStateResources(engine).find(({ type }) => type === "pulumi-nodejs:dynamic/plinth:Supervisor");
  return supervisor ? { directory: supervisor.inputs!.directory! } : (await readOutputsOf(engine)).location;
}

/** The environment contract, passwords included. Throws one sentence when the stack is not up. */
export async function readStackEnvironment(stack: string): Promise<Record<string, string>> {
  const engine = await Engine.open(stack);
  if (!engine.exists) return requireUp(stack, {});
  const found = JSON.parse(await engine.capture("stack output", "--json", "--show-secrets")) as {
    environment?: Record<string, string>;
  };
  return requireUp(stack, found).environment;
}

/** From the state itself where it is a file: asking the engine takes half a second. */
async function loadOutputs(engine: Engine): Promise<Partial<StackOutputs>> {
  if (!engine.exists) return {};
  if (engine.stateFile === undefined)
    return JSON.parse(await engine.capture("stack output", "--json")) as Partial<StackOutputs>;
  return readStateResources(engine).find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

interface StateResource {
  type: string;
  inputs?: { directory?: string };
  outputs?: Partial<StackOutputs>;
}

/** What the state has, where it is a file. */
function readStateResources({ exists, stateFile }: Engine): StateResource[] {
  if (!exists || stateFile === undefined) return [];
  const { checkpoint } = JSON.parse(readFileSync(stateFile, "utf8")) as {
    checkpoint: { latest?: { resources?: StateResource[] } };
  };
  return checkpoint.latest?.resources ?? [];
}

function requireUp<T extends object>(stack: string, found: Partial<T>): T {
  if (Object.keys(found).length === 0)
    throw new Error(`Stack '${stack}' is not up. Type: make up${stack === "local" ? "" : ` STACK=${stack}`}`);
  return found as T;
}
