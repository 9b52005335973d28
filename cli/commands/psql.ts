import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../components/service/descriptor.ts";
import { withStackServers } from "../servers/access.ts";
import { runClientProgram } from "../servers/client-program.ts";
import { parseDatabaseView, psqlEnvironment } from "../servers/psql.ts";
import { main } from "../terminal/main.ts";

/**
 * `make psql`: opens the stack's database as its services see it. TENANT and SERVICE come from the
 * environment. Statements may be piped in.
 */
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
        `Citus passes the tenant to its workers only within a transaction: begin; set local app.tenant_id = '${view.tenant}'; …`,
      );
    return runClientProgram({ names: ["psql"], apt: "postgresql-client", args: [], environment });
  });
});
