import { defaulted, withDefaults } from "@plinth/local/validation/defaults.ts";
import { hostName, object, oneOf, tcpPort, text } from "@plinth/local/validation/rules.ts";
import * as pulumi from "@pulumi/pulumi";
import type { Static } from "typebox";
import type { Endpoint } from "../base/endpoint.ts";

/** A PostgreSQL, with or without Citus, that runs outside of the stack. */
export const externalDatabaseRule = object({
  host: hostName(),
  port: defaulted(tcpPort(), { default: 5432 }),
  database: defaulted(text("a name"), { default: "app" }),
  user: defaulted(text("a name", { description: "not a superuser, whom row-level security would not restrict" }), {
    default: "app",
  }),
  tls: defaulted(oneOf(["disable", "require", "verify-full"], { description: "as libpq's `sslmode`" }), {
    default: "verify-full",
  }),
});

export type ExternalDatabase = Static<typeof externalDatabaseRule>;

export function externalDatabaseEndpoint(external: ExternalDatabase, password: pulumi.Input<string>): Endpoint {
  const { host, port, database, user, tls } = withDefaults(externalDatabaseRule, external, "development");
  const login = pulumi.interpolate`${encodeURIComponent(user)}:${pulumi.secret(password).apply(encodeURIComponent)}`;
  return {
    url: pulumi.interpolate`postgresql://${login}@${host}:${port}/${database}?sslmode=${tls}`,
    secret: true,
    externalPorts: [port],
  };
}
