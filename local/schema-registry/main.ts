import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { silenceNegativeTimeoutWarnings } from "../negative-timeouts.ts";
import { parseHostNames, serveHosts } from "../served-hosts.ts";
import { createRoutes } from "./routes.ts";
import { createRegistryServer } from "./server.ts";
import { RegistryStore } from "./store.ts";
import { IdentityFile } from "./store-identity.ts";
import { SchemaLog } from "./topic-log.ts";

/**
 * The schema registry of the process runtime. It keeps everything in the compacted topic
 * `_schemas`.
 */
const TOPIC = "_schemas";
const BROKER_WAIT_SECONDS = 60;

const report = (message: string) => console.log(JSON.stringify({ time: new Date().toISOString(), message }));

function fail(message: string): never {
  report(message);
  process.exit(1);
}

// Without the optimising compilers the registry takes a fifth less memory (76 against 94 MiB after
// 1,000 registrations) and is as fast: a registration waits for the broker, not for this code.
for (const flag of ["--no-opt", "--no-maglev"]) setFlagsFromString(flag);

silenceNegativeTimeoutWarnings();
process.removeAllListeners("warning");
process.on("warning", (warning) => report(`${warning.name}: ${warning.message}`));

const brokers = (process.env.KAFKA_BROKERS ?? "").split(",").filter(Boolean);
const port = Number(process.env.SCHEMA_REGISTRY_PORT || 8081);
const host = process.env.HOST || "127.0.0.1";
if (brokers.length === 0)
  fail("KAFKA_BROKERS is missing: set it to host:port of the broker, several separated by commas");
if (!Number.isInteger(port) || port < 0 || port > 65535)
  fail(`SCHEMA_REGISTRY_PORT must be a port number, not "${process.env.SCHEMA_REGISTRY_PORT}"`);

const store = new RegistryStore(
  new SchemaLog(brokers, TOPIC),
  report,
  new IdentityFile(process.env.SCHEMA_REGISTRY_STATE || undefined),
);
await store
  .start(BROKER_WAIT_SECONDS)
  .catch((error: Error) => fail(`The topic ${TOPIC} on ${brokers.join(",")} cannot be read: ${error.message}`));

// Port-forwards ask under a cluster's names, and no public name ends in these.
const hosts = serveHosts([".svc", ".svc.cluster.local", ...parseHostNames(process.env.ALLOWED_HOSTS)]);
const server = createRegistryServer(createRoutes(store), report, hosts, () => store.skippedRecords);
server.on("error", (error: NodeJS.ErrnoException) =>
  fail(
    error.code === "EADDRINUSE"
      ? `Port ${port} on ${host} is taken: set SCHEMA_REGISTRY_PORT to a free one`
      : error.message,
  ),
);
server.listen(port, host);
await once(server, "listening");
report(
  `schema registry serves http://${host}:${(server.address() as AddressInfo).port} from the topic ${TOPIC} on ${brokers.join(",")}`,
);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    // Accepted requests are answered; idle connections are closed at once.
    const closed = once(server, "close");
    server.close();
    server.closeIdleConnections();
    await closed;
    await store.stop();
    report(`schema registry stopped on ${signal}`);
    process.exit(0);
  });
}
