import { kafkaBroker } from "@plinth/local/kafka/broker.ts";
import { findKafkaLibraries, findProgram, root } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { sourceRevision } from "../base/source-revision.ts";
import { hostVariables, processDefaults } from "../process/defaults.ts";
import { kafkaProbe } from "../process/probes.ts";
import { requireInstalled } from "../process/programs.ts";
import type { RedpandaSettings } from "./settings.ts";

/** Apache Kafka stands in for Redpanda's brokers: it speaks the same protocol. */
export function brokerProcess({ brokerPort }: Pick<RedpandaSettings, "brokerPort">, directory: string): ProcessSpec {
  const java = requireInstalled(findProgram("java"), "Java");
  const libraries = requireInstalled(findKafkaLibraries(), "Apache Kafka");
  const { args, environment, files, ports } = kafkaBroker(brokerPort, libraries, directory);
  return {
    ...processDefaults(directory),
    command: java,
    args,
    environment,
    files,
    ports: { ...ports },
    ready: { kind: "tcp", port: brokerPort },
    live: kafkaProbe(brokerPort),
    stop: { signal: "SIGTERM", graceSeconds: 20 },
  };
}

/** The sources that the registry is started from. */
const REGISTRY_SOURCES = [
  "local/schema-registry",
  "local/request-target.ts",
  "local/served-hosts.ts",
  "local/kafka/admin.ts",
  "schemas/avro",
];

export function registryProcess(
  { brokerPort, registryPort }: Pick<RedpandaSettings, "brokerPort" | "registryPort">,
  directory: string,
  allowedHosts?: readonly string[],
): ProcessSpec {
  return {
    ...processDefaults(directory),
    command: process.execPath,
    // The registry mostly waits for the broker: a small young generation and no optimizing
    // compilers save a third of its memory.
    args: ["--max-semi-space-size=1", "--no-opt", "--no-maglev", `${root}/local/schema-registry/main.ts`],
    environment: {
      KAFKA_BROKERS: `localhost:${brokerPort}`,
      SCHEMA_REGISTRY_PORT: String(registryPort),
      SCHEMA_REGISTRY_STATE: `${directory}/store.json`,
      ...hostVariables(allowedHosts),
    },
    ports: { registry: registryPort },
    ready: { kind: "http", port: registryPort, path: "/subjects" },
    revision: sourceRevision(REGISTRY_SOURCES),
  };
}
