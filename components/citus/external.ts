import * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../base/endpoint.ts";

/** A PostgreSQL, with or without Citus, that runs outside of the stack. */
export interface ExternalDatabase {
  host: string;
  /** @default 5432 */
  port?: number;
  /** @default "app" */
  database?: string;
  /** Not a superuser: row-level security would not restrict one. @default "app" */
  user?: string;
  /** A libpq `sslmode`. @default "verify-full" */
  tls?: "disable" | "require" | "verify-full";
}

export function externalDatabaseEndpoint(external: ExternalDatabase, password: pulumi.Input<string>): Endpoint {
  const { host, port = 5432, database = "app", user = "app", tls = "verify-full" } = external;
  const secret = pulumi.secret(password).apply(encodeURIComponent);
  return {
    url: pulumi.interpolate`postgresql://${encodeURIComponent(user)}:${secret}@${host}:${port}/${database}?sslmode=${tls}`,
    secret: true,
    externalPorts: [port],
  };
}
