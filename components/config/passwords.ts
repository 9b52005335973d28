import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { Profile } from "../base/runtime.ts";
import type { PlatformConfig } from "./config.ts";

/**
 * Every password of a stack: the configured one, or else a default of development and processes, or
 * in production a generated one. The parent of the generated ones is the stack, for they outlive
 * what they are for.
 */
export function createStackPasswords({ runtime, passwords, citus, redis }: PlatformConfig) {
  const policy: PasswordPolicy = {
    profile: runtime.kind === "process" ? "development" : runtime.profile,
    rotation: passwords.rotation,
  };
  if (citus.external && passwords.database === undefined) throwMissingPassword("citus", "databasePassword");
  const generatesCache = policy.profile === "production" && !redis.external;
  return {
    database: {
      password: passwords.database ?? createPassword("citus-password", "app", policy),
      ...(runtime.kind === "kubernetes" &&
        !citus.external && { superuserPassword: createPassword("citus-superuser-password", "postgres", policy) }),
    },
    // A cache of one person's machine has none, as the contract's REDIS_URL says.
    cache: { password: passwords.cache ?? (generatesCache ? createPassword("redis-password", "", policy) : undefined) },
    /** What the passwords of tenants' own users are derived from. */
    tenants: createPassword("tenants-secret", "of-one-machine-only", policy),
  };
}

function throwMissingPassword(part: string, key: string): never {
  throw new pulumi.RunError(
    `Configuration '${part}.external' needs its password: set it with 'pulumi config set --secret ${key} …'.`,
  );
}

/** How a stack comes by its passwords. */
export interface PasswordPolicy {
  profile: Profile;
  /** Any text; a new one makes every generated password anew at the next `up`. */
  rotation: string;
}

/**
 * The password `name`: generated in production, where only the engine's encrypted state and the
 * cluster's Secrets ever hold it; `fallback` elsewhere. Letters and digits alone, so that it stands
 * in URLs and configuration files as it is.
 */
export function createPassword(
  name: string,
  fallback: string,
  { profile, rotation }: PasswordPolicy,
  opts?: pulumi.CustomResourceOptions,
) {
  if (profile !== "production") return pulumi.secret(fallback);
  return new RandomPassword(name, { length: 32, special: false, keepers: { rotation } }, opts).result;
}
