import type { Engine } from "./engine.ts";
import { table } from "./table.ts";

/** What the program publishes; see `index.ts`. */
export interface StackOutputs {
  endpoints: Record<string, string>;
  environment: Record<string, string>;
  /** Folder of the stack's data and logs. */
  directory: string;
}

export async function outputs(engine: Engine): Promise<StackOutputs> {
  const found = JSON.parse(await engine.read("stack output", "--json", "--show-secrets")) as Partial<StackOutputs>;
  if (found.endpoints === undefined || found.environment === undefined) throw new Error(`Stack '${engine.stack}' is not up. Type: make up`);
  return found as StackOutputs;
}

/** A table for people. The password in it is the default one, or hidden. */
export async function endpoints(engine: Engine): Promise<string> {
  const found = await outputs(engine);
  return table(
    ["what", "where"],
    Object.entries(found.endpoints).map(([name, url]) => [name, hidden(url)]),
  );
}

function hidden(url: string): string {
  return url.replace(/:(?!app@)[^:@/]+@/, ":…@");
}
