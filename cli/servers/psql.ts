import { UserError } from "@plinth/local/user-error.ts";

export interface DatabaseView {
  /** The tenant whose rows row-level security shows; undefined: none. */
  tenant: string | undefined;
  /** The service whose schema leads the search path. */
  service: string | undefined;
}

/**
 * @param services names of the services that have tables
 * @throws {@link UserError} for a TENANT that is not a number, or a SERVICE without tables
 */
export function parseDatabaseView(
  { TENANT = "", SERVICE = "" }: Record<string, string | undefined>,
  services: string[],
): DatabaseView {
  if (TENANT !== "" && !/^[1-9]\d*$/.test(TENANT))
    throw new UserError(`TENANT=${TENANT} is not a tenant: write its number, as in TENANT=10001`);
  if (SERVICE !== "" && !services.includes(SERVICE))
    throw new UserError(`SERVICE=${SERVICE} has no tables; those with tables are ${services.join(", ")}`);
  return { tenant: TENANT || undefined, service: SERVICE || undefined };
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
