import { UserError } from "@plinth/local/user-error.ts";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { Profile } from "../base/runtime.ts";
import type { PlatformConfig } from "./config.ts";

/**
 * Every password of a stack: the configured one, else a generated one in production and a default
 * one elsewhere. The stack is the parent of the generated ones, which outlive the components.
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
    // A development cache has none, as the contract's REDIS_URL shows.
    cache: { password: passwords.cache ?? (generatesCache ? createPassword("redis-password", "", policy) : undefined) },
    /** The passwords of tenants' cache users derive from it. */
    tenants: createPassword("tenants-secret", "of-one-machine-only", policy),
    grafana: {
      password: createPassword("grafana-password", "admin", policy),
      signingKey: createPassword("grafana-signing-key", "of-one-cluster-only", policy),
    },
  };
}

function throwMissingPassword(component: string, key: string): never {
  throw new UserError(
    `Configuration '${component}.external' needs its password: set it with 'pulumi config set --secret ${key} …'.`,
  );
}

/** How a stack gets its passwords. */
export interface PasswordPolicy {
  profile: Profile;
  /** Any text; a new one replaces every generated password at the next `up`. */
  rotation: string;
}

/**
 * The password `name`: `fallback`, or in production a generated one, which only the engine's
 * encrypted state and the cluster's Secrets hold. It has letters and digits alone, so that URLs and
 * configuration files need no escaping.
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
