import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../components/service/descriptor.ts";
import { withStackServers } from "../servers/access.ts";
import { runClientProgram } from "../servers/client-program.ts";
import { main } from "../terminal/main.ts";

/**
 * `make psql`: the stack's database as its services see it. TENANT and SERVICE come by the
 * environment; statements may come by a pipe.
 */
if (import.meta.main)
  await main((stack) => {
    const view = parseDatabaseView(
      process.env,
      discoverServices(root)
        .filter(({ migrations }) => migrations !== undefined)
        .map(({ name }) => name),
    );
    return withStackServers(stack, async ({ variables, portForward, localUrl }) => {
      const environment = psqlEnvironment(await localUrl(variables.DATABASE_URL!), view);
      if (portForward && view.tenant !== undefined)
        console.error(
          `Citus hands a tenant on to its workers within a transaction only: begin; set local app.tenant_id = '${view.tenant}'; …`,
        );
      return runClientProgram({ names: ["psql"], apt: "postgresql-client", args: [], environment });
    });
  });

export interface DatabaseView {
  /** Whose rows row-level security shows. @default nobody's */
  tenant: string | undefined;
  /** Whose tables need no schema before their names. */
  service: string | undefined;
}

/** @param services those that have tables @throws one sentence for what makes no sense */
export function parseDatabaseView(
  { TENANT = "", SERVICE = "" }: Record<string, string | undefined>,
  services: string[],
): DatabaseView {
  if (TENANT !== "" && !/^[1-9]\d*$/.test(TENANT))
    throw new Error(`TENANT=${TENANT} is no tenant: its number is meant, as in TENANT=10001`);
  if (SERVICE !== "" && !services.includes(SERVICE))
    throw new Error(`SERVICE=${SERVICE} has no tables; those with tables are ${services.join(", ")}`);
  return { tenant: TENANT || undefined, service: SERVICE || undefined };
}

/**
 * What libpq reads, as psql and its like: https://www.postgresql.org/docs/current/libpq-envars.html
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
