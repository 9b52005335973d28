import { RegistryClient } from "@plinth/providers/clients/registry/client.ts";
import { registerSubjects } from "@plinth/providers/clients/registry/register.ts";
import { COMPATIBILITY_LEVEL } from "@plinth/schemas/catalog.ts";
import { loadCheckedSchemas } from "@plinth/schemas/gate/gate.ts";
import { readStackEnvironment } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

const REGISTRY_TIMEOUT_MS = 30_000;

/** `make register-schemas`: registers the schemas as `up` does. A second run writes nothing. */
await main(async (stack) => {
  const published = loadCheckedSchemas();
  const registryUrl = (await readStackEnvironment(stack)).SCHEMA_REGISTRY_URL!;
  const subjects = Object.fromEntries(published.map(({ subject, text }) => [subject, { schema: text }]));
  const client = new RegistryClient(registryUrl, REGISTRY_TIMEOUT_MS);
  try {
    const registered = await registerSubjects(client, { compatibility: COMPATIBILITY_LEVEL, subjects });
    console.log(
      formatTable(
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
