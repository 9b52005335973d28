import { isAbsolute, join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { type IdRange, parseTenantIds } from "./providers/tenant-ids.ts";

/** What a stack's configuration file says, validated, with defaults. Nothing else reads configuration. */
export interface PlatformConfig {
  /** The one runtime there is so far: processes of this machine. */
  runtime: { kind: "process"; stack: string; directory: string; portOffset: number };
  database: { user: string; password: pulumi.Output<string>; name: string };
  tenants: IdRange[];
}

const keys = ["runtime", "directory", "portOffset", "tenants", "databasePassword"] as const;

/** Reads this stack's configuration. Throws one sentence naming the key, its value and what is allowed. */
export function readConfig(): PlatformConfig {
  const config = new pulumi.Config();
  refuseUnknownKeys();
  const stack = pulumi.getStack();
  return {
    runtime: { kind: readRuntime(config), stack, directory: readDirectory(config, stack), portOffset: readPortOffset(config) },
    database: { user: "app", password: readPassword(config, stack), name: "app" },
    tenants: readTenants(config),
  };
}

function refuseUnknownKeys(): void {
  const project = `${pulumi.getProject()}:`;
  const unknown = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(project))
    .map((key) => key.slice(project.length))
    .filter((key) => !(keys as readonly string[]).includes(key));
  if (unknown.length > 0)
    throw new pulumi.RunError(
      `Configuration key '${unknown[0]}' is not known. Known keys are: ${keys.join(", ")}. Remove it with 'pulumi config rm ${unknown[0]}'.`,
    );
}

function readRuntime(config: pulumi.Config): "process" {
  const value = config.get("runtime") ?? "process";
  if (value !== "process") throw new pulumi.RunError(`Configuration 'runtime' is '${value}', but must be 'process'.`);
  return value;
}

/** Relative folders are the project's. @default .plinth/STACK */
function readDirectory(config: pulumi.Config, stack: string): string {
  const value = config.get("directory") ?? join(".plinth", stack);
  return isAbsolute(value) ? value : join(root, value);
}

/** 40,000 leaves every default port a port. @default 0 */
function readPortOffset(config: pulumi.Config): number {
  const value = config.get("portOffset") ?? "0";
  const offset = Number(value);
  if (!Number.isInteger(offset) || offset < 0 || offset > 40_000)
    throw new pulumi.RunError(`Configuration 'portOffset' is '${value}', but must be a whole number from 0 to 40000.`);
  return offset;
}

/** Ids and ranges, e.g. "10001,20000-29999". @default "10001" */
function readTenants(config: pulumi.Config): IdRange[] {
  try {
    return parseTenantIds(config.get("tenants") ?? "10001");
  } catch (error) {
    throw new pulumi.RunError(`Configuration ${(error as Error).message}.`);
  }
}

/** Only stacks of one person's machine have a default password. */
function readPassword(config: pulumi.Config, stack: string): pulumi.Output<string> {
  const given = config.getSecret("databasePassword");
  if (given !== undefined) {
    // Plain configuration is copied as it is into the state and its history.
    if (!secretKeys().includes(`${pulumi.getProject()}:databasePassword`))
      throw new pulumi.RunError(
        "Configuration 'databasePassword' is in plain text: set it again with 'pulumi config set --secret databasePassword …'.",
      );
    return given;
  }
  if (readRuntime(config) !== "process")
    throw new pulumi.RunError(`Stack '${stack}' has no database password: set one with 'pulumi config set --secret databasePassword …'.`);
  return pulumi.secret("app");
}

/** Which configuration the engine decrypted: it tells the program by this variable, and the SDK offers no other way to ask. */
function secretKeys(): string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
}
