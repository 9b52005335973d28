import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "@plinth/runtime/locations.ts";
import * as pulumi from "@pulumi/pulumi";

/** One resource as a stack's program registers it. */
export interface Recorded {
  /** Pulumi's type token, such as `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  /** For `kubernetes:` types the manifest. Secrets are wrapped as the SDK sends them to the engine. */
  inputs: Record<string, unknown>;
  /** Name of the component that it belongs to; absent for those of the stack itself. */
  parent?: string;
  /** Names of what it waits for, by its options or by values that it takes. */
  dependencies: string[];
  /** Whether the engine refuses to delete it. */
  protect: boolean;
}

/** In the place of a configured value, or of one within a structured one, that the program is told is a secret; it reads `[secret]`. */
export const secret = { secure: "" };

/** A value of a stack's file. */
export type Configured = string | typeof secret | { [field: string]: Configured };

const PROGRAM = join(root, "tools", "record-program.ts");

/**
 * Everything that the program of a stack would make, from `Pulumi.STACK.yaml` alone: no engine, no cluster, no plugin. A process of its own, because a
 * program is what happens when its module is loaded. Throws the program's own sentence when it refuses its configuration.
 *
 * @param config replaces keys of the file; values as `pulumi config set` takes them, or as they stand in the file, and `secret` as with `--secret`
 */
export async function record(stack: string, config: Record<string, Configured> = {}): Promise<Recorded[]> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, stack, JSON.stringify(config)], {
      cwd: root,
      maxBuffer: 1 << 30,
    });
    return JSON.parse(stdout) as Recorded[];
  } catch (error) {
    throw new Error(String((error as { stderr?: string }).stderr ?? error).trim() || (error as Error).message);
  }
}

/** The same with the text `[secret]` in the place of each secret text. */
export function redacted<T>(value: T): T {
  return hide(value, false) as T;
}

function hide(value: unknown, secret: boolean): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return hide(pulumi.runtime.unwrapRpcSecret(value), true);
  if (Array.isArray(value)) return value.map((item) => hide(item, secret));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, nested]) => [key, hide(nested, secret)]));
  return secret ? "[secret]" : value;
}
