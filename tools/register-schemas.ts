import { COMPATIBILITY } from "@plinth/schemas/catalog.ts";
import { schemasThatPass } from "@plinth/schemas/gate.ts";
import { RegistryClient } from "../components/providers/handlers/registry-client.ts";
import { registerAll } from "../components/providers/handlers/registry-register.ts";
import { environment } from "./endpoints.ts";
import { main } from "./main.ts";
import { table } from "./table.ts";

const WAIT_MS = 30_000;

/** `make register-schemas`: what `up` does for the schemas, alone. A second run writes nothing. */
await main(async (stack) => {
  const published = schemasThatPass();
  const registryUrl = (await environment(stack)).SCHEMA_REGISTRY_URL!;
  const subjects = Object.fromEntries(published.map(({ subject, text }) => [subject, { schema: text }]));
  const client = new RegistryClient(registryUrl, WAIT_MS);
  try {
    const registered = await registerAll(client, {
      registryUrl,
      compatibility: COMPATIBILITY,
      subjects,
      onDelete: "retain",
      providerVersion: 1,
    });
    console.log(
      table(
        ["subject", "version", "id"],
        Object.entries(registered).map(([subject, { version, id }]) => [subject, String(version), String(id)]),
      ),
    );
    console.log(`${client.writes === 0 ? "Everything was there: nothing" : client.writes} written.`);
    return 0;
  } finally {
    client.close();
  }
});
