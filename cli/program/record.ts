import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "@plinth/local/locations.ts";
import * as pulumi from "@pulumi/pulumi";

/** One resource as a stack's program registers it. */
export interface RecordedResource {
  /** Pulumi's type token, such as `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  /**
   * For `kubernetes:` types the manifest. Secrets are wrapped as the SDK sends them to the engine.
   */
  inputs: Record<string, unknown>;
  /** Name of the component that it belongs to; absent for those of the stack itself. */
  parent?: string;
  /** Names of what it waits for, by its options or by values that it takes. */
  dependencies: string[];
  /** Whether the engine refuses to delete it. */
  protect: boolean;
}

/**
 * In the place of a configured value, or of one within a structured one, that the program is told
 * is a secret; it reads `[secret]`.
 */
export const secretValue = { secure: "" };

/** A value of a stack's file. */
export type ConfigValue = string | typeof secretValue | { [field: string]: ConfigValue };

const RECORDER = join(import.meta.dirname, "recorder.ts");

/**
 * Everything that the program of a stack would make, from `Pulumi.STACK.yaml` alone: no engine, no
 * cluster, no plugin. A process of its own, because a program is what happens when its module is
 * loaded. Throws the program's own sentence when it refuses its configuration.
 *
 * @param config replaces keys of the file; values as `pulumi config set` takes them, or as they
 * stand in the file, and `secret` as with `--secret`
 */
export async function recordStack(
  stack: string,
  config: Record<string, ConfigValue> = {},
): Promise<RecordedResource[]> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [RECORDER, stack, JSON.stringify(config)], {
      cwd: root,
      maxBuffer: 1 << 30,
    });
    return JSON.parse(stdout) as RecordedResource[];
  } catch (error) {
    throw new Error(String((error as { stderr?: string }).stderr ?? error).trim() || (error as Error).message);
  }
}

/** The same with the text `[secret]` in the place of each secret text. */
export function redactSecrets<T>(value: T): T {
  return redactValue(value, false) as T;
}

function redactValue(value: unknown, secret: boolean): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return redactValue(pulumi.runtime.unwrapRpcSecret(value), true);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, secret));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, nested]) => [key, redactValue(nested, secret)]));
  return secret ? "[secret]" : value;
}
