import { readFileSync } from "node:fs";
import { Engine } from "./engine.ts";
import { table } from "./table.ts";

/** What the program publishes and is no secret; see `index.ts`. */
export interface StackOutputs {
  endpoints: Record<string, string>;
  location: Location;
}

/** Where a stack runs: the folder of its data and logs, or its cluster. */
export type Location = { directory: string } | { context: string; namespace: string };

/** Throws one sentence when the stack is not up. */
export async function outputs(stack: string): Promise<StackOutputs> {
  return complete(stack, await readOutputs(await Engine.open(stack)));
}

/** The environment contract, passwords included. Throws one sentence when the stack is not up. */
export async function environment(stack: string): Promise<Record<string, string>> {
  const engine = await Engine.open(stack);
  if (!engine.exists) return complete(stack, {});
  const found = JSON.parse(await engine.read("stack output", "--json", "--show-secrets")) as { environment?: Record<string, string> };
  return complete(stack, found).environment;
}

/** What `make up` ends with. */
export async function endpoints(engine: Engine): Promise<string> {
  return table(["what", "where"], Object.entries(complete(engine.stack, await readOutputs(engine)).endpoints));
}

/** From the state itself where it is a file: asking the engine takes half a second. */
async function readOutputs(engine: Engine): Promise<Partial<StackOutputs>> {
  if (!engine.exists) return {};
  if (engine.stateFile === undefined) return JSON.parse(await engine.read("stack output", "--json")) as Partial<StackOutputs>;
  const { checkpoint } = JSON.parse(readFileSync(engine.stateFile, "utf8")) as Checkpoint;
  return checkpoint.latest?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

interface Checkpoint {
  checkpoint: { latest?: { resources?: { type: string; outputs?: Partial<StackOutputs> }[] } };
}

function complete<T extends object>(stack: string, found: Partial<T>): T {
  if (Object.keys(found).length === 0)
    throw new Error(`Stack '${stack}' is not up. Type: make up${stack === "local" ? "" : ` STACK=${stack}`}`);
  return found as T;
}
