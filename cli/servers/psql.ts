import { UserError } from "@plinth/local/user-error.ts";
import { object, optional, text } from "@plinth/local/validation/rules.ts";
import { readVariables, tenantNumber } from "../terminal/variables.ts";

export interface DatabaseView {
  /** The tenant whose rows row-level security shows; undefined: none. */
  tenant: string | undefined;
  /** The service whose schema leads the search path. */
  service: string | undefined;
}

const variables = object({ TENANT: optional(tenantNumber()), SERVICE: optional(text("a service")) });

/**
 * @param services names of the services that have tables
 * @throws {@link UserError} for a TENANT that is not a number, or a SERVICE without tables
 */
export function parseDatabaseView(
  environment: Record<string, string | undefined>,
  services: readonly string[],
): DatabaseView {
  const { TENANT: tenant, SERVICE: service } = readVariables(variables, environment);
  if (service !== undefined && !services.includes(service))
    throw new UserError(`SERVICE=${service} has no tables; those with tables are ${services.join(", ")}`);
  return { tenant, service };
}

/**
 * The variables that psql reads through libpq:
 * https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function psqlEnvironment(url: string, { tenant, service }: DatabaseView): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const settings = {
    ...(service !== undefined && { search_path: `"${service}",public` }),
    ...(tenant !== undefined && { "app.tenant_id": tenant }),
  };
  const sslmode = searchParams.get("sslmode");
  return {
    PGHOST: hostname,
    PGPORT: port || "5432",
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGAPPNAME: "psql",
    PGOPTIONS: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
    ...(sslmode !== null && { PGSSLMODE: sslmode }),
  };
}
