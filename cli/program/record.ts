import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import * as pulumi from "@pulumi/pulumi";

/** One resource as a stack's program registers it. */
export interface RecordedResource {
  /** Pulumi's type token, such as `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  /** For `kubernetes:` types the manifest. Secrets are wrapped as the SDK sends them. */
  inputs: Record<string, unknown>;
  /** Name of its component; absent at the top level. */
  parent?: string;
  /** Names of the resources that it waits for, by its options or by its inputs. */
  dependencies: string[];
  /** Whether the engine refuses to delete it. */
  protect: boolean;
}

/**
 * Stands for a secret in a configuration, also within a structured value; the program reads
 * `[secret]`.
 */
export const secretValue = { secure: "" };

/** A configuration value, as in a stack's file. */
export type ConfigValue = string | boolean | typeof secretValue | ConfigValue[] | { [field: string]: ConfigValue };

const RECORDER = join(import.meta.dirname, "recorder.ts");

/**
 * Everything that the program of a stack registers, from `Pulumi.STACK.yaml` alone: without engine,
 * cluster or plugin. It runs in another process, because a program runs when its module is loaded.
 *
 * @param config replaces keys of the file
 * @param recorder the program of that process
 * @throws {@link UserError} with the program's message when it refuses its configuration
 */
export async function recordStack(
  stack: string,
  config: Record<string, ConfigValue> = {},
  recorder = RECORDER,
): Promise<RecordedResource[]> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [recorder, stack, JSON.stringify(config)], {
      cwd: root,
      maxBuffer: 1 << 30,
    });
    return JSON.parse(stdout) as RecordedResource[];
  } catch (error) {
    throw new UserError(String((error as { stderr?: string }).stderr ?? error).trim() || (error as Error).message);
  }
}

/** Replaces each secret text by `[secret]`. */
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
