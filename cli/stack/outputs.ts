import { UserError } from "@plinth/local/user-error.ts";
import { dataDirectory } from "./data-directory.ts";
import { Engine } from "./engine.ts";
import { isRunning } from "./processes.ts";
import { readStateFile, type StateResource } from "./state-file.ts";

/** The program's outputs that are not secret; see `index.ts`. */
export interface StackOutputs {
  endpoints: Record<string, string>;
  location: StackLocation;
}

/** Where a stack runs: the folder of its data and logs, or its cluster. */
export type StackLocation = { directory: string } | { context: string; namespace: string };

/** @throws {@link UserError} when the stack is not up */
export async function readStackOutputs(stack: string): Promise<StackOutputs> {
  return readOutputsOf(await Engine.open(stack));
}

/** As {@link readStackOutputs}, for an opened stack. */
export async function readOutputsOf(engine: Engine): Promise<StackOutputs> {
  return requireUp(engine.stack, await loadOutputs(engine));
}

/**
 * Where the stack runs, also during its first 'up' and after a failed one: then status and logs are
 * needed most.
 *
 * @throws {@link UserError} when nothing of the stack exists
 */
export async function readStackLocation(stack: string): Promise<StackLocation> {
  const engine = await Engine.open(stack);
  const supervisor = readStateResources(engine).find(({ type }) => type === "pulumi-nodejs:dynamic/plinth:Supervisor");
  if (supervisor) return { directory: supervisor.inputs!.directory! };
  // The state may be lost, or restored from a time before the first 'up': what runs is there.
  if (!engine.inCluster && (await isRunning(dataDirectory(stack)))) return { directory: dataDirectory(stack) };
  return (await readOutputsOf(engine)).location;
}

/** The environment contract with passwords. @throws {@link UserError} when the stack is not up */
export async function readStackEnvironment(stack: string): Promise<Record<string, string>> {
  const engine = await Engine.open(stack);
  if (!engine.exists) return requireUp(stack, {});
  const found = JSON.parse(await engine.capture("stack output", "--json", "--show-secrets")) as {
    environment?: Record<string, string>;
  };
  return requireUp(stack, found).environment;
}

/** From the state where it is a file: asking the engine takes half a second. */
async function loadOutputs(engine: Engine): Promise<Partial<StackOutputs>> {
  if (!engine.exists) return {};
  if (engine.stateFile === undefined)
    return JSON.parse(await engine.capture("stack output", "--json")) as Partial<StackOutputs>;
  const stack = readStateResources(engine).find(({ type }) => type === "pulumi:pulumi:Stack");
  return (stack?.outputs ?? {}) as Partial<StackOutputs>;
}

/** The resources in the state; none when it is not a file. @throws as {@link readStateFile} */
export function readStateResources({ exists, stateFile }: Engine): StateResource[] {
  if (!exists || stateFile === undefined) return [];
  return readStateFile(stateFile);
}

function requireUp<T extends object>(stack: string, found: Partial<T>): T {
  if (Object.keys(found).length === 0)
    throw new UserError(`Stack '${stack}' is not up. Type: make up${stack === "local" ? "" : ` STACK=${stack}`}`);
  return found as T;
}
